"""The test's end of ``build_server.py``."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Builders:
    """Starts builds in other processes and hears what they tell."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("build_server.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self._told: queue.Queue[list[str]] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        for line in self._server.stdout:
            self._told.put(line.strip().split(maxsplit=2))

    def start(self, corpus: Path, index: Path, *, delay_s: float = 0.0, batch: int = 4) -> None:
        command = {"corpus": str(corpus), "index": str(index), "delay_s": delay_s, "batch": batch}
        self._server.stdin.write(json.dumps(command) + "\n")
        self._server.stdin.flush()

    def heard(self) -> list[str]:
        """Return the next line in words: kind, process id, the rest."""
        return self._told.get(timeout=30)

    def statuses(self, count: int = 1) -> list[int]:
        """Return the exit codes of the next builds that end; -9 is a kill."""
        found: list[int] = []
        while len(found) < count:
            kind, _, *rest = self.heard()
            assert kind != "error", rest
            if kind == "end":
                found.append(int(rest[0]))
        return found

    def close(self) -> None:
        self._server.stdin.close()
        self._server.wait(30)
        self._listener.join(5)
        self._server.stdout.close()
