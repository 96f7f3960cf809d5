"""Every form is recognised and read into the same few records."""

import gzip
import json

import pytest
from jsonl import lines

from assistant.errors import SettingsError
from assistant.evaluation.cases import Claim, ClaimSet, Form, GivenSet, SearchSet
from assistant.evaluation.forms import GoldSet, limited, load_sets, recognised, size, spread
from assistant.evaluation.grounded import as_written

QUESTION = {"id": "w1", "question": "who?", "answerable": True, "evidence": [], "split": "dev"}
NLI = {"id": "n1", "premise": "A dog runs.", "hypothesis": "An animal moves."}
GROUNDED = {"id": "g1", "question": None, "evidence": "One.\nTwo.", "claim": "One and two."}
QA = {"id": "a1", "question": "What runs?", "passage": "A dog runs.\nA cat sleeps.", "answers": []}
CLAPNQ = {
    "id": "c1",
    "input": "when does the dog run",
    "passages": [
        {"title": "Dogs", "text": "…", "sentences": ["The dog 's owner runs .", "It is 5 ."]}
    ],
    "output": [{"answer": "At five.", "selected_sentences": ["It is 5 ."]}],
}
SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "The_Dog",
            "paragraphs": [
                {
                    "context": "A dog runs. It runs at five o'clock.",
                    "qas": [
                        {
                            "id": "s1",
                            "question": "When does it run?",
                            "is_impossible": False,
                            "answers": [{"text": "five", "answer_start": 23}],
                        },
                        {"id": "s2", "question": "Why?", "is_impossible": True, "answers": []},
                    ],
                }
            ],
        }
    ],
}


def only(path, **options):
    (found,) = load_sets(path, **options)
    return found


def test_a_beir_folder(beir):
    found = only(beir)
    assert (found.name, found.form) == ("fruit, test", Form.BEIR)
    assert isinstance(found.records, SearchSet)
    assert [(q.id, dict(q.relevant)) for q in found.records.questions] == [
        ("1", {"a-1": 1}),
        ("2", {"b/2": 1, "3": 2}),
    ]
    assert [t.title for t in found.records.texts] == ["Apples", "Bananas", ""]


def test_a_beir_split_that_is_not_there_is_named(beir):
    with pytest.raises(SettingsError, match=r"dev\.tsv"):
        load_sets(beir, split="dev")


def test_a_textbook(textbook):
    found = only(textbook())
    assert (found.form, size(found.records)) == (Form.TEXTBOOK, 24)
    assert found.records.questions[0].relevant == {"part-00.md": 1}


def test_a_textbook_question_on_a_missing_chapter_is_named(textbook):
    folder = textbook()
    (folder / "docs" / "part-03.md").unlink()
    with pytest.raises(SettingsError, match=r"part-03\.md"):
        load_sets(folder)


def test_options_are_part_of_a_choice(textbook):
    folder = textbook()
    row = {"id": 1, "question": "Which?", "options": ["This", "That"], "source_doc": "part-00.md"}
    lines(folder / "questions.jsonl", row)
    (question,) = only(folder).records.questions
    assert question.question == "Which? This That"


def test_our_own_questions_as_file_and_as_folder(tmp_path):
    path = lines(tmp_path / "q" / "questions.jsonl", QUESTION, {**QUESTION, "split": "test"})
    assert recognised(path) is recognised(path.parent) is Form.QUESTIONS
    found = only(path, split="dev")
    assert (found.name, size(found.records)) == ("questions.jsonl, dev", 1)


@pytest.mark.parametrize(
    ("row", "label", "supported"),
    [
        (NLI, "entailment", True),
        (NLI, "not_entailment", False),
        (GROUNDED, "supported", True),
        (GROUNDED, "unsupported", False),
    ],
)
def test_claims(tmp_path, row, label, supported):
    found = only(lines(tmp_path / "set" / "dev.jsonl.gz", {**row, "label": label}))
    assert (found.name, found.form) == ("set/dev", Form.ONE_SCHEMA)
    assert isinstance(found.records, ClaimSet)
    (claim,) = found.records.claims
    assert (claim.label, claim.supported) == (label, supported)


def test_the_labels_of_scifact_are_those_of_nli(tmp_path):
    row = {"id": "1", "evidence": "It is so.", "claim": "So.", "label": "CONTRADICT"}
    found = only(lines(tmp_path / "claims" / "dev.jsonl", row))
    assert found.records.claims == (Claim("1", "So.", ("It is so.",), "contradiction"),)


