"""Blocks put down one after the other become the text, its sentences and its page marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assistant.reading.formats.converted import SEPARATOR, PageMark
from assistant.reading.formats.problems import DocumentError, Reason
from assistant.reading.sentences import sentence_spans
from assistant.records import Block, BlockKind, Sentence

_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
    # Controls where Windows has its quotation marks and dashes: what careless programs write.
    | {chr(n): bytes([n]).decode("cp1252", "ignore") for n in range(0x80, 0xA0) if n != 0x85}
)
# What nobody sees: controls, soft hyphens, joiners of no width, marks that turn the direction of
# writing, private characters, halves of characters, tags that only a model would read; and the
# arrow back from a note.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\u21a9\ufe00-\ufe0f\ufeff\ufff9-\ufffc\ufffe\uffff\ue000-\uf8ff\ud800-\udfff\U000e0000-\U000e0fff"
    "\U000f0000-\U0010ffff]"
)
_SPACE = re.compile(r"\s+")
_PER_LINE = re.compile(r"[ \t]+(?=\n|$)|\A(?:[ \t]*\n)+")


def cleaned(text: str) -> str:
    """Return the text on one line, without what nobody sees, ligatures parted."""
    return _SPACE.sub(" ", without_unseen(text)).strip()


def without_unseen(text: str) -> str:
    """Return the text without what nobody sees, ligatures parted; lines stay lines."""
    return _UNSEEN.sub("", text.translate(_LIGATURES))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a block that begins a page, or goes on where the last part stopped."""

    text: str
    page: tuple[int, str] | None = None  # number and label; None: the page before


@dataclass(slots=True)
class Manuscript:
    """Collects blocks; ``limit`` is the most characters it takes."""

    limit: int = 20_000_000
    _parts: list[str] = field(default_factory=list)
    _length: int = 0
    blocks: list[Block] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    pages: list[PageMark] = field(default_factory=list)
    _page: tuple[int, str] | None = None  # announced, no text on it yet
    _current: tuple[int, str] | None = None  # of the last mark

    @property
    def text(self) -> str:
        """The whole text."""
        return SEPARATOR.join(self._parts)

    def begin_page(self, number: int, label: str = "") -> None:
        """Say that what follows stands on another page."""
        self._page = (number, cleaned(label) or str(number))

    def add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        """Put down a block; nothing when no word is left of it."""
        if kind == "code":
            lines = without_unseen(text).expandtabs(4).replace("\r", "")
            self._put(kind, [Piece(_PER_LINE.sub("", lines).rstrip("\n "))], level)
        else:
            self._put(kind, [Piece(cleaned(text))], level)

    def add_pieces(self, kind: BlockKind, pieces: Iterable[Piece], level: int = 0) -> None:
        """Put down a block that runs over pages; its pieces are joined by a space."""
        self._put(kind, [Piece(cleaned(p.text), p.page) for p in pieces], level)

    def take(self, text: str, blocks: Sequence[Block], sentences: Sequence[Sentence]) -> None:
        """Take over a whole text that was read elsewhere; it must be the first."""
        self._parts, self._length = [text], len(text)
        self.blocks, self.sentences = list(blocks), list(sentences)

    def _put(self, kind: BlockKind, pieces: Sequence[Piece], level: int) -> None:
        pieces = [p for p in pieces if p.text.strip()]
        if not pieces:
            return
        start = at = self._length + (len(SEPARATOR) if self._parts else 0)
        for piece in pieces:
            if piece.page is not None:
                self._page = piece.page
            self._mark(at)
            at += len(piece.text) + 1
        text = " ".join(piece.text for piece in pieces)
        self._length = start + len(text)
        if self._length > self.limit:
            raise DocumentError(
                Reason.TOO_LARGE, f"It has more than {self.limit:,} characters of text."
            )
        self._parts.append(text)
        self.blocks.append(Block(kind, start, self._length, level))
        if kind != "heading":
            self.sentences.extend(
                Sentence(start + left, start + right) for left, right in sentence_spans(text)
            )

    def _mark(self, start: int) -> None:
        if self._page is not None and self._page != self._current:
            self.pages.append(PageMark(start, *self._page))
            self._current = self._page
        self._page = None
