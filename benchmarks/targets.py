"""What is to be reached, and what was."""

from __future__ import annotations

from dataclasses import dataclass

from checkpoint import Step
from figures import (
    ADD,
    BUILD,
    BUILD_MEMORY,
    DENSE,
    HYBRID,
    QUALITY,
    REBUILD,
    RIVALS,
    SEARCH_MEMORY,
    START,
    Figure,
    Records,
    Spread,
    inside,
    judged_once,
    served,
    shares,
)
from rounds import CLIENTS, Plan


@dataclass(frozen=True, slots=True)
class Target:
    """One line of the table; ``got`` is None where it was not measured."""

    title: str
    bound: float
    at_least: bool
    unit: str
    got: Spread | None
    digits: int = 2

    @property
    def verdict(self) -> str:
        """In words, by the median."""
        if self.got is None:
            return "not measured"
        distance = self.got.median / self.bound
        if self.got.median >= self.bound if self.at_least else self.got.median <= self.bound:
            return "reached"
        return f"missed by {abs(1 - distance):.0%}"


def targets(records: Records, plan: Plan) -> list[Target]:
    """Return every target with what the measurements say of it."""
    return [*_against_rivals(records, plan), *_alone(records, plan), *_million(records, plan)]


def _against_rivals(records: Records, plan: Plan) -> list[Target]:
    def against(
        figure: Figure, size: int, other: Figure | None = None, rivals: tuple[str, ...] = RIVALS
    ) -> list[float]:
        ours = figure.by_round(records, "ours", size)
        theirs = [(other or figure).by_round(records, rival, size) for rival in rivals]
        return shares(ours, theirs, higher_is_better=figure.higher_is_better)

    stored = plan.stored
    added = [1 / share for share in against(ADD, stored)]
    lines = [
        Target(
            "index build with embedding, passages per CPU-second, ours / fastest rival's",
            *(1.9, True, "x", Spread.of(against(BUILD, plan.built))),
        ),
        Target(
            "process start to first search answered, ours / fastest rival's",
            *(0.25, False, "", Spread.of(against(START, stored))),
        ),
        Target(
            f"search in {stored:,} passages, our hybrid p50 / fastest rival's dense p50",
            *(0.5, False, "", Spread.of(against(HYBRID, stored, DENSE))),
        ),
        Target(
            f"50 passages added to {stored:,} and persisted, times faster than fastest rival",
            *(2.5, True, "x", Spread.of(added)),
        ),
    ]
    for clients in CLIENTS:
        served_shares = against(served(clients), stored, rivals=("raw",))
        title = f"searches per second, {clients} clients, ours / plain parts behind FastAPI"
        lines.append(Target(title, 3.0, True, "x", Spread.of(served_shares)))
    memory = shares(
        _peaks(records, "ours", plan),
        [_peaks(records, rival, plan) for rival in RIVALS],
        higher_is_better=False,
    )
    title = "peak memory without a language model, ours / leanest rival's"
    return [*lines, Target(title, 0.5, False, "", Spread.of(memory))]


def _peaks(records: Records, system: str, plan: Plan) -> dict[int, float]:
    """Return the higher of the two peaks, building and searching, round by round."""
    building = BUILD_MEMORY.by_round(records, system, plan.built)
    searching = SEARCH_MEMORY.by_round(records, system, plan.stored)
    return {n: max(building[n], searching[n]) for n in building if n in searching}


def _alone(records: Records, plan: Plan) -> list[Target]:
    rebuilt = REBUILD.by_round(records, "ours", plan.stored).values()
    first = next(f for f in QUALITY if f.title == "recall@1, hybrid")
    recall = judged_once(first, records, "ours", plan.stored)
    return [
        Target(
            f"rebuild with nothing changed, {plan.stored:,} passages",
            *(0.3, False, "s", Spread.of(rebuilt)),
        ),
        Target(
            f"SQuAD questions in {plan.stored:,} passages, recall@1",
            *(0.76, True, "", Spread.of([] if recall is None else [recall]), 3),
        ),
    ]


def _million(records: Records, plan: Plan) -> list[Target]:
    def spread(*path: str) -> Spread | None:
        figure = Figure("", "search", inside(*path))
        return Spread.of(figure.by_round(records, "million", plan.grown).values())

    name = f"search alone in {plan.grown:,} vectors"
    return [
        Target(f"{name}, p50 beyond the embedding", 6.0, False, "ms", spread("top_10", "p50_ms")),
        Target(
            f"{name}, recall@10 of exact search",
            *(0.97, True, "", spread("top_10", "recall_10"), 3),
        ),
        Target(f"{name}, memory of the vectors", 600.0, False, "MB", spread("vectors_mb"), 0),
    ]


def record_of(records: Records, step: Step) -> dict[str, float]:
    """Return the figures of a step; empty where it was not done."""
    return records.get(step, {}).get("figures", {})
