"""Reading and changing library.db: snapshots that never tear, changes that never half happen."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from assistant.library import schema
from assistant.library.rows import (
    DocumentChange,
    blocks_from,
    card_from,
    damaged,
    passage_from,
    passage_row,
    reference_from,
    sentences_from,
    sentences_json,
)
from assistant.ports import Floats2d, Ints1d
from assistant.records import (
    Document,
    DocumentCard,
    Filters,
    Passage,
    Reference,
)

_T = TypeVar("_T")
_FLOAT_BYTES = 4
_UNIT_TOLERANCE = 1e-3  # of a vector's length
_MAX_VARIABLES = 900  # SQLite allows 999 in one statement in its oldest builds


@dataclass(frozen=True, slots=True)
class Edition:
    """One state of one library, never to be met again."""

    library: str  # 32 hexadecimal digits, given when the file was made
    generation: int


class Snapshot:
    """The library as it was at one moment, whatever other processes do meanwhile."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def generation(self) -> int:
        """The number of changes committed so far."""
        return int(self.meta.get("generation", "0"))

    @property
    def edition(self) -> Edition:
        """The state that is seen; what is derived from it is marked with it."""
        meta = self.meta
        return Edition(meta.get("library", ""), int(meta.get("generation", "0")))

    @property
    def meta(self) -> dict[str, str]:
        """Fingerprints and dates of the last build."""
        return dict(self._connection.execute("SELECT key, value FROM meta"))

    def cards(self) -> tuple[DocumentCard, ...]:
        """Return what is known of every document, by slug."""
        rows = self._connection.execute("SELECT card FROM documents ORDER BY slug")
        return tuple(card_from(row[0]) for row in rows)

    def document(self, slug: str) -> Document | None:
        """Return a whole document."""
        row = self._connection.execute(
            "SELECT card, text, blocks, sentences FROM documents WHERE slug = ?", (slug,)
        ).fetchone()
        if row is None:
            return None
        card, text, blocks, sentences = row
        return Document(
            card=card_from(card),
            text=text,
            blocks=blocks_from(blocks),
            sentences=sentences_from(sentences),
        )

    def literature(self) -> tuple[Reference, ...]:
        """Return the references that the documents cite from, in the order of their file."""
        rows = self._connection.execute("SELECT reference FROM literature ORDER BY position")
        return tuple(reference_from(row[0]) for row in rows)

    def passages(self, ids: Iterable[int]) -> dict[int, tuple[Passage, DocumentCard]]:
        """Return the passages of ``ids`` with their documents; unknown ids are left out."""
        found: dict[int, tuple[Passage, DocumentCard]] = {}
        for some in _chunks(list(ids)):
            rows = self._connection.execute(
                f"""SELECT p.id, p.heading, p.start, p."end", p.page, p.text, p.sentences, d.card
                FROM passages p JOIN documents d ON d.id = p.document
                WHERE p.id IN ({_marks(some)})""",
                some,
            )
            for row in rows:
                found[row[0]] = passage_from(row)
        return found

    def passages_of(self, slug: str) -> tuple[Passage, ...]:
        """Return the passages of a document in reading order."""
        rows = self._connection.execute(
            """SELECT p.id, p.heading, p.start, p."end", p.page, p.text, p.sentences, d.card
            FROM passages p JOIN documents d ON d.id = p.document
            WHERE d.slug = ? ORDER BY p.start""",
            (slug,),
        )
        return tuple(passage_from(row)[0] for row in rows)

    def passage_ids(self, filters: Filters) -> Ints1d | None:
        """Return the ids that a filter lets through, ascending; None for all."""
        conditions, values = _conditions(filters)
        if not conditions:
            return None
        rows = self._connection.execute(
            f"""SELECT p.id FROM passages p JOIN documents d ON d.id = p.document
            WHERE {conditions} ORDER BY p.id""",
            values,
        )
        return np.array([row[0] for row in rows], dtype=np.int64)

    def lexical(
        self, match: str, k: int, filters: Filters, *, header_weight: float
    ) -> list[tuple[int, float]]:
        """Return the ``k`` best (id, BM25), best first; larger is better; ties by id.

        BM25 is FTS5's (https://sqlite.org/fts5.html#the_bm25_function) with its sign turned.
        """
        conditions, values = _conditions(filters)
        rows = self._connection.execute(
            f"""SELECT f.rowid, -bm25(passages_fts, 1.0, {header_weight}) AS score
            FROM passages_fts f
            JOIN passages p ON p.id = f.rowid JOIN documents d ON d.id = p.document
            WHERE passages_fts MATCH ? {"AND " + conditions if conditions else ""}
            ORDER BY score DESC, f.rowid LIMIT ?""",
            (match, *values, k),
        )
        return [(int(row[0]), float(row[1])) for row in rows]

    def document_frequencies(self, words: Sequence[str]) -> tuple[dict[str, int], int]:
        """Return in how many passages each word occurs (stemmed), and how many there are."""
        total = self.count("passages")
        frequencies = {}
        for word in words:
            quoted = '"' + word.replace('"', '""') + '"'
            frequencies[word] = self._connection.execute(
                "SELECT count(*) FROM passages_fts WHERE passages_fts MATCH ?", (quoted,)
            ).fetchone()[0]
        return frequencies, total

    def words_beginning(self, letter: str) -> list[tuple[str, int]]:
        """Return the library's words with this first letter and how many passages have each.

        Words are in lower case without accents, as FTS5's unicode61 gives them.
        """
        self._connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.library_words"
            " USING fts5vocab(main, words_fts, row)"
        )
        rows = self._connection.execute(
            "SELECT term, doc FROM temp.library_words WHERE term >= ? AND term < ?",
            (letter, chr(ord(letter) + 1)),
        )
        return [(row[0], int(row[1])) for row in rows]

    def vectors(self, model: str) -> tuple[Ints1d, Floats2d]:
        """Return ids (n,) and vectors (n, d) of all passages embedded with ``model``, by id.

        Raises LibraryDamagedError when they are not of one length.
        """
        rows = self._connection.execute(
            """SELECT p.id, v.vector FROM passages p
            JOIN vectors v ON v.key = p.vector_key AND v.model = ? ORDER BY p.id""",
            (model,),
        ).fetchall()
        ids = np.array([row[0] for row in rows], dtype=np.int64)
        if not rows:
            return ids, np.zeros((0, 0), dtype=np.float32)
        lengths = {len(row[1]) for row in rows}
        if len(lengths) > 1 or lengths.pop() % _FLOAT_BYTES:
            raise damaged("stored vectors are cut off")
        blobs = b"".join(row[1] for row in rows)
        return ids, np.frombuffer(blobs, dtype="<f4").reshape(len(rows), -1)

    def whole_vectors(self, model: str, dimension: int) -> tuple[list[str], Floats2d]:
        """Return keys and vectors (n, dimension) that are sound, as far as the file can be read."""
        keys: list[str] = []
        vectors = [np.zeros((0, dimension), dtype=np.float32)]
        rows = self._connection.execute("SELECT key, vector FROM vectors WHERE model = ?", (model,))
        with suppress(sqlite3.DatabaseError):
            for key, blob in rows:
                if isinstance(blob, bytes) and len(blob) == _FLOAT_BYTES * dimension:
                    vector = np.frombuffer(blob, dtype="<f4")
                    if are_unit(vector[None, :])[0]:
                        keys.append(key)
                        vectors.append(vector[None, :])
        return keys, np.concatenate(vectors)

    def known_vectors(self, model: str, keys: Sequence[str]) -> set[str]:
        """Return those of ``keys`` whose vector is stored."""
        known: set[str] = set()
        for some in _chunks(list(keys)):
            rows = self._connection.execute(
                f"SELECT key FROM vectors WHERE model = ? AND key IN ({_marks(some)})",
                (model, *some),
            )
            known.update(row[0] for row in rows)
        return known

    def count(self, table: str) -> int:
        """Return the number of rows of one of our tables."""
        return int(self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


class Writer(Snapshot):
    """A snapshot that may be changed; nothing is seen by others before the commit."""

    def store_vectors(self, model: str, keys: Sequence[str], vectors: Floats2d) -> None:
        """Remember vectors by the sha256 of their texts."""
        rows = (
            (model, key, np.ascontiguousarray(vector, dtype="<f4").tobytes())
            for key, vector in zip(keys, vectors, strict=True)
        )
        self._connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", rows)

    def put(self, change: DocumentChange) -> None:
        """Add a document or put it in the place of the one with its slug."""
        document = change.document
        card = document.card
        self.remove(card.id)
        cursor = self._connection.execute(
            """INSERT INTO documents (slug, path, perspective, sha256, card, text, blocks,
            sentences) VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                card.id,
                card.path,
                card.perspective.value,
                card.sha256,
                json.dumps(asdict(card), ensure_ascii=False),
                document.text,
                json.dumps([[b.kind, b.start, b.end, b.level] for b in document.blocks]),
                sentences_json(document.sentences),
            ),
        )
        self._connection.executemany(
            """INSERT INTO passages (document, heading, start, "end", page, text, header,
            vector_key, sentences) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (passage_row(cursor.lastrowid, stored) for stored in change.passages),
        )

    def remove(self, slug: str) -> None:
        """Take a document and its passages out; its vectors stay known."""
        self._connection.execute("DELETE FROM documents WHERE slug = ?", (slug,))

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


class Library:
    """The index folder. Cheap to make; every use opens its own connection."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def path(self) -> Path:
        """The database file."""
        return self.folder / schema.DATABASE_NAME

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        """Give one consistent view; raises the errors of ``schema.connect_for_reading``."""
        connection = schema.connect_for_reading(self.folder)
        try:
            with schema.translated(self.path):
                connection.execute("BEGIN")
                yield Snapshot(connection)
        finally:
            connection.close()

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Give a transaction: committed at the end, undone by any exception or a kill."""
        connection = schema.connect_for_writing(self.folder)
        try:
            with schema.translated(self.path):
                connection.execute("BEGIN IMMEDIATE")
                yield Writer(connection)
                connection.execute("COMMIT")
        finally:
            connection.close()  # without COMMIT this undoes everything


def are_unit(vectors: Floats2d) -> NDArray[np.bool_]:
    """Say of each vector whether its length is 1, (n, d) -> (n,); NaN and overflow are not."""
    with np.errstate(all="ignore"):
        squares = np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64)
        return np.asarray(np.abs(np.sqrt(squares) - 1.0) <= _UNIT_TOLERANCE)


def _conditions(filters: Filters) -> tuple[str, tuple[str, ...]]:
    parts: list[str] = []
    values: list[str] = []
    if filters.perspectives:
        names = sorted(p.value for p in filters.perspectives)
        parts.append(f"d.perspective IN ({_marks(names)})")
        values.extend(names)
    if filters.documents:
        slugs = sorted(filters.documents)
        parts.append(f"d.slug IN ({_marks(slugs)})")
        values.extend(slugs)
    return " AND ".join(parts), tuple(values)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _chunks(values: list[_T]) -> Iterator[list[_T]]:
    for n in range(0, len(values), _MAX_VARIABLES):
        yield values[n : n + _MAX_VARIABLES]
