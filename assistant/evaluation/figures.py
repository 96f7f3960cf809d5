"""Figures from samples: a value, its 95 % interval and its number, and differences of two runs.

A sample is what one question gives to a figure, a short row of numbers; a figure is a
statistic of the rows of all questions. Intervals are percentile bootstraps over questions
(Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13): 2,000 resamples,
seed 0. Two runs are compared on the questions that both have, drawn in pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]  # (questions, numbers of a sample)
Sample = tuple[float, ...]
Samples = Mapping[str, Mapping[str, Sample]]  # figure -> question -> sample

_RESAMPLES = 2_000
_SEED = 0
_BLOCK_NUMBERS = 500_000  # drawn at once: 4 MB
_INTERVAL = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Figure:
    """A statistic over ``n`` questions with its interval."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """New minus old over the ``n`` questions of both, with the interval of the difference."""

    old: float
    new: float
    value: float
    low: float
    high: float
    n: int
    paired: bool


def ratio(rows: Rows) -> float:
    """Return the sum of the first numbers over the sum of the second; a mean where these are 1."""
    total = rows[:, 1].sum()
    return float(rows[:, 0].sum() / total) if total else float("nan")


def balanced(rows: Rows) -> float:
    """Return the mean over classes of the share that is right; rows of (class, 0 or 1).

    Balanced accuracy (Brodersen et al. 2010): chance is 1 / classes however rare one is. NaN
    where there is one class only: that is half of a measurement.
    """
    classes = np.unique(rows[:, 0])
    if len(classes) < 2:
        return float("nan")
    return float(np.mean([rows[rows[:, 0] == c, 1].mean() for c in classes]))


def median(rows: Rows) -> float:
    """Return the 50th percentile of the first numbers."""
    return float(np.percentile(rows[:, 0], 50))


def percentile_95(rows: Rows) -> float:
    """Return the 95th percentile of the first numbers."""
    return float(np.percentile(rows[:, 0], 95))


def area_under_risk(rows: Rows) -> float:
    """Return the mean risk over all coverages; rows of (confidence, 1 where wrong).

    AURC (Geifman, Uziel and El-Yaniv 2019, "Bias-Reduced Uncertainty Estimation"): the area
    under the risk-coverage curve. 0 is best; equal confidences share their mean risk.
    """
    return float(risk_coverage(rows)[:, 1].mean())


def risk_coverage(rows: Rows) -> NDArray[np.float64]:
    """Return (coverage, risk) when the most confident 1, 2, … n answers are given, shape (n, 2)."""
    order = np.argsort(-rows[:, 0], kind="stable")
    confidence, wrong = rows[order, 0], rows[order, 1].astype(np.float64)
    _, group = np.unique(-confidence, return_inverse=True)
    shared = np.bincount(group, weights=wrong) / np.bincount(group)
    counts = np.arange(1, len(rows) + 1)
    risks = np.cumsum(shared[group]) / counts
    return np.stack([counts / len(rows), risks], axis=1)


class Statistic(Enum):
    """How samples become a figure."""

    RATIO = "ratio"
    BALANCED = "balanced"
    MEDIAN = "median"
    P95 = "p95"
    AURC = "aurc"


_FUNCTIONS: Mapping[Statistic, Callable[[Rows], float]] = {
    Statistic.RATIO: ratio,
    Statistic.BALANCED: balanced,
    Statistic.MEDIAN: median,
    Statistic.P95: percentile_95,
    Statistic.AURC: area_under_risk,
}


def figure(statistic: Statistic, samples: Mapping[str, Sample]) -> Figure | None:
    """Return the figure of samples; None where there is nothing to count."""
    rows = np.array(list(samples.values()), dtype=np.float64)
    if not len(rows):
        return None
    of = _FUNCTIONS[statistic]
    value = of(rows)
    if np.isnan(value):
        return None
    low, high = _interval(
        [v for draws in _draws(len(rows)) for v in _of_each(statistic, rows[draws])]
    )
    return Figure(value, low, high, _counted(statistic, rows))


def difference(
    statistic: Statistic, old: Mapping[str, Sample], new: Mapping[str, Sample]
) -> Difference | None:
    """Return how a figure changed over the questions of both runs; None where there are none.

    A question that counts in one run only (an answer, where the other refused) is drawn all
    the same: it then counts in one of the two.
    """
    if statistic is Statistic.RATIO:
        ids = sorted(old.keys() | new.keys())
        nothing = (0.0, 0.0)
        before = np.array([old.get(i, nothing) for i in ids], dtype=np.float64)
        after = np.array([new.get(i, nothing) for i in ids], dtype=np.float64)
    else:
        ids = sorted(old.keys() & new.keys())
        before = np.array([old[i] for i in ids], dtype=np.float64)
        after = np.array([new[i] for i in ids], dtype=np.float64)
    if not ids:
        return None
    of = _FUNCTIONS[statistic]
    was, is_ = of(before), of(after)
    if np.isnan(was) or np.isnan(is_):
        return None
    low, high = _interval(
        [
            float(new_value - old_value)
            for draws in _draws(len(ids))
            for new_value, old_value in zip(
                _of_each(statistic, after[draws]), _of_each(statistic, before[draws]), strict=True
            )
        ]
    )
    return Difference(was, is_, is_ - was, low, high, len(ids), paired=True)


def unpaired(old: Figure, new: Figure) -> Difference:
    """Return how a figure changed where the old samples are gone.

    The interval joins the two half-widths by the root of the sum of their squares.
    """
    value = new.value - old.value
    down = float(np.hypot(new.value - new.low, old.high - old.value))
    up = float(np.hypot(new.high - new.value, old.value - old.low))
    return Difference(
        old.value, new.value, value, value - down, value + up, min(old.n, new.n), paired=False
    )


def _counted(statistic: Statistic, rows: Rows) -> int:
    """Return the number of things counted: sentences, answers, … where that is a whole number."""
    if statistic is Statistic.RATIO:
        return round(float(rows[:, 1].sum()))
    return len(rows)


def _draws(n: int) -> Iterator[NDArray[np.int64]]:
    """Yield all resamples of ``n`` questions in blocks, shape (block, n)."""
    generator = np.random.default_rng(_SEED)
    block = max(1, min(_RESAMPLES, _BLOCK_NUMBERS // n))
    for begun in range(0, _RESAMPLES, block):
        yield generator.integers(0, n, (min(block, _RESAMPLES - begun), n))


def _of_each(statistic: Statistic, blocks: NDArray[np.float64]) -> list[float]:
    """Return the statistic of each resample in a block of rows, shape (block, n, numbers)."""
    if statistic is Statistic.RATIO:  # most figures, and the only ones worth the special case
        sums = blocks.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            quotients = np.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], np.nan)
        return [float(v) for v in quotients]
    return [_FUNCTIONS[statistic](rows) for rows in blocks]


def _interval(values: Sequence[float]) -> tuple[float, float]:
    sample = np.asarray(values, dtype=np.float64)
    sample = sample[~np.isnan(sample)]
    low, high = np.percentile(sample, _INTERVAL)
    return float(low), float(high)
