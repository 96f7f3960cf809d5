"""The second look: a trained scorer reads question and text together.

What it says is laid beside the first ranking, never put in its place: the first knows what the
library holds, the second what a question asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from assistant.ports import Floats1d, Scorer
from assistant.records import Hit

CANDIDATES = 24  # passages that are read again
SENTENCES = 30  # sentences that are read again
# Of the trained score in a passage's, chosen on dev and a textbook: with .4 the textbook falls
# below the first ranking, and with passages read without their headings it does so from .25.
_PASSAGE_SHARE = 0.35
_SENTENCE_SHARE = 0.7  # and in a sentence's


def reranked(question: str, hits: Sequence[Hit], scorer: Scorer, k: int) -> list[Hit]:
    """Return the best ``k`` of some hits, best first, ties in their order; scores 0…1.

    The first ``CANDIDATES`` are read again; what comes after them stays after them.
    """
    mixed = (1 - _PASSAGE_SHARE) * np.array([hit.score for hit in hits], np.float32)  # (n,)
    head = [_as_read(hit) for hit in hits[:CANDIDATES]]
    mixed[: len(head)] += _PASSAGE_SHARE * scorer.score(question, head)
    order = np.argsort(-mixed, kind="stable")[:k]
    return [replace(hits[n], score=float(mixed[n])) for n in order.tolist()]


def _as_read(hit: Hit) -> str:
    """Return a passage with its title and headings: what "it" is about often stands only there."""
    return ". ".join((hit.document.title, *hit.passage.heading, hit.passage.text))


class CarefulScorer:
    """Reads the sentences that a quick scorer likes best once more, with a trained one."""

    def __init__(self, quick: Scorer, trained: Scorer) -> None:
        self.fingerprint = f"{quick.fingerprint}+{trained.fingerprint}"
        self._quick = quick
        self._trained = trained

    def score(self, question: str, texts: Sequence[str]) -> Floats1d:
        """Return one score a text, 0…1, shape (n,); below all others where it was not read."""
        scores = (1 - _SENTENCE_SHARE) * self._quick.score(question, texts)
        read = np.sort(np.argsort(-scores, kind="stable")[:SENTENCES])
        scores[read] += _SENTENCE_SHARE * self._trained.score(question, [texts[n] for n in read])
        mixed: Floats1d = scores.astype(np.float32)
        return mixed
