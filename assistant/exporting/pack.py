"""The evidence pack: questions, answers, and word for word what they rest on.

A pack is complete in itself. Whoever holds one can read it without the library, and check it
against a library: every quotation has its offsets and its hash, every document the hash of its
text. All offsets count characters (code points) of ``Document.text``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from assistant.records import (
    Citation,
    Document,
    DocumentCard,
    Notice,
    Outcome,
    Passage,
    Perspective,
    Reference,
    Verdict,
)


class Shelf(Protocol):
    """The library at one moment, as ``Library.reading`` gives it."""

    @property
    def meta(self) -> dict[str, str]:
        """What the library tells of itself; "library" is its name."""
        ...

    @property
    def generation(self) -> int:
        """The number of changes so far."""
        ...

    def cards(self) -> tuple[DocumentCard, ...]:
        """Return what is known of every document."""
        ...

    def document(self, slug: str) -> Document | None:
        """Return a whole document; None when there is none of that name."""
        ...

    def passages_of(self, slug: str) -> tuple[Passage, ...]:
        """Return the passages of a document in reading order."""
        ...

    def literature(self) -> tuple[Reference, ...]:
        """Return the works that sentences cite by key."""
        ...


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words of a document to which an answer points."""

    start: int
    end: int
    text: str
    literature: tuple[str, ...] = ()  # keys of the works that these words cite
    in_library: bool = True  # False: as it stood in the answer; the library had it no more

    @property
    def sha256(self) -> str:
        """The hash of the words."""
        return text_sha256(self.text)


@dataclass(frozen=True, slots=True)
class PackedSource:
    """A passage under the number by which an answer cites it."""

    number: int  # 0: only near to the question, not cited
    document: str  # id
    heading: tuple[str, ...]
    page: int | None
    quotations: tuple[Quotation, ...]  # in the order of the text

    @property
    def literature(self) -> tuple[str, ...]:
        """The keys behind its quotations, each once."""
        return tuple(dict.fromkeys(key for q in self.quotations for key in q.literature))


@dataclass(frozen=True, slots=True)
class PackedSentence:
    """A sentence of an answer and where it points."""

    text: str
    verdict: Verdict
    score: float
    citations: tuple[Citation, ...] = ()
    reason: str = ""  # why it was struck; empty where it stands
    group: str = ""  # heading under which it is shown, if any

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of its sources, ascending, each once."""
        return tuple(sorted({c.evidence for c in self.citations}))


@dataclass(frozen=True, slots=True)
class PackedTurn:
    """A question and its answer."""

    question: str
    standalone_question: str
    outcome: Outcome
    notice: Notice
    message: str
    warning: str
    model: str
    generation: int  # of the library, when it was answered
    sentences: tuple[PackedSentence, ...]
    struck: tuple[PackedSentence, ...]
    sources: tuple[PackedSource, ...]  # cited ones only, by number
    nearest: tuple[PackedSource, ...] = ()  # where nothing is cited: the passages that come nearest

    def source(self, number: int) -> PackedSource | None:
        """Return the source of that number."""
        return next((s for s in self.sources if s.number == number), None)


@dataclass(frozen=True, slots=True)
class PackedDocument:
    """A document that is quoted; path and hashes are empty where the library lacked it."""

    id: str
    title: str
    path: str
    perspective: str  # a value of Perspective
    file_sha256: str  # of the file's bytes
    text_sha256: str  # of Document.text in UTF-8

    @property
    def perspective_label(self) -> str:
        """The perspective as it is shown to people."""
        known = {p.value: p.label for p in Perspective}
        return known.get(self.perspective, self.perspective)


@dataclass(frozen=True, slots=True)
class Pack:
    """Turns of one conversation, with everything they cite."""

    title: str
    made_at: datetime  # UTC, whole seconds
    program: str  # name and version
    library: str  # 32 hexadecimal digits, given when the library was made
    generation: int  # of the library, when the pack was made
    turns: tuple[PackedTurn, ...]
    documents: tuple[PackedDocument, ...]  # by first quotation
    literature: tuple[Reference, ...]  # by author; without text where it is not known

    def document(self, slug: str) -> PackedDocument:
        """Return a cited document; a pack that was read or made names each of them."""
        return next(d for d in self.documents if d.id == slug)

    @property
    def works(self) -> Mapping[str, Reference]:
        """The literature by key."""
        return {work.key: work for work in self.literature}

    def quotations(self) -> Iterator[tuple[int, PackedSource, Quotation]]:
        """Yield every quotation with the number of its turn, from 1, and its source."""
        for n, turn in enumerate(self.turns, start=1):
            for source in (*turn.sources, *turn.nearest):
                for quotation in source.quotations:
                    yield n, source, quotation


def text_sha256(text: str) -> str:
    """Return the hash of a text in UTF-8; half characters are hashed as they are."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
