"""What a run saw, in one shape for every form: samples by figure, and what went wrong."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from assistant.evaluation.definitions import part_of
from assistant.evaluation.figures import Sample
from assistant.records import Progress

_T = TypeVar("_T")

OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """A question that went wrong, how, and what was found instead."""

    id: str
    question: str
    kind: str
    what: str
    wanted: tuple[str, ...]
    found: tuple[str, ...]
    badness: float  # the worst first


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything a run on one set saw."""

    asked: tuple[str, ...]  # ids, in order
    samples: Mapping[str, Mapping[str, Sample]]
    failures: tuple[Failure, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)  # id -> kind
    notes: tuple[str, ...] = ()  # what a reader of the figures has to know


class Samples:
    """Collects samples by figure and question."""

    def __init__(self) -> None:
        self.by_name: dict[str, dict[str, Sample]] = {}

    def add(self, name: str, id_: str, numerator: float, denominator: float = 1.0) -> None:
        """Note what a question gives to a figure."""
        self.by_name.setdefault(name, {})[id_] = (float(numerator), float(denominator))

    def update(self, samples: Mapping[str, Mapping[str, Sample]], part: str = "") -> None:
        """Take over samples, under the name of a part."""
        for name, rows in samples.items():
            self.by_name.setdefault(part_of(name, part), {}).update(rows)


def worst_first(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """Return failures by badness, then as they came."""
    return tuple(sorted(failures, key=lambda f: -f.badness))


def told(items: Sequence[_T], stage: str, on_progress: OnProgress) -> Iterator[_T]:
    """Yield the items and tell how far we are and how long it will take."""
    began = time.perf_counter()
    for n, item in enumerate(items):
        spent = time.perf_counter() - began
        eta_s = spent / n * (len(items) - n) if n else None
        on_progress(Progress(stage, n, len(items), eta_s))
        yield item
    on_progress(Progress(stage, len(items), len(items)))


def shortened(text: str, most: int = 160) -> str:
    """Return a text in one line, cut between words."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most].rsplit(" ", 1)[0] + " …"


def peak_memory_mb() -> float:
    """Return the largest resident size of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3  # bytes there, kilobytes here
