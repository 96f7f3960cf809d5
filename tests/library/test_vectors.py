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

from assistant.library.database import Edition
from assistant.library.indexing import build
from assistant.library.vectors import VECTORS_NAME, FaissStore, StoreOfGeneration

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


def test_a_file_with_something_behind_it_is_noticed(file):
    file.write_bytes(file.read_bytes() + b"\0")
    assert FaissStore.read(file, edition=EDITION) is None


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
