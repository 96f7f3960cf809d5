"""The tables of library.db, its versions, and connections that fail in plain words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from assistant.errors import (
    LibraryDamagedError,
    LibraryError,
    LibraryLockedError,
    LibraryMissingError,
    LibraryOldError,
    LibraryVersionError,
)

DATABASE_NAME = "library.db"
SCHEMA_VERSION = 4
_APPLICATION_ID = 0x57686F56  # "WhoV", so that another program's database is recognised
_BUSY_TIMEOUT_S = 20.0
_PAGE_BYTES = 8192  # holds five vectors of 384 numbers; 4096 holds two and wastes a quarter
_CACHE_KIB = 8192  # of pages a connection keeps: the full-text index of 20,000 passages
_SIGNS_OF_DAMAGE = (
    "malformed",
    "no such table",
    "no such column",
    "could not decode",
    "sql logic error",  # all our statements are right: what FTS5 keeps of itself is not
    "vtable constructor failed",
)

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    perspective TEXT NOT NULL,
    card TEXT NOT NULL,       -- JSON: DocumentCard
    text TEXT NOT NULL,
    blocks TEXT NOT NULL,     -- JSON: [[kind, start, end, level], …]
    sentences TEXT NOT NULL   -- JSON: [[start, end, [key, …]], …]
);
CREATE INDEX documents_of_perspective ON documents (perspective);
-- Apart from the texts: a build reads all of it and nothing else to see what has changed.
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE REFERENCES documents (slug) ON DELETE CASCADE,
    sha256 TEXT NOT NULL,
    stamp TEXT NOT NULL       -- of the file when it was read; empty: do not rely on it
) WITHOUT ROWID;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: FAISS files name passages by it
    document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    heading TEXT NOT NULL,    -- JSON: [outermost, …]
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    page INTEGER,
    text TEXT NOT NULL,
    header TEXT NOT NULL,     -- title and heading path, as the full-text index reads them
    vector_key TEXT NOT NULL, -- sha256 of the embedded text
    sentences TEXT NOT NULL
);
CREATE INDEX passages_of_document ON passages (document);
CREATE TABLE literature (
    key TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    reference TEXT NOT NULL   -- JSON: Reference
) WITHOUT ROWID;
CREATE TABLE models (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE);
CREATE TABLE vectors (
    id INTEGER PRIMARY KEY,
    model INTEGER NOT NULL REFERENCES models,
    key TEXT NOT NULL,
    vector BLOB NOT NULL,     -- float32, little-endian
    UNIQUE (model, key)
);
CREATE VIRTUAL TABLE passages_fts USING fts5 (
    text, header, content='passages', content_rowid='id',
    tokenize="porter unicode61 remove_diacritics 2"
);
-- The same words unstemmed: what a misspelt word of a question may have meant.
CREATE VIRTUAL TABLE words_fts USING fts5 (
    text, header, content='passages', content_rowid='id', detail=none,
    tokenize="unicode61 remove_diacritics 2"
);
CREATE TRIGGER passage_added AFTER INSERT ON passages BEGIN
    INSERT INTO passages_fts (rowid, text, header) VALUES (new.id, new.text, new.header);
    INSERT INTO words_fts (rowid, text, header) VALUES (new.id, new.text, new.header);
END;
CREATE TRIGGER passage_removed AFTER DELETE ON passages BEGIN
    INSERT INTO passages_fts (passages_fts, rowid, text, header)
    VALUES ('delete', old.id, old.text, old.header);
    INSERT INTO words_fts (words_fts, rowid, text, header)
    VALUES ('delete', old.id, old.text, old.header);
END;
"""


