"""The FAISS store, its file, and who keeps it."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import faiss
import numpy as np
import pytest
from contracts import IDS, QUERY, VECTORS, VectorStoreContract
from fakes import HashEmbedder, NumpyStore

from assistant.library import keeping
from assistant.library import vectors as vectors_module
from assistant.library.database import Edition
from assistant.library.indexing import build
from assistant.library.keeping import EXACT_UP_TO, most_changed
from assistant.library.vector_file import Kind, Rows, append, records
from assistant.library.vectors import VECTORS_NAME, FaissStore, StoreOfGeneration
from assistant.library.verifying import verify

EDITION = Edition("0123456789abcdef" * 2, 7)


class TestFaissStore(VectorStoreContract):
    def make(self, ids, vectors):
        return FaissStore(ids, vectors)


class TestFaissStoreFromFile(VectorStoreContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path_factory):
        self.path = tmp_path_factory.mktemp("vectors") / VECTORS_NAME

    def make(self, ids, vectors):
        if not len(ids):
            return FaissStore(ids, vectors)  # no dimension is kept of nothing
        FaissStore(ids, vectors).write(self.path, edition=EDITION)
        return FaissStore.read(self.path, edition=EDITION)


class TestApproximateStore(VectorStoreContract):
    """Of few vectors every cell is looked into, and exact vectors put right what bytes blur."""

    def make(self, ids, vectors):
        return FaissStore(ids, vectors, exact_up_to=0)


class TestApproximateStoreFromFile(VectorStoreContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path_factory):
        self.path = tmp_path_factory.mktemp("vectors") / VECTORS_NAME

    def make(self, ids, vectors):
        if not len(ids):
            return FaissStore(ids, vectors)
        FaissStore(ids, vectors, exact_up_to=0).write(self.path, edition=EDITION)
        store = FaissStore.read(self.path, edition=EDITION)
        return store.with_source(NumpyStore(ids, vectors).vectors)


class TestChangedStore(VectorStoreContract):
    """A third of the vectors came later, and as many are gone again."""

    exact_up_to = 1000

    def make(self, ids, vectors):
        later = np.arange(len(ids)) % 3 == 2
        lost = vectors[later][:, ::-1]  # under ids that nobody asks for
        whole = np.concatenate([ids[~later], 10_000 + ids[later]])
        store = FaissStore(
            whole, np.concatenate([vectors[~later], lost]), exact_up_to=self.exact_up_to
        )
        first = Rows(ids[later], vectors[later][:, ::-1], 10_000 + ids[later])
        return store.changed(first, Rows(ids[later], vectors[later], ids[later]))


class TestChangedApproximateStore(TestChangedStore):
    exact_up_to = 0


class TestNumpyStore(VectorStoreContract):
    def make(self, ids, vectors):
        return NumpyStore(ids, vectors)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / VECTORS_NAME
    FaissStore(IDS, VECTORS).write(path, edition=EDITION)
    return path


def test_round_trip(file):
    store = FaissStore.read(file, edition=EDITION)
    assert store.ids.tolist() == IDS.tolist()
    assert store.vectors(IDS).tolist() == VECTORS.tolist()
    ids, scores = store.search(QUERY, 3)
    assert (ids.tolist(), scores.tolist()) == ([3, 21, 8], [1.0, 1.0, 0.5])


def test_nothing_unfinished_is_left_behind(file):
    assert [p.name for p in file.parent.iterdir()] == [VECTORS_NAME]


def test_round_trip_of_nothing(tmp_path):
    path = tmp_path / VECTORS_NAME
    FaissStore(np.zeros(0, np.int64), np.zeros((0, 0), np.float32)).write(path, edition=EDITION)
    assert len(FaissStore.read(path, edition=EDITION)) == 0


def test_ids_and_vectors_must_be_as_many():
    with pytest.raises(ValueError, match="4 ids for 5 vectors"):
        FaissStore(IDS[:4], VECTORS)


@pytest.mark.parametrize(
    "other",
    [replace(EDITION, generation=6), replace(EDITION, generation=8), replace(EDITION, library="")],
)
def test_another_edition_is_not_taken(file, other):
    assert FaissStore.read(file, edition=other) is None


def test_any_flipped_byte_is_noticed(file):
    content = file.read_bytes()
    for position in range(len(content)):
        bent = bytearray(content)
        bent[position] ^= 0x10
        file.write_bytes(bent)
        assert FaissStore.read(file, edition=EDITION) is None, position


def test_a_file_cut_anywhere_is_noticed(file):
    content = file.read_bytes()
    for length in range(len(content)):
        file.write_bytes(content[:length])
        assert FaissStore.read(file, edition=EDITION) is None, length


def test_what_stands_behind_the_generation_asked_for_does_not_matter(file):
    """A later change, or what a killed process left of one."""
    file.write_bytes(file.read_bytes() + b"half of something")
    assert FaissStore.read(file, edition=EDITION).ids.tolist() == IDS.tolist()


LATER = replace(EDITION, generation=8)
NEW_IDS = np.array([22, 25], dtype=np.int64)
NEW_VECTORS = np.array([[0, 0, 1, 0], [0, 0, 0, 1]], dtype=np.float32)


@pytest.fixture
def changed_file(file):
    """The file after a second generation: 22 and 25 came, 8 and 5 are gone."""
    rows = Rows(NEW_IDS, NEW_VECTORS, np.array([8, 5]))
    append(file, records(file)[-1], LATER, last_id=25, rows=rows)
    return file


def test_a_change_is_read_with_what_it_changes(changed_file):
    store = FaissStore.read(changed_file, edition=LATER)
    assert (len(store), store.ids.tolist()) == (5, [3, 13, 21, 22, 25])
    assert store.vectors(np.array([25, 3])).tolist() == [[0, 0, 0, 1], [1, 0, 0, 0]]
    assert [part.tolist() for part in store.search(QUERY, 9)] == [
        [3, 21, 22, 25, 13], [1.0, 1.0, 0.0, 0.0, -1.0],
    ]  # fmt: skip
    assert store.search(QUERY, 9, np.array([5, 8, 25]))[0].tolist() == [25]
    for gone in (5, 8):
        with pytest.raises(KeyError):
            store.vectors(np.array([3, gone]))


def test_the_generation_before_a_change_can_still_be_read(changed_file):
    assert FaissStore.read(changed_file, edition=EDITION).ids.tolist() == IDS.tolist()


def test_the_records_of_a_file(changed_file):
    first, second = (record.header for record in records(changed_file))
    assert (first.kind, first.edition, first.last_id, first.dimension) == (
        Kind.ROWS,
        EDITION,
        21,
        4,
    )
    assert (first.came, first.gone) == (5, 0)
    assert (second.kind, second.edition, second.last_id) == (Kind.CHANGE, LATER, 25)
    assert (second.came, second.gone) == (2, 2)


def test_any_flipped_byte_of_a_change_is_noticed_and_spares_what_was_before(changed_file):
    content = changed_file.read_bytes()
    for position in range(records(changed_file)[0].end, len(content)):
        bent = bytearray(content)
        bent[position] ^= 0x10
        changed_file.write_bytes(bent)
        assert FaissStore.read(changed_file, edition=LATER) is None, position
        assert len(FaissStore.read(changed_file, edition=EDITION)) == 5


def test_a_change_that_was_cut_off_is_written_over(changed_file):
    """A process was killed while it appended; the next one takes its place."""
    whole = changed_file.read_bytes()
    end = records(changed_file)[0].end
    for length in range(end, len(whole)):
        changed_file.write_bytes(whole[:length])
        assert FaissStore.read(changed_file, edition=LATER) is None
        (last,) = records(changed_file)
        rows = Rows(NEW_IDS, NEW_VECTORS, np.array([8, 5]))
        append(changed_file, last, LATER, last_id=25, rows=rows)
        assert changed_file.read_bytes() == whole


def test_a_change_of_another_library_is_no_part_of_the_chain(file):
    (last,) = records(file)
    rows = Rows(NEW_IDS, NEW_VECTORS, np.zeros(0, np.int64))
    append(file, last, Edition("f" * 32, 8), last_id=25, rows=rows)
    assert len(records(file)) == 1
    assert FaissStore.read(file, edition=Edition("f" * 32, 8)) is None


def test_a_store_that_was_changed_is_written_whole(tmp_path):
    path = tmp_path / VECTORS_NAME
    store = FaissStore(IDS, VECTORS).changed(Rows(NEW_IDS, NEW_VECTORS, np.array([8, 5])))
    store.write(path, edition=LATER)
    assert len(records(path)) == 1
    assert FaissStore.read(path, edition=LATER).ids.tolist() == [3, 13, 21, 22, 25]


def test_a_missing_file(tmp_path):
    assert FaissStore.read(tmp_path / VECTORS_NAME, edition=EDITION) is None


def test_an_index_of_faiss_without_our_trailer(tmp_path):
    index = faiss.IndexFlatIP(4)
    index.add(VECTORS)
    faiss.write_index(index, str(tmp_path / VECTORS_NAME))
    assert FaissStore.read(tmp_path / VECTORS_NAME, edition=EDITION) is None


def test_a_failed_write_keeps_the_old_file(file, file_size_limit):
    many = np.tile(VECTORS, (2000, 1))
    with file_size_limit(50_000), pytest.raises(OSError, match="too large"):
        FaissStore(np.arange(len(many)), many).write(file, edition=replace(EDITION, generation=8))
    assert len(FaissStore.read(file, edition=EDITION)) == 5
    assert [p.name for p in file.parent.iterdir()] == [VECTORS_NAME]


def test_what_a_killed_process_left_is_swept_away_after_an_hour(file):
    old, fresh = (file.with_name(f".{VECTORS_NAME}.{n}-1") for n in (11, 12))
    old.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(old, (time.time() - 3700,) * 2)
    FaissStore(IDS, VECTORS).write(file, edition=EDITION)
    assert sorted(p.name for p in file.parent.iterdir()) == [fresh.name, VECTORS_NAME]


def near_each_other(count: int, dimension: int = 32, *, seed: int = 7) -> np.ndarray:
    """Unit vectors around a few hundred centres, as those of texts lie around their subjects."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((200, dimension))
    vectors = centres[random.integers(200, size=count)]
    vectors = vectors + 0.7 * random.standard_normal((count, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


class TestManyVectors:
    """The approximate kind, where it does not look everywhere any more: 40 of 4 · √n cells."""

    @pytest.fixture(scope="class")
    def vectors(self):
        return near_each_other(12_000)

    @pytest.fixture(scope="class")
    def ids(self, vectors):
        return np.arange(1, len(vectors) + 1) * 3

    @pytest.fixture(scope="class")
    def store(self, ids, vectors):
        return FaissStore(ids, vectors, exact_up_to=10_000)

    @pytest.fixture(scope="class")
    def path(self, store, tmp_path_factory):
        path = tmp_path_factory.mktemp("many") / VECTORS_NAME
        store.write(path, edition=EDITION)
        return path

    def recall(self, store, ids, vectors, queries, *, allowed=None) -> float:
        oracle = NumpyStore(ids, vectors)
        hits = [
            len(np.intersect1d(store.search(q, 10, allowed)[0], oracle.search(q, 10, allowed)[0]))
            for q in queries
        ]
        return sum(hits) / (10 * len(queries))

    def test_nearly_all_of_the_nearest_are_found_with_exact_scores(self, store, ids, vectors):
        assert not store.is_exact
        queries = near_each_other(12_040)[12_000:]
        assert self.recall(store, ids, vectors, queries) >= 0.97
        found, scores = store.search(queries[0], 100)
        assert len(set(found.tolist())) == 100
        expected = vectors[found // 3 - 1] @ queries[0]
        assert scores == pytest.approx(expected, abs=1e-6)
        assert (np.diff(scores) <= 0).all()

    @pytest.mark.parametrize("share", [0.5, 0.05, 0.002])
    def test_the_narrower_a_filter_the_farther_the_look(self, store, ids, vectors, share):
        queries = near_each_other(12_020)[12_000:]
        allowed = np.sort(
            np.random.default_rng(1).choice(ids, int(share * len(ids)), replace=False)
        )
        assert self.recall(store, ids, vectors, queries, allowed=allowed) >= 0.97
        found, _ = store.search(queries[0], 100, allowed)
        assert set(found.tolist()) <= set(allowed.tolist())
        if share == 0.002:  # every cell is looked into
            assert self.recall(store, ids, vectors, queries, allowed=allowed) == 1.0

    def test_from_its_file_without_a_source_vectors_are_as_exact_as_bytes(self, path, ids, vectors):
        store = FaissStore.read(path, edition=EDITION)
        assert (len(store), store.dimension) == (12_000, 32)
        assert np.array_equal(store.ids, ids)
        some = ids[::100]
        likeness = np.einsum("nd,nd->n", store.vectors(some), vectors[::100])
        assert likeness.min() > 0.99
        with pytest.raises(KeyError):
            store.vectors(np.array([3, 4]))
        queries = near_each_other(12_040)[12_000:]
        assert self.recall(store, ids, vectors, queries) >= 0.9

    def test_from_its_file_with_a_source_they_are_exact(self, path, store, ids, vectors):
        read = FaissStore.read(path, edition=EDITION).with_source(NumpyStore(ids, vectors).vectors)
        query = vectors[5]
        assert [p.tolist() for p in read.search(query, 20)] == [
            p.tolist() for p in store.search(query, 20)
        ]
        assert np.array_equal(read.vectors(ids[7:9]), vectors[7:9])

    def test_damage_is_noticed_before_faiss_reads_it(self, path, tmp_path):
        content = path.read_bytes()
        copy = tmp_path / VECTORS_NAME
        for position in range(0, len(content), len(content) // 50):
            bent = bytearray(content)
            bent[position] ^= 0x10
            copy.write_bytes(bent)
            assert FaissStore.read(copy, edition=EDITION) is None, position

    def test_it_is_always_made_the_same(self, path, ids, vectors, tmp_path):
        again = tmp_path / VECTORS_NAME
        FaissStore(ids, vectors, exact_up_to=10_000).write(again, edition=EDITION)
        assert again.read_bytes() == path.read_bytes()

    def test_what_changed_is_appended_and_not_written_whole(self, path, ids, vectors, tmp_path):
        copy = tmp_path / VECTORS_NAME
        copy.write_bytes(path.read_bytes())
        rows = Rows(np.array([99_999]), vectors[:1], ids[:1])
        append(copy, records(copy)[-1], LATER, last_id=99_999, rows=rows)
        store = FaissStore.read(copy, edition=LATER)
        found, _ = store.search(vectors[0], 3)
        assert found[0] == 99_999
        assert 3 not in found
        with pytest.raises(ValueError, match="changes are appended"):
            store.write(copy, edition=LATER)


def test_when_all_are_compared_and_when_a_file_is_made_anew():
    assert EXACT_UP_TO == 100_000
    sizes = (0, 1000, 4000, 40_000, 1_000_000)
    assert [most_changed(n) for n in sizes] == [256, 256, 1000, 10_000, 20_000]


class TestStoreOfGeneration:
    def ids(self, library, stores):
        with library.reading() as snapshot:
            return stores.get(snapshot).ids.tolist()

    def passage_ids(self, library):
        with library.reading() as snapshot:
            return sorted(snapshot.vectors("hash-64")[0].tolist())

    def test_is_made_once_a_generation(self, library, texts):
        build(library, texts.folder, HashEmbedder())
        stores = StoreOfGeneration(library.folder)
        with library.reading() as snapshot:
            assert stores.get(snapshot) is stores.get(snapshot)

    def test_a_change_of_another_process_is_seen(self, library, texts):
        build(library, texts.folder, HashEmbedder())
        stores = StoreOfGeneration(library.folder)
        before = self.ids(library, stores)
        texts.write("new", "Something new under the sun.")
        build(library, texts.folder, HashEmbedder())
        after = self.ids(library, stores)
        assert after == self.passage_ids(library)
        assert len(after) == len(before) + 1

    def test_a_library_made_anew_under_the_same_generation_is_seen(self, library, texts):
        build(library, texts.folder, HashEmbedder())
        stores = StoreOfGeneration(library.folder)
        assert len(self.ids(library, stores)) == 3
        library.path.unlink()
        texts.write("new", "Something new under the sun.")
        assert build(library, texts.folder, HashEmbedder()).generation == 1
        assert len(self.ids(library, stores)) == 4

    @pytest.mark.parametrize("harm", [lambda p: p.unlink(), lambda p: p.write_bytes(b"x" * 999)])
    def test_a_lost_file_is_made_again_without_embedding(self, library, texts, harm):
        build(library, texts.folder, HashEmbedder())
        whole = (library.folder / VECTORS_NAME).read_bytes()
        harm(library.folder / VECTORS_NAME)
        assert self.ids(library, StoreOfGeneration(library.folder)) == self.passage_ids(library)
        assert (library.folder / VECTORS_NAME).read_bytes() == whole

    def test_a_reader_of_the_past_gets_its_own_and_leaves_the_newer_file(self, library, texts):
        build(library, texts.folder, HashEmbedder())
        with library.reading() as past:
            old_ids = past.vectors("hash-64")[0].tolist()
            texts.write("new", "Something new under the sun.")
            build(library, texts.folder, HashEmbedder())
            newest = (library.folder / VECTORS_NAME).read_bytes()
            assert StoreOfGeneration(library.folder).get(past).ids.tolist() == old_ids
        assert (library.folder / VECTORS_NAME).read_bytes() == newest

    def test_what_is_kept_follows_the_library_without_the_file(self, library, texts):
        build(library, texts.folder, HashEmbedder())
        stores = StoreOfGeneration(library.folder)
        assert len(self.ids(library, stores)) == 3
        texts.write("new", "Something new under the sun.")
        (texts.folder / "society.md").unlink()
        build(library, texts.folder, HashEmbedder())
        (library.folder / VECTORS_NAME).unlink()
        assert self.ids(library, stores) == self.passage_ids(library)
        assert not (library.folder / VECTORS_NAME).exists()
        with library.reading() as snapshot:
            ids, vectors = snapshot.vectors("hash-64")
            assert np.array_equal(stores.get(snapshot).vectors(ids), vectors)

    def test_what_is_kept_does_not_follow_to_another_embedder(self, library, texts):
        build(library, texts.folder, HashEmbedder())
        stores = StoreOfGeneration(library.folder)
        self.ids(library, stores)
        build(library, texts.folder, HashEmbedder("hash-32", dimension=32))
        with library.reading() as snapshot:
            ids, vectors = snapshot.vectors("hash-32")
            assert np.array_equal(stores.get(snapshot).vectors(ids), vectors)

    def test_many_vectors_are_read_from_the_library_where_they_are_not_held(
        self, library, texts, monkeypatch
    ):
        monkeypatch.setattr(keeping, "EXACT_UP_TO", 2)
        monkeypatch.setattr(vectors_module, "EXACT_UP_TO", 2)
        build(library, texts.folder, HashEmbedder())
        assert records(library.folder / VECTORS_NAME)[0].header.kind is Kind.INDEX
        for harm in (lambda p: None, lambda p: p.unlink()):
            harm(library.folder / VECTORS_NAME)
            stores = StoreOfGeneration(library.folder)
            with library.reading() as snapshot:
                ids, vectors = snapshot.vectors("hash-64")
                store = stores.get(snapshot)
                assert not store.is_exact
                assert np.array_equal(store.vectors(ids), vectors)
                found, scores = store.search(vectors[1], 1)
                assert (found.tolist(), scores.tolist()) == ([2], [pytest.approx(1.0)])
        build(library, texts.folder, HashEmbedder())
        assert verify(library) == ()
        texts.write("new", "Something new under the sun.")
        build(library, texts.folder, HashEmbedder())
        assert verify(library) == ()
        assert len(records(library.folder / VECTORS_NAME)) == 2
