"""A row of the table of targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Row:
    """A figure, and what it should reach."""

    what: str
    figure: float
    target: float | None
    count: int
    lower_is_better: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        low = float(self.figure) <= self.target
        return low if self.lower_is_better else float(self.figure) >= self.target


def as_table(found: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | figure | reach | n |", "| --- | --- | --- | --- |"]
    for row in found:
        figure = f"{row.figure:.0f}" if row.lower_is_better else f"{row.figure:.3f}"
        sign = "<=" if row.lower_is_better else ">="
        target = "" if row.target is None else f"{sign} {row.target:g}"
        missed = " (missed)" if row.reached is False else ""
        lines.append(f"| {row.what.strip()} | {figure} | {target}{missed} | {row.count} |")
    return "\n".join(lines)


def sampled(items: Sequence[Item], most: int) -> list[Item]:
    """Return at most ``most`` items drawn with a fixed seed, in order; all of them for 0."""
    if not most or len(items) <= most:
        return list(items)
    return [items[i] for i in sorted(Random(1).sample(range(len(items)), most))]
