"""Vectors that outlive their database."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pytest
from fakes import HashEmbedder

from assistant.library.carrying import whole_vectors
from assistant.library.indexing import build
from assistant.library.verifying import verify

# What version 3 had of the tables that matter here.
VERSION_3 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE vectors (
    model TEXT NOT NULL, key TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (model, key)
) WITHOUT ROWID;
PRAGMA application_id = 0x57686F56;
PRAGMA user_version = 3;
"""


def carried(path, model="hash-64", dimension=64):
    found = {}
    for keys, vectors in whole_vectors(path, model, dimension):
        found.update(zip(keys, vectors.tolist(), strict=True))
    return found


def stored(library):
    with closing(sqlite3.connect(library.path)) as connection:
        return dict(connection.execute("SELECT key, vector FROM vectors"))


@pytest.fixture
def built(library, texts):
    build(library, texts.folder, HashEmbedder())
    return library


@pytest.fixture
def old(built):
    """The same library, as version 3 would have left it."""
    vectors = stored(built)
    built.close()
    for path in built.folder.iterdir():
        path.unlink()
    with closing(sqlite3.connect(built.path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(VERSION_3)
        rows = [(model, *row) for model in ("hash-64", "other") for row in vectors.items()]
        connection.executemany("INSERT INTO vectors VALUES (?, ?, ?)", rows)
        connection.commit()
    return built


def test_an_older_library_is_set_aside_and_nothing_is_embedded_again(old, texts):
    embedder = HashEmbedder()
    report = build(old, texts.folder, embedder)
    assert (len(report.added), report.embedded, embedder.embedded) == (3, 0, [])
    assert verify(old, "hash-64") == ()
    (aside,) = old.folder.glob("library.db.set-aside-*-??????")
    with closing(sqlite3.connect(aside)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)


def test_vectors_of_another_model_are_left_behind(old, texts):
    embedder = HashEmbedder("hash-32", dimension=32)
    assert build(old, texts.folder, embedder).embedded == 3


def test_only_vectors_of_length_one_and_of_the_right_size_are_taken(built):
    keys = sorted(stored(built))
    with closing(sqlite3.connect(built.path)) as connection:
        for key, vector in zip(keys, (np.zeros(64), np.ones(63)), strict=False):
            connection.execute(
                "UPDATE vectors SET vector = ? WHERE key = ?",
                (vector.astype("<f4").tobytes(), key),
            )
        connection.commit()
    assert list(carried(built.path)) == keys[2:]
    assert carried(built.path, model="nobody") == {}


def test_a_file_is_read_as_far_as_it_goes(built):
    with built.changing() as changes, changes.transaction() as writer:
        many = np.eye(64, dtype=np.float32)[np.arange(6000) % 64]
        writer.store_vectors("hash-64", [f"key-{n}" for n in range(6000)], many)
    assert len(carried(built.path)) == 6003
    content = built.path.read_bytes()
    built.path.write_bytes(content[: len(content) // 2])
    found = carried(built.path)
    assert 500 < len(found) < 6003
    assert all(found[f"key-{n}"][n % 64] == 1.0 for n in range(6000) if f"key-{n}" in found)


@pytest.mark.parametrize("content", [b"", b"garbage" * 999])
def test_a_file_that_is_no_database_has_none(tmp_path, content):
    path = tmp_path / "library.db"
    path.write_bytes(content)
    assert carried(path) == {}
