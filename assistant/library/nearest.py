"""The two ways of finding the nearest of many vectors: comparing all, or the likely ones.

Both are made once and never changed. What they may return is said by a ``Selection``, which is
made once for many searches where it is always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from math import ceil
from threading import Lock
from typing import Any, Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from assistant.ports import Floats1d, Floats2d, Ints1d

_faiss: Any = faiss  # its own types know only half of it
Found = tuple[Ints1d, Floats1d]  # ids and inner products, in no order
Source = Callable[[Ints1d], Floats2d]  # exact vectors by their ids

_NONE: Ints1d = np.zeros(0, np.int64)
# Comparing 16-bit numbers takes a third of the time of 32-bit ones: 0.35 ms instead of 1.1 for
# 20,000 vectors, 1.8 instead of 5 for 100,000. They differ by half a unit in the eleventh place
# at most, so that it can be said for certain which vectors have to be compared exactly.
_HALF_ERROR = 2.0**-11 + 1e-6
_SPARE = 16  # vectors compared exactly beyond those asked for
_FEW = 2048  # vectors that are compared exactly without looking further
_ROWS_AT_ONCE = 8192

# Chosen on a million vectors, grown from 199,000 embedded sentences, questions apart: 4,096
# cells of which 256 are looked into have .984 of the ten nearest in 2.2 ms, .993 once the best
# are compared exactly (grown from 39,000: .983, of 128 .973 in 1.3 ms, of 384 .987 in 3.2 ms).
# One byte a number takes 400 MB.
_CELLS_PER_ROOT = 4  # times the square root of the number of vectors, to a power of two
_PROBED_SHARE = 1 / 16
_FEWEST_PROBES = 32
_SAMPLE_PER_CELL = 32
_ROUNDS = 8
_WORTH_THREADS = 20_000
_SEED = 20_261_123
_RESCORED = 32  # beyond those asked for: bytes order the last few wrongly


@dataclass(frozen=True, slots=True)
class Selection:
    """Which vectors a search may return."""

    count: int  # an upper bound
    rows: Ints1d | None = None  # these alone, where they are few
    selector: Any = None  # of FAISS; None for all
    bits: NDArray[np.uint8] | None = None  # which the selector looks at


class Nearest(Protocol):
    """Finds the nearest of a fixed set of vectors."""

    dimension: int

    def __len__(self) -> int: ...

    @property
    def ids(self) -> Ints1d:
        """Return all ids."""
        ...

    def select(self, allowed: Ints1d | None, gone: Ints1d) -> Selection:
        """Return the selection of what is allowed (None: all) and not gone."""
        ...

    def search(self, query: Floats1d, k: int, selection: Selection) -> Found:
        """Return the ``k`` nearest at least, as far as there are so many."""
        ...

    def vectors(self, ids: Ints1d) -> Floats2d:
        """Return vectors by their ids, shape (n, d); KeyError when one is unknown."""
        ...


class Exact:
    """Compares all: a first look at 16 bits, and the best of it exactly."""

    def __init__(self, ids: Ints1d, vectors: Floats2d) -> None:
        self.ids = ids
        self.dimension = vectors.shape[1]
        self._vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        self._order = None if bool(np.all(ids[1:] > ids[:-1])) else np.argsort(ids)
        self._sorted = ids if self._order is None else ids[self._order]
        self._half: Any = _faiss.IndexScalarQuantizer(
            max(self.dimension, 1), _faiss.ScalarQuantizer.QT_fp16, _faiss.METRIC_INNER_PRODUCT
        )
        longest = 0.0
        for start in range(0, len(ids), _ROWS_AT_ONCE):
            some = self._vectors[start : start + _ROWS_AT_ONCE]
            self._half.add(some)
            longest = max(longest, float(np.einsum("nd,nd->n", some, some).max()))
        self._error = _HALF_ERROR * longest**0.5

    def __len__(self) -> int:
        return len(self.ids)

    def select(self, allowed: Ints1d | None, gone: Ints1d) -> Selection:
        """Return the selection of what is allowed (None: all) and not gone."""
        if allowed is None and not len(gone):
            return Selection(len(self))
        mask = np.full(len(self), allowed is None)
        if allowed is not None:
            mask[self._rows(allowed)] = True
        mask[self._rows(gone)] = False
        rows = np.flatnonzero(mask)
        if len(rows) <= _FEW:
            return Selection(len(rows), rows=rows)
        bits = np.packbits(mask, bitorder="little")
        return Selection(len(rows), selector=_faiss.IDSelectorBitmap(bits), bits=bits)

    def search(self, query: Floats1d, k: int, selection: Selection) -> Found:
        """Return the ``k`` nearest at least, as far as there are so many."""
        if selection.rows is not None:
            return self._compared(query, selection.rows)
        parameters = _faiss.SearchParameters(sel=selection.selector)
        error = self._error * float(np.linalg.norm(query))
        wanted = min(k + _SPARE, selection.count)
        while True:
            with one_thread():
                rough, rows = self._half.search(query[None, :], wanted, params=parameters)
            ids, scores = self._compared(query, rows[0])
            if wanted == selection.count:
                return ids, scores
            if rough[0, -1] + error < np.partition(scores, wanted - k)[wanted - k]:
                return ids, scores  # whatever was not returned is below the k-th
            wanted = min(2 * wanted, selection.count)

    def vectors(self, ids: Ints1d) -> Floats2d:
        """Return vectors by their ids, shape (n, d); KeyError when one is unknown."""
        rows = self._rows(ids)
        if len(rows) != len(ids):
            raise KeyError(f"unknown id among {ids.tolist()}")
        return self._vectors[rows]

    def _compared(self, query: Floats1d, rows: Ints1d) -> Found:
        return self.ids[rows], products(self._vectors[rows], query)

    def _rows(self, ids: Ints1d) -> Ints1d:
        """Return the rows of those ids that are known, in their order."""
        if not len(self):
            return _NONE
        at = np.minimum(np.searchsorted(self._sorted, ids), len(self) - 1)
        at = at[self._sorted[at] == ids]
        return np.asarray(at if self._order is None else self._order[at], np.int64)


class Approximate:
    """Looks into the cells that are nearest to the query, at vectors of one byte a number.

    With a source the best are compared exactly, and ``vectors`` are exact; without one both
    are as exact as bytes are.
    """

    def __init__(self, index: Any, source: Source | None = None) -> None:  # noqa: ANN401
        self.dimension = int(index.d)
        self.index = index
        self._source = source
        self._probes = max(_FEWEST_PROBES, int(index.nlist * _PROBED_SHARE))
        self._lock = Lock()

    @classmethod
    def make(
        cls,
        ids: Ints1d,
        source: Source,
        batches: Iterable[tuple[Ints1d, Floats2d]],
    ) -> Approximate:
        """Sort the vectors of ``batches`` into cells found in a sample of them; always the same.

        A million vectors of 384 numbers take about 80 seconds of one core.
        """
        random = np.random.default_rng(_SEED)
        cells = 2 ** round(np.log2(_CELLS_PER_ROOT * len(ids) ** 0.5))
        cells = max(1, min(cells, len(ids) // _SAMPLE_PER_CELL))
        sampled = min(len(ids), _SAMPLE_PER_CELL * cells)
        sample = source(np.sort(random.choice(ids, sampled, replace=False)))
        dimension = sample.shape[1]
        index = _faiss.index_factory(dimension, f"IVF{cells},SQ8", _faiss.METRIC_INNER_PRODUCT)
        index.cp.niter, index.cp.seed = _ROUNDS, _SEED
        index.cp.min_points_per_centroid = 1  # of a small sample: no warnings
        with one_thread() if len(ids) < _WORTH_THREADS else nullcontext():
            index.train(sample)
            del sample  # 200 MB of a million vectors
            for some, vectors in batches:
                index.add_with_ids(vectors, some)
        return cls(index, source)

    def with_source(self, source: Source) -> Approximate:
        """Return the same vectors with another source of exact ones."""
        return Approximate(self.index, source)

    def __len__(self) -> int:
        return int(self.index.ntotal)

    @property
    def ids(self) -> Ints1d:
        """All ids, ascending."""
        lists = self.index.invlists
        parts = [
            _faiss.rev_swig_ptr(lists.get_ids(cell), size).copy()
            for cell in range(self.index.nlist)
            if (size := lists.list_size(cell))
        ]
        return np.sort(np.concatenate(parts)) if parts else _NONE

    def select(self, allowed: Ints1d | None, gone: Ints1d) -> Selection:
        """Return the selection of what is allowed (None: all) and not gone."""
        if allowed is None and not len(gone):
            return Selection(len(self))
        named = gone if allowed is None else allowed
        mask = np.zeros(int(named.max(initial=-1)) + 1, np.bool_)
        mask[named] = True
        if allowed is not None:
            mask[gone[gone < len(mask)]] = False
        bits = np.packbits(mask, bitorder="little")
        selector: Any = _faiss.IDSelectorBitmap(bits)
        if allowed is None:
            return Selection(len(self), selector=_faiss.IDSelectorNot(selector), bits=bits)
        return Selection(min(int(mask.sum()), len(self)), selector=selector, bits=bits)

    def search(self, query: Floats1d, k: int, selection: Selection) -> Found:
        """Return the ``k`` nearest at least, as far as there are so many in the cells."""
        # The fewer are let through, the more cells it takes to find them.
        share = max(selection.count, 1) / len(self)
        probes = min(self.index.nlist, ceil(self._probes / share))
        parameters = _faiss.SearchParametersIVF(nprobe=probes, sel=selection.selector)
        wanted = min(k + _RESCORED, len(self))
        while True:
            with one_thread():
                rough, ids = self.index.search(query[None, :], wanted, params=parameters)
            known = ids[0] >= 0
            if not known.all() or wanted == len(self) or rough[0, -1] < rough[0, k - 1]:
                break
            wanted = min(2 * wanted, len(self))  # equal vectors: the tie goes on
        if self._source is None:
            return ids[0][known], rough[0][known]
        return ids[0][known], products(self._source(ids[0][known]), query)

    def vectors(self, ids: Ints1d) -> Floats2d:
        """Return vectors by their ids, shape (n, d); KeyError when one is unknown."""
        if self._source is not None:
            return self._source(ids)
        with self._lock:
            if self.index.direct_map.no():
                self.index.set_direct_map_type(_faiss.DirectMap.Hashtable)
        try:
            rows = [self.index.reconstruct(int(id_)) for id_ in ids]
        except RuntimeError as cause:
            raise KeyError(f"unknown id among {ids.tolist()}") from cause
        return np.array(rows, np.float32).reshape(len(rows), self.dimension)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let FAISS search alone: where threads wait for each other on busy cores, all are slower."""
    usual = _faiss.omp_get_max_threads()
    _faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        _faiss.omp_set_num_threads(usual)


def products(vectors: Floats2d, query: Floats1d) -> Floats1d:
    """Return inner products, (n, d), (d,) -> (n,); the same of the same vector wherever it stands.

    A matrix product rounds differently from row to row, and equal vectors would not tie.
    """
    return np.asarray(np.einsum("nd,d->n", vectors, query), np.float32)
