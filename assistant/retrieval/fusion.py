"""How BM25 and vectors are added up: normalised, by what the question gives to each.

A convex sum of normalised scores keeps how much better one hit is than the next, which
reciprocal ranks throw away (Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions
for Hybrid Retrieval"). How much the vectors count depends on the question: where the best
passage has all its words, words decide; where it is said in other words, meaning does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.retrieval.terms import STOP_WORDS, words

_SWING = 0.2  # of the dense weight, up where no passage has the question's words
_TYPICAL_GAIN = 1.6  # BM25 of a word that a short passage has, over its idf; at most 2.2
_PHRASE_SHARE = 0.15  # of the lexical score; more helps SQuAD and harms textbooks

_SPLITTING = STOP_WORDS | {""}


@dataclass(frozen=True, slots=True)
class Lexical:
    """BM25 of passages by id, for the question's words and for its phrases."""

    by_words: Mapping[int, float]
    by_phrases: Mapping[int, float]

    @property
    def best(self) -> float:
        """BM25 of the best passage for the words; 0 where none has any."""
        return max(self.by_words.values(), default=0.0)

    def shares(self) -> dict[int, float]:
        """Return each passage's lexical score, 0…1: its shares of the best in either list.

        Words alone count where no passage has a phrase.
        """
        words_best = self.best or 1.0
        phrases_best = max(self.by_phrases.values(), default=0.0)
        share = _PHRASE_SHARE if phrases_best > 0 else 0.0
        return {
            id_: (1 - share) * score / words_best
            + share * self.by_phrases.get(id_, 0.0) / (phrases_best or 1.0)
            for id_, score in self.by_words.items()
        }


def phrases(question: str) -> list[str]:
    """Return the pairs of neighbouring words that carry meaning: "shared value", once each."""
    bare = [w.removesuffix("'s").replace("'", "") for w in words(question)]
    pairs = pairwise(bare)
    return list(dict.fromkeys(f"{a} {b}" for a, b in pairs if not {a, b} & _SPLITTING))


def dense_weight_of(
    middle: float, best_bm25: float, frequencies: Sequence[int], total: int
) -> float:
    """Return the weight of the vectors for one question.

    ``middle`` is the setting: 0 and 1 stay pure. ``frequencies`` say how many of ``total``
    passages have each of the question's words.
    """
    most = _TYPICAL_GAIN * sum(_idf(n, total) for n in frequencies)
    covered = min(1.0, best_bm25 / most) if most > 0 else 0.0
    return middle + min(_SWING, middle, 1 - middle) * (1 - 2 * covered)


def fused(
    cosines: Mapping[int, float], lexical: Mapping[int, float], weight: float
) -> dict[int, float]:
    """Return weight · cosine + (1 − weight) · lexical share for every candidate."""
    return {
        id_: weight * cosine + (1 - weight) * lexical.get(id_, 0.0)
        for id_, cosine in cosines.items()
    }


def _idf(n: int, total: int) -> float:
    return math.log(1 + (total - n + 0.5) / (n + 0.5))
