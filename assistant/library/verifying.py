"""Does the index hold what it promises? Every finding in words; none when all is well."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import numpy as np

from assistant.errors import LibraryDamagedError, LibraryError, LibraryMissingError
from assistant.library import schema
from assistant.library.database import Library
from assistant.library.snapshot import Snapshot, are_unit
from assistant.library.trust import VECTORS_NAME, Trust
from assistant.library.vectors import FaissStore
from assistant.ports import Floats2d, Ints1d

_LEAST_LIKENESS = 0.98  # of a vector and what one byte a number says of it


def verify(library: Library, embedder_fingerprint: str | None = None) -> tuple[str, ...]:
    """Return what is wrong with the index folder; empty when it is sound.

    Everything is read and compared, whoever wrote it. Where something is found, the next
    build does so too. Raises LibraryMissingError when there is no index.
    """
    made_with: str | None = None
    try:
        found = damage(library)
        if not found:
            with library.reading() as snapshot:
                made_with = snapshot.meta.get("embedder", "")
                found = tuple(faiss_findings(library, snapshot))
    except LibraryMissingError:
        raise
    except LibraryError as error:
        found = (str(error),)
    if found:
        Trust(library.folder).withdraw()
    if None not in (made_with, embedder_fingerprint) and made_with != embedder_fingerprint:
        wrong = f"the vectors were made with {made_with or 'nothing'}, not {embedder_fingerprint}"
        return (*found, wrong)
    return found


def damage(library: Library) -> tuple[str, ...]:
    """Return what is wrong with the database itself; empty when it is sound.

    Raises LibraryMissingError, LibraryVersionError or LibraryLockedError.
    """
    found: list[str] = []
    try:
        connection = schema.connect_for_reading(library.folder)
        try:
            with schema.translated(library.path):
                connection.execute("BEGIN")
                found.extend(_findings(connection))
        finally:
            connection.close()
    except LibraryDamagedError as error:
        found.append(str(error.args[0]))
    return tuple(found)


_SHOWN = 5  # lines of SQLite's own check: a damaged file can give hundreds


def _findings(connection: sqlite3.Connection) -> Iterator[str]:
    rows = connection.execute("PRAGMA integrity_check").fetchall()
    lines = [line for row in rows for line in str(row[0]).splitlines()]
    if lines != ["ok"]:
        yield from (f"{schema.DATABASE_NAME}: {line}" for line in lines[:_SHOWN])
        if len(lines) > _SHOWN:
            yield f"{schema.DATABASE_NAME}: and {len(lines) - _SHOWN} more of the kind"
        return  # what is read from such a file means nothing
    snapshot = Snapshot(connection)
    yield from _full_text_findings(connection)
    yield from _offset_findings(snapshot)
    yield from _vector_findings(connection, snapshot)


def _full_text_findings(connection: sqlite3.Connection) -> Iterator[str]:
    missing = connection.execute(
        """SELECT count(*) FROM passages p
        WHERE NOT EXISTS (SELECT 1 FROM passages_fts_docsize f WHERE f.id = p.id)"""
    ).fetchone()[0]
    extra = connection.execute(
        """SELECT count(*) FROM passages_fts_docsize f
        WHERE NOT EXISTS (SELECT 1 FROM passages p WHERE p.id = f.id)"""
    ).fetchone()[0]
    if missing:
        yield f"{missing} passages are missing from the full-text index"
    if extra:
        yield f"the full-text index holds {extra} passages that are gone"
    if not missing and not extra and not _full_text_agrees(connection):
        yield "the full-text index does not hold the words of the passages"


def _full_text_agrees(connection: sqlite3.Connection) -> bool:
    """Let FTS5 compare itself with the passages; it does so by writing, hence in a copy.

    https://sqlite.org/fts5.html#the_integrity_check_command
    """
    copy = sqlite3.connect("")  # a temporary file
    try:
        connection.backup(copy)
        copy.execute("INSERT INTO passages_fts (passages_fts, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError as cause:
        if "malformed" not in str(cause):  # no room for the copy, say: that is no damage
            raise
        return False
    finally:
        copy.close()
    return True


def _offset_findings(snapshot: Snapshot) -> Iterator[str]:
    for card in snapshot.cards():
        document = snapshot.document(card.id)
        if document is None:
            continue
        wrong = sum(document.text[p.start : p.end] != p.text for p in snapshot.passages_of(card.id))
        if wrong:
            yield f"{card.id}: {wrong} passages do not stand where they should in the text"


def _vector_findings(connection: sqlite3.Connection, snapshot: Snapshot) -> Iterator[str]:
    odd = connection.execute(
        """SELECT count(*) FROM vectors v
        JOIN (SELECT model, max(length(vector)) AS longest FROM vectors GROUP BY model) w
        ON w.model = v.model
        WHERE length(v.vector) % 4 OR length(v.vector) <> w.longest"""
    ).fetchone()[0]
    if odd:
        yield f"{odd} stored vectors are cut off"
        return
    stored = bent = 0
    for ids, vectors in snapshot.vector_batches(snapshot.meta.get("embedder", "")):
        stored += len(ids)
        bent += int((~are_unit(vectors)).sum())
    lacking = snapshot.count("passages") - stored
    if lacking:
        yield f"{lacking} passages have no vector"
    if bent:
        yield f"{bent} vectors do not have length 1"


def faiss_findings(library: Library, snapshot: Snapshot) -> Iterator[str]:
    """Say where vectors.faiss does not agree with the database that it is made from."""
    path = library.folder / VECTORS_NAME
    store = FaissStore.read(path, edition=snapshot.edition)
    if store is None:
        state = "is damaged or of another generation" if path.exists() else "is missing"
        yield f"{VECTORS_NAME} {state}; the next build makes it again"
        return
    if not np.array_equal(store.ids, snapshot.all_ids()):
        yield f"{VECTORS_NAME} names other passages than {schema.DATABASE_NAME}"
    elif not all(
        _agree(store, ids, vectors)
        for ids, vectors in snapshot.vector_batches(snapshot.meta.get("embedder", ""))
    ):
        yield f"{VECTORS_NAME} holds other vectors than {schema.DATABASE_NAME}"


def _agree(store: FaissStore, ids: Ints1d, vectors: Floats2d) -> bool:
    known = store.vectors(ids)
    if store.is_exact:
        return bool(np.array_equal(known, vectors))
    likeness = np.einsum("nd,nd->n", known, vectors) / np.linalg.norm(known, axis=1)
    return bool(np.all(likeness > _LEAST_LIKENESS))
