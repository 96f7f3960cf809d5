"""From logits to probabilities that can be believed (Platt 1999; Guo et al. 2017).

Fitted on what was not trained on, with the quantised model that is served.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from training.entailment_lessons import FAMILIES
from training.records import SUPPORTED, UNSUPPORTED, Pair


def platt(
    logits: np.ndarray, answers: np.ndarray, *, balanced: bool = False
) -> tuple[float, float]:
    """Return scale and shift of a logit so that its sigmoid is calibrated; both shape (n,)."""
    weights = "balanced" if balanced else None
    model = LogisticRegression(C=1e3, max_iter=1000, class_weight=weights)
    model.fit(logits.reshape(-1, 1), answers)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def scaled(
    logits: np.ndarray, pairs: Sequence[Pair]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return scale and shift of three logits, shape (n, 3): one temperature, a shift for each.

    Every family of sets counts the same, and in it supported and unsupported pairs do.
    """
    labels = np.array([p.label for p in pairs])
    weights = balanced_weights(pairs)

    def cost(values: np.ndarray) -> float:
        shifted = logits * np.exp(values[0]) + np.array([0.0, values[1], values[2]])
        return float((weights * negative_logs(shifted, labels)).sum()) + 1e-3 * float(
            (values**2).sum()
        )

    found = minimize(cost, np.zeros(3), method="L-BFGS-B").x
    return (float(np.exp(found[0])),) * 3, (0.0, float(found[1]), float(found[2]))


def negative_logs(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return -log of the probability that each label allows, shape (n,)."""
    top = logits.max(axis=1, keepdims=True)
    logs = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    either = np.logaddexp(logs[:, 1], logs[:, 2])
    exact = np.take_along_axis(logs, np.minimum(labels, 2)[:, None], axis=1)[:, 0]
    return -np.where(labels == UNSUPPORTED, either, exact)


def balanced_weights(pairs: Sequence[Pair]) -> np.ndarray:
    """Return weights that sum to 1, equal for all families and sides, shape (n,)."""
    family = {source: name for name, sources in FAMILIES.items() for source in sources}
    sides = [(family.get(p.source, ""), p.label == SUPPORTED) for p in pairs]
    counts = {side: sides.count(side) for side in set(sides)}
    return np.array([1 / (counts[side] * len(counts)) for side in sides])


def calibration_error(probabilities: np.ndarray, answers: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal width."""
    places = np.minimum((probabilities * bins).astype(int), bins - 1)
    error = 0.0
    for at in range(bins):
        inside = places == at
        if inside.any():
            gap = abs(float(probabilities[inside].mean()) - float(answers[inside].mean()))
            error += gap * float(inside.mean())
    return error
