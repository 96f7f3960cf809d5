"""Test a claim: what in this library speaks for it, against it, and beside it.

It is judged whether these sources support a sentence, never whether it is true. In a debate
both may be found: then the claim is disputed, and both sides are shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from threading import Event

import numpy as np

from assistant.answering.checking import no_statement
from assistant.answering.entailing import CONTRADICTS, SUPPORTS, Span, strange
from assistant.debate.essays import Piece, pieces_of, without_citations
from assistant.errors import QuestionError
from assistant.ports import Checker, Entailer, Floats1d, Floats2d
from assistant.records import (
    DocumentCard,
    Evidence,
    Filters,
    Hit,
    Progress,
    ScoredSentence,
    Sentence,
)
from assistant.retrieval.searcher import Searcher
from assistant.retrieval.terms import bag_of_stems, canonical, names, numbers

MAX_CHARACTERS = 200_000  # of a text that is tested: a thesis of 30,000 words
_DEPTH = 8  # passages that a claim is laid beside
_WINDOWS = 12  # sentences of them that are judged, alone and with the one before
_PAIR_COST = 0.1  # probability by which a sentence says more with the one before it
_SIDE = 3  # pieces of evidence shown on each side
_DECIDES = 0.6  # probability from which a source takes a side
_SURE = 0.9  # and against what another says word for word
_STAGE = "Testing claims"
_SCHOOLS = frozenset({"csr", "crm", "csv"})  # what everybody here speaks of, not who is named


class Standing(StrEnum):
    """How a claim stands in this library."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    DISPUTED = "disputed"  # by some supported, by some contradicted
    NOT_IN_SOURCES = "not in the sources"
    NO_CLAIM = "no claim"  # a question, a heading, a word or two

    @property
    def label(self) -> str:
        """The words shown to people."""
        return self.value[:1].upper() + self.value[1:]


@dataclass(frozen=True, slots=True)
class Witness:
    """A stretch of a document that speaks to a claim."""

    document: DocumentCard
    heading: tuple[str, ...]
    start: int  # in the document's text
    end: int
    text: str
    probability: float  # that it supports, or contradicts, as its side says
    passage: tuple[int, int]  # start and end of what is around it, in the document's text


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """One claim with its witnesses, the strongest first on each side."""

    text: str
    start: int  # in the text that was tested
    end: int
    standing: Standing
    score: float  # of the side that decided, 0…1
    supporting: tuple[Witness, ...] = ()
    contradicting: tuple[Witness, ...] = ()
    beside: tuple[Witness, ...] = ()  # near, but it leaves the claim open
    needs_source: bool = False  # it states a fact that neither the library nor itself sources
    generation: int = 0  # of the library; 0 where nothing was searched


@dataclass(frozen=True, slots=True)
class Ledger:
    """A text that was tested, claim by claim, in its order; up to where it was stopped."""

    text: str
    claims: tuple[JudgedClaim, ...]
    generation: int
    warning: str = ""

    def count(self, standing: Standing) -> int:
        """Return how many claims stand so."""
        return sum(claim.standing is standing for claim in self.claims)

    @property
    def summary(self) -> str:
        """Say in one sentence how the claims stand."""
        return summary_of({standing: self.count(standing) for standing in Standing})


def summary_of(counts: Mapping[Standing, int]) -> str:
    """Say in one sentence how claims stand: "6 claims: 4 supported, 2 not in the sources."."""
    judged = {s: counts.get(s, 0) for s in Standing if s is not Standing.NO_CLAIM}
    total = sum(judged.values())
    if not total:
        return "There is no claim in this text: a claim is a sentence that states something."
    if total == 1:
        (standing,) = (s for s, n in judged.items() if n)
        if standing is Standing.NOT_IN_SOURCES:
            return "Not in the sources of this library."
        return f"{standing.label} in this library."
    parts = ", ".join(f"{n:,} {s.value}" for s, n in judged.items() if n)
    return f"{total:,} claims: {parts}."


