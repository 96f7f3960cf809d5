from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from evidence_samples import evidence
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.writing import checked_sentences, merged
from assistant.records import (
    AnswerSentence,
    Citation,
    Evidence,
    SentenceChecked,
    TextDelta,
    Verdict,
)

DRAFT = (
    "Friedman (1970) held, e.g. in the U.S. press, that “business has one duty.” R. E. Freeman "
    "disagreed.\n\n- Nestlé spent 2.5 per cent.\n1. Is that all? Porter et al. say “It pays. It "
    "lasts.” and add nothing. The company decides, i.e. it judges."
)
WHOLE = [
    "Friedman (1970) held, e.g. in the U.S. press, that “business has one duty.”",
    "R. E. Freeman disagreed.",
    "Nestlé spent 2.5 per cent.",
]


class Recorder:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def check(self, sentence: str, evidence: Sequence[Evidence]) -> AnswerSentence:
        self.seen.append(sentence)
        return AnswerSentence(sentence, Verdict.SUPPORTED, 1.0)


def sentences_of(pieces: Sequence[str]) -> list[str]:
    return [
        e.sentence.text
        for e in checked_sentences(iter(pieces), Recorder(), ())
        if isinstance(e, SentenceChecked)
    ]


@given(st.lists(st.integers(0, len(DRAFT)), max_size=60))
def test_sentences_do_not_depend_on_how_the_draft_is_cut(cuts: list[int]):
    places = sorted({0, len(DRAFT), *cuts})
    pieces = [DRAFT[a:b] for a, b in pairwise(places)]
    assert sentences_of(pieces) == sentences_of([DRAFT])


def test_abbreviations_initials_and_decimals_do_not_cut():
    assert sentences_of(list(DRAFT))[:3] == WHOLE
    assert sentences_of([DRAFT])[-1] == "The company decides, i.e. it judges."


@given(st.lists(st.text(max_size=8), max_size=12))
def test_the_draft_itself_is_passed_on_unchanged(pieces: list[str]):
    events = checked_sentences(iter(pieces), Recorder(), ())
    assert [e.text for e in events if isinstance(e, TextDelta)] == pieces


@pytest.mark.parametrize(
    "draft",
    [
        "Value is created. The company then",
        "Value is created. It was shown by R.",
        "Value is created. Firms spend money, e.g.",
        "Value is created. He called it “shared value”",
        "Value is created. 2.",
    ],
)
def test_an_unfinished_last_sentence_is_not_kept(draft: str):
    assert sentences_of([draft]) == ["Value is created."]


@pytest.mark.parametrize(
    "draft",
    ["He said “it pays.”", "It pays (he said so).", "It pays!", "**It pays.**", "- It pays."],
)
def test_a_finished_last_sentence_is_kept_without_marks(draft: str):
    assert sentences_of([draft]) == [draft.strip("*- ")]


def test_a_sentence_is_checked_before_the_next_is_finished():
    events = checked_sentences(iter(["It pays. ", "Then ", "it ", "ends"]), Recorder(), ())
    kinds = [type(e).__name__ for e in events]
    assert kinds == ["TextDelta", "TextDelta", "TextDelta", "SentenceChecked", "TextDelta"]


def quoted(text: str, start: int, number: int = 1) -> AnswerSentence:
    citation = Citation(number, start, start + len(text), 1.0)
    return AnswerSentence(text, Verdict.QUOTED, 1.0, (citation,))


def written(text: str, span: AnswerSentence | None) -> AnswerSentence:
    verdict = Verdict.SUPPORTED if span else Verdict.UNSUPPORTED
    return AnswerSentence(text, verdict, 0.9, span.citations if span else ())


FIRST, SECOND = quoted("Society judges CSR.", 0), quoted("The company judges CSV.", 40)


def test_where_nothing_stands_the_quoted_answer_does():
    assert merged([written("Nobody judges.", None)], [FIRST, SECOND]) == (FIRST, SECOND)
    assert merged([], [FIRST]) == (FIRST,)


def test_what_was_written_takes_the_place_of_its_quotation():
    own = written("Society judges in CSR.", FIRST)
    assert merged([own], [FIRST, SECOND]) == (own, SECOND)


def test_a_repeated_sentence_is_kept_once():
    own = written("Society judges CSR.", FIRST)
    assert merged([own, own], [FIRST, SECOND]) == (own, SECOND)


def test_two_things_said_of_one_span_are_both_kept():
    one, other = written("Society judges.", FIRST), written("CSR is judged.", FIRST)
    assert merged([one, other], [FIRST]) == (one, other)


def test_evidence_is_handed_to_the_checker():
    given_evidence = (evidence(["It pays."]),)
    seen: list[Sequence[Evidence]] = []

    class Looking(Recorder):
        def check(self, sentence: str, evidence: Sequence[Evidence]) -> AnswerSentence:
            seen.append(evidence)
            return super().check(sentence, evidence)

    list(checked_sentences(iter(["It pays."]), Looking(), given_evidence))
    assert seen == [given_evidence]
