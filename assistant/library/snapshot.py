"""What library.db holds at one moment, and what was once counted in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from assistant.library.editions import Edition, Tally, Words
from assistant.library.rows import (
    blocks_from,
    card_from,
    damaged,
    passage_from,
    reference_from,
    sentences_from,
)
from assistant.ports import Floats2d, Ints1d
from assistant.records import Document, DocumentCard, Filters, Passage, Reference

_T = TypeVar("_T")
_FLOAT_BYTES = 4
_UNIT_TOLERANCE = 1e-3  # of a vector's length
_MAX_VARIABLES = 900  # SQLite allows 999 in one statement in its oldest builds
_FEW_ALLOWED = 2000  # passages that SQLite sorts out; of more it would first make a list
_BATCH = 4096  # vectors read at once: 6 MB of 384 numbers


class StoredFile(NamedTuple):
    """What is known of the file behind a document."""

    slug: str
    sha256: str
    stamp: str  # empty: the file has to be read to be known


class Snapshot:
    """The library as it was at one moment, whatever other processes do meanwhile.

    Without a tally nothing is remembered, and everything is counted anew.
    """

    def __init__(self, connection: sqlite3.Connection, tally: Tally | None = None) -> None:
        self._connection = connection
        self._shared_tally = tally

    @property
    def _tally(self) -> Tally:
        return self._shared_tally or Tally(Edition("", 0))

    @property
    def generation(self) -> int:
        """The number of changes committed so far."""
        return self.edition.generation

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

    def files(self) -> dict[str, StoredFile]:
        """Return the files behind the documents by their paths."""
        rows = self._connection.execute("SELECT path, slug, sha256, stamp FROM files")
        return {row[0]: StoredFile(row[1], row[2], row[3]) for row in rows}

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
        known = self._tally.allowed
        if (ids := known.get(filters)) is None:
            rows = self._connection.execute(_ids_where(conditions), values)
            ids = known[filters] = np.sort(np.fromiter((row[0] for row in rows), dtype=np.int64))
        return ids

    def all_ids(self) -> Ints1d:
        """Return the ids of all passages, ascending."""
        rows = self._connection.execute("SELECT id FROM passages INDEXED BY passages_of_document")
        return np.sort(np.fromiter((row[0] for row in rows), dtype=np.int64))

    def last_id(self) -> int:
        """Return the highest id that a passage ever had."""
        row = self._connection.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'passages'"
        ).fetchone()
        return int(row[0]) if row else 0

    def lexical(
        self,
        match: str,
        k: int,
        filters: Filters,
        *,
        header_weight: float,
        among: str = "",
    ) -> list[tuple[int, float]]:
        """Return the ``k`` best (id, BM25), best first; larger is better; ties by id.

        BM25 is FTS5's (https://sqlite.org/fts5.html#the_bm25_function) with its sign turned.
        Only passages that ``among`` matches too are scored, where it is given: to score one
        costs ten times as much as to find it.
        """
        within, values = "", [match]
        # The pluses keep SQLite from asking FTS5 for each id on its own.
        if among not in ("", match):
            within += " AND +rowid IN (SELECT rowid FROM passages_fts WHERE passages_fts MATCH ?)"
            values.append(among)
        allowed = self.passage_ids(filters)
        few = allowed is not None and len(allowed) <= _FEW_ALLOWED
        if few:
            conditions, wanted = _conditions(filters)
            within += f" AND +rowid IN ({_ids_where(conditions)})"
            values.extend(wanted)
        rows = self._connection.execute(
            f"""SELECT rowid, -bm25(passages_fts, 1.0, {header_weight}) AS score
            FROM passages_fts WHERE passages_fts MATCH ? {within}
            ORDER BY score DESC, rowid LIMIT ?""",
            (*values, k if few or allowed is None else -1),
        )
        if few or allowed is None:
            return list(rows)
        return _of_allowed(list(rows), allowed)[:k]

    def document_frequencies(self, words: Sequence[str]) -> tuple[dict[str, int], int]:
        """Return in how many passages each word occurs (stemmed), and how many there are."""
        known = self._tally.frequencies
        for word in words:
            if word not in known:
                quoted = '"' + word.replace('"', '""') + '"'
                known[word] = self._connection.execute(
                    "SELECT count(*) FROM passages_fts WHERE passages_fts MATCH ?", (quoted,)
                ).fetchone()[0]
        return {word: known[word] for word in words}, self.count("passages")

    def words_beginning(self, letter: str) -> Words:
        """Return the library's words with this first letter and how many passages have each.

        Words are in lower case without accents, as FTS5's unicode61 gives them.
        """
        known = self._tally.vocabulary
        if (found := known.get(letter)) is None:
            self._connection.execute(
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.library_words"
                " USING fts5vocab(main, words_fts, row)"
            )
            found = known[letter] = self._connection.execute(
                "SELECT term, doc FROM temp.library_words WHERE term >= ? AND term < ?",
                (letter, chr(ord(letter) + 1)),
            ).fetchall()
        return found

    def vectors(self, model: str) -> tuple[Ints1d, Floats2d]:
        """Return ids (n,) and vectors (n, d) of all passages embedded with ``model``, by id.

        Raises LibraryDamagedError when they are not of one length.
        """
        batches = list(self.vector_batches(model))
        if not batches:
            return np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
        if len({vectors.shape[1] for _, vectors in batches}) > 1:
            raise damaged("stored vectors are cut off")
        ids = np.concatenate([ids for ids, _ in batches])
        return ids, np.concatenate([vectors for _, vectors in batches])

    def vector_batches(
        self, model: str, *, after: int = 0, size: int = _BATCH
    ) -> Iterator[tuple[Ints1d, Floats2d]]:
        """Yield ids (n,) above ``after``, ascending, and vectors (n, d), n at most ``size``.

        Raises LibraryDamagedError when the vectors of a batch are not of one length.
        """
        rows = self._connection.execute(
            """SELECT p.id, v.vector FROM models m CROSS JOIN passages p
            JOIN vectors v ON v.model = m.id AND v.key = p.vector_key
            WHERE m.fingerprint = ? AND p.id > ? ORDER BY p.id""",
            (model, after),
        )
        while some := rows.fetchmany(size):
            yield np.array([row[0] for row in some], np.int64), _matrix([row[1] for row in some])

    def vectors_of(self, ids: Ints1d, model: str) -> Floats2d:
        """Return the vectors of passages in the order of ``ids``, shape (n, d).

        Raises KeyError when one has none.
        """
        found: dict[int, bytes] = {}
        for some in _chunks(ids.tolist()):
            rows = self._connection.execute(
                f"""SELECT p.id, v.vector FROM models m CROSS JOIN passages p
                JOIN vectors v ON v.model = m.id AND v.key = p.vector_key
                WHERE m.fingerprint = ? AND p.id IN ({_marks(some)})""",
                (model, *some),
            )
            found.update(rows)
        return _matrix([found[id_] for id_ in ids.tolist()])

    def known_vectors(self, model: str, keys: Sequence[str]) -> set[str]:
        """Return those of ``keys`` whose vector is stored."""
        known: set[str] = set()
        for some in _chunks(list(keys)):
            rows = self._connection.execute(
                f"""SELECT v.key FROM models m JOIN vectors v ON v.model = m.id
                WHERE m.fingerprint = ? AND v.key IN ({_marks(some)})""",
                (model, *some),
            )
            known.update(row[0] for row in rows)
        return known

    def count(self, table: str) -> int:
        """Return the number of rows of one of our tables."""
        known = self._tally.rows
        if (count := known.get(table)) is None:
            (count,) = self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            known[table] = int(count)
        return int(count)


def are_unit(vectors: Floats2d) -> NDArray[np.bool_]:
    """Say of each vector whether its length is 1, (n, d) -> (n,); NaN and overflow are not."""
    with np.errstate(all="ignore"):
        squares = np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64)
        return np.asarray(np.abs(np.sqrt(squares) - 1.0) <= _UNIT_TOLERANCE)


def _matrix(blobs: Sequence[bytes]) -> Floats2d:
    lengths = set(map(len, blobs))
    if len(lengths) > 1 or (lengths and max(lengths) % _FLOAT_BYTES):
        raise damaged("stored vectors are cut off")
    width = max(lengths, default=0) // _FLOAT_BYTES
    return np.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(blobs), width)


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


def _ids_where(conditions: str) -> str:
    return f"""SELECT p.id FROM documents d JOIN passages p ON p.document = d.id
        WHERE {conditions}"""


def _of_allowed(hits: list[tuple[int, float]], allowed: Ints1d) -> list[tuple[int, float]]:
    """Return the hits whose ids are in ``allowed``, which is ascending and not empty."""
    ids = np.array([id_ for id_, _ in hits], np.int64)
    at = np.minimum(np.searchsorted(allowed, ids), len(allowed) - 1)
    return [hit for hit, known in zip(hits, allowed[at] == ids, strict=True) if known]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _chunks(values: list[_T]) -> Iterator[list[_T]]:
    for n in range(0, len(values), _MAX_VARIABLES):
        yield values[n : n + _MAX_VARIABLES]
