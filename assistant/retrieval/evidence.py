"""From hits to evidence: the sentences that answer, each new in what it covers.

Sentences are chosen greedily by a submodular objective: relevance, plus what of the
question is covered for the first time, minus likeness to what was chosen already
(Lin and Bilmes 2011, "A Class of Submodular Functions for Document Summarization").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from assistant.ports import Floats1d, Floats2d, Scorer
from assistant.records import Evidence, Hit, ScoredSentence, Sentence
from assistant.retrieval.questions import Asks, asks_for, offers
from assistant.retrieval.scoring import (
    SentenceVectors,
    inverse_frequencies,
    stems_of_topic,
)
from assistant.retrieval.terms import bag_of_stems

_COVERAGE_GAIN = 0.35
_LIKENESS_COST = 0.25
_PASSAGE_SHARE = 0.4  # of the passage's own score in its sentences' scores
_FORM_SHARE = 0.15  # of having the form of an answer to such a question
_KEEP_ABOVE = 0.6  # of the best sentence's score
_MAX_PER_PASSAGE = 2
_SHORT = 4  # words: "Not necessarily." answers nothing alone
_ASIDE = re.compile(r"\?[”\"')]*$|^(?:See|More examples|Know|The glossary) ")  # no answers
_POINTER = re.compile(  # to another text: worth following, not quoting
    r"^The (?:full|fuller|opposing|opposite|whole|other) \w+"
    r"|\b(?:set out|told|argued|answered|found|stands?|stand|discussed|described|examined) "
    r"(?:at length |in full |more fully )?in [A-Z]"
)
_ENOUGH_NEW = 5  # content words that the question does not have
_DEFINITION_SHARE = 0.25  # the same for a definition, whose form tells most
_LINKING_FACTOR = 0.9
_SHORT_ANSWERS = frozenset({Asks.PERSON, Asks.DATE, Asks.NUMBER})
_LEAST_WORTH = 0.8
_OF_ITSELF = re.compile(r"\b(?:collection|library|covered)\b")  # what it holds and lacks
_ROW = re.compile(r"^[^:;.]{1,40}: [^;]+; [^:;]{1,40}: ")  # "Year: 1977; Society: …"
_ROW_FACTOR = 0.8  # of a sentence's score: a table row is dense with words and reads badly


@dataclass(slots=True)
class _Candidate:
    hit: int
    sentence: Sentence
    text: str
    linking: bool  # cites nothing where its neighbours do: the author's own thread
    score: float = 0.0


@dataclass(slots=True)
class _Chosen:
    rows: list[int] = field(default_factory=list)
    covered: set[str] = field(default_factory=set)


def choose_evidence(
    question: str,
    hits: Sequence[Hit],
    *,
    scorer: Scorer,
    vectors: SentenceVectors,
    max_sentences: int = 6,
) -> tuple[Evidence, ...]:
    """Return the passages to cite with their chosen sentences, numbered from 1 by rank.

    Empty when no hit has a sentence.
    """
    candidates = _candidates(hits)
    if not candidates:
        return ()
    kind = asks_for(question)
    asked = bag_of_stems(question)
    scores = scorer.score(question, [c.text for c in candidates])
    for candidate, score in zip(candidates, scores.tolist(), strict=True):
        form = 1.0 if offers(kind, question, candidate.text) else 0.0
        passage = max(0.0, hits[candidate.hit].score)
        form_share = _DEFINITION_SHARE if kind is Asks.DEFINITION else _FORM_SHARE
        rest = 1 - _PASSAGE_SHARE - form_share
        mixed = rest * score + _PASSAGE_SHARE * passage + form_share * form
        linking = _LINKING_FACTOR if candidate.linking else 1.0
        candidate.score = mixed * linking * _worth(candidate.text, asked, kind)
    chosen = _choose(question, candidates, vectors.of([c.text for c in candidates]), max_sentences)
    return _as_evidence(hits, [candidates[row] for row in chosen])


def _worth(text: str, asked: frozenset[str], kind: Asks) -> float:
    """Return what a sentence is worth beside its relevance: little when it says nothing new.

    "Nestlé tells the story in its own way" repeats the question's words and promises more.
    Where a name, year or number is asked for, that alone is enough.
    """
    new = len(bag_of_stems(text) - asked)
    enough = 1 if kind in _SHORT_ANSWERS else _ENOUGH_NEW
    said = _LEAST_WORTH + (1 - _LEAST_WORTH) * min(1.0, new / enough)
    return said * (_ROW_FACTOR if _ROW.match(text) else 1.0)


def _candidates(hits: Sequence[Hit]) -> list[_Candidate]:
    found: list[_Candidate] = []
    for n, hit in enumerate(hits):
        passage = hit.passage
        documented = any(s.literature for s in passage.sentences)
        for sentence in passage.sentences:
            text = passage.text[sentence.start - passage.start : sentence.end - passage.start]
            points = not sentence.literature and _POINTER.search(text)
            if len(text.split()) >= _SHORT and not _ASIDE.search(text) and not points:
                own = not sentence.literature and not _OF_ITSELF.search(text)
                linking = documented and own
                found.append(_Candidate(n, sentence, text, linking))
    return found


def _choose(question: str, candidates: list[_Candidate], vectors: Floats2d, most: int) -> list[int]:
    wanted = stems_of_topic(question)
    weights = inverse_frequencies(wanted, [c.text for c in candidates])
    covers = [frozenset(wanted) & bag_of_stems(c.text) for c in candidates]
    total = sum(weights[w] for w in wanted) or 1.0
    floor = _KEEP_ABOVE * max(c.score for c in candidates)
    state = _Chosen()
    while len(state.rows) < most:
        allowed = [
            row
            for row, candidate in enumerate(candidates)
            if candidate.score >= floor and _fits(row, candidates, state.rows)
        ]
        if not allowed:
            break
        likeness = _likeness(vectors, state.rows)
        gains = [
            candidates[row].score
            + _COVERAGE_GAIN * sum(weights[w] for w in covers[row] - state.covered) / total
            - _LIKENESS_COST * float(likeness[row])
            for row in allowed
        ]
        best = allowed[int(np.argmax(gains))]
        if likeness[best] > 0.92:  # says what was said
            candidates[best].score = -1.0
            continue
        state.rows.append(best)
        state.covered |= covers[best]
    return state.rows


def _likeness(vectors: Floats2d, rows: list[int]) -> Floats1d:
    if not rows:
        return np.zeros(len(vectors), np.float32)
    likeness: Floats1d = (vectors @ vectors[rows].T).max(axis=1)  # (n, d) @ (d, m) -> (n,)
    return likeness


def _fits(row: int, candidates: list[_Candidate], rows: list[int]) -> bool:
    """Whether the sentence is new and its passage has room."""
    same = [r for r in rows if candidates[r].hit == candidates[row].hit]
    return row not in rows and len(same) < _MAX_PER_PASSAGE


def _as_evidence(hits: Sequence[Hit], chosen: Sequence[_Candidate]) -> tuple[Evidence, ...]:
    """Group the chosen sentences by passage; the passage of the first is number 1."""
    by_hit: dict[int, list[_Candidate]] = {}
    for candidate in chosen:
        by_hit.setdefault(candidate.hit, []).append(candidate)
    return tuple(
        Evidence(
            number=number,
            hit=hits[n],
            chosen=tuple(
                ScoredSentence(c.sentence, c.text, c.score)
                for c in sorted(group, key=lambda c: c.sentence.start)
            ),
        )
        for number, (n, group) in enumerate(by_hit.items(), start=1)
    )
