"""Processes that are measured from outside: seconds, memory, and the line of JSON they print."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from environments import HERE

Record = dict[str, Any]
_PATIENCE_S = 1_200.0
_KILOBYTES = 1 if sys.platform == "darwin" else 1_024  # what ru_maxrss counts, in bytes


class MeasurementError(Exception):
    """A measured process failed; the text is the end of what it said."""


def measured(command: Sequence[str], variables: Mapping[str, str], *, pinned: bool) -> Record:
    """Run a command to its end; return what its last line says and what it cost.

    ``pinned``: on one core, where the system lets us choose. Raises MeasurementError.
    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        load = os.getloadavg()[0]
        began = time.perf_counter()
        with _one_core() if pinned else _all_cores():
            process = subprocess.Popen(
                command, stdout=said, stderr=complained, env=dict(variables), cwd=HERE
            )
        watchdog = threading.Timer(_PATIENCE_S, process.kill)
        watchdog.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:  # Ctrl-C: it must not go on alone
            process.kill()
            raise
        finally:
            watchdog.cancel()
        wall_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = said.read().decode("utf-8", "replace").splitlines()
        if process.returncode or not lines:
            complained.seek(0)
            words = complained.read().decode("utf-8", "replace")[-1_500:]
            raise MeasurementError(f"ended with {process.returncode}: {words}")
    cost = {
        "wall_s": round(wall_s, 4),
        "cpu_s": round(used.ru_utime + used.ru_stime, 4),
        "peak_mb": round(used.ru_maxrss * _KILOBYTES / 1e6, 1),
        "load_before": round(load, 2),
    }
    return {**json.loads(lines[-1]), "process": cost}


@contextmanager
def _one_core() -> Iterator[None]:
    """Let what is started here inherit the last of our cores only."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(ours)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)


@contextmanager
def _all_cores() -> Iterator[None]:
    yield


def machine() -> str:
    """Return processor, cores, memory and system in words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{_processor()}, {cores} cores, {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
