"""Sets written for a test."""

import gzip
import json
from pathlib import Path


def lines(path: Path, *rows: dict) -> Path:
    """Write rows as JSON lines, gzipped where the name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path
