"""The trained check after the literal one, with an entailment model whose words are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from evidence_samples import evidence
from fakes import HashEmbedder

from assistant.answering.entailing import EntailmentChecker, checker_of, spans_for, strange
from assistant.ports import Floats2d
from assistant.records import Verdict
from assistant.retrieval.scoring import SentenceVectors

SOURCE = (
    "Friedman argued in 1970 that managers are agents of the owners.",
    "Not every shareholder agreed with him.",
    "Carroll drew a pyramid in 1991 with four kinds of responsibility.",
)
SURE, UNSURE = 0.97, 0.6


class Told:
    """Says of each piece of evidence what a table says for one of its words."""

    fingerprint = "told"

    def __init__(self, table: Mapping[str, tuple[float, float]]) -> None:
        self.table = table
        self.asked: list[tuple[str, str]] = []

    def judge(self, claim: str, evidence: Sequence[str]) -> Floats2d:
        self.asked += [(claim, text) for text in evidence]
        rows = [
            next((v for word, v in self.table.items() if word in t), (0.0, 0.0)) for t in evidence
        ]
        return np.array([[s, c, 1 - s - c] for s, c in rows], np.float32).reshape(-1, 3)


def checker(**table: tuple[float, float]) -> EntailmentChecker:
    found = checker_of(SentenceVectors(HashEmbedder()), Told(table))
    assert isinstance(found, EntailmentChecker)
    return found


def test_what_stands_word_for_word_needs_no_model():
    check = checker()
    found = check.check(SOURCE[0], [evidence(SOURCE)])
    assert found.verdict is Verdict.SUPPORTED
    assert check._entailer.asked == []


def test_what_is_put_freely_stands_when_the_model_is_sure_and_cites_the_nearest_sentence():
    claim = "For Friedman, writing in 1970, managers serve the owners."
    found = checker(Friedman=(SURE, 0.0)).check(claim, [evidence(SOURCE)])
    assert found.verdict is Verdict.SUPPORTED
    assert found.score == pytest.approx(SURE)
    (citation,) = found.citations
    assert (citation.evidence, citation.start) == (1, 100)
    assert citation.end - citation.start == len(SOURCE[0])
    assert found.reason == ""


def test_what_the_model_is_unsure_of_is_struck_with_the_literal_reason():
    claim = "For Friedman, writing in 1970, managers serve the owners."
    found = checker(Friedman=(UNSURE, 0.0)).check(claim, [evidence(SOURCE)])
    assert found.verdict is Verdict.UNSUPPORTED
    assert found.reason
    assert found.citations == ()


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ("For Friedman, writing in 1971, managers serve the owners.", "1971"),
        ("For Drucker, writing in 1970, managers serve the owners.", "drucker"),
        ("For Friedman, writing in 1970, managers never serve the owners.", "not"),
    ],
)
def test_a_number_a_name_or_a_denial_that_is_not_there_outweighs_the_model(claim, why):
    check = checker(Friedman=(SURE, 0.0))
    assert check.check(claim, [evidence(SOURCE)]).verdict is Verdict.UNSUPPORTED
    (span,) = spans_for(claim, [evidence(SOURCE)])
    assert strange(claim, span) == why


def test_a_contradiction_is_told_with_the_sentence_that_says_otherwise():
    claim = "Friedman saw managers as agents of society in 1970."
    found = checker(Friedman=(0.02, SURE)).check(claim, [evidence(SOURCE)])
    assert found.verdict is Verdict.CONTRADICTED
    assert not found.verdict.stands
    assert SOURCE[0] in found.reason
    assert [c.evidence for c in found.citations] == [1]


def test_of_several_passages_the_supporting_one_is_cited():
    claim = "A pyramid of four responsibilities was drawn by Carroll in 1991."
    items = [evidence(SOURCE[:2], number=1), evidence(SOURCE[2:], number=2)]
    found = checker(Carroll=(SURE, 0.0)).check(claim, items)
    assert [c.evidence for c in found.citations] == [2]


@pytest.mark.parametrize("text", ["Who said so?", "it is a piece of one.", "He said."])
def test_what_is_no_statement_is_struck_whatever_the_model_says(text):
    found = checker(Friedman=(SURE, 0.0)).check(text, [evidence(SOURCE)])
    assert found.verdict is Verdict.UNSUPPORTED


def test_without_evidence_nothing_stands():
    found = checker(Friedman=(SURE, 0.0)).check("Friedman wrote an essay in 1970.", [])
    assert found.verdict is Verdict.UNSUPPORTED


def test_without_a_model_the_literal_check_is_in_force():
    found = checker_of(SentenceVectors(HashEmbedder()), None)
    assert found.check(SOURCE[0], [evidence(SOURCE)]).verdict is Verdict.SUPPORTED
