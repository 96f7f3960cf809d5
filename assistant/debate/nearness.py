"""Which passages of different documents are laid side by side: the near, and declared opposites."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from assistant.library.editions import Edition
from assistant.library.snapshot import Snapshot
from assistant.ports import Floats2d, Ints1d
from assistant.records import Passage

_NEIGHBOURS = 5  # passages in other documents, for each passage
_OPPOSITES = 2  # the same in each document that is a declared opposite
_ROWS = 512  # passages compared with all others at once: 40 MB where there are 20,000
_MOST_PASSAGES = 30_000  # comparing all with all takes 10 s then; beyond, declared opposites only
_APART = ("row", "heading", "code")
_NO_SIDE = ("neutral", "mixed")  # stances


@dataclass(frozen=True, slots=True)
class Loaded:
    """One edition of a library in memory; row n of ``vectors`` belongs to passage n."""

    edition: Edition
    model: str
    passages: tuple[Passage, ...]
    vectors: Floats2d  # (n, d), unit
    opposites: tuple[tuple[str, str], ...]  # who declares it, and whom
    apart: dict[str, list[tuple[int, int]]]  # spans of tables, headings and code, by document
    aside: frozenset[str]  # documents that say of themselves that they take no side


@dataclass(frozen=True, slots=True)
class Pair:
    """Two passages, in the order of the sha256 of their texts, so that the key is lasting."""

    key: str
    first: int  # row
    second: int
    cosine: float
    declares: bool = False  # the openings of declared opposites
    turned: bool = False  # the first belongs to the document that declares it


def loaded(snapshot: Snapshot) -> Loaded:
    """Return what a comparison needs, so that the snapshot need not be held meanwhile."""
    model = snapshot.meta.get("embedder", "")
    ids, vectors = snapshot.vectors(model)
    known = snapshot.passages(ids.tolist())
    cards = snapshot.cards()
    slugs = {card.id for card in cards}
    apart = {}
    for card in cards:
        document = snapshot.document(card.id)
        blocks = document.blocks if document else ()
        apart[card.id] = [(b.start, b.end) for b in blocks if b.kind in _APART]
    opposites = {
        frozenset((card.id, other)): (card.id, other)
        for card in reversed(cards)
        for other in card.opposes
        if other in slugs and other != card.id
    }
    return Loaded(
        edition=snapshot.edition,
        model=model,
        passages=tuple(known[id_][0] for id_ in ids.tolist()),
        vectors=vectors,
        opposites=tuple(sorted(opposites.values())),
        apart=apart,
        aside=frozenset(card.id for card in cards if card.stance in _NO_SIDE),
    )


def near_pairs(texts: Loaded) -> list[Pair]:
    """Return the pairs to be compared, the nearest first, each once."""
    hashes = [hashlib.sha256(p.text.encode()).hexdigest()[:24] for p in texts.passages]
    rows: dict[str, list[int]] = {}
    for n, passage in enumerate(texts.passages):
        rows.setdefault(passage.document_id, []).append(n)
    found: dict[tuple[int, int], float] = {}
    for one, other in (*_neighbours(texts, rows), *_of_opposites(texts, rows)):
        if hashes[one] != hashes[other]:
            pair = (one, other) if hashes[one] < hashes[other] else (other, one)
            found[pair] = float(texts.vectors[one] @ texts.vectors[other])
    pairs = [Pair(hashes[a] + hashes[b], a, b, cosine) for (a, b), cosine in found.items()]
    pairs.sort(key=lambda pair: (-pair.cosine, pair.key))
    return [*_openings(texts, rows, hashes), *pairs]


def _neighbours(texts: Loaded, rows: dict[str, list[int]]) -> Iterator[tuple[int, int]]:
    vectors = texts.vectors
    if len(vectors) > _MOST_PASSAGES:
        return
    numbers = {slug: n for n, slug in enumerate(rows)}
    documents = np.array([numbers[p.document_id] for p in texts.passages], np.int64)
    for start in range(0, len(vectors), _ROWS):
        cosines = vectors[start : start + _ROWS] @ vectors.T  # (r, d) @ (d, n) -> (r, n)
        own = documents[start : start + _ROWS, None] == documents[None, :]
        cosines[own] = -2.0
        for n, near in enumerate(_best(cosines, _NEIGHBOURS), start=start):
            yield from ((n, m) for m in near.tolist() if documents[m] != documents[n])


def _of_opposites(texts: Loaded, rows: dict[str, list[int]]) -> Iterator[tuple[int, int]]:
    for one, other in texts.opposites:
        mine, theirs = np.array(rows.get(one, [])), np.array(rows.get(other, []))
        if len(mine) and len(theirs):
            cosines = texts.vectors[mine] @ texts.vectors[theirs].T  # (m, d) @ (d, t) -> (m, t)
            for n, near in zip(mine.tolist(), _best(cosines, _OPPOSITES), strict=True):
                yield from ((n, m) for m in theirs[near].tolist())
            for n, near in zip(theirs.tolist(), _best(cosines.T, _OPPOSITES), strict=True):
                yield from ((m, n) for m in mine[near].tolist())


def _openings(texts: Loaded, rows: dict[str, list[int]], hashes: list[str]) -> Iterator[Pair]:
    for one, other in texts.opposites:
        if one in rows and other in rows:
            mine, theirs = (
                min(rows[s], key=lambda n: texts.passages[n].start) for s in (one, other)
            )
            turned = hashes[mine] < hashes[theirs]
            a, b = (mine, theirs) if turned else (theirs, mine)
            yield Pair(f"opening{hashes[a]}{hashes[b]}", a, b, 1.0, declares=True, turned=turned)


def _best(cosines: Floats2d, k: int) -> Iterator[Ints1d]:
    """Yield for each row the columns of its ``k`` largest values, the largest first."""
    for row in cosines:
        best = np.argpartition(-row, k)[:k] if len(row) > k else np.arange(len(row))
        yield best[np.lexsort((best, -row[best]))]
