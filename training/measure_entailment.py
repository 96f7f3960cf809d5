"""What the entailment adapter does where nothing was trained: rows of the target table."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import balanced_accuracy_score

from assistant.models.scoring import OnnxEntailer
from training.entailment_data import flipped_pairs, nli_pairs, own_texts, scifact_pairs
from training.records import SUPPORTED, UNSUPPORTED, Pair
from training.relevance_data import sentences_of
from training.row import Row, sampled
from training.selecting import bearing_on
from training.sets import ROOT, rows

CLAIMS = ROOT / "tests" / "answering" / "claims.jsonl"


def entailment_rows(entailer: OnnxEntailer, home: Path, *, most: int) -> Iterator[Row]:
    """Yield the rows that the data allow; ``most`` claims of each set, 0 for all."""
    fever = [
        *nli_pairs(home, "fever/test", "fever"),
        *nli_pairs(home, "fever/test_constructed_neutral", "fever"),
    ]
    yield from _three_way(entailer, "FEVER", fever, 0.85, most)
    fooled = list(nli_pairs(home, "fool-me-twice/test", "fool-me-twice"))
    yield from _three_way(entailer, "FoolMeTwice", fooled, None, most)
    science = list(scifact_pairs(home, "dev"))
    yield from _three_way(entailer, "scifact-claims dev", science, 0.70, most)
    for name, target in (
        ("wice/test", 0.70),
        ("begin/test", 0.66),
        ("expertqa/test", 0.66),
        ("attributionbench/test", 0.66),
        ("attributionbench/test_ood", None),
    ):
        found = sampled(list(rows(home, name)), most)
        if found:
            yield _grounded(entailer, name, found, target)
    measured = list(flipped_pairs("own-texts", own_texts(measured=True), share=1.0, seed=4))
    yield from _flips(entailer, "flips of texts kept apart", sampled(measured, most))
    yield from _flips(entailer, "flips in tests/answering/claims.jsonl", list(fixed_pairs()))
    yield entailment_cost(entailer)


def _three_way(
    entailer: OnnxEntailer, name: str, pairs: Sequence[Pair], target: float | None, most: int
) -> Iterator[Row]:
    chosen = sampled(pairs, most)
    if not chosen:
        return
    found = np.array([entailer.judge(p.claim, [p.evidence])[0] for p in chosen])  # (n, 3)
    labels = np.array([p.label for p in chosen])
    accuracy = accuracy_of(labels == SUPPORTED, found[:, SUPPORTED] >= 0.5)
    yield Row(f"{name}, balanced accuracy of supported", accuracy, target, len(chosen))
    yield Row(
        f"{name}, balanced accuracy of the labels",
        accuracy_of(labels, found.argmax(axis=1)),
        None,
        len(chosen),
    )


def _grounded(
    entailer: OnnxEntailer, name: str, found: Sequence[dict[str, Any]], target: float | None
) -> Row:
    said = []
    for row in found:
        sentences = [s for line in row["evidence"].split("\n") for s in sentences_of(line)]
        evidence = bearing_on(row["claim"], sentences or [row["evidence"]])
        said.append(entailer.judge(row["claim"], [evidence])[0, SUPPORTED])
    answers = np.array([row["label"] == "supported" for row in found])
    accuracy = accuracy_of(answers, np.array(said) >= 0.5)
    return Row(f"{name}, balanced accuracy", accuracy, target, len(found))


def fixed_pairs() -> Iterator[Pair]:
    """Yield the claims that the tests of the checker are made of: each true and flipped."""
    for row in rows(CLAIMS.parent, CLAIMS.stem):
        evidence = " ".join(row["source"])
        for claim in (row["claim"], *row["trimmed"]):
            yield Pair("own-texts", row["title"], evidence, claim, SUPPORTED, "true")
        for kind, claim in row["flips"]:
            yield Pair("own-texts", row["title"], evidence, claim, UNSUPPORTED, kind)


def _flips(entailer: OnnxEntailer, name: str, pairs: Sequence[Pair]) -> Iterator[Row]:
    if not pairs:
        return
    support = np.array([entailer.judge(p.claim, [p.evidence])[0, SUPPORTED] for p in pairs])
    true = np.array([p.label == SUPPORTED for p in pairs])
    yield Row(f"{name}, caught", float((support[~true] < 0.5).mean()), 0.90, int((~true).sum()))
    yield Row(
        f"{name}, clean ones kept", float((support[true] >= 0.5).mean()), 0.90, int(true.sum())
    )
    for kind in sorted({p.change for p in pairs}):
        here = np.array([p.change == kind for p in pairs])
        right = (support >= 0.5) == true
        yield Row(f"{name}, right: {kind}", float(right[here].mean()), None, int(here.sum()))


def entailment_cost(entailer: OnnxEntailer) -> Row:
    """Return the milliseconds of a claim against three spans, warm, p50."""
    span = (
        "A firm that listens to its customers learns what they miss, says the essay of 2011. " * 3
    )
    claim = "The essay of 2011 says that a firm learns from its customers what they miss."
    spent = []
    for _ in range(15):
        began = time.perf_counter()
        entailer.judge(claim, [span] * 3)
        spent.append((time.perf_counter() - began) * 1000)
    return Row(
        "a claim against 3 spans, ms", float(np.median(spent)), 60.0, 15, lower_is_better=True
    )


def accuracy_of(answers: np.ndarray, said: np.ndarray) -> float:
    """Return the balanced accuracy."""
    return float(balanced_accuracy_score(answers, said))
