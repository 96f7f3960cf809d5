"""What this machine has, and how the heavy libraries are told to behave on it."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOADING = threading.RLock()
ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    # Threads that wait by spinning starve each other: with one of two cores busy, the
    # default writes at a fifth of this speed; on idle cores this costs a tenth.
    "GOMP_SPINCOUNT": "1000",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(_allowed())


def physical_cores() -> int:
    """Return how many of them are cores of their own, not a second thread of one."""
    siblings = set()
    for core in _allowed():
        path = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
        try:
            siblings.add(path.read_text(encoding="ascii"))
        except OSError:
            return available_cores()
    return len(siblings)


def _allowed() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Import and load without telemetry, progress bars and warnings, one thread at a time.

    While transformers loads a model, tensors of other threads are made without content too.
    """
    for key, value in ENVIRONMENT.items():
        os.environ.setdefault(key, value)
    with _LOADING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        yield
