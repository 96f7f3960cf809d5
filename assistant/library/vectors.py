"""The derived vector index, which can always be made again from the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock

import numpy as np

from assistant.library import vector_file
from assistant.library.editions import Edition
from assistant.library.keeping import EXACT_UP_TO, approximate, is_at_least, most_changed
from assistant.library.nearest import Approximate, Exact, Nearest, Selection, Source
from assistant.library.snapshot import Snapshot
from assistant.library.trust import VECTORS_NAME
from assistant.library.vector_file import Rows
from assistant.ports import Floats1d, Floats2d, Ints1d

__all__ = ["VECTORS_NAME", "FaissStore", "StoreOfGeneration"]

_BATCH = 16_384
_NONE: Ints1d = np.zeros(0, np.int64)


class FaissStore:
    """Inner products with unit vectors, named by passage id: a whole, and what changed since.

    Up to ``exact_up_to`` vectors the nearest are exact, beyond that nearly all of them.
    """

    def __init__(self, ids: Ints1d, vectors: Floats2d, *, exact_up_to: int = EXACT_UP_TO) -> None:
        if len(ids) != len(vectors):
            raise ValueError(f"{len(ids)} ids for {len(vectors)} vectors")
        whole: Nearest
        if len(ids) <= exact_up_to:
            whole = Exact(ids, vectors)
        else:
            batches = ((ids[rows], vectors[rows]) for rows in _parts(np.arange(len(ids))))
            whole = Approximate.make(ids, _by_id(ids, vectors), batches)
        self._set(whole, Exact(_NONE, np.zeros((0, whole.dimension), np.float32)), _NONE)

    @classmethod
    def of(cls, whole: Nearest, recent: Exact | None = None, gone: Ints1d = _NONE) -> FaissStore:
        """Return the store of a whole, of what came since and of which ids are gone from it."""
        store = cls.__new__(cls)
        store._set(whole, recent or Exact(_NONE, np.zeros((0, whole.dimension), np.float32)), gone)
        return store

    def _set(self, whole: Nearest, recent: Exact, gone: Ints1d) -> None:
        self._whole = whole
        self._recent = recent
        self._gone = gone
        self._all = whole.select(None, gone), recent.select(None, _NONE)
        self._last: list[tuple[Ints1d, tuple[Selection, Selection]]] = []

    @classmethod
    def read(cls, path: Path, *, edition: Edition) -> FaissStore | None:
        """Return the store in a file; None when it is missing, damaged or of another edition."""
        chain = [
            record
            for record in vector_file.records(path)
            if record.header.edition.generation <= edition.generation
        ]
        if not chain or chain[-1].header.edition != edition:
            return None
        try:
            with path.open("rb") as file:
                whole = vector_file.read_whole(file, chain[0])
                changes = [vector_file.read_rows(file, record) for record in chain[1:]]
        except OSError:
            return None
        sound = [change for change in changes if change is not None]
        if whole is None or len(sound) < len(changes):
            return None
        return cls.of(whole).changed(*sound)

    def write(self, path: Path, *, edition: Edition, last_id: int | None = None) -> None:
        """Write the file in one step; OSError when the folder does not let us."""
        ids = self.ids
        last_id = int(ids.max(initial=0)) if last_id is None else last_id
        if not isinstance(self._whole, Approximate):
            batches = ((some, self.vectors(some)) for some in _parts(ids))
            vector_file.write_rows(path, edition, last_id=last_id, batches=batches)
        elif self.changes:
            raise ValueError("changes are appended to the file that holds the whole")
        else:
            vector_file.write_index(path, edition, last_id=last_id, index=self._whole.index)

    def changed(self, *changes: Rows) -> FaissStore:
        """Return the store after changes; this one stays as it is."""
        if not changes:
            return self
        ids, vectors, gone = self._recent.ids, self._recent.vectors(self._recent.ids), self._gone
        for change in changes:
            kept = ~np.isin(ids, change.gone)
            gone = np.concatenate([gone, np.setdiff1d(change.gone, ids)])
            ids = np.concatenate([ids[kept], change.ids])
            vectors = np.concatenate([vectors[kept], change.vectors]) if len(ids) else vectors[:0]
        return FaissStore.of(self._whole, Exact(ids, vectors), gone)

    def with_source(self, source: Source) -> FaissStore:
        """Return the store with exact vectors from elsewhere, where it holds none itself."""
        if not isinstance(self._whole, Approximate):
            return self
        store = FaissStore.__new__(FaissStore)
        store._whole, store._recent = self._whole.with_source(source), self._recent
        store._gone, store._all, store._last = self._gone, self._all, self._last
        return store

    def __len__(self) -> int:
        return len(self._whole) + len(self._recent) - len(self._gone)

    @property
    def changes(self) -> int:
        """How many vectors came or went since the whole was made."""
        return len(self._recent) + len(self._gone)

    @property
    def dimension(self) -> int:
        """The length of every vector."""
        return self._whole.dimension

    @property
    def is_exact(self) -> bool:
        """Whether its vectors are as they were given."""
        return isinstance(self._whole, Exact)

    @property
    def ids(self) -> Ints1d:
        """The ids that are stored, shape (n,)."""
        if not self.changes:
            return self._whole.ids
        return np.concatenate([np.setdiff1d(self._whole.ids, self._gone), self._recent.ids])

    def search(
        self, query: Floats1d, k: int, allowed: Ints1d | None = None
    ) -> tuple[Ints1d, Floats1d]:
        """Return ids and inner products of the ``k`` nearest, best first, ties by id."""
        query = np.ascontiguousarray(query, dtype=np.float32)
        selections = self._all if allowed is None else self._selected(allowed)
        found = [
            part.search(query, k, selection)
            for part, selection in zip((self._whole, self._recent), selections, strict=True)
            if k > 0 and selection.count
        ]
        ids = np.concatenate([_NONE, *(ids for ids, _ in found)])
        scores = np.concatenate([np.zeros(0, np.float32), *(scores for _, scores in found)])
        order = np.lexsort((ids, -scores))[: max(k, 0)]
        return ids[order], scores[order]

    def _selected(self, allowed: Ints1d) -> tuple[Selection, Selection]:
        """Return what is allowed of the whole and of what came since; the last is remembered."""
        for known, selections in self._last:
            if known is allowed:
                return selections
        selections = self._whole.select(allowed, self._gone), self._recent.select(allowed, _NONE)
        self._last[:] = [(allowed, selections)]
        return selections

    def vectors(self, ids: Ints1d) -> Floats2d:
        """Return the stored vectors of ``ids``, shape (n, d); KeyError when one is unknown."""
        if not self.changes:
            return self._whole.vectors(ids)
        if len(unknown := np.intersect1d(ids, self._gone)):
            raise KeyError(f"unknown ids: {unknown.tolist()}")
        recent = np.isin(ids, self._recent.ids)
        vectors = np.empty((len(ids), self.dimension), np.float32)
        vectors[recent] = self._recent.vectors(ids[recent])
        vectors[~recent] = self._whole.vectors(ids[~recent])
        return vectors


class StoreOfGeneration:
    """Keeps the store of the edition last asked for; a new one is read or made."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / VECTORS_NAME
        self._lock = Lock()
        self._edition: Edition | None = None
        self._store: FaissStore | None = None

    def get(self, snapshot: Snapshot) -> FaissStore:
        """Return the store that belongs to a snapshot, embedding nothing.

        It must not be used longer than the snapshot: it may read vectors from it.
        """
        edition, model = snapshot.edition, snapshot.meta.get("embedder", "")
        with self._lock:
            if self._store is None or self._edition != edition:
                self._store = (
                    self._followed(snapshot, edition, model)
                    or FaissStore.read(self._path, edition=edition)
                    or self._made(snapshot, edition, model)
                )
                self._edition = edition
            return self._store.with_source(partial(snapshot.vectors_of, model=model))

    def _followed(self, snapshot: Snapshot, edition: Edition, model: str) -> FaissStore | None:
        """Return the store that is kept, after the changes since; None where they are many."""
        store, known = self._store, self._edition
        if store is None or known is None or known.library != edition.library:
            return None
        ids, stored = snapshot.all_ids(), store.ids
        came, gone = np.setdiff1d(ids, stored), np.setdiff1d(stored, ids)
        if store.changes + len(came) + len(gone) > most_changed(len(stored)):
            return None
        vectors = snapshot.vectors_of(came, model)
        if len(came) and vectors.shape[1] != store.dimension:
            return None  # of another embedder
        return store.changed(Rows(came, vectors, gone))

    def _made(self, snapshot: Snapshot, edition: Edition, model: str) -> FaissStore:
        many = snapshot.count("passages") > EXACT_UP_TO
        whole = approximate(snapshot, model) if many else Exact(*snapshot.vectors(model))
        store = FaissStore.of(whole)
        if not is_at_least(self._path, edition):  # a build may have ended since the snapshot
            with suppress(OSError):  # a read-only folder: it is made again at the next start
                store.write(self._path, edition=edition, last_id=snapshot.last_id())
        return store


def _parts(values: Ints1d) -> Iterator[Ints1d]:
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]


def _by_id(ids: Ints1d, vectors: Floats2d) -> Source:
    """Return what finds the vectors of ids in an array, without a copy of it."""
    order = np.argsort(ids)

    def source(wanted: Ints1d) -> Floats2d:
        at = np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)
        rows = order[at]
        if not np.array_equal(ids[rows], wanted):
            raise KeyError(f"unknown id among {wanted.tolist()}")
        return np.asarray(vectors[rows], np.float32)

    return source
