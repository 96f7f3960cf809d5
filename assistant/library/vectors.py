"""The derived FAISS index and its file, which can always be made again from the database."""

from __future__ import annotations

import hashlib
import os
import struct
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock, get_ident
from typing import Any

import faiss
import numpy as np

from assistant.library.database import Edition, Snapshot
from assistant.ports import Floats1d, Floats2d, Ints1d

VECTORS_NAME = "vectors.faiss"
# FAISS reads what it needs from the front of a file and ignores what follows, so the
# edition and a checksum ride behind the index: magic, library, generation, sha256 of the index.
_TRAILER = struct.Struct("<8s32sQ32s")
_MAGIC = b"WVvec\x00\x00\x02"
_UNFINISHED_S = 3600.0


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
    def read(cls, path: Path, *, edition: Edition) -> FaissStore | None:
        """Return the store in a file; None when it is missing, damaged or of another edition."""
        try:
            content = path.read_bytes()
        except OSError:
            return None
        body = memoryview(content)[: -_TRAILER.size]
        made_from, checksum = _trailer(content[-_TRAILER.size :])
        if made_from != edition or hashlib.sha256(body).digest() != checksum:
            return None
        store = cls.__new__(cls)
        store._index = faiss.deserialize_index(np.frombuffer(body, dtype=np.uint8))
        return store

    def write(self, path: Path, *, edition: Edition) -> None:
        """Write the file in one step; OSError when the folder does not let us."""
        body = faiss.serialize_index(self._index).tobytes()
        checksum = hashlib.sha256(body).digest()
        trailer = _TRAILER.pack(
            _MAGIC, edition.library.encode("ascii"), edition.generation, checksum
        )
        _sweep(path)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}-{get_ident()}")
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
        most = len(self) if allowed is None else min(len(self), len(allowed))
        wanted = min(k + 16, most)  # FAISS breaks ties at the cut as it likes
        if k <= 0 or wanted <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        parameters = None
        if allowed is not None:
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(allowed))  # type: ignore[call-arg]
        row = np.ascontiguousarray(query, dtype=np.float32)[None, :]  # (1, d)
        while True:
            scores, ids = (found[0] for found in self._index.search(row, wanted, params=parameters))
            if wanted == most or scores[-1] < scores[k - 1]:
                break
            wanted = min(2 * wanted, most)  # the tie goes on behind the cut
        order = np.lexsort((ids, -scores))
        order = order[ids[order] >= 0][:k]  # -1: allowed, but not stored
        return ids[order], scores[order]

    def vectors(self, ids: Ints1d) -> Floats2d:
        """Return the stored vectors of ``ids``, shape (n, d); KeyError when one is unknown."""
        try:
            rows = [self._index.reconstruct(int(id_)) for id_ in ids]
        except RuntimeError as cause:
            raise KeyError(f"unknown id among {list(ids)}") from cause
        return np.array(rows, dtype=np.float32).reshape(len(rows), self._index.d)


class StoreOfGeneration:
    """Keeps the store of the edition last asked for; a new one is read or made."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / VECTORS_NAME
        self._lock = Lock()
        self._edition: Edition | None = None
        self._store: FaissStore | None = None

    def get(self, snapshot: Snapshot) -> FaissStore:
        """Return the store that belongs to a snapshot, embedding nothing."""
        edition = snapshot.edition
        with self._lock:
            if self._store is None or self._edition != edition:
                self._store = self._read_or_make(snapshot, edition)
                self._edition = edition
            return self._store

    def _read_or_make(self, snapshot: Snapshot, edition: Edition) -> FaissStore:
        store = FaissStore.read(self._path, edition=edition)
        if store is None:
            store = FaissStore(*snapshot.vectors(snapshot.meta.get("embedder", "")))
            if not _is_newer(self._path, edition):  # a build may have ended since the snapshot
                with suppress(OSError):  # a read-only folder: it is made again at the next start
                    store.write(self._path, edition=edition)
        return store


def _sweep(path: Path) -> None:
    """Delete what killed processes left unfinished; none writes for longer than this."""
    for unfinished in path.parent.glob(f".{path.name}.*"):
        with suppress(OSError):
            if time.time() - unfinished.stat().st_mtime > _UNFINISHED_S:
                unfinished.unlink()


def _trailer(content: bytes) -> tuple[Edition | None, bytes]:
    """Return edition and checksum; no edition where this is not the end of one of our files."""
    if len(content) != _TRAILER.size:
        return None, b""
    magic, library, generation, checksum = _TRAILER.unpack(content)
    if magic != _MAGIC:
        return None, b""
    return Edition(library.rstrip(b"\x00").decode("ascii", "replace"), generation), checksum


def _is_newer(path: Path, edition: Edition) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(-_TRAILER.size, os.SEEK_END)
            written, _ = _trailer(file.read())
    except OSError:  # missing, or shorter than a trailer
        return False
    return (
        written is not None
        and written.library == edition.library
        and written.generation > edition.generation
    )
