"""What a check of an exported file found: the file itself, and each thing that it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from assistant.exporting.pack import Pack, PackedDocument, PackedSentence, Quotation
from assistant.exporting.writing import Format
from assistant.records import Reference


class Standing(StrEnum):
    """Whether something of a pack still is as the pack says."""

    SAME = "same"
    MOVED = "moved"  # the document has changed; these words still stand in it
    GONE = "gone"  # the document is there; these words are not
    MISSING = "missing"  # the document, or the work, is not in the library
    MISQUOTED = "misquoted"  # the document has not changed, and never had these words there
    CHANGED = "changed"  # a title or reference now reads otherwise


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the file shows other words than the pack in it."""

    expected: str  # paragraphs of the pack, parted by line feeds; empty: the file has more
    found: str  # empty: the file lacks them


@dataclass(frozen=True, slots=True)
class CheckedQuotation:
    """A quotation and what the library says of it now."""

    turn: int  # from 1
    number: int  # of its source; 0 for a passage that only came near
    document: str  # id
    quotation: Quotation
    standing: Standing
    at: tuple[int, int] | None = None  # where the words stand now
    elsewhere: str = ""  # id of another document in which they stand
    now: str = ""  # the sentence most like it, where the words are gone


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document and what of it has changed besides its text, in words; none: all the same."""

    document: PackedDocument
    standing: Standing
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of an answer for which its quotations do not speak, and why."""

    turn: int
    place: int  # in the answer, from 1
    sentence: PackedSentence
    objection: str


@dataclass(frozen=True, slots=True)
class CheckedWork:
    """A work of the literature."""

    work: Reference
    standing: Standing


@dataclass(frozen=True, slots=True)
class VerifiedPack:
    """All that was found; ``is_verified`` when there is nothing to look at."""

    pack: Pack
    format: Format
    is_intact: bool  # digest and hashes agree with the pack
    is_exact: bool  # the file is character for character what this program writes
    differences: tuple[Difference, ...]  # between the words shown and the pack
    quotations: tuple[CheckedQuotation, ...]
    documents: tuple[CheckedDocument, ...]
    works: tuple[CheckedWork, ...]
    objections: tuple[CheckedSentence, ...]
    rechecked: int  # written sentences that were put to the checker again
    notes: tuple[str, ...]  # what a reader should know of this check
    library: str  # now
    generation: int

    @property
    def is_shown_faithfully(self) -> bool:
        """Whether the words in the file are those of the pack."""
        return not self.differences

    @property
    def is_verified(self) -> bool:
        """Whether file, quotations, documents, literature and sentences all stand."""
        standings = {
            *(q.standing for q in self.quotations),
            *(d.standing for d in self.documents),
            *(w.standing for w in self.works),
        }
        is_sound = self.is_intact and self.is_shown_faithfully and not self.objections
        return is_sound and standings <= {Standing.SAME}
