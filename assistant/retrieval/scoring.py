"""How well a sentence answers, before a trained model says so: likeness and shared words.

On SQuAD paragraphs the answering sentence comes first in 81 % of cases by MiniLM cosine
alone, in 87 % by word overlap, in 88 % by both together.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from threading import Lock

import numpy as np

from assistant.library.database import Snapshot
from assistant.ports import Embedder, Floats1d, Floats2d
from assistant.retrieval.terms import bag_of_stems, canonical, spelt_out, stem, topic_words

_COSINE_WEIGHT = 0.55
_REMEMBERED = 20_000  # sentences: 30 MB of vectors
_REMEMBERED_QUESTIONS = 256


class SentenceVectors:
    """Vectors of sentences, remembered: conversations come back to the same passages.

    And of questions: each is searched with, and then laid beside the sentences that were found.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: OrderedDict[str, Floats1d] = OrderedDict()
        self._lock = Lock()
        self._of_question = lru_cache(_REMEMBERED_QUESTIONS)(embedder.embed_question)

    def of_question(self, text: str) -> Floats1d:
        """Return the unit vector of a question, shape (d,); others may hold the same array."""
        return self._of_question(text)

    def of(self, texts: Sequence[str]) -> Floats2d:
        """Return one unit vector a text, shape (n, d)."""
        if not texts:
            return np.zeros((0, self._embedder.dimension), np.float32)
        with self._lock:
            vectors = {t: self._known[t] for t in texts if t in self._known}
        if missing := [t for t in dict.fromkeys(texts) if t not in vectors]:
            new = dict(zip(missing, self._embedder.embed_passages(missing), strict=True))
            vectors |= new
            with self._lock:
                self._known |= new
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
        return np.stack([vectors[t] for t in texts])


class SimilarityScorer:
    """Scores sentences by cosine and by the weighted share of the question's words."""

    def __init__(self, vectors: SentenceVectors, embedder: Embedder) -> None:
        self.fingerprint = f"similarity-1:{embedder.fingerprint}"
        self._vectors = vectors

    def score(self, question: str, texts: Sequence[str]) -> Floats1d:
        """Return one score a text, 0…1, shape (n,)."""
        if not texts:
            return np.zeros(0, np.float32)
        query = self._vectors.of_question(spelt_out(question))
        cosines = np.clip(self._vectors.of(texts) @ query, 0.0, 1.0)  # (n, d) @ (d,) -> (n,)
        wanted = stems_of_topic(question)
        weights = inverse_frequencies(wanted, texts)
        overlaps = np.array([coverage(wanted, bag_of_stems(t), weights) for t in texts], np.float32)
        scores: Floats1d = _COSINE_WEIGHT * cosines + (1 - _COSINE_WEIGHT) * overlaps
        return scores


def rarities(question: str, snapshot: Snapshot) -> dict[str, float]:
    """Return a weight for each stem that the question is about: log ((n + 1) / (f + 1/2)).

    ``f`` of the library's ``n`` passages have the word; one that none has weighs most.
    """
    topic = topic_words(canonical(question))
    frequencies, total = snapshot.document_frequencies(topic)
    return {stem(w): math.log((total + 1) / (frequencies[w] + 0.5)) for w in topic}


def stems_of_topic(question: str) -> list[str]:
    """Return the stems of the words a question is about, each once."""
    return list(dict.fromkeys(stem(w) for w in topic_words(canonical(question))))


def inverse_frequencies(wanted: Sequence[str], texts: Sequence[str]) -> Mapping[str, float]:
    """Return a weight for each wanted stem: log ((n + 1) / (f + 1)) + 1/4, f texts having it."""
    bags = [bag_of_stems(t) for t in texts]
    return {
        word: math.log((len(texts) + 1) / (1 + sum(word in bag for bag in bags))) + 0.25
        for word in wanted
    }


def coverage(wanted: Sequence[str], bag: frozenset[str], weights: Mapping[str, float]) -> float:
    """Return the weighted share of the wanted stems that are in ``bag``, 0…1."""
    total = sum(weights[word] for word in wanted)
    return sum(weights[w] for w in wanted if w in bag) / total if total else 0.0
