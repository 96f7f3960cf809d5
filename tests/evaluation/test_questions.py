"""The form of our question sets."""

import json

import pytest

from assistant.errors import SettingsError
from assistant.evaluation.questions import load_questions

QUESTION = {
    "id": "w1",
    "question": "who came up w TBL",
    "kind": "who-said-what",
    "topic": "csr",
    "split": "dev",
    "answerable": True,
    "expected_points": ["John Elkington"],
    "evidence": [{"document": "glossary", "quotes": ["Elkington coined it in 1994."]}],
}


def written(path, *rows):
    path.write_text("\n".join(json.dumps(r) for r in rows), encoding="utf-8")
    return path


def test_a_question_is_read_whole(tmp_path):
    (question,) = load_questions(written(tmp_path / "q.jsonl", QUESTION))
    assert question.documents == {"glossary"}
    assert question.standalone == "who came up w TBL"
    assert question.before == ()


def test_turns_know_what_came_before(tmp_path):
    turn = {"question": "and csv?", "standalone": "What is CSV?", "answerable": False}
    row = {"id": "c1", "topic": "csr", "split": "test", "turns": [QUESTION, turn]}
    first, second = load_questions(written(tmp_path / "q.jsonl", row))
    assert (first.id, second.id) == ("c1/1", "c1/2")
    assert second.before == ("who came up w TBL",)
    assert second.standalone == "What is CSV?"
    assert second.topic == "csr"
    assert not second.answerable


def test_only_the_split_that_is_asked_for(tmp_path):
    path = written(tmp_path / "q.jsonl", QUESTION, {**QUESTION, "id": "w2", "split": "test"})
    assert [q.id for q in load_questions(path, split="test")] == ["w2"]


@pytest.mark.parametrize("line", ["{", "[]", '{"question": "no id"}'])
def test_a_bad_line_is_named(tmp_path, line):
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps(QUESTION) + "\n" + line, encoding="utf-8")
    with pytest.raises(SettingsError, match="line 2"):
        load_questions(path)
