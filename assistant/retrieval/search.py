"""Hybrid search: BM25 of words and phrases and vectors, added up as ``fusion`` says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.library.database import Snapshot
from assistant.ports import Floats1d, Ints1d, VectorStore
from assistant.records import Filters, Hit
from assistant.retrieval.fusion import Lexical, dense_weight_of, fused, phrases
from assistant.retrieval.terms import expanded, topic_words, words

DEPTH = 100  # of each list: fusion needs depth, a passage 30th in both may still win
# Passages that have one of the rarest words are scored by all words, until they are this many;
# those that have but common words are not. On 1,301 questions of SQuAD in 22,000 passages that
# leaves recall at 1 and 5 and MRR as they are (.829, .952, .884; with 400: .828, .952, .883)
# and saves a third of the lexical time; the more passages there are, the more it saves.
_SCORED = 800
_FEWEST_LEADING = 2
_PHRASE_DEPTH = 200
_MOST_WORDS = 64
_HEADER_WEIGHT = 1.0  # of title and headings in BM25
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
    wanted = query_words(question)
    allowed = snapshot.passage_ids(filters)
    lexical = _lexical(snapshot, question, wanted, filters, allowed)
    shares = lexical.shares()
    cosines = _cosines(store, question_vector, shares, allowed)
    frequencies, total = snapshot.document_frequencies(wanted)
    weight = dense_weight_of(dense_weight, lexical.best, list(frequencies.values()), total)
    scores = fused(cosines, shares, weight)
    ranked = sorted(scores, key=lambda id_: (-scores[id_], id_))
    chosen = _without_duplicates(ranked, store, k)
    found = snapshot.passages(chosen)
    return [
        Hit(
            passage=found[id_][0],
            document=found[id_][1],
            score=scores[id_],
            cosine=cosines[id_],
            lexical=shares.get(id_, 0.0),
        )
        for id_ in chosen
        if id_ in found
    ]


def _lexical(
    snapshot: Snapshot,
    question: str,
    wanted: Sequence[str],
    filters: Filters,
    allowed: Ints1d | None,
) -> Lexical:
    """Return BM25 of the best passages for the question's words, and for its phrases."""
    by_words = snapshot.lexical(
        any_of(wanted),
        DEPTH,
        filters,
        header_weight=_HEADER_WEIGHT,
        among=_leading(wanted, snapshot, allowed),
    )
    pairs = phrases(question)[:_MOST_WORDS]
    by_phrases = (
        snapshot.lexical(any_of(pairs), _PHRASE_DEPTH, filters, header_weight=_HEADER_WEIGHT)
        if pairs
        else ()
    )
    return Lexical(dict(by_words), dict(by_phrases))


def match_expression(question: str) -> str:
    """Return an FTS5 query for any of the question's words, safe for whatever was typed."""
    return any_of(query_words(question))


def query_words(question: str) -> list[str]:
    """Return the words that a question is searched by; all of them where none has meaning."""
    return (expanded(topic_words(question)) or words(question))[:_MOST_WORDS]


def any_of(wanted: Sequence[str]) -> str:
    """Return an FTS5 query for any of some words.

    Words are quoted, so that FTS5's own syntax (NEAR, *, ^, column names) is only text.
    """
    return " OR ".join(f'"{word}"' for word in wanted) or '""'


def _leading(wanted: Sequence[str], snapshot: Snapshot, allowed: Ints1d | None) -> str:
    """Return a query for the rarest words, as many as it takes to have passages enough to score.

    Where only some passages are allowed, the others do not count. Empty where it takes all words.
    """
    frequencies, total = snapshot.document_frequencies(wanted)
    known = sorted((w for w in wanted if frequencies[w]), key=lambda w: frequencies[w])
    share = 1.0 if allowed is None else len(allowed) / max(total, 1)
    passages = 0.0
    for n, word in enumerate(known):
        if passages >= _SCORED and n >= _FEWEST_LEADING:
            return any_of(known[:n])
        passages += frequencies[word] * share
    return ""


def _cosines(
    store: VectorStore, query: Floats1d, lexical: dict[int, float], allowed: Ints1d | None
) -> dict[int, float]:
    """Return the cosine of every candidate of either list."""
    ids, scores = store.search(query, DEPTH, allowed)
    cosines = {int(i): float(s) for i, s in zip(ids, scores, strict=True)}
    rest = np.array([i for i in lexical if i not in cosines], dtype=np.int64)
    if len(rest):
        # No matrix product: for one so small, threads that wait for each other cost more.
        products = np.einsum("nd,d->n", store.vectors(rest), query)  # (n, d), (d,) -> (n,)
        cosines.update(zip(rest.tolist(), products.tolist(), strict=True))
    return cosines


def _without_duplicates(ranked: Sequence[int], store: VectorStore, k: int) -> list[int]:
    """Return the first ``k`` ids whose vectors are not nearly the same as a better one's."""
    candidates = ranked[: 2 * k]
    if not candidates:
        return []
    vectors = store.vectors(np.array(candidates, dtype=np.int64))
    same = (vectors @ vectors.T >= _SAME).tolist()  # (n, d) @ (d, n)
    kept: list[int] = []
    for row, alike in enumerate(same):
        if len(kept) == k:
            break
        if not any(alike[other] for other in kept):
            kept.append(row)
    return [candidates[row] for row in kept]
