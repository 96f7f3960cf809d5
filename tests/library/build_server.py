"""Runs builds in processes of their own that start at once, so that they can be killed.

Imports everything, then reads commands from stdin, a JSON object a line, and forks a child
for each: {"corpus", "index", "delay_s", "batch"}. The child tells its process id and every
step of its build, a line each ("step <pid> <name>"); at last comes "end <pid> <status>".
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fakes import HashEmbedder

from assistant.library import indexing
from assistant.library.database import Library


def tell(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())  # in one piece, whoever else writes


def build(command: dict[str, object]) -> None:
    indexing._BATCH = int(str(command["batch"]))  # many small commits, as in a large corpus
    indexing.build(
        Library(Path(str(command["index"]))),
        Path(str(command["corpus"])),
        HashEmbedder(delay_s=float(str(command["delay_s"]))),
        on_progress=lambda progress: tell("step", os.getpid(), progress.stage.split()[0]),
    )


def run(command: dict[str, object]) -> None:
    if (child := os.fork()) == 0:
        status = 1
        tell("start", os.getpid())
        try:
            build(command)
            status = 0
        except BaseException as error:  # noqa: BLE001 - told to the test, which then fails
            tell("error", os.getpid(), repr(error))
        finally:
            os._exit(status)

    def wait() -> None:
        _, status = os.waitpid(child, 0)
        tell("end", child, os.waitstatus_to_exitcode(status))

    threading.Thread(target=wait).start()


if __name__ == "__main__":
    for line in sys.stdin:
        run(json.loads(line))
