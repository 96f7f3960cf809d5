"""Does the index hold what it promises? Every finding in words; none when all is well."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import numpy as np

from assistant.errors import LibraryError, LibraryMissingError
from assistant.library import schema
from assistant.library.database import Library, Snapshot
from assistant.library.vectors import VECTORS_NAME, FaissStore


def verify(library: Library, embedder_fingerprint: str | None = None) -> tuple[str, ...]:
    """Return what is wrong with the index folder; empty when it is sound.

    Raises LibraryMissingError when there is none.
    """
    try:
        connection = schema.connect_for_reading(library.folder)
        try:
            with schema.translated(library.path):
                connection.execute("BEGIN")
                return tuple(_findings(connection, library, embedder_fingerprint))
        finally:
            connection.close()
    except LibraryMissingError:
        raise
    except LibraryError as error:
        return (str(error),)


def _findings(
    connection: sqlite3.Connection, library: Library, fingerprint: str | None
) -> Iterator[str]:
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield f"{schema.DATABASE_NAME}: {line}"
    snapshot = Snapshot(connection)
    yield from _full_text_findings(connection)
    yield from _offset_findings(snapshot)
    yield from _vector_findings(connection, snapshot)
    yield from _faiss_findings(library, snapshot)
    made_with = snapshot.meta.get("embedder", "")
    if fingerprint is not None and made_with != fingerprint:
        yield f"the vectors were made with {made_with or 'nothing'}, not with {fingerprint}"


def _full_text_findings(connection: sqlite3.Connection) -> Iterator[str]:
    """Every passage has to be found by its own first words: FTS5 checks itself only by writing."""
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


def _offset_findings(snapshot: Snapshot) -> Iterator[str]:
    for card in snapshot.cards():
        document = snapshot.document(card.id)
        if document is None:
            continue
        wrong = sum(document.text[p.start : p.end] != p.text for p in snapshot.passages_of(card.id))
        if wrong:
            yield f"{card.id}: {wrong} passages do not stand where they should in the text"


def _vector_findings(connection: sqlite3.Connection, snapshot: Snapshot) -> Iterator[str]:
    ids, vectors = snapshot.vectors(snapshot.meta.get("embedder", ""))
    lacking = snapshot.count("passages") - len(ids)
    if lacking:
        yield f"{lacking} passages have no vector"
    lengths = np.linalg.norm(vectors, axis=1) if len(ids) else np.ones(1)  # (n, d) -> (n,)
    bent = int((np.abs(lengths - 1.0) > 1e-3).sum())
    if bent:
        yield f"{bent} vectors do not have length 1"
    odd = connection.execute("SELECT count(*) FROM vectors WHERE length(vector) % 4").fetchone()[0]
    if odd:
        yield f"{odd} stored vectors are cut off"


def _faiss_findings(library: Library, snapshot: Snapshot) -> Iterator[str]:
    path = library.folder / VECTORS_NAME
    store = FaissStore.read(path, generation=snapshot.generation)
    if store is None:
        state = "is damaged or of another generation" if path.exists() else "is missing"
        yield f"{VECTORS_NAME} {state}; the next build makes it again"
        return
    ids, vectors = snapshot.vectors(snapshot.meta.get("embedder", ""))
    if not np.array_equal(store.ids, ids):
        yield f"{VECTORS_NAME} names other passages than {schema.DATABASE_NAME}"
    elif len(ids) and not np.array_equal(store.vectors(ids), vectors):
        yield f"{VECTORS_NAME} holds other vectors than {schema.DATABASE_NAME}"
