"""Keeping vectors.faiss in step with the database, at the cost of what changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from assistant.errors import LibraryError
from assistant.library import vector_file
from assistant.library.editions import Edition
from assistant.library.nearest import Approximate
from assistant.library.snapshot import Snapshot
from assistant.library.trust import VECTORS_NAME
from assistant.library.vector_file import Record, Rows
from assistant.ports import Floats2d, Ints1d

EXACT_UP_TO = 100_000  # vectors: comparing all takes 2 ms and 230 MB
# What changed waits behind the whole and is compared one by one, until it is this much.
_CHANGED_SHARE = 1 / 4
_FEWEST_CHANGED = 256
_MOST_CHANGED = 20_000
_MOST_RECORDS = 500


@dataclass(frozen=True, slots=True)
class Change:
    """What a build committed: the edition before it, and the passages that are gone since."""

    before: Edition
    gone: tuple[int, ...]


def bring_up_to_date(
    folder: Path, snapshot: Snapshot, change: Change | None, *, sound: bool = True
) -> None:
    """Make vectors.faiss what the snapshot needs, unless it is that or newer already.

    It is appended to where it stands at the edition before the change, and else, or where it
    is not ``sound``, written anew. Raises LibraryError when the folder does not let us.
    """
    path, edition = folder / VECTORS_NAME, snapshot.edition
    chain = vector_file.records(path) if sound else []
    if chain and _reaches(chain[-1], edition):
        return
    try:
        if not (change and chain and _appended(path, chain, snapshot, change)):
            write_anew(path, snapshot)
    except OSError as cause:
        raise LibraryError(
            f"{path} could not be written: {cause.strerror}.",
            remedy="The index itself is complete. Free some disk space or check the "
            "folder's permissions, then build again, so that it opens fast.",
        ) from cause


def write_anew(path: Path, snapshot: Snapshot) -> None:
    """Write the whole file; OSError when the folder does not let us."""
    edition, last_id = snapshot.edition, snapshot.last_id()
    model = snapshot.meta.get("embedder", "")
    if snapshot.count("passages") > EXACT_UP_TO:
        index = approximate(snapshot, model).index
        vector_file.write_index(path, edition, last_id=last_id, index=index)
    else:
        batches = snapshot.vector_batches(model)
        vector_file.write_rows(path, edition, last_id=last_id, batches=batches)


def approximate(snapshot: Snapshot, model: str) -> Approximate:
    """Make the approximate index of all passages."""
    source = partial(snapshot.vectors_of, model=model)
    return Approximate.make(snapshot.all_ids(), source, snapshot.vector_batches(model))


def most_changed(count: int) -> int:
    """Return how many of ``count`` vectors may come or go before the whole is made anew."""
    return max(_FEWEST_CHANGED, min(_MOST_CHANGED, int(count * _CHANGED_SHARE)))


def is_at_least(path: Path, edition: Edition) -> bool:
    """Say whether a file stands at this edition of its library or at a later one."""
    chain = vector_file.records(path)
    return bool(chain) and _reaches(chain[-1], edition)


def _reaches(last: Record, edition: Edition) -> bool:
    written = last.header.edition
    return written.library == edition.library and written.generation >= edition.generation


def _appended(path: Path, chain: list[Record], snapshot: Snapshot, change: Change) -> bool:
    """Write the change behind the records; False where it does not follow them or is too much."""
    edition, last = snapshot.edition, chain[-1]
    follows = last.header.edition == change.before and (
        edition.generation == change.before.generation + 1
    )
    if not follows or len(chain) > _MOST_RECORDS:
        return False
    ids, vectors = _came(snapshot, after=last.header.last_id)
    changed = sum(r.header.came + r.header.gone for r in chain[1:]) + len(ids) + len(change.gone)
    if changed > most_changed(chain[0].header.came):
        return False
    if len(ids) and vectors.shape[1] != last.header.dimension:
        return False  # of another embedder
    rows = Rows(ids, vectors, np.array(change.gone, np.int64))
    vector_file.append(path, last, edition, last_id=snapshot.last_id(), rows=rows)
    return True


def _came(snapshot: Snapshot, *, after: int) -> tuple[Ints1d, Floats2d]:
    batches = list(snapshot.vector_batches(snapshot.meta.get("embedder", ""), after=after))
    if not batches:
        return np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
    return np.concatenate([b[0] for b in batches]), np.concatenate([b[1] for b in batches])
