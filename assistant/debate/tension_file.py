"""The file in which found tensions are kept: derived from the library, and made again at will.

``tensions.json`` beside the database: a line that says what it was made from, with the sha256
of what follows, and then everything found and judged. It is written beside the old one and
swapped in, so that a reader finds the old file or the new one and a kill leaves the old one. A
file that is missing, damaged, of another version or made by other models counts as none.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import get_ident
from typing import Any

from assistant.library.editions import Edition

FILE_NAME = "tensions.json"
_FORMAT = "whose-value tensions 1"
_UNFINISHED_S = 3600.0  # none writes for longer than this
Found = tuple[str, int, int, int, int, float]  # kind, start and end in each passage, strength
Shares = tuple[float, float]  # that each of two sentences contradicts the other


@dataclass(frozen=True, slots=True)
class Row:
    """A tension by its places in one edition of the library; ``other`` answers ``one``."""

    kind: str
    one: tuple[str, int, int]  # document, start, end
    other: tuple[str, int, int]
    strength: float


@dataclass(slots=True)
class Kept:
    """What is known of one edition, and what was judged on the way, by content."""

    edition: Edition
    makers: str  # the rules and models that found it
    rows: tuple[Row, ...] = ()
    waiting: int = 0  # pairs of passages that were not laid side by side yet
    compared: dict[str, list[Found]] = field(default_factory=dict)  # pairs of passages, by texts
    judged: dict[str, Shares] = field(default_factory=dict)  # pairs of sentences, by texts


def read(folder: Path) -> Kept | None:
    """Return what is kept in an index folder; None where nothing can be relied on."""
    try:
        head, _, body = (folder / FILE_NAME).read_bytes().partition(b"\n")
        says = json.loads(head)
        if says["format"] != _FORMAT or says["sha256"] != hashlib.sha256(body).hexdigest():
            return None
        return _kept(says, json.loads(body))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def write(folder: Path, kept: Kept) -> None:
    """Put a file in the place of the old one; OSError when the folder does not let us."""
    path = folder / FILE_NAME
    body = json.dumps(
        {
            "rows": [[r.kind, r.one, r.other, r.strength] for r in kept.rows],
            "compared": kept.compared,
            "judged": kept.judged,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    says = {
        "format": _FORMAT,
        "library": kept.edition.library,
        "generation": kept.edition.generation,
        "makers": kept.makers,
        "waiting": kept.waiting,
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    _sweep(path)
    unfinished = path.with_name(f".{FILE_NAME}.{os.getpid()}-{get_ident()}")
    try:
        with unfinished.open("wb") as file:
            file.write(json.dumps(says).encode() + b"\n")
            file.write(body)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _kept(says: Mapping[str, Any], body: Mapping[str, Any]) -> Kept:
    return Kept(
        edition=Edition(says["library"], says["generation"]),
        makers=says["makers"],
        waiting=says["waiting"],
        rows=tuple(
            Row(kind, _place(one), _place(other), float(strength))
            for kind, one, other, strength in body["rows"]
        ),
        compared={key: [_found(f) for f in found] for key, found in body["compared"].items()},
        judged={key: (float(one), float(two)) for key, (one, two) in body["judged"].items()},
    )


def _place(values: list[Any]) -> tuple[str, int, int]:
    slug, start, end = values
    return str(slug), int(start), int(end)


def _found(values: list[Any]) -> Found:
    kind, *offsets, strength = values
    one_start, one_end, other_start, other_end = map(int, offsets)
    return str(kind), one_start, one_end, other_start, other_end, float(strength)


def _sweep(path: Path) -> None:
    """Delete what killed processes left unfinished."""
    for unfinished in path.parent.glob(f".{path.name}.*"):
        with suppress(OSError):
            if time.time() - unfinished.stat().st_mtime > _UNFINISHED_S:
                unfinished.unlink()
