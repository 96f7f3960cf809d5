"""Reading and changing library.db: snapshots that never tear, changes that never half happen."""

from __future__ import annotations

import json
import os
import sqlite3
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock

import numpy as np

from assistant.errors import LibraryDamagedError
from assistant.library import schema
from assistant.library.editions import Edition, Tally
from assistant.library.rows import DocumentChange, DocumentRows, rows_of
from assistant.library.snapshot import Snapshot
from assistant.library.trust import Trust
from assistant.ports import Floats2d
from assistant.records import Reference

__all__ = ["Changes", "Edition", "Library", "Snapshot", "Writer"]

_MOST_IDLE = 4  # connections kept open between two searches
_Identity = tuple[int, int, int, int]


class Writer(Snapshot):
    """A snapshot that may be changed; nothing is seen by others before the commit."""

    def store_vectors(self, model: str, keys: Sequence[str], vectors: Floats2d) -> None:
        """Remember vectors by the sha256 of their texts."""
        self._connection.execute("INSERT OR IGNORE INTO models (fingerprint) VALUES (?)", (model,))
        (number,) = self._connection.execute(
            "SELECT id FROM models WHERE fingerprint = ?", (model,)
        ).fetchone()
        rows = (
            (number, key, np.ascontiguousarray(vector, dtype="<f4").tobytes())
            for key, vector in zip(keys, vectors, strict=True)
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO vectors (model, key, vector) VALUES (?, ?, ?)", rows
        )

    def put(self, change: DocumentChange) -> None:
        """Add a document or put it in the place of the one with its slug."""
        self.put_rows(rows_of(change))

    def put_rows(self, rows: DocumentRows) -> None:
        """Add a document or put it in the place of the one with its slug."""
        self.remove(rows.slug)
        cursor = self._connection.execute(
            """INSERT INTO documents (slug, perspective, card, text, blocks, sentences)
            VALUES (?, ?, ?, ?, ?, ?)""",
            tuple(rows.document),
        )
        self._connection.execute("INSERT INTO files VALUES (?, ?, ?, ?)", tuple(rows.file))
        self._connection.executemany(
            """INSERT INTO passages (document, heading, start, "end", page, text, header,
            vector_key, sentences) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            ((cursor.lastrowid, *row) for row in rows.passages),
        )

    def remove(self, slug: str) -> list[int]:
        """Take a document out and return the ids of its passages; its vectors stay known."""
        ids = self._connection.execute(
            """SELECT p.id FROM documents d JOIN passages p ON p.document = d.id
            WHERE d.slug = ?""",
            (slug,),
        ).fetchall()
        self._connection.execute("DELETE FROM documents WHERE slug = ?", (slug,))
        return [row[0] for row in ids]

    def put_stamps(self, stamps: Mapping[str, str]) -> None:
        """Remember the stamps of files whose content is as stored, by their paths."""
        self._connection.executemany(
            "UPDATE files SET stamp = ? WHERE path = ?",
            ((stamp, path) for path, stamp in stamps.items()),
        )

    def put_literature(self, references: Sequence[Reference]) -> None:
        """Put these references in the place of all others."""
        self._connection.execute("DELETE FROM literature")
        self._connection.executemany(
            "INSERT INTO literature VALUES (?, ?, ?)",
            (
                (reference.key, n, json.dumps(asdict(reference), ensure_ascii=False))
                for n, reference in enumerate(references)
            ),
        )

    def remember(self, values: Mapping[str, str]) -> None:
        """Write meta values."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items())
        )

    def next_generation(self) -> int:
        """Count this change; readers see it by the number."""
        generation = self.generation + 1
        self.remember({"generation": str(generation)})
        return generation


class Changes:
    """A connection for several changes in a row."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @contextmanager
    def transaction(self, *, lasting: bool = True) -> Iterator[Writer]:
        """Give a transaction: committed at the end, undone by any exception or a kill.

        One that is not ``lasting`` survives a kill but perhaps not a loss of power: it does
        not wait for the disk.
        """
        with schema.translated(self._path):
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Writer(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # where even that fails, closing undoes it
                    self._connection.rollback()
                raise


class Library:
    """The index folder. Readers keep their connections for the next use; ``close`` ends them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._idle = _Idle(folder)
        self._tally = Tally(Edition("", 0))

    @property
    def path(self) -> Path:
        """The database file."""
        return self.folder / schema.DATABASE_NAME

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        """Give one consistent view; raises the errors of ``schema.connect_for_reading``."""
        try:
            with schema.translated(self.path), self._idle.borrowed() as connection:
                connection.execute("BEGIN")
                yield Snapshot(connection, self._tally_of(Snapshot(connection).edition))
                connection.execute("COMMIT")
        except LibraryDamagedError:
            Trust(self.folder).withdraw()  # the next build is to look at everything
            raise

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Give a transaction: committed at the end, undone by any exception or a kill."""
        with self.changing() as changes, changes.transaction() as writer:
            yield writer

    @contextmanager
    def changing(self) -> Iterator[Changes]:
        """Give a connection for several changes; makes the database where there is none.

        At the end all of it goes from the write-ahead log into the database file.
        """
        connection = schema.connect_for_writing(self.folder)
        try:
            yield Changes(connection, self.path)
            with suppress(sqlite3.Error):  # readers in its way: a later change does it
                connection.execute("PRAGMA busy_timeout = 0")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()

    def close(self) -> None:
        """Close the connections that wait for their next use."""
        self._idle.close()

    def _tally_of(self, edition: Edition) -> Tally:
        if self._tally.edition != edition:
            self._tally = Tally(edition)
        self._tally.trim()
        return self._tally


class _Idle:
    """Connections for reading that are kept open: opening one costs as much as half a search.

    They belong to one file. When another stands in its place, or it was written to by other
    means than the write-ahead log, they are closed and not used again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / schema.DATABASE_NAME
        self._lock = Lock()
        self._process = os.getpid()
        self._kept: list[tuple[sqlite3.Connection, _Identity]] = []
        weakref.finalize(self, _close_all, self._kept)

    @contextmanager
    def borrowed(self) -> Iterator[sqlite3.Connection]:
        """Give a connection; it is kept afterwards unless an exception ends its use."""
        identity = self._identity()
        connection = self._taken(identity) or schema.connect_for_reading(self._folder)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._keep(connection, identity)

    def close(self) -> None:
        """Close all that are kept."""
        with self._lock:
            _close_all(self._kept)

    def _taken(self, identity: _Identity | None) -> sqlite3.Connection | None:
        with self._lock:
            if self._process != os.getpid():  # SQLite's connections must not cross a fork
                self._process = os.getpid()
                self._kept.clear()
            while self._kept:
                connection, known = self._kept.pop()
                if known == identity:
                    return connection
                connection.close()
            return None

    def _keep(self, connection: sqlite3.Connection, identity: _Identity | None) -> None:
        with self._lock:
            if identity is not None and len(self._kept) < _MOST_IDLE:
                self._kept.append((connection, identity))
                return
        connection.close()

    def _identity(self) -> _Identity | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _close_all(kept: list[tuple[sqlite3.Connection, _Identity]]) -> None:
    while kept:
        kept.pop()[0].close()
