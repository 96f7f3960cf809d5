"""Every planted damage is found and named, and a sound library is called sound."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from fakes import HashEmbedder

from assistant.errors import LibraryMissingError
from assistant.library.indexing import build
from assistant.library.vectors import VECTORS_NAME, FaissStore
from assistant.library.verifying import verify


@pytest.fixture
def built(library, texts):
    build(library, texts.folder, HashEmbedder())
    return library


def harm(library, statement, *values):
    with closing(sqlite3.connect(library.path, isolation_level=None)) as connection:
        assert connection.execute(statement, values).rowcount != 0


def test_a_sound_library(built):
    assert verify(built) == ()
    assert verify(built, "hash-64") == ()


def test_verifying_changes_nothing(built):
    before = {p.name: p.read_bytes() for p in built.folder.iterdir()}
    verify(built, "hash-64")
    assert {p.name: p.read_bytes() for p in built.folder.iterdir()} == before


def test_no_library(library):
    with pytest.raises(LibraryMissingError):
        verify(library)


def test_another_embedder(built):
    assert verify(built, "other") == ("the vectors were made with hash-64, not other",)


def vector_of(library) -> np.ndarray:
    with library.reading() as snapshot:
        return snapshot.vectors("hash-64")[1][0].copy()


def put_vector(library, vector) -> None:
    key = "(SELECT vector_key FROM passages WHERE id = 1)"
    harm(
        library, f"UPDATE vectors SET vector = ? WHERE key = {key}", vector.astype("<f4").tobytes()
    )


@pytest.mark.parametrize(
    ("bend", "finding"),
    [
        (lambda v: v * 2, "1 vectors do not have length 1"),
        (lambda v: v * np.nan, "1 vectors do not have length 1"),
        (lambda v: v * 0, "1 vectors do not have length 1"),
        (lambda v: v[:-1], "1 stored vectors are cut off"),
        (lambda v: np.append(v, v)[:0], "1 stored vectors are cut off"),
        (lambda v: -v, "vectors.faiss holds other vectors than library.db"),
        (lambda v: np.roll(v, 1), "vectors.faiss holds other vectors than library.db"),
    ],
)
def test_a_bent_vector(built, bend, finding):
    put_vector(built, bend(vector_of(built)))
    assert verify(built) == (finding,)


def test_a_vector_that_is_gone(built):
    harm(built, "DELETE FROM vectors WHERE key = (SELECT vector_key FROM passages WHERE id = 1)")
    assert verify(built) == ("1 passages have no vector",)


def test_a_passage_whose_text_was_altered(built):
    harm(built, "UPDATE passages SET text = 'other words' WHERE id = 1")
    found = verify(built)
    assert "the full-text index does not hold the words of the passages" in found
    assert "company: 1 passages do not stand where they should in the text" in found
    assert len(found) == 2


def test_a_document_whose_text_was_altered(built):
    harm(built, "UPDATE documents SET text = upper(text) WHERE slug = 'company'")
    assert verify(built) == ("company: 1 passages do not stand where they should in the text",)


def test_a_row_missing_from_the_full_text_index(built):
    harm(
        built,
        """INSERT INTO passages_fts (passages_fts, rowid, text, header)
        SELECT 'delete', id, text, header FROM passages WHERE id = 2""",
    )
    assert verify(built) == ("1 passages are missing from the full-text index",)


def test_a_row_too_many_in_the_full_text_index(built):
    harm(built, "INSERT INTO passages_fts (rowid, text, header) VALUES (99, 'ghost', '')")
    assert verify(built) == ("the full-text index holds 1 passages that are gone",)


def test_words_missing_from_the_full_text_index(built):
    harm(built, "DELETE FROM passages_fts_data WHERE id > 10")
    assert verify(built) == ("the full-text index does not hold the words of the passages",)


@pytest.mark.parametrize(
    ("state", "change"),
    [
        ("is missing", lambda path: path.unlink()),
        ("is damaged or of another generation", lambda path: path.write_bytes(b"")),
        ("is damaged or of another generation", lambda path: os.truncate(path, 200)),
    ],
)  # fmt: skip
def test_a_lost_vector_file(built, state, change):
    change(built.folder / VECTORS_NAME)
    assert verify(built) == (f"vectors.faiss {state}; the next build makes it again",)


def test_a_stale_vector_file(built, texts):
    stale = (built.folder / VECTORS_NAME).read_bytes()
    texts.write("new", "Something new.")
    build(built, texts.folder, HashEmbedder())
    (built.folder / VECTORS_NAME).write_bytes(stale)
    (found,) = verify(built)
    assert (
        found == "vectors.faiss is damaged or of another generation; the next build makes it again"
    )


def test_a_vector_file_with_other_passages(built):
    with built.reading() as snapshot:
        ids, vectors = snapshot.vectors("hash-64")
        edition = snapshot.edition
    FaissStore(ids + 1, vectors).write(built.folder / VECTORS_NAME, edition=edition)
    assert verify(built) == ("vectors.faiss names other passages than library.db",)


def test_a_broken_page(built):
    content = bytearray(built.path.read_bytes())
    content[4096:4200] = b"\xff" * 104
    built.path.write_bytes(content)
    found = verify(built)
    assert found
    assert all("library.db" in line for line in found)


def test_garbage(built):
    built.path.write_bytes(b"garbage" * 999)
    (found,) = verify(built)
    assert "library.db is damaged (file is not a database)" in found
