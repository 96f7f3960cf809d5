"""The derived FAISS index and its file, which can always be made again from the database."""

from __future__ import annotations

import hashlib
import os
import struct
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import faiss
import numpy as np

from assistant.library.database import Snapshot
from assistant.ports import Floats1d, Floats2d, Ints1d

VECTORS_NAME = "vectors.faiss"
# FAISS reads what it needs from the front of a file and ignores what follows, so the
# generation and a checksum ride behind the index: magic, generation, sha256 of the index.
_TRAILER = struct.Struct("<8sQ32s")
_MAGIC = b"WVvec\x00\x00\x01"


class FaissStore:
    """Exact inner products over unit vectors, named by passage id."""

    def __init__(self, ids: Ints1d, vectors: Floats2d) -> None:
        if len(ids) != len(vectors):
            raise ValueError(f"{len(ids)} ids for {len(vectors)} vectors")
        dimension = vectors.shape[1] if len(vectors) else 1
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
        if len(vectors):
            self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)

    @classmethod
    def read(cls, path: Path, *, generation: int) -> FaissStore | None:
        """Return the store in a file; None when it is missing, damaged or of another generation."""
        try:
            content = path.read_bytes()
        except OSError:
            return None
        body = memoryview(content)[: -_TRAILER.size]
        if len(content) <= _TRAILER.size:
            return None
        magic, made_from, checksum = _TRAILER.unpack(content[-_TRAILER.size :])
        whole = magic == _MAGIC and hashlib.sha256(body).digest() == checksum
        if not whole or made_from != generation:
            return None
        store = cls.__new__(cls)
        store._index = faiss.deserialize_index(np.frombuffer(body, dtype=np.uint8))
        return store

    def write(self, path: Path, *, generation: int) -> None:
        """Write the file in one step; OSError when the folder does not let us."""
        body = faiss.serialize_index(self._index).tobytes()
        trailer = _TRAILER.pack(_MAGIC, generation, hashlib.sha256(body).digest())
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with unfinished.open("wb") as file:
                file.write(body)
                file.write(trailer)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def ids(self) -> Ints1d:
        """The ids in the order in which they were added, shape (n,)."""
        return np.asarray(faiss.vector_to_array(self._index.id_map), dtype=np.int64)

    def search(
        self, query: Floats1d, k: int, allowed: Ints1d | None = None
    ) -> tuple[Ints1d, Floats1d]:
        """Return ids and inner products of the ``k`` nearest, best first, ties by id."""
        most = len(self) if allowed is None else len(allowed)
        wanted = min(k + 16, most)  # FAISS breaks ties at the cut as it likes
        if wanted <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        parameters = None
        if allowed is not None:
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(allowed))  # type: ignore[call-arg]
        row = np.ascontiguousarray(query, dtype=np.float32)[None, :]  # (1, d)
        scores, ids = self._index.search(row, wanted, params=parameters)
        found = ids[0] >= 0
        ids, scores = ids[0][found], scores[0][found]
        order = np.lexsort((ids, -scores))[:k]
        return ids[order], scores[order]

    def vectors(self, ids: Ints1d) -> Floats2d:
        """Return the stored vectors of ``ids``, shape (n, d); KeyError when one is unknown."""
        try:
            rows = [self._index.reconstruct(int(id_)) for id_ in ids]
        except RuntimeError as cause:
            raise KeyError(f"unknown id among {list(ids)}") from cause
        return np.array(rows, dtype=np.float32).reshape(len(rows), self._index.d)


class StoreOfGeneration:
    """Keeps the store of the generation last asked for; a new one is read or made."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / VECTORS_NAME
        self._lock = Lock()
        self._generation = -1
        self._store: FaissStore | None = None

    def get(self, snapshot: Snapshot) -> FaissStore:
        """Return the store that belongs to a snapshot, embedding nothing."""
        generation = snapshot.generation
        with self._lock:
            if self._store is None or self._generation != generation:
                self._store = self._read_or_make(snapshot, generation)
                self._generation = generation
            return self._store

    def _read_or_make(self, snapshot: Snapshot, generation: int) -> FaissStore:
        store = FaissStore.read(self._path, generation=generation)
        if store is None:
            store = FaissStore(*snapshot.vectors(snapshot.meta.get("embedder", "")))
            with suppress(OSError):  # a read-only folder: it is made again at the next start
                store.write(self._path, generation=generation)
        return store