def create(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty database, in one transaction."""
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(
        f"BEGIN IMMEDIATE; {_TABLES} PRAGMA application_id = {_APPLICATION_ID};"
        # Generations begin anew in a new file; by this name two files are told apart.
        f" INSERT INTO meta VALUES ('library', '{token_hex(16)}');"
        f" PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
    )


def connect_for_reading(folder: Path) -> sqlite3.Connection:
    """Open library.db without ever writing to it.

    Raises LibraryMissingError, LibraryVersionError, LibraryDamagedError or LibraryLockedError.
    """
    path = folder / DATABASE_NAME
    if not path.exists():
        raise LibraryMissingError(
            f"There is no index in {folder}.", remedy="Make it with: assistant index build"
        )
    with translated(path):
        try:
            return _checked(opened(path, "mode=ro"), path)
        except sqlite3.OperationalError as cause:
            if not _needs_shared_memory(cause, folder):
                raise
            # A folder that may not be written holds no shared memory for WAL; nobody
            # else can be writing there either.
            return _checked(opened(path, "immutable=1"), path)


def connect_for_writing(folder: Path) -> sqlite3.Connection:
    """Open library.db to change it, and make it when it is not there.

    Raises LibraryVersionError, LibraryDamagedError or LibraryLockedError.
    """
    path = folder / DATABASE_NAME
    with translated(path):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise _not_writable(folder, str(cause.strerror)) from cause
        connection = opened(path, "mode=rwc")
        try:
            _create_if_empty(connection)
        except BaseException:
            connection.close()
            raise
        _checked(connection, path)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, each with its remedy."""
    try:
        yield
    except sqlite3.DatabaseError as cause:
        words = str(cause).lower()
        if "locked" in words or "busy" in words:
            raise LibraryLockedError(
                f"{path} is in use by another process.",
                remedy="Wait until the other build has finished, then try again.",
            ) from cause
        if "readonly" in words or "unable to open" in words:
            raise _not_writable(path.parent, str(cause)) from cause
        if "full" in words or "disk i/o" in words:
            raise LibraryError(
                f"{path} could not be written: {cause}.",
                remedy="Free some disk space; the index is as it was before.",
            ) from cause
        is_damage = any(sign in words for sign in _SIGNS_OF_DAMAGE)
        if isinstance(cause, sqlite3.OperationalError | sqlite3.IntegrityError) and not is_damage:
            raise LibraryError(f"{path}: {cause}.", remedy="Run: assistant index verify") from cause
        raise damaged(path, str(cause)) from cause
    except UnicodeDecodeError as cause:  # SQLite quotes damaged bytes in its own messages
        raise damaged(path, "what should be text is not") from cause


def damaged(path: Path, reason: str) -> LibraryDamagedError:
    """Return the error for a broken database."""
    return LibraryDamagedError(
        f"{path} is damaged ({reason}).",
        remedy="Run: assistant index build. It keeps the damaged file beside the new one.",
    )


def opened(path: Path, mode: str) -> sqlite3.Connection:
    """Open a database as it is, with ``mode`` as SQLite's URIs have it; nothing is checked."""
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?{mode}",
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,  # transactions are begun and ended in plain sight
        check_same_thread=False,
    )
    try:
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    except BaseException:
        connection.close()
        raise
    return connection


def _create_if_empty(connection: sqlite3.Connection) -> None:
    if not _is_empty(connection):
        return
    try:
        create(connection)
    except sqlite3.OperationalError as cause:
        # Another process may have made it between the look and the lock.
        if "already exists" not in str(cause):
            raise
        connection.execute("ROLLBACK")


def _is_empty(connection: sqlite3.Connection) -> bool:
    return not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _checked(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    try:
        _check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if _is_empty(connection):
        raise LibraryMissingError(
            f"{path} is empty.", remedy="Make the index with: assistant index build"
        )
    if application != _APPLICATION_ID:
        raise LibraryVersionError(
            f"{path} was not made by this program.",
            remedy="Choose another folder with --index, or move the file away.",
        )
    words = f"{path} has version {version}; this program reads version {SCHEMA_VERSION}."
    if version > SCHEMA_VERSION:
        raise LibraryVersionError(
            words, remedy="Update the program, or build in another folder with --index."
        )
    if version < SCHEMA_VERSION:
        raise LibraryOldError(
            words, remedy="Run: assistant index build. It keeps the old file beside the new one."
        )


def _needs_shared_memory(cause: sqlite3.OperationalError, folder: Path) -> bool:
    words = str(cause).lower()
    sealed = not (folder / f"{DATABASE_NAME}-shm").exists()
    return sealed and ("unable to open" in words or "readonly" in words)


def _not_writable(folder: Path, reason: str) -> LibraryLockedError:
    return LibraryLockedError(
        f"The index folder {folder} cannot be written ({reason}).",
        remedy="Check its permissions or choose another with --index.",
    )
