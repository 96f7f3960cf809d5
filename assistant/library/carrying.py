"""Vectors out of a database that cannot be used any more, so that nothing is embedded twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np

from assistant.library import schema
from assistant.library.snapshot import are_unit
from assistant.ports import Floats2d

_BATCH = 2048
_FLOAT_BYTES = 4
# As this program has it, and as versions 1 to 3 had it.
_STATEMENTS = (
    """SELECT v.key, v.vector FROM models m JOIN vectors v ON v.model = m.id
    WHERE m.fingerprint = ?""",
    "SELECT key, vector FROM vectors WHERE model = ?",
)


def whole_vectors(path: Path, model: str, dimension: int) -> Iterator[tuple[list[str], Floats2d]]:
    """Yield keys and vectors (n, dimension) that are sound, as far as the file can be read.

    The file is a damaged library.db or one of an older version; it is left as it is.
    """
    for statement in _STATEMENTS:
        with suppress(sqlite3.DatabaseError), closing(schema.opened(path, "mode=ro")) as connection:
            rows = connection.execute(statement, (model,))
            yield from _batches(rows, dimension)
            return


def _batches(rows: sqlite3.Cursor, dimension: int) -> Iterator[tuple[list[str], Floats2d]]:
    ended = False
    while not ended:
        some: list[tuple[str, bytes]] = []
        try:
            while len(some) < _BATCH and (row := rows.fetchone()):
                some.append(row)
            ended = len(some) < _BATCH
        except sqlite3.DatabaseError:  # what follows is lost, what was read is not
            ended = True
        blobs = {
            key: blob
            for key, blob in some
            if isinstance(blob, bytes) and len(blob) == _FLOAT_BYTES * dimension
        }
        vectors = np.frombuffer(b"".join(blobs.values()), dtype="<f4").reshape(-1, dimension)
        sound = are_unit(vectors)
        if sound.any():
            yield [key for key, good in zip(blobs, sound, strict=True) if good], vectors[sound]
