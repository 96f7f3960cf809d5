"""What a converter is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from assistant.reading.formats.limits import Limits

Stage = Literal["pages", "slides", "chapters", "rows", "recognising"]
OnPages = Callable[[Stage, int, int], None]  # done, in all; 0 in all where it is not known


def _silent(stage: Stage, done: int, total: int) -> None:
    """Report to nobody."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read: its bytes, its name, and what it may cost."""

    name: str  # of the file, without its folder
    content: bytes
    limits: Limits = field(default_factory=Limits)
    tesseract: Path | None = None  # the program that recognises text in pictures, if installed
    ocr_languages: str = "eng"  # as Tesseract names them: "eng+deu"
    on_pages: OnPages = _silent

    @property
    def suffix(self) -> str:
        """The suffix of the name in lower case: ".pdf"."""
        return Path(self.name).suffix.lower()
