"""The file of the derived vector index: what was made once, followed by what changed since.

``vectors.faiss`` is a chain of records. The first holds everything of one generation: the
vectors of all passages, or an index of FAISS where there are too many to compare all. Each
further one holds a change: ids that are gone, ids and vectors that came. So a small change
writes a small record; when the changes outgrow their share, the whole is written anew.

A record is a header and a body, each with its own CRC-32. The header carries the edition that
the file stands for once the record is read. A reader of a generation takes the records up to
it, whatever stands behind: later changes, or one that a killed process left unfinished, which
the next change overwrites. Whole files are written beside the old one and swapped in. Nothing
waits for the disk: all of it can be made again from the database, and what a loss of power
tears is noticed by its checksum.
"""

from __future__ import annotations

import os
import struct
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from threading import get_ident
from typing import Any, BinaryIO

import faiss
import numpy as np
from numpy.typing import NDArray

from assistant.library.editions import Edition
from assistant.library.nearest import Approximate, Exact, Nearest
from assistant.library.rows import damaged
from assistant.ports import Floats2d, Ints1d

_faiss: Any = faiss  # its own types know only half of it
_MAGIC = b"WVvec\x00\x00\x03"
# magic, library, generation, last id, kind, dimension, ids that came, ids that are gone,
# length of the body, CRC-32 of the body; then the CRC-32 of all this
_HEADER = struct.Struct("<8s32sQQIIQQQI")
_CHECK = struct.Struct("<I")
_CHUNK = 1 << 20
_UNFINISHED_S = 3600.0  # none writes for longer than this


class Kind(IntEnum):
    """What the body of a record is."""

    ROWS = 0  # vectors (came, dimension) float32, their ids (came,) int64
    INDEX = 1  # an index as FAISS writes it
    CHANGE = 2  # as ROWS, then the ids that are gone (gone,) int64


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a record before its body is read."""

    edition: Edition
    last_id: int  # the highest that any passage ever had
    kind: Kind
    dimension: int
    came: int
    gone: int
    length: int = 0  # of the body in bytes
    checksum: int = 0  # of the body

    def packed(self) -> bytes:
        """Return the header as it stands in the file."""
        head = _HEADER.pack(
            _MAGIC,
            self.edition.library.encode("ascii"),
            self.edition.generation,
            self.last_id,
            self.kind,
            self.dimension,
            self.came,
            self.gone,
            self.length,
            self.checksum,
        )
        return head + _CHECK.pack(zlib.crc32(head))


_HEADER_BYTES = _HEADER.size + _CHECK.size


@dataclass(frozen=True, slots=True)
class Record:
    """A header and where its body begins."""

    header: Header
    start: int

    @property
    def end(self) -> int:
        """Where the next record begins."""
        return self.start + self.header.length


@dataclass(frozen=True, slots=True)
class Rows:
    """Vectors (n, d) with their ids (n,), and ids that are gone."""

    ids: Ints1d
    vectors: Floats2d
    gone: Ints1d


def records(path: Path) -> list[Record]:
    """Return the records of a file whose headers are whole; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            return list(_records(file))
    except OSError:
        return []


def _records(file: BinaryIO) -> Iterator[Record]:
    size = os.fstat(file.fileno()).st_size
    last: Header | None = None
    while (header := _header(file.read(_HEADER_BYTES))) is not None:
        record = Record(header, file.tell())
        follows = (header.kind is Kind.CHANGE) == (last is not None)
        if last is not None:
            follows &= header.edition.library == last.edition.library
            follows &= header.edition.generation > last.edition.generation
        if not follows or record.end > size:
            return
        yield record
        last = header
        file.seek(record.end)


def _header(packed: bytes) -> Header | None:
    if len(packed) != _HEADER_BYTES or not packed.startswith(_MAGIC):
        return None
    head, check = packed[: _HEADER.size], packed[_HEADER.size :]
    if _CHECK.unpack(check) != (zlib.crc32(head),):
        return None
    _, library, generation, last_id, kind, *sizes = _HEADER.unpack(head)
    name = library.rstrip(b"\x00").decode("ascii", "replace")
    return Header(Edition(name, generation), last_id, Kind(kind), *sizes)


# ------------------------------------------------------------------------------------ writing


