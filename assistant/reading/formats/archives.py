"""ZIP archives that are unpacked for their files: no name leads out, no member is a link.

Every member gets its own answer; what systems put into archives for themselves is left out.
"""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from assistant.reading.formats.job import Job
from assistant.reading.formats.names import printable, safe_name
from assistant.reading.formats.packages import (
    BROKEN_ZIP,
    check_listing,
    check_members,
    read_member,
)
from assistant.reading.formats.problems import DocumentError, Reason

_LITTER = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\.git/)", re.I)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: its content, or why it is refused."""

    name: str  # with its folders, "/" between them; where refused, as it was written
    content: bytes = b""
    problem: DocumentError | None = None


def members(job: Job) -> Iterator[Member]:
    """Yield the files of an archive in its order.

    Raises DocumentError when it is broken, a bomb, or has too many.
    """
    check_listing(job.content, job.limits)
    try:
        archive = zipfile.ZipFile(BytesIO(job.content))
    except BROKEN_ZIP as cause:
        raise DocumentError(Reason.BROKEN, f"The archive is damaged: {cause}.") from cause
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    check_members(entries, job.limits)
    seen: set[str] = set()
    left = job.limits.unpacked_bytes
    for entry in entries:
        if _LITTER.search(entry.filename):
            continue
        try:
            name = _checked_name(entry, seen)
            content = read_member(archive, entry, min(job.limits.file_bytes, left))
        except DocumentError as problem:
            yield Member(printable(entry.filename), problem=problem)
            continue
        left -= len(content)
        yield Member(name, content)


def _checked_name(entry: zipfile.ZipInfo, seen: set[str]) -> str:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise DocumentError(Reason.LINK, "It is a link, not a file.")
    if kind not in (0, stat.S_IFREG):
        raise DocumentError(Reason.NOT_A_FILE, "It is a device or a pipe, not a file.")
    name = safe_name(entry.filename).as_posix()
    if name.casefold() in seen:
        raise DocumentError(Reason.BAD_NAME, "A file of this name was in the archive before it.")
    seen.add(name.casefold())
    return name
