"""Passages fit every system and say nothing twice; questions keep their paragraph."""

import gzip
import json

import pytest

LONG = " ".join(
    f"Sentence number {n} speaks of the river and of its many bridges." for n in range(40)
)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data" / "squad"
    folder.mkdir(parents=True)
    qas = [
        {"question": "What  is first?", "is_impossible": False, "answers": [{"text": "number 0"}]},
        {"question": "What is last?", "is_impossible": False, "answers": [{"text": "number 39"}]},
        {"question": "What is not?", "is_impossible": True, "answers": []},
    ]
    article = {"title": "Rivers", "paragraphs": [{"context": LONG, "qas": qas}]}
    with gzip.open(folder / "dev-v2.0.json.gz", "wt", encoding="utf-8") as file:
        json.dump({"data": [article]}, file)
    return tmp_path / "data"


def test_paragraphs_are_cut_after_a_sentence_and_lost_answers_are_not_asked(data):
    from texts import MAX_TOKENS, Question, Trimmer, _squad

    trim = Trimmer()
    paragraphs, questions, requests = _squad(data, trim)
    assert LONG.startswith(paragraphs[0])
    assert paragraphs[0].endswith("bridges.")
    assert 150 < trim.length(paragraphs[0]) <= MAX_TOKENS
    assert questions == [Question("What is first?", "t000000")]
    assert len(requests) == 3


def test_no_sentence_stands_in_two_passages(data):
    from texts import Trimmer, _key, _paragraphs, _sentences

    folder = data / "fever"
    folder.mkdir()
    with gzip.open(folder / "evidence_dev.jsonl.gz", "wt", encoding="utf-8") as file:
        for _ in range(2):  # the same article twice, as the evidence of two claims
            file.write(json.dumps({"passage": LONG.replace(". ", ".\n")}) + "\n")
    passages = list(_paragraphs(data, Trimmer(), set()))
    keys = [_key(sentence) for passage in passages for sentence in _sentences(passage)]
    assert len(passages) > 1
    assert len(keys) == len(set(keys))


def test_text_that_our_reader_would_change_is_left_out():
    from texts import _is_plain

    assert _is_plain("A plain sentence, with 5 % of everything.")
    assert not _is_plain("A *marked* sentence.")
    assert not _is_plain("1. A list.")
    assert not _is_plain("# A heading")