def write_rows(
    path: Path, edition: Edition, *, last_id: int, batches: Iterable[tuple[Ints1d, Floats2d]]
) -> None:
    """Write a whole file of vectors, batch by batch; OSError when the folder does not let us."""
    with _written(path) as (checked, finish):
        ids: list[Ints1d] = []
        dimension = 0
        for some, vectors in batches:
            if ids and vectors.shape[1] != dimension:
                raise damaged("stored vectors are cut off")
            dimension = vectors.shape[1]
            ids.append(some)
            checked.write(np.ascontiguousarray(vectors, "<f4").tobytes())
        for some in ids:
            checked.write(some.astype("<i8").tobytes())
        finish(Header(edition, last_id, Kind.ROWS, dimension, sum(map(len, ids)), 0))


def write_index(path: Path, edition: Edition, *, last_id: int, index: Any) -> None:  # noqa: ANN401
    """Write a whole file with an index of FAISS; OSError when the folder does not let us."""
    with _written(path) as (checked, finish):
        _faiss.write_index(index, _faiss.PyCallbackIOWriter(checked.write))
        finish(Header(edition, last_id, Kind.INDEX, index.d, index.ntotal, 0))


@contextmanager
def _written(path: Path) -> Iterator[tuple[_Checked, Callable[[Header], None]]]:
    """Give what takes the body, and what takes the header and puts the file in its place."""
    _sweep(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}-{get_ident()}")
    try:
        with unfinished.open("wb") as file:
            file.write(bytes(_HEADER_BYTES))
            checked = _Checked(file)

            def finish(header: Header) -> None:
                file.seek(0)
                whole = replace(header, length=checked.length, checksum=checked.checksum)
                file.write(whole.packed())

            yield checked, finish
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def append(path: Path, behind: Record, edition: Edition, *, last_id: int, rows: Rows) -> None:
    """Write a change behind a record; OSError when the file does not let us."""
    body = b"".join(
        (
            np.ascontiguousarray(rows.vectors, "<f4").tobytes(),
            rows.ids.astype("<i8").tobytes(),
            rows.gone.astype("<i8").tobytes(),
        )
    )
    header = Header(
        edition,
        last_id,
        Kind.CHANGE,
        behind.header.dimension,
        came=len(rows.ids),
        gone=len(rows.gone),
        length=len(body),
        checksum=zlib.crc32(body),
    )
    with path.open("r+b") as file:
        file.seek(behind.end)
        file.write(header.packed() + body)
        file.truncate()


class _Checked:
    """Counts and checks what goes into a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.length = 0
        self.checksum = 0

    def write(self, part: bytes) -> int:
        self.length += len(part)
        self.checksum = zlib.crc32(part, self.checksum)
        return self._file.write(part)


def _sweep(path: Path) -> None:
    """Delete what killed processes left unfinished."""
    for unfinished in path.parent.glob(f".{path.name}.*"):
        with suppress(OSError):
            if time.time() - unfinished.stat().st_mtime > _UNFINISHED_S:
                unfinished.unlink()


# ------------------------------------------------------------------------------------ reading


def read_rows(file: BinaryIO, record: Record) -> Rows | None:
    """Return the vectors of a record; None when its body is damaged."""
    header = record.header
    expected = header.came * (4 * header.dimension + 8) + header.gone * 8
    if header.length != expected:
        return None
    file.seek(record.start)
    vectors = np.empty((header.came, header.dimension), "<f4")
    ids, gone = np.empty(header.came, "<i8"), np.empty(header.gone, "<i8")
    checksum = 0
    for part in (vectors, ids, gone):
        checksum = _filled(file, part.reshape(-1).view(np.uint8), checksum)
    return Rows(ids, vectors, gone) if checksum == header.checksum else None


def read_whole(file: BinaryIO, record: Record) -> Nearest | None:
    """Return what the first record of a file holds; None when its body is damaged."""
    if record.header.kind is Kind.ROWS:
        rows = read_rows(file, record)
        return None if rows is None else Exact(rows.ids, rows.vectors)
    if not _is_sound(file, record):  # first: FAISS trusts what it reads
        return None
    file.seek(record.start)
    return Approximate(_faiss.read_index(_faiss.PyCallbackIOReader(file.read)))


def _is_sound(file: BinaryIO, record: Record) -> bool:
    file.seek(record.start)
    checksum, left = 0, record.header.length
    while left and (part := file.read(min(left, _CHUNK))):
        checksum = zlib.crc32(part, checksum)
        left -= len(part)
    return not left and checksum == record.header.checksum


def _filled(file: BinaryIO, part: NDArray[np.uint8], checksum: int) -> int:
    """Read an array piece by piece, so that each is checked while the processor has it."""
    for start in range(0, len(part), _CHUNK):
        piece = part[start : start + _CHUNK].data
        file.readinto(piece)  # type: ignore[attr-defined]
        checksum = zlib.crc32(piece, checksum)
    return checksum
