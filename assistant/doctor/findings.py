"""What a check saw, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"  # it works, but not all of it
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw, in words; its name and time are filled in at the end."""

    words: str
    health: Health = Health.OK
    remedy: str = ""
    name: str = ""
    ms: float = 0.0


def warning(words: str, remedy: str) -> Finding:
    """Return a finding that something works, but not all of it."""
    return Finding(words, Health.WARNING, remedy)


def failure(words: str, remedy: str) -> Finding:
    """Return a finding that something does not work."""
    return Finding(words, Health.FAILURE, remedy)
