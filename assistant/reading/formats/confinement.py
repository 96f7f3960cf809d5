"""What the worker takes from itself before it looks at a file of a stranger.

A parser that is taken over by a file can use up its time and its memory, and nothing else: it
writes no file, opens no connection and starts no program. Where the system has no such means
(macOS knows no memory limit, Windows none of them) the time limit, which the parent keeps, and
the hook in the interpreter remain; ``confined`` says what was had.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # linux/sched.h
_NO_NEW_PRIVILEGES = 38  # linux/prctl.h
_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # system calls, the same on every architecture
# Every right of Landlock's first version that changes the file system; linux/landlock.h.
_WRITING = sum(1 << bit for bit in (1, *range(4, 13)))

_FORBIDDEN = ("socket.", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "pty.")
_CHANGING = frozenset(
    "os.remove os.rename os.rmdir os.mkdir os.link os.symlink os.truncate os.chmod os.chown "
    "os.kill shutil.rmtree shutil.move shutil.copyfile".split()
)
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def confined(memory_bytes: int, program: Path | None) -> tuple[str, ...]:
    """Give up what reading a file does not need; return in words what the system granted.

    ``program`` is the only one that may still be started (Tesseract).
    """
    granted = []
    if _limit_resources(memory_bytes):
        granted.append("memory")
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if libc.unshare(_NEW_USER | _NEW_NETWORK) == 0:
            granted.append("network")
        if _forbid_writing(libc):
            granted.append("files")
    sys.dont_write_bytecode = True
    sys.addaudithook(_watchman(program))
    return (*granted, "interpreter")


def _limit_resources(memory_bytes: int) -> bool:
    try:
        import resource
    except ImportError:  # Windows
        return False
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, 256)
    if sys.platform != "linux":  # macOS accepts the limit and does not keep it
        return False
    _lower(resource.RLIMIT_FSIZE, 0)
    return _lower(resource.RLIMIT_AS, memory_bytes)


def _lower(kind: int, value: int) -> bool:
    import resource

    try:
        _, hard = resource.getrlimit(kind)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))
    except (OSError, ValueError):
        return False
    return True


def _forbid_writing(libc: ctypes.CDLL) -> bool:
    """Take the right to change any file from this process for good (Landlock, Linux 5.13)."""
    rights = ctypes.c_uint64(_WRITING)
    rules = libc.syscall(_CREATE_RULESET, ctypes.byref(rights), ctypes.sizeof(rights), 0)
    if rules < 0:
        return False
    try:
        return bool(libc.syscall(_RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)


def _watchman(program: Path | None) -> Callable[[str, tuple[Any, ...]], None]:
    """Return a hook that refuses what a parser has no business doing."""
    allowed = None if program is None else str(program)

    def watch(event: str, details: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = details
            is_open = isinstance(path, int)  # a pipe to Tesseract
            if isinstance(flags, int) and flags & _TO_WRITE and not is_open:
                raise PermissionError(f"a parser wanted to write {path!r}")
        elif event == "subprocess.Popen":
            if allowed is None or str(details[0]) != allowed:
                raise PermissionError(f"a parser wanted to start {details[0]!r}")
        elif event in _CHANGING or (
            event.startswith(_FORBIDDEN) and event not in ("os.posix_spawn", "os.fork")
        ):
            raise PermissionError(f"a parser wanted {event}")

    return watch
