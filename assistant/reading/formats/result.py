"""What a converter gives back, made whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.reading.formats.converted import Converted, Format, PageKind
from assistant.reading.formats.manuscript import Manuscript
from assistant.reading.formats.problems import DocumentError, Reason
from assistant.reading.formats.titles import is_navigation


@dataclass(frozen=True, slots=True)
class Result:
    """The blocks of a file and what is known about it."""

    format: Format
    manuscript: Manuscript
    title: str = ""
    authors: tuple[str, ...] = ()
    language: str = ""
    page_kind: PageKind = ""
    page_count: int = 0
    head: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    pictures: int = 0  # in the file; where there is no text they are the reason

    def converted(self) -> Converted:
        """Return the normal form.

        Raises DocumentError when there is not one sentence: headings alone answer nothing.
        """
        written = self.manuscript
        if not written.sentences:
            raise self._refusal()
        return Converted(
            format=self.format,
            text=written.text,
            blocks=tuple(written.blocks),
            sentences=tuple(written.sentences),
            pages=tuple(written.pages),
            page_kind=self.page_kind,
            page_count=self.page_count,
            title=self.title or self._first_heading(),
            authors=self.authors,
            language=self.language,
            head=self.head,
            warnings=self.warnings,
        )

    def _first_heading(self) -> str:
        """Return the heading that everything else stands below; empty where there is none."""
        first = self.manuscript.blocks[0]
        heading = self.manuscript.text[first.start : first.end]
        return heading if first.kind == "heading" and not is_navigation(heading) else ""

    def _refusal(self) -> DocumentError:
        if self.pictures:
            return DocumentError(
                Reason.SCANNED,
                "It holds pictures, and no text that can be read.",
                remedy="Save it as PDF and add that: with Tesseract, its pages are recognised.",
            )
        only = " but headings" if self.manuscript.blocks else ""
        return DocumentError(Reason.NO_TEXT, f"It has no text{only}.")
