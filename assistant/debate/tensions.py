"""Tensions: pairs of places in different documents of which one contradicts or answers the other.

What is found by ``tension_finder`` is shown here, for the whole library or for one document.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.debate.tension_file import Row
from assistant.library.snapshot import Snapshot
from assistant.records import DocumentCard, Passage


class Kind(StrEnum):
    """How two places stand to each other."""

    CONTRADICTS = "contradicts"  # by the entailment model, both ways
    ANSWERS = "answers"  # the second reports an objection to the view in the first
    OPPOSES = "opposes"  # the second's document declares so; their openings are shown

    @property
    def label(self) -> str:
        """The words shown to people."""
        return _LABELS[self]


_LABELS = {
    Kind.CONTRADICTS: "They contradict each other",
    Kind.ANSWERS: "The second answers the first",
    Kind.OPPOSES: "Declared opposites",
}
_ORDER = tuple(Kind)  # what stands in the sentences comes before what is only declared


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence of a document."""

    document: DocumentCard
    heading: tuple[str, ...]
    start: int  # in the document's text
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Tension:
    """Two places in different documents; an answer or opposite comes second."""

    kind: Kind
    one: Place
    other: Place
    strength: float  # of a contradiction its probability, else the cosine of the sentences


@dataclass(frozen=True, slots=True)
class Dispute:
    """A span of a document, and the places elsewhere that stand against it."""

    start: int  # in the document's text
    end: int
    text: str
    by: tuple[tuple[Kind, Place], ...]  # the strongest first


def disputes_of(tensions: Iterable[Tension], document: str) -> tuple[Dispute, ...]:
    """Return the disputed spans of a document in reading order, each with all against it.

    A reader can show "disputed by …" there; spans do not overlap, they are whole sentences.
    """
    against: dict[tuple[int, int], list[tuple[Kind, Place]]] = {}
    texts: dict[tuple[int, int], str] = {}
    for tension in tensions:
        for here, there in ((tension.one, tension.other), (tension.other, tension.one)):
            if here.document.id == document:
                span = here.start, here.end
                texts[span] = here.text
                against.setdefault(span, []).append((tension.kind, there))
    return tuple(Dispute(*span, texts[span], tuple(against[span])) for span in sorted(against))


def of_document(tensions: Iterable[Tension], document: str | None) -> tuple[Tension, ...]:
    """Return those in which a document has a part; all of them for None."""
    return tuple(t for t in tensions if document in (None, t.one.document.id, t.other.document.id))


def shown(snapshot: Snapshot, rows: Sequence[Row]) -> tuple[Tension, ...]:
    """Return tensions with their texts, the strongest first, contradictions before opposites."""
    cards = {card.id: card for card in snapshot.cards()}
    passages: dict[str, tuple[Passage, ...]] = {}
    found: list[Tension] = []
    for row in rows:
        places = []
        for slug, start, end in (row.one, row.other):
            if slug not in passages:
                passages[slug] = snapshot.passages_of(slug)
            places.append(_place(cards[slug], passages[slug], start, end))
        found.append(Tension(Kind(row.kind), places[0], places[1], row.strength))
    return tuple(sorted(found, key=_rank))


def _rank(tension: Tension) -> tuple[int, float, str, int, str, int]:
    one, other = tension.one, tension.other
    places = one.document.id, one.start, other.document.id, other.start
    return _ORDER.index(tension.kind), -tension.strength, *places


def _place(card: DocumentCard, passages: Sequence[Passage], start: int, end: int) -> Place:
    passage = next(p for p in passages if p.start <= start and end <= p.end)
    text = passage.text[start - passage.start : end - passage.start]
    return Place(card, passage.heading, start, end, text)
