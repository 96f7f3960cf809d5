"""Names of files from archives of strangers."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from assistant.reading.formats.problems import DocumentError, Reason

_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\..*)?", re.IGNORECASE)
_CONTROL = re.compile(r'[\x00-\x1f\x7f<>:"|?*\ud800-\udfff]')
_PART_BYTES = 200
_PATH_BYTES = 1_000


def safe_name(name: str) -> PurePosixPath:
    """Return the path of a member below the folder that it is unpacked to.

    Raises DocumentError when it leads out of it, or could not be a file on every system.
    """
    path = name.replace("\\", "/")
    parts = path.split("/")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path) or ".." in parts:
        raise _refused(f"Its name leads out of the archive: {printable(name)!r}.")
    if _CONTROL.search(path):
        raise _refused(f"Its name has signs that no file has: {printable(name)!r}.")
    parts = [part for part in parts if part not in ("", ".")]
    if not parts or any(part != part.strip() or part.endswith(".") for part in parts):
        raise _refused(f"Its name begins or ends oddly: {printable(name)!r}.")
    if any(_DEVICE.fullmatch(part) for part in parts):
        raise _refused(f"Its name means a device: {printable(name)!r}.")
    if len(path.encode()) > _PATH_BYTES or any(len(p.encode()) > _PART_BYTES for p in parts):
        raise _refused("Its name is too long.")
    return PurePosixPath(*parts)


def printable(name: str) -> str:
    """Return a name that can be shown on one line."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in name)
    return shown if len(shown) <= 120 else f"{shown[:117]}…"


def _refused(cause: str) -> DocumentError:
    return DocumentError(Reason.BAD_NAME, cause)
