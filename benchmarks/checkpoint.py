"""What was measured, line by line, so that a run which was stopped goes on where it stopped."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from processes import Record, machine


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One measurement: what ``system`` does in round ``round`` with ``size`` texts."""

    system: str
    verb: str
    size: int
    round: int

    def __str__(self) -> str:
        return f"round {self.round}: {self.system} {self.verb} {self.size:,}"


class Checkpoint:
    """Finished measurements in a JSONL file; of one measured twice, the later counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.records: dict[Step, Record] = {}
        if path.exists():
            for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
                self.records[Step(row["system"], row["verb"], row["size"], row["round"])] = row

    def __contains__(self, step: Step) -> bool:
        return step in self.records

    def add(self, step: Step, measured: Record) -> None:
        """Keep a measurement."""
        key = {name: getattr(step, name) for name in ("system", "verb", "size", "round")}
        when = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        row = {**key, **measured, "machine": machine(), "when": when}
        self.records[step] = row
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def clear(self) -> None:
        """Forget everything."""
        self.records.clear()
        self._path.unlink(missing_ok=True)
