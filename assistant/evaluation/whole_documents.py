"""BM25 over whole documents: the plainest search there is, to measure ours against.

Okapi BM25 (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", k1 = 1.2,
b = 0.75) over stems without stop words, a document being one bag of words.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from assistant.retrieval.terms import stem, topic_words, words

_K1, _B = 1.2, 0.75


class WholeDocuments:
    """An index of texts by their names."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._names = list(texts)
        counts = [Counter(stem(w) for w in words(text)) for text in texts.values()]
        self._lengths = [sum(c.values()) for c in counts]
        self._mean = sum(self._lengths) / len(counts) if counts else 1.0
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for row, bag in enumerate(counts):
            for word, count in bag.items():
                self._postings[word].append((row, count))

    def ranked(self, question: str) -> tuple[str, ...]:
        """Return the names of the documents that share a word with the question, best first."""
        scores: dict[int, float] = defaultdict(float)
        for word in {stem(w) for w in topic_words(question)}:
            found = self._postings.get(word, [])
            rarity = math.log(1 + (len(self._names) - len(found) + 0.5) / (len(found) + 0.5))
            for row, count in found:
                length = 1 - _B + _B * self._lengths[row] / self._mean
                scores[row] += rarity * count * (_K1 + 1) / (count + _K1 * length)
        order: Sequence[int] = sorted(scores, key=lambda row: (-scores[row], row))
        return tuple(self._names[row] for row in order)
