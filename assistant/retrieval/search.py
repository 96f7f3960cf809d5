"""Hybrid search: BM25 and vectors, normalised and added.

The fused score is w · cosine + (1 − w) · BM25 / best BM25. A convex sum of normalised
scores keeps how much better one hit is than the next, which reciprocal ranks throw away
(Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.library.database import Snapshot
from assistant.ports import Floats1d, Ints1d, VectorStore
from assistant.records import Filters, Hit
from assistant.retrieval.terms import expanded, topic_words, words

DEPTH = 100  # of each list: fusion needs depth, a passage 30th in both may still win
_HEADER_WEIGHT = 0.5  # of title and headings in BM25
_SAME = 0.97  # cosine above which two passages say the same


def search(
    snapshot: Snapshot,
    store: VectorStore,
    question: str,
    question_vector: Floats1d,
    *,
    k: int,
    dense_weight: float,
    filters: Filters | None = None,
) -> list[Hit]:
    """Return the ``k`` best passages, best first, ties by id; near-duplicates only once."""
    filters = filters or Filters()
    lexical = dict(
        snapshot.lexical(match_expression(question), DEPTH, filters, header_weight=_HEADER_WEIGHT)
    )
    cosines = _cosines(store, question_vector, lexical, snapshot.passage_ids(filters))
    best = max(lexical.values(), default=0.0) or 1.0
    fused = {
        id_: dense_weight * cosine + (1 - dense_weight) * lexical.get(id_, 0.0) / best
        for id_, cosine in cosines.items()
    }
    ranked = sorted(fused, key=lambda id_: (-fused[id_], id_))
    chosen = _without_duplicates(ranked, store, k)
    found = snapshot.passages(chosen)
    return [
        Hit(
            passage=found[id_][0],
            document=found[id_][1],
            score=fused[id_],
            cosine=cosines[id_],
            lexical=lexical.get(id_, 0.0) / best,
        )
        for id_ in chosen
        if id_ in found
    ]


def match_expression(question: str) -> str:
    """Return an FTS5 query for any of the question's words, safe for whatever was typed.

    Words are quoted, so that FTS5's own syntax (NEAR, *, ^, column names) is only text.
    """
    topic = expanded(topic_words(question)) or words(question)
    return " OR ".join(f'"{word}"' for word in topic[:64]) or '""'


def _cosines(
    store: VectorStore, query: Floats1d, lexical: dict[int, float], allowed: Ints1d | None
) -> dict[int, float]:
    """Return the cosine of every candidate of either list."""
    ids, scores = store.search(query, DEPTH, allowed)
    cosines = {int(i): float(s) for i, s in zip(ids, scores, strict=True)}
    rest = np.array([i for i in lexical if i not in cosines], dtype=np.int64)
    if len(rest):
        products = store.vectors(rest) @ query  # (n, d) @ (d,) -> (n,)
        cosines.update(zip(rest.tolist(), products.tolist(), strict=True))
    return cosines


def _without_duplicates(ranked: Sequence[int], store: VectorStore, k: int) -> list[int]:
    """Return the first ``k`` ids whose vectors are not nearly the same as a better one's."""
    candidates = np.array(ranked[: 2 * k], dtype=np.int64)
    vectors = store.vectors(candidates) if len(candidates) else np.zeros((0, 1), np.float32)
    kept: list[int] = []
    for row in range(len(candidates)):
        if len(kept) == k:
            break
        if not kept or (vectors[kept] @ vectors[row]).max() < _SAME:
            kept.append(row)
    return [int(candidates[row]) for row in kept]
