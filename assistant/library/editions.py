"""One state of a library, and what was once counted in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.ports import Ints1d
from assistant.records import Filters

Words = list[tuple[str, int]]  # each with the number of passages that have it


@dataclass(frozen=True, slots=True)
class Edition:
    """One state of one library, never to be met again."""

    library: str  # 32 hexadecimal digits, given when the file was made
    generation: int


@dataclass(slots=True)
class Tally:
    """What was counted in an edition, so that it is counted once; shared by all its readers."""

    edition: Edition
    rows: dict[str, int] = field(default_factory=dict)  # of tables
    frequencies: dict[str, int] = field(default_factory=dict)  # passages that have a word
    allowed: dict[Filters, Ints1d] = field(default_factory=dict)  # ids that a filter lets through
    vocabulary: dict[str, Words] = field(default_factory=dict)  # by first letter

    def trim(self) -> None:
        """Forget what has grown beyond some megabytes."""
        for remembered, most in ((self.frequencies, 50_000), (self.allowed, 8)):
            if len(remembered) > most:
                remembered.clear()
        if sum(map(len, self.vocabulary.values())) > 50_000:
            self.vocabulary.clear()
