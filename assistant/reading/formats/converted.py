"""The one form that every format is turned into.

It is the form of a ``Document``: words without marks, in blocks that are parted by an empty
line, with the sentences in them; and in addition where each page, slide, chapter or row begins.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Any, Literal, get_args

from assistant.records import Block, BlockKind, Sentence

PageKind = Literal["", "page", "slide", "chapter", "row"]
SEPARATOR = "\n\n"


class Format(StrEnum):
    """What a file is, whatever its name says."""

    PDF = "pdf"
    DOCX = "docx"
    PPTX = "pptx"
    EPUB = "epub"
    HTML = "html"
    MARKDOWN = "md"
    TEXT = "txt"
    RTF = "rtf"
    ODT = "odt"
    ODP = "odp"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class PageMark:
    """From ``start`` on, up to the next mark, the text stands on this page."""

    start: int  # character of Converted.text
    number: int  # 1… in the order of the file; of a table: the row, its head being row 1
    label: str  # as printed: "xii", "12", the title of a chapter


@dataclass(frozen=True, slots=True)
class Converted:
    """The words of a file; ``text[b.start : b.end]`` is exact for blocks and sentences."""

    format: Format
    text: str
    blocks: tuple[Block, ...]
    sentences: tuple[Sentence, ...]
    pages: tuple[PageMark, ...] = ()  # by start; empty where the format has none
    page_kind: PageKind = ""
    page_count: int = 0  # of the file, those without text too
    title: str = ""  # as the file names itself; empty where it does not
    authors: tuple[str, ...] = ()
    language: str = ""  # as the file says, "en" or "en-GB"; empty where it does not
    head: Mapping[str, Any] = field(default_factory=dict)  # front matter of Markdown
    warnings: tuple[str, ...] = ()  # what was left out, in words for people

    def page_at(self, offset: int) -> PageMark | None:
        """Return the page on which a character stands; None where there are no pages."""
        n = bisect_right(self.pages, offset, key=lambda mark: mark.start)
        return self.pages[n - 1] if n else None

    def pages_of(self, start: int, end: int) -> tuple[PageMark, ...]:
        """Return the pages that a span touches, in the order of the text."""
        first = max(bisect_right(self.pages, start, key=lambda mark: mark.start) - 1, 0)
        return tuple(mark for mark in self.pages[first:] if mark.start < end)

    def to_json(self) -> dict[str, Any]:
        """Return it as an object of JSON."""
        return {
            "format": self.format.value,
            "text": self.text,
            "blocks": [[b.kind, b.start, b.end, b.level] for b in self.blocks],
            "sentences": [[s.start, s.end, list(s.literature)] for s in self.sentences],
            "pages": [[p.start, p.number, p.label] for p in self.pages],
            "page_kind": self.page_kind,
            "page_count": self.page_count,
            "title": self.title,
            "authors": list(self.authors),
            "language": self.language,
            "head": dict(self.head),
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Converted:
        """Return what ``to_json`` wrote.

        Raises ValueError, TypeError or KeyError when it is not of that form or its offsets do
        not fit: it may come from a process that a hostile file has taken over.
        """
        converted = cls(
            format=Format(fields["format"]),
            text=_text(fields["text"]),
            blocks=tuple(_block(*row) for row in fields["blocks"]),
            sentences=tuple(
                Sentence(_count(start), _count(end), tuple(map(_text, keys)))
                for start, end, keys in fields["sentences"]
            ),
            pages=tuple(PageMark(_count(s), _count(n), _text(t)) for s, n, t in fields["pages"]),
            page_kind=_one_of(fields["page_kind"], get_args(PageKind)),
            page_count=_count(fields["page_count"]),
            title=_text(fields["title"]),
            authors=tuple(map(_text, fields["authors"])),
            language=_text(fields["language"]),
            head=dict(fields["head"]),
            warnings=tuple(map(_text, fields["warnings"])),
        )
        _check_offsets(converted)
        return converted


def _check_offsets(converted: Converted) -> None:
    """Raise ValueError unless blocks, sentences and pages lie in order within the text."""
    end = len(converted.text)
    both: tuple[Sequence[Block | Sentence], ...] = (converted.blocks, converted.sentences)
    for spans in both:
        if spans and spans[-1].end > end:
            raise ValueError("a span lies beyond the text")
        if any(s.start >= s.end for s in spans):
            raise ValueError("a span is empty")
        if any(a.end > b.start for a, b in pairwise(spans)):
            raise ValueError("two spans overlap")
    if converted.pages and converted.pages[-1].start > end:
        raise ValueError("a page begins beyond the text")
    if any(a.start >= b.start for a, b in pairwise(converted.pages)):
        raise ValueError("two pages begin at one place")


def _block(kind: object, start: object, end: object, level: object) -> Block:
    return Block(_one_of(kind, get_args(BlockKind)), _count(start), _count(end), _count(level))


def _one_of(value: object, known: tuple[str, ...]) -> Any:  # noqa: ANN401 - one of a Literal
    if value not in known:
        raise ValueError(f"{value!r} is none of {known}")
    return value


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not a count")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is not a text")
    value.encode()  # half a character cannot be stored
    return value