class ClaimJudge:
    """Lays claims beside the library; any number of threads may use it."""

    def __init__(self, searcher: Searcher, literal: Checker, entailer: Entailer | None) -> None:
        """``literal`` says what stands there word by word; without ``entailer`` it is all."""
        self._searcher = searcher
        self._literal = literal
        self._entailer = entailer

    def judge(
        self,
        text: str,
        filters: Filters | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
        *,
        on_claim: Callable[[JudgedClaim], None] = lambda _: None,
        stop: Event | None = None,
    ) -> Ledger:
        """Return the ledger of a text; see ``claims``. ``on_claim`` is told each as it stands."""
        judged: list[JudgedClaim] = []
        for claim in self.claims(text, filters, on_progress, stop):
            judged.append(claim)
            on_claim(claim)
        return Ledger(text, tuple(judged), max((c.generation for c in judged), default=0))

    def claims(
        self,
        text: str,
        filters: Filters | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
        stop: Event | None = None,
    ) -> Iterator[JudgedClaim]:
        """Yield each sentence of a text, judged; end soon after ``stop`` is set.

        Raises QuestionError when the text is empty or too long.
        """
        _refuse_unusable(text)
        pieces = list(pieces_of(text))
        began = time.monotonic()
        for n, piece in enumerate(pieces):
            if stop is not None and stop.is_set():
                return
            eta_s = (time.monotonic() - began) / n * (len(pieces) - n) if n else None
            on_progress(Progress(_STAGE, n, len(pieces), eta_s))
            yield self._judged(text, piece, filters)
        on_progress(Progress(_STAGE, len(pieces), len(pieces), 0.0))

    def _judged(self, text: str, piece: Piece, filters: Filters | None) -> JudgedClaim:
        words = " ".join(text[piece.start : piece.end].split())
        claim = without_citations(words)
        if not piece.is_prose or no_statement(claim):
            return JudgedClaim(words, piece.start, piece.end, Standing.NO_CLAIM, 0.0)
        found = self._searcher.found(claim, _DEPTH, filters)
        judged = self._weighed(claim, found.hits)
        sourced = judged.standing is not Standing.NOT_IN_SOURCES or claim != words
        return replace(
            judged,
            text=words,
            start=piece.start,
            end=piece.end,
            needs_source=not sourced and _states_a_fact(claim),
            generation=found.generation,
        )

    def _weighed(self, claim: str, hits: Sequence[Hit]) -> JudgedClaim:
        """Return how a claim stands among passages; where it stands in its text is not known."""
        windows = _windows(claim, hits)
        shares = np.zeros((len(windows), 3), np.float32)
        if self._entailer is not None and windows:
            shares = self._entailer.judge(claim, [span.text for _, span in windows])  # (n, 3)
        return _sided(claim, windows, shares, self._word_for_word(claim, hits))

    def _word_for_word(self, claim: str, hits: Sequence[Hit]) -> tuple[Witness, ...]:
        """Return where a claim stands as it is: a model has no say in that."""
        evidence = [Evidence(n, hit, _sentences(hit)) for n, hit in enumerate(hits, start=1)]
        said = self._literal.check(claim, evidence)
        cited = {c.evidence: c for c in said.citations} if said.verdict.stands else {}
        return tuple(_witness(hits[n - 1], c.start, c.end, said.score) for n, c in cited.items())


def _refuse_unusable(text: str) -> None:
    if not any(c.isalnum() for c in text):
        raise QuestionError("There is no claim.", remedy="Type a sentence that can be checked.")
    if len(text) > MAX_CHARACTERS:
        raise QuestionError(
            f"The text has {len(text):,} characters; {MAX_CHARACTERS:,} are the most.",
            remedy="Test it in parts.",
        )


def _windows(claim: str, hits: Sequence[Hit]) -> list[tuple[Hit, Span]]:
    """Return what a claim is judged by: the sentences nearest to it, and each with the one before.

    Sentences of a passage lean on each other: "Few did" says nothing without what few did.
    """
    asked = bag_of_stems(claim)
    near = sorted(
        ((n, at) for n, hit in enumerate(hits) for at in range(len(hit.passage.sentences))),
        key=lambda place: -_likeness(asked, hits[place[0]], place[1]),
    )[:_WINDOWS]
    alone = [(hits[n], _span(n, hits[n], at, at + 1)) for n, at in near]
    pairs = [
        (hits[n], _span(n, hits[n], at - 1, at + 1)) for n, at in near if _follows(hits[n], at)
    ]
    return [*alone, *pairs]


