"""Which files of the index are as the last build left them, and need no checking.

A full check reads and compares everything; its cost grows with the library. What a build
has checked or written itself is sound until someone else writes to the file, and that shows
in the file's stamp. So a build leaves the stamps in ``library.checked``, and the next one
checks in full only what has another stamp: a file that was damaged, restored, copied, edited
by hand or left by a build that was killed. Bytes that rot on the disk without a trace are
found when they are read, which withdraws the trust, and by ``index verify``.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

from assistant.library.schema import DATABASE_NAME
from assistant.reading.stamps import is_settled, stamp_of

CHECKED_NAME = "library.checked"
VECTORS_NAME = "vectors.faiss"
_DATABASE = (DATABASE_NAME, f"{DATABASE_NAME}-wal")
_PATIENCE_S = 0.2
_STEP_S = 0.01


class Trust:
    """The stamps that the last build left in an index folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / CHECKED_NAME

    def in_database(self) -> bool:
        """Say whether nobody has written to the database since the last build."""
        left = self._left()
        return DATABASE_NAME in left and all(
            self._stamp(name) == left.get(name, "") for name in _DATABASE
        )

    def in_vectors(self) -> bool:
        """Say whether nobody has written to the vector file since the last build."""
        left = self._left()
        return VECTORS_NAME in left and self._stamp(VECTORS_NAME) == left[VECTORS_NAME]

    def grant(self) -> None:
        """Leave the stamps of files that are known to be sound.

        Waits some ticks of the clock, so that a later change shows; where that does not
        suffice, or the folder cannot be written, nothing is left.
        """
        stamps = self._stamps()
        if not stamps.get(DATABASE_NAME) or stamps == self._left():
            return
        until = time.monotonic() + _PATIENCE_S
        while not all(is_settled(stamp, time.time_ns()) for stamp in stamps.values()):
            if time.monotonic() > until:
                return
            time.sleep(_STEP_S)
        with suppress(OSError):  # half of it is not JSON and grants nothing
            self._path.write_text(json.dumps(stamps), "utf-8")

    def withdraw(self) -> None:
        """Let the next build check everything."""
        with suppress(OSError):
            self._path.unlink()

    def _stamps(self) -> dict[str, str]:
        found = {name: self._stamp(name) for name in (*_DATABASE, VECTORS_NAME)}
        return {name: stamp for name, stamp in found.items() if stamp}

    def _stamp(self, name: str) -> str:
        """Return the stamp of a file; empty where it is missing or, as a log may be, empty."""
        try:
            status = (self._folder / name).stat()
        except OSError:
            return ""
        return stamp_of(status) if status.st_size else ""

    def _left(self) -> dict[str, str]:
        try:
            left = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return left if isinstance(left, dict) else {}
