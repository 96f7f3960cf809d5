"""Does an answer make a point? A rule over stems and likeness, calibrated on gold sentences.

A point is made when half its share of stems found in the answer and half its best cosine with
a sentence of the answer come to ``THRESHOLD``. The threshold was set on the dev questions of
evaluation/questions.jsonl, where a question's gold sentences make its points and three of the
likest other sentences of the same document do not: balanced accuracy .914, and .858 on the 285
points of test. Some of those other sentences do make the point, so that this is a lower bound.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.retrieval.scoring import SentenceVectors
from assistant.retrieval.terms import content_stems, numbers

THRESHOLD = 0.52


class PointsRule:
    """Says which points a text makes."""

    def __init__(self, vectors: SentenceVectors) -> None:
        self._vectors = vectors

    def covered(self, points: Sequence[str], sentences: Sequence[str]) -> int:
        """Return how many of the points the sentences make."""
        if not points or not sentences:
            return 0
        bag = frozenset(w for s in sentences for w in _words(s))
        cosines = self._vectors.of(points) @ self._vectors.of(sentences).T  # (p, d) @ (d, s)
        return sum(
            0.5 * _share(point, bag) + 0.5 * float(best) >= THRESHOLD
            for point, best in zip(points, cosines.max(axis=1), strict=True)
        )


def _words(text: str) -> list[str]:
    return [*content_stems(text), *numbers(text)]


def _share(point: str, bag: frozenset[str]) -> float:
    wanted = frozenset(_words(point))
    return len(wanted & bag) / len(wanted) if wanted else 0.0