def test_questions_on_sentences(tmp_path):
    rows = (
        {**QA, "answerable": True, "sentence_labels": [1, 0]},
        {**QA, "id": "a2", "answerable": False, "sentence_labels": None},
    )
    records = only(lines(tmp_path / "qa" / "test.jsonl", *rows)).records
    assert isinstance(records, GivenSet)
    assert [t.id for t in records.texts] == ["a1"]  # the same passage stands once
    assert [(q.text, q.answerable, q.gold) for q in records.questions] == [
        ("a1", True, ("A dog runs.",)),
        ("a1", False, ()),
    ]


def test_labels_that_do_not_fit_the_sentences_are_named(tmp_path):
    row = {**QA, "answerable": True, "sentence_labels": [1]}
    with pytest.raises(SettingsError, match="line 1"):
        load_sets(lines(tmp_path / "qa" / "test.jsonl", row))


def test_a_folder_of_files_gives_those_of_a_split(tmp_path):
    for name in ("dev", "test", "evidence_dev"):
        lines(tmp_path / "set" / f"{name}.jsonl", {**NLI, "label": "neutral"})
    assert [s.name for s in load_sets(tmp_path / "set", split="dev")] == [
        "set/dev",
        "set/evidence_dev",
    ]
    with pytest.raises(SettingsError, match="train"):
        load_sets(tmp_path / "set", split="train")


def test_clapnq_is_read_as_people_write(tmp_path):
    lines(tmp_path / "nq" / "dev_answerable.jsonl", CLAPNQ)
    lines(tmp_path / "nq" / "dev_unanswerable.jsonl", {**CLAPNQ, "id": "c2", "output": []})
    found = only(tmp_path / "nq")
    assert found.form is Form.GROUNDED
    assert found.records.texts[0].body == "The dog's owner runs.\nIt is 5."
    assert [(q.answerable, q.gold) for q in found.records.questions] == [
        (True, ("It is 5.",)),
        (False, ()),
    ]


def test_squad_gives_the_sentence_in_which_the_answer_begins(tmp_path):
    path = tmp_path / "dev-v2.0.json.gz"
    path.write_bytes(gzip.compress(json.dumps(SQUAD).encode()))
    found = only(path)
    assert found.form is Form.GROUNDED
    assert found.records.texts[0].title == "The Dog"
    assert [(q.answerable, q.gold) for q in found.records.questions] == [
        (True, ("It runs at five o'clock.",)),
        (False, ()),
    ]


def test_the_form_can_be_named(tmp_path):
    path = lines(tmp_path / "set" / "dev.jsonl", {**NLI, "label": "neutral"})
    with pytest.raises(SettingsError, match="no grounded set"):
        load_sets(path, form=Form.GROUNDED)


@pytest.mark.parametrize("name", ["nothing-here", "empty"])
def test_what_is_no_set_is_told(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError) as caught:
        load_sets(tmp_path / name)
    assert "--form" in caught.value.remedy


def test_a_limit_spreads_over_the_file():
    assert spread(list(range(10)), 4) == [0, 2, 5, 7]
    assert spread([1, 2], 5) == [1, 2]


def test_a_limit_keeps_conversations_whole(tmp_path):
    turn = {"question": "and?", "answerable": False}
    talk = {"id": "c", "topic": "t", "split": "dev", "turns": [{**turn, "evidence": []}, turn]}
    rows = [QUESTION, {**talk, "id": "c1"}, {**QUESTION, "id": "w2"}, {**talk, "id": "c2"}]
    records = only(lines(tmp_path / "questions.jsonl", *rows)).records
    assert isinstance(records, GoldSet)
    assert [q.id for q in limited(records, 2).questions] == ["w1", "w2"]
    assert [q.id for q in limited(records, 3).questions] == ["w1", "c1/1", "c1/2", "w2"]


def test_a_limit_leaves_texts_out_that_nobody_asks_of(tmp_path):
    other = {**QA, "passage": "Snow falls.", "id": "a3"}
    rows = [{**r, "answerable": True, "sentence_labels": None} for r in (QA, other)]
    records = limited(only(lines(tmp_path / "qa" / "dev.jsonl", *rows)).records, 1)
    assert (len(records.texts), len(records.questions)) == (1, 1)


def test_the_old_penn_style_is_undone():
    penn = "`` Yes , '' she said ( at 5 % ) . It ca n't be , that 's a one - off -- or not"
    written = "\"Yes,\" she said (at 5%). It can't be, that's a one-off – or not"
    assert as_written(penn) == written
