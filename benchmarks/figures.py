"""From measurements to figures: medians over the rounds, ratios within them, verdicts."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from checkpoint import Step
from processes import Record

RIVALS = ("langchain", "llamaindex", "haystack", "txtai", "chroma")
Records = Mapping[Step, Record]
Reading = Callable[[Record], float | None]


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, smallest and largest over the rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread | None:
        """Return the spread of some values; None of none."""
        known = list(values)
        return cls(statistics.median(known), min(known), max(known)) if known else None


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that is measured of every system."""

    title: str
    verb: str
    read: Reading
    higher_is_better: bool = False
    digits: int = 1

    def by_round(self, records: Records, system: str, size: int) -> dict[int, float]:
        """Return round -> value for the rounds in which it could be measured."""
        found = {}
        for step, record in records.items():
            if (step.system, step.verb, step.size) == (system, self.verb, size):
                value = self.read(record)
                if value is not None:
                    found[step.round] = value
        return dict(sorted(found.items()))


def inside(*path: str) -> Reading:
    """Return a reading of a value in ``figures``, by its keys; None where it is not."""

    def read(record: Record) -> float | None:
        value = record["figures"]
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    return read


def _process(key: str) -> Reading:
    return lambda record: record["process"][key]


def _per_cpu_second(record: Record) -> float:
    return record["figures"]["passages"] / record["figures"]["cpu_s"]


def _per_second(record: Record) -> float:
    return record["figures"]["passages"] / record["figures"]["wall_s"]


BUILD = Figure("build with embedding, passages per CPU-second", "build", _per_cpu_second, True)
BUILD_MEMORY = Figure("peak memory building, MB", "build", _process("peak_mb"), digits=0)
STORE = Figure("store ready vectors, passages per second", "store", _per_second, True, 0)
DISK = Figure("size on disk, MB", "store", inside("disk_mb"), digits=0)
START = Figure("process start to first answered search, s", "start", _process("wall_s"), digits=2)
START_CPU = Figure("the same in CPU-seconds", "start", _process("cpu_s"), digits=2)
OPEN = Figure("index opened, s", "search", inside("open_s"), digits=2)
DENSE = Figure("dense search with embedding, p50 ms", "search", inside("dense", "p50_ms"))
DENSE_95 = Figure("dense search with embedding, p95 ms", "search", inside("dense", "p95_ms"))
DENSE_CPU = Figure("dense search, mean CPU-ms", "search", inside("dense", "cpu_ms"))
HYBRID = Figure("hybrid search with embedding, p50 ms", "search", inside("hybrid", "p50_ms"))
HYBRID_95 = Figure("hybrid search with embedding, p95 ms", "search", inside("hybrid", "p95_ms"))
HYBRID_CPU = Figure("hybrid search, mean CPU-ms", "search", inside("hybrid", "cpu_ms"))
SEARCH_MEMORY = Figure("peak memory searching, MB", "search", _process("peak_mb"), digits=0)
ADD = Figure("add 50 passages and persist, s", "add", inside("wall_s"), digits=2)
REBUILD = Figure("rebuild with nothing changed, s", "rebuild", inside("wall_s"), digits=2)

COSTS = (
    *(BUILD, STORE, START, START_CPU, OPEN, DENSE, DENSE_95, DENSE_CPU),
    *(HYBRID, HYBRID_95, HYBRID_CPU, ADD, REBUILD, BUILD_MEMORY, SEARCH_MEMORY, DISK),
)
QUALITY = tuple(
    Figure(f"{title}, {mode}", "search", inside(mode, key), True, 3)
    for mode in ("dense", "hybrid")
    for title, key in (("recall@1", "recall_1"), ("recall@5", "recall_5"), ("MRR@10", "mrr_10"))
)


def served(clients: int) -> Figure:
    """Return the figure of a server's searches per second."""
    read = inside(f"clients_{clients}", "per_second")
    return Figure(f"server, {clients} clients, searches per second", "serve", read, True)


def shares(
    ours: Mapping[int, float], others: Iterable[Mapping[int, float]], *, higher_is_better: bool
) -> list[float]:
    """Return ours / the best other's, round by round, where both were measured."""
    best = max if higher_is_better else min
    rivals = list(others)
    found = []
    for n, value in ours.items():
        known = [other[n] for other in rivals if n in other]
        if known:
            found.append(value / best(known))
    return found


def judged_once(figure: Figure, records: Records, system: str, size: int) -> float | None:
    """Return a quality from the round that asked most questions: it does not vary, they do."""
    mode = "dense" if figure.title.endswith("dense") else "hybrid"
    asked = Figure("", figure.verb, inside(mode, "asked")).by_round(records, system, size)
    values = figure.by_round(records, system, size)
    return values[max(asked, key=lambda n: asked[n])] if values else None
