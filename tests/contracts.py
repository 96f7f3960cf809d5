"""What every implementation of a seam has to do: one suite a port, run on all of them."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import pytest
from fakes import NumpyStore
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.ports import Floats2d, Ints1d, VectorStore

IDS = np.array([3, 8, 5, 21, 13], dtype=np.int64)
# Quarters are exact in float32, so that scores can be compared with ==.
VECTORS = np.array(
    [[1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5], [0, 1, 0, 0], [1, 0, 0, 0], [-1, 0, 0, 0]],
    dtype=np.float32,
)
QUERY = np.array([1, 0, 0, 0], dtype=np.float32)


def ids_of(*ids: int) -> Ints1d:
    return np.array(ids, dtype=np.int64)


class VectorStoreContract:
    """Inherit and say how one is made."""

    @abstractmethod
    def make(self, ids: Ints1d, vectors: Floats2d) -> VectorStore: ...

    @pytest.fixture
    def store(self) -> VectorStore:
        return self.make(IDS, VECTORS)

    @pytest.fixture
    def empty(self) -> VectorStore:
        return self.make(ids_of(), np.zeros((0, 4), np.float32))

    def found(self, store: VectorStore, k: int, allowed: Ints1d | None = None):
        ids, scores = store.search(QUERY, k, allowed)
        assert ids.dtype == np.int64
        assert scores.dtype == np.float32
        return list(zip(ids.tolist(), scores.tolist(), strict=True))

    def test_best_first_with_exact_scores(self, store):
        assert self.found(store, 5) == [(3, 1.0), (21, 1.0), (8, 0.5), (5, 0.0), (13, -1.0)]

    def test_ties_are_broken_by_id(self, store):
        assert self.found(store, 1) == [(3, 1.0)]
        assert self.found(store, 2) == [(3, 1.0), (21, 1.0)]

    @pytest.mark.parametrize("k", [1, 10, 60])
    def test_ties_that_reach_far_behind_the_cut(self, k):
        ids = np.arange(200, 0, -1, dtype=np.int64)
        vectors = np.tile(np.array([[0.5, 0.5, 0.5, 0.5]], np.float32), (200, 1))
        vectors[7] = [1, 0, 0, 0]  # id 193
        expected = [(193, 1.0), *((n, 0.5) for n in range(1, k))]
        assert self.found(self.make(ids, vectors), k) == expected

    def test_k_beyond_the_size_gives_all(self, store):
        assert self.found(store, 1000) == self.found(store, 5)

    @pytest.mark.parametrize("k", [0, -1])
    def test_k_below_one_gives_none(self, store, k):
        assert self.found(store, k) == []

    def test_empty(self, empty):
        assert len(empty) == 0
        assert self.found(empty, 3) == []
        assert self.found(empty, 3, ids_of(1)) == []
        with pytest.raises(KeyError):
            empty.vectors(ids_of(1))

    def test_length(self, store):
        assert len(store) == 5

    def test_only_allowed_ids(self, store):
        assert self.found(store, 5, ids_of(5, 8, 21)) == [(21, 1.0), (8, 0.5), (5, 0.0)]
        assert self.found(store, 1, ids_of(5, 8)) == [(8, 0.5)]

    def test_none_allowed(self, store):
        assert self.found(store, 5, ids_of()) == []

    def test_allowed_ids_that_are_not_stored(self, store):
        assert self.found(store, 5, ids_of(4, 5, 6)) == [(5, 0.0)]
        assert self.found(store, 5, ids_of(4, 6)) == []

    def test_allowed_ids_given_twice(self, store):
        assert self.found(store, 5, ids_of(5, 5, 8)) == [(8, 0.5), (5, 0.0)]

    def test_vectors_in_the_order_asked_for(self, store):
        vectors = store.vectors(ids_of(8, 13, 8))
        assert vectors.dtype == np.float32
        assert vectors.tolist() == [[0.5] * 4, [-1, 0, 0, 0], [0.5] * 4]

    def test_vectors_of_no_ids(self, store):
        assert store.vectors(ids_of()).shape == (0, 4)

    @pytest.mark.parametrize("unknown", [0, 4, -1, 2**40])
    def test_vectors_of_an_unknown_id(self, store, unknown):
        with pytest.raises(KeyError):
            store.vectors(ids_of(3, unknown))

    # Each implementation is an executor of its own.
    @settings(suppress_health_check=[HealthCheck.differing_executors])
    @given(data=st.data())
    def test_agrees_with_the_definition(self, data):
        size = data.draw(st.integers(1, 60), label="size")
        ids = np.array(data.draw(st.permutations(range(1, size + 1)), label="ids"), np.int64)
        seed = data.draw(st.integers(0, 2**32 - 1), label="seed")
        random = np.random.default_rng(seed)
        # Few values a component: many ties, and inner products that are exact in float32.
        vectors = random.integers(-2, 3, (size, 4)).astype(np.float32) / 4
        query = random.integers(-2, 3, 4).astype(np.float32) / 4
        k = data.draw(st.integers(0, size + 5), label="k")
        some = st.lists(st.integers(1, size + 3), unique=True)
        picked = data.draw(st.none() | some, label="allowed")
        allowed = None if picked is None else np.array(picked, np.int64)
        expected = NumpyStore(ids, vectors).search(query, k, allowed)
        found = self.make(ids, vectors).search(query, k, allowed)
        assert [part.tolist() for part in found] == [part.tolist() for part in expected]