def _follows(hit: Hit, at: int) -> bool:
    """Whether a sentence stands in one paragraph with the one before it."""
    if not at:
        return False
    before, sentence = hit.passage.sentences[at - 1 : at + 1]
    return "\n" not in _text(hit, before.end, sentence.start)


def _likeness(asked: frozenset[str], hit: Hit, at: int) -> float:
    """Return how much of a claim a sentence has, its length allowed for."""
    sentence = hit.passage.sentences[at]
    said = bag_of_stems(_text(hit, sentence.start, sentence.end))
    return float(len(asked & said) / (4 + len(said)) ** 0.5 + 0.01 * hit.score)


def _span(number: int, hit: Hit, first: int, end: int) -> Span:
    sentences = hit.passage.sentences[first:end]
    texts = tuple(_text(hit, s.start, s.end) for s in sentences)
    return Span(number, sentences, texts, " ".join((hit.document.title, *hit.passage.heading)))


def _sided(
    claim: str,
    windows: Sequence[tuple[Hit, Span]],
    shares: Floats2d,
    word_for_word: tuple[Witness, ...],
) -> JudgedClaim:
    """Return the claim with its witnesses sorted by side; a passage speaks once on each."""
    support = shares[:, SUPPORTS].copy()
    for row, (_, span) in enumerate(windows):
        if support[row] >= _DECIDES and strange(claim, span):
            support[row] = 0.0  # a name, number or denial is not there: models miss just these
    against = shares[:, CONTRADICTS]
    judged = _side(windows, support, least=_DECIDES)
    quoted = {(w.document.id, w.passage) for w in word_for_word}
    others = (w for w in judged if (w.document.id, w.passage) not in quoted)
    supporting = (*word_for_word, *others)[:_SIDE]
    contradicting = _side(windows, against, least=_SURE if word_for_word else _DECIDES)
    sides = (*supporting, *contradicting)
    sided = {(w.document.id, w.start) for w in sides}
    nearest = _side(windows, 1 - support - against, least=-1.0)
    beside = tuple(w for w in nearest if (w.document.id, w.start) not in sided)
    undecided = max(support.max(initial=0.0), against.max(initial=0.0))
    score = max((w.probability for w in sides), default=float(undecided))
    standing = _standing(bool(supporting), bool(contradicting))
    return JudgedClaim(claim, 0, 0, standing, score, supporting, contradicting, beside)


def _standing(supported: bool, contradicted: bool) -> Standing:
    if supported and contradicted:
        return Standing.DISPUTED
    if supported:
        return Standing.SUPPORTED
    return Standing.CONTRADICTED if contradicted else Standing.NOT_IN_SOURCES


def _side(
    windows: Sequence[tuple[Hit, Span]], shares: Floats1d, *, least: float
) -> tuple[Witness, ...]:
    """Return the strongest witnesses, one for each passage; a sentence alone before a pair."""
    order = sorted(
        range(len(windows)),
        key=lambda row: -float(shares[row]) + _PAIR_COST * (len(windows[row][1].sentences) - 1),
    )
    found: list[Witness] = []
    heard: set[int] = set()
    for row in order:
        hit, span = windows[row]
        if shares[row] >= least and hit.passage.id not in heard and len(found) < _SIDE:
            heard.add(hit.passage.id)
            start, end = span.sentences[0].start, span.sentences[-1].end
            found.append(_witness(hit, start, end, float(shares[row])))
    return tuple(found)


def _witness(hit: Hit, start: int, end: int, probability: float) -> Witness:
    passage = hit.passage
    return Witness(
        document=hit.document,
        heading=passage.heading,
        start=start,
        end=end,
        text=_text(hit, start, end),
        probability=probability,
        passage=(passage.start, passage.end),
    )


def _text(hit: Hit, start: int, end: int) -> str:
    passage = hit.passage
    return passage.text[start - passage.start : end - passage.start]


def _sentences(hit: Hit) -> tuple[ScoredSentence, ...]:
    return tuple(_scored(hit, s) for s in hit.passage.sentences)


def _scored(hit: Hit, sentence: Sentence) -> ScoredSentence:
    return ScoredSentence(sentence, _text(hit, sentence.start, sentence.end), hit.score)


def _states_a_fact(claim: str) -> bool:
    """Whether a reader would ask "who says so?": it has a number, or somebody is named."""
    return bool(numbers(claim)) or bool(set(names(canonical(claim))) - _SCHOOLS)
