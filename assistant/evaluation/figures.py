"""Figures of a run over gold questions, each with its 95 % interval and number.

nDCG@10, recall@k, success@k and the reciprocal rank come from ir_measures. Intervals are
percentile bootstraps over questions (Efron and Tibshirani 1993), 2,000 resamples, seed 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over ``n`` questions with its interval."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What happened to one question."""

    id: str
    answerable: bool
    answered: bool
    gold: frozenset[str]  # passages that hold a gold sentence
    ranked: tuple[str, ...]  # passages found, best first
    cites_gold_document: bool
    quotes_gold_sentence: bool
    milliseconds: float
    is_follow_up: bool = False


def figures(rows: Sequence[Measured]) -> dict[str, Figure]:
    """Return the figures of a run by name; those without a single question are left out."""
    found = [r for r in rows if r.gold]
    answerable = [r for r in rows if r.answerable]
    refused = [r for r in rows if not r.answered]
    answered = [r for r in answerable if r.answered]
    samples: dict[str, list[float]] = {
        **_ranking(found),
        "answered": [float(r.answered) for r in answerable],
        "cites gold document": [float(r.cites_gold_document) for r in answered],
        "quotes gold sentence": [float(r.quotes_gold_sentence) for r in answered],
        "abstention precision": [float(not r.answerable) for r in refused],
        "abstention recall": [float(not r.answered) for r in rows if not r.answerable],
        "follow-up answered from gold": [
            float(r.answered and r.cites_gold_document) for r in answerable if r.is_follow_up
        ],
    }
    result = {name: mean(values) for name, values in samples.items() if values}
    times = np.array([r.milliseconds for r in rows])
    for name, percent in (("milliseconds p50", 50), ("milliseconds p95", 95)):
        if len(times):
            result[name] = _percentile(times, percent)
    return result


def _ranking(rows: Sequence[Measured]) -> dict[str, list[float]]:
    """Return per-question values of the ranking measures."""
    import ir_measures
    from ir_measures import RR, Measure, Success, nDCG

    if not rows:
        return {}
    measures: Mapping[str, Measure] = {
        "nDCG@10": nDCG @ 10,
        "success@1": Success @ 1,
        "success@5": Success @ 5,
        "MRR@10": RR @ 10,
    }
    qrels = {r.id: dict.fromkeys(r.gold, 1) for r in rows}
    run = {r.id: {p: float(-n) for n, p in enumerate(r.ranked)} or {"": 0.0} for r in rows}
    names = {str(measure): name for name, measure in measures.items()}
    values: dict[str, list[float]] = {name: [] for name in measures}
    for metric in ir_measures.iter_calc(list(measures.values()), qrels, run):
        values[names[str(metric.measure)]].append(metric.value)
    values["recall@5, capped"] = [
        len(r.gold & set(r.ranked[:5])) / min(5, len(r.gold)) for r in rows
    ]
    return values


def mean(values: Sequence[float]) -> Figure:
    """Return the mean of a sample with its bootstrap interval."""
    sample = np.asarray(values, dtype=np.float64)
    draws = np.random.default_rng(0).integers(0, len(sample), (_RESAMPLES, len(sample)))
    low, high = np.percentile(sample[draws].mean(axis=1), [2.5, 97.5])  # (r, n) -> (r,)
    return Figure(float(sample.mean()), float(low), float(high), len(sample))


def _percentile(times: np.ndarray, percent: int) -> Figure:
    draws = np.random.default_rng(0).integers(0, len(times), (_RESAMPLES, len(times)))
    low, high = np.percentile(np.percentile(times[draws], percent, axis=1), [2.5, 97.5])
    return Figure(float(np.percentile(times, percent)), float(low), float(high), len(times))
