"""Why a file cannot be read, and what its owner can do about it.

Every refusal has a ``Reason``, a cause in plain words and a remedy. The worker process sends
them as JSON; the program raises them as ``DocumentError``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from assistant.errors import UnreadableFileError


class Reason(StrEnum):
    """The kinds of refusal; the words are for machines and tests, the cause is for people."""

    MISSING = "missing"
    FORBIDDEN = "forbidden"
    BAD_NAME = "bad-name"
    LINK = "link"
    NOT_A_FILE = "not-a-file"
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many"
    BOMB = "bomb"
    UNSUPPORTED = "unsupported"
    NESTED_ARCHIVE = "nested-archive"
    ENCRYPTED = "encrypted"
    BROKEN = "broken"
    SCANNED = "scanned"
    NO_TEXT = "no-text"
    UNKNOWN_ENCODING = "unknown-encoding"
    TOO_SLOW = "too-slow"
    TOO_MUCH_MEMORY = "too-much-memory"
    CRASHED = "crashed"
    CANCELLED = "cancelled"
    NO_WORKER = "no-worker"


_REMEDIES = {
    Reason.MISSING: "Check the name and the folder.",
    Reason.FORBIDDEN: "Give yourself the right to read it.",
    Reason.BAD_NAME: "Rename it with letters, digits, spaces, dots and hyphens.",
    Reason.LINK: "Add the file itself that the link leads to.",
    Reason.NOT_A_FILE: "Add an ordinary file.",
    Reason.EMPTY: "Save it again, or leave it out.",
    Reason.TOO_LARGE: "Split it into several files.",
    Reason.TOO_MANY: "Add it in several parts.",
    Reason.BOMB: "Leave it out, or unpack it yourself and add what you need.",
    Reason.UNSUPPORTED: "Save it as PDF, DOCX, ODT, HTML or plain text.",
    Reason.NESTED_ARCHIVE: "Unpack it and add its files.",
    Reason.ENCRYPTED: "Save a copy without a password and add that.",
    Reason.BROKEN: "Open it in the program it was made with and save it again.",
    Reason.SCANNED: (
        "Install Tesseract (Debian and Ubuntu: apt install tesseract-ocr; macOS: brew install "
        "tesseract) and add it again, or have a scanner program make it searchable."
    ),
    Reason.NO_TEXT: "Add a file that has text in it.",
    Reason.UNKNOWN_ENCODING: "Save it with the encoding UTF-8.",
    Reason.TOO_SLOW: "Split it into several files, or save it as plain text.",
    Reason.TOO_MUCH_MEMORY: "Split it into several files, or save it as plain text.",
    Reason.CRASHED: "Open it in the program it was made with and save it again, or as PDF.",
    Reason.CANCELLED: "Add it again when you want it.",
    Reason.NO_WORKER: "Run the program again; 'assistant doctor' checks the installation.",
}


class DocumentError(UnreadableFileError):
    """One file cannot be read; the others are not affected."""

    def __init__(self, reason: Reason, cause: str, *, remedy: str = "") -> None:
        super().__init__(cause, remedy=remedy or _REMEDIES[reason])
        self.reason = reason

    @property
    def cause(self) -> str:
        """What is wrong, in one sentence without the remedy."""
        return str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.reason, self.cause, self.remedy)

    def to_json(self) -> dict[str, str]:
        """Return the refusal as an object of JSON."""
        return {"reason": self.reason.value, "cause": self.cause, "remedy": self.remedy}

    @classmethod
    def from_json(cls, fields: dict[str, str]) -> DocumentError:
        """Return the refusal that ``to_json`` wrote."""
        return cls(Reason(fields["reason"]), fields["cause"], remedy=fields["remedy"])


def _again(reason: Reason, cause: str, remedy: str) -> DocumentError:
    return DocumentError(reason, cause, remedy=remedy)
