"""JSON lines, gzipped or not, with the line in every complaint."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from assistant.errors import SettingsError

Row = dict[str, Any]
_T = TypeVar("_T")
_REMEDY = "See evaluation/README.md for the forms of question sets."


def read_text(path: Path) -> str:
    """Return the text of a file, unpacked where it is gzipped; raises SettingsError."""
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as cause:
        raise SettingsError(f"{path} cannot be read: {cause}.", remedy="Check the path.") from cause


def each_row(path: Path, made: Callable[[Row], _T]) -> Iterator[_T]:
    """Yield what ``made`` makes of each line; SettingsError names the line it cannot."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise TypeError("not a JSON object")
            yield made(row)
        except (ValueError, KeyError, TypeError, AttributeError) as cause:
            raise SettingsError(f"{path}, line {number}: {cause!r}.", remedy=_REMEDY) from cause


def first_row(path: Path) -> Row:
    """Return the first line as JSON; empty where it is none."""
    for line in read_text(path).split("\n"):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError:
                return {}
            return row if isinstance(row, dict) else {}
    return {}


def found_file(folder: Path, stem: str) -> Path | None:
    """Return ``stem.jsonl`` or ``stem.jsonl.gz`` in a folder, whichever is there."""
    candidates = (folder / f"{stem}.jsonl", folder / f"{stem}.jsonl.gz")
    return next((path for path in candidates if path.is_file()), None)
