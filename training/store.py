"""Prepared training rows on disk: a run that goes on sees the very rows it began with."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

log = logging.getLogger(__name__)

Row = TypeVar("Row")


def kept(path: Path, kind: type[Row], make: Callable[[], list[Row]]) -> list[Row]:
    """Return the rows in ``path``; made and written first where it is missing."""
    if path.exists():
        with path.open(encoding="utf-8") as lines:
            return [_row(kind, json.loads(line)) for line in lines]
    found = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".writing")
    with beside.open("w", encoding="utf-8") as file:
        for row in found:
            file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")  # type: ignore[call-overload]
    beside.replace(path)
    return found


def _row(kind: type[Row], values: dict[str, Any]) -> Row:
    lists = {f.name for f in fields(kind) if isinstance(values[f.name], list)}  # type: ignore[arg-type]
    return kind(**{k: tuple(v) if k in lists else v for k, v in values.items()})
