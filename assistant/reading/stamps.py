"""What shows that a file was written to, without opening it."""

from __future__ import annotations

import os

_FINE_TICK_NS = 20_000_000
_COARSE_TICK_NS = 2_000_000_000


def stamp_of(status: os.stat_result) -> str:
    """Return what shows that a file was written to: size, times and number, in one text.

    Whoever changes a file and sets its time back still leaves the time of that change.
    """
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def is_settled(stamp: str, now_ns: int) -> bool:
    """Say whether a file looked at ``now_ns`` (since the epoch) cannot change under this stamp.

    A file that was written to just before the look may be written to again within the same
    tick of the clock (https://git-scm.com/docs/racy-git). Times with a fraction of a second
    come from a clock that ticks every 16 milliseconds or faster, whole ones perhaps from
    FAT's, which ticks every two seconds.
    """
    written_ns = max(map(int, stamp.split()[1:3]))
    tick_ns = _FINE_TICK_NS if written_ns % 1_000_000_000 else _COARSE_TICK_NS
    return written_ns + tick_ns < now_ns
