"""Two runs beside each other: what changed, and whether something got worse beyond noise.

A figure got worse beyond noise when the 95 % interval of its paired difference lies wholly on
the bad side of zero. Only whole quality figures decide (see ``definitions.gates``): speed and
memory differ between machines, and parts of a figure explain it. Chance alone makes one figure
in forty of *different but equal* systems look worse, so that among the twenty that decide for
answers a lone small loss is to be looked at rather than believed; the same system compared with
itself differs nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import SettingsError
from assistant.evaluation.definitions import DEFINITIONS, PART, Better, definition_of, gates
from assistant.evaluation.figures import Difference, Sample, difference, unpaired
from assistant.evaluation.results import Results, found_results


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure changed from an old run to a new one."""

    name: str
    difference: Difference
    better: bool  # beyond noise
    worse: bool  # beyond noise
    decides: bool  # whether getting worse is a fault


@dataclass(frozen=True, slots=True)
class Comparison:
    """All figures that two runs on a set share."""

    set: str
    changes: tuple[Change, ...]
    other_questions: int  # that only one of the two was asked

    @property
    def worse(self) -> tuple[Change, ...]:
        """The deciding figures that got worse beyond noise."""
        return tuple(c for c in self.changes if c.worse and c.decides)


def old_results(path: Path) -> dict[str, Results]:
    """Return earlier results by set; raises SettingsError when there are none."""
    return {results.set: results for _, results in found_results(path)}


def compared(new: Sequence[Results], old: Mapping[str, Results]) -> tuple[Comparison, ...]:
    """Return a comparison for each set that both have; SettingsError when no set is in both."""
    common = [results for results in new if results.set in old]
    if not common:
        raise SettingsError(
            f"The old results are of other sets: {', '.join(sorted(old))}.",
            remedy=f"Give --against results of: {', '.join(r.set for r in new)}.",
        )
    return tuple(_comparison(old[results.set], results) for results in common)


def _comparison(old: Results, new: Results) -> Comparison:
    both = frozenset(old.asked) & frozenset(new.asked)
    changes = []
    for name in new.figures:
        if name not in old.figures or name.split(PART)[0] not in DEFINITIONS:
            continue
        one = _difference(name, old, new, both)
        if one is not None:
            changes.append(_change(name, one))
    others = len(frozenset(old.asked) ^ frozenset(new.asked)) if both else 0
    return Comparison(new.set, tuple(changes), others)


def _difference(name: str, old: Results, new: Results, both: frozenset[str]) -> Difference | None:
    was, is_ = old.samples.get(name), new.samples.get(name)
    if not was or not is_:
        return unpaired(old.figures[name], new.figures[name])
    return difference(
        definition_of(name).statistic,
        _of_both(was, old.asked, both),
        _of_both(is_, new.asked, both),
    )


def _of_both(
    samples: Mapping[str, Sample], asked: Sequence[str], both: frozenset[str]
) -> dict[str, Sample]:
    """Return the samples of the questions of both runs; those of no question stay."""
    questions = frozenset(asked)
    return {id_: row for id_, row in samples.items() if id_ in both or id_ not in questions}


def _change(name: str, one: Difference) -> Change:
    several = one.n > 1  # of one thing alone nothing is known about noise
    up, down = several and one.low > 0, several and one.high < 0
    higher = definition_of(name).better is Better.HIGHER
    return Change(
        name,
        one,
        better=up if higher else down,
        worse=down if higher else up,
        decides=gates(name),
    )


def as_markdown(comparison: Comparison) -> str:
    """Return a comparison as a table, the deciding figures that got worse marked."""
    lines = [
        f"## {comparison.set}: what changed",
        "",
        "| figure | old | new | difference | 95 % interval | n | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for change in comparison.changes:
        d, digits = change.difference, definition_of(change.name).digits
        mark = "worse" if change.worse else "better" if change.better else ""
        if mark and not change.decides:
            mark += " (does not decide)"
        if not d.paired:
            mark = f"{mark} unpaired".strip()
        lines.append(
            f"| {change.name} | {d.old:.{digits}f} | {d.new:.{digits}f} | {d.value:+.{digits}f} | "
            f"{d.low:+.{digits}f} to {d.high:+.{digits}f} | {d.n} | {mark} |"
        )
    if comparison.other_questions:
        lines += ["", f"{comparison.other_questions} questions are in one run only, left out."]
    return "\n".join(lines) + "\n"
