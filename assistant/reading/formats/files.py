"""From paths to outcomes: one for every file, and no file stops another."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.reading.formats.converted import Converted
from assistant.reading.formats.job import OnPages
from assistant.reading.formats.limits import Limits
from assistant.reading.formats.names import printable, safe_name
from assistant.reading.formats.problems import DocumentError, Reason
from assistant.reading.formats.reader import DocumentReader
from assistant.reading.formats.sniffing import ARCHIVE_SUFFIXES, SUFFIXES
from assistant.records import FileProblem

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file: its text, or why there is none."""

    name: str  # as it is shown: relative to the folder that was searched
    converted: Converted | None
    problem: DocumentError | None
    sha256: str = ""  # of its bytes; empty where they could not be had
    size: int = 0  # bytes

    @property
    def as_problem(self) -> FileProblem | None:
        """The refusal as the library keeps it."""
        if self.problem is None:
            return None
        return FileProblem(self.name, self.problem.cause, self.problem.remedy)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file below a folder, or why it is left out."""

    path: Path
    name: str  # relative to the folder, "/" between its parts
    problem: DocumentError | None = None


def read_file(path: Path, limits: Limits | None = None) -> Converted:
    """Return the normal form of one file, read in a worker of its own.

    Raises DocumentError. Use a DocumentReader for several files: the worker is kept.
    """
    with DocumentReader(limits) as reader:
        return reader.read(path.name, open_bytes(path, reader.limits))


def read_files(
    files: Iterable[FoundFile], reader: DocumentReader, *, on_pages: OnPages | None = None
) -> Iterator[FileOutcome]:
    """Yield the outcome of each file in turn."""
    for file in files:
        sha256, size = "", 0
        try:
            if file.problem is not None:
                raise file.problem
            content = open_bytes(file.path, reader.limits)
            sha256, size = hashlib.sha256(content).hexdigest(), len(content)
            converted = reader.read(file.path.name, content, on_pages=on_pages)
        except DocumentError as problem:
            yield FileOutcome(file.name, None, problem, sha256, size)
        else:
            yield FileOutcome(file.name, converted, None, sha256, size)


def found_in(path: Path) -> Iterator[FoundFile]:
    """Yield the files of a folder and all below it in a stable order, or the one file.

    Hidden files are left out, and what no format is known for; links are refused, so that no
    file outside the folder is read and no circle is walked.
    """
    if not path.is_dir():
        yield FoundFile(path, shown(path.name))
        return
    known = (*SUFFIXES, *ARCHIVE_SUFFIXES)
    for folder, folders, names in os.walk(path, onerror=None):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        here = Path(folder)
        for name in sorted([*names, *(f for f in folders if (here / f).is_symlink())]):
            file = here / name
            relative = shown(file.relative_to(path).as_posix())
            if name.startswith("."):
                continue
            if file.is_symlink():
                problem = DocumentError(Reason.LINK, "It is a link, not a file.")
                yield FoundFile(file, relative, problem)
            elif file.suffix.lower() in known:
                yield FoundFile(file, relative)


def open_bytes(path: Path, limits: Limits) -> bytes:
    """Return the content of an ordinary file.

    Raises DocumentError when it is missing, forbidden, a link, a device, empty or too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW | _BINARY)
    except FileNotFoundError as cause:
        raise DocumentError(Reason.MISSING, "There is no such file.") from cause
    except OSError as cause:
        if path.is_symlink():
            raise DocumentError(Reason.LINK, "It is a link, not a file.") from cause
        reason = Reason.NOT_A_FILE if path.is_dir() else Reason.FORBIDDEN
        raise DocumentError(reason, f"It cannot be opened: {cause.strerror}.") from cause
    try:
        return _content(descriptor, limits.file_bytes)
    except OSError as cause:
        reason = Reason.NOT_A_FILE if path.is_dir() else Reason.FORBIDDEN
        raise DocumentError(reason, f"It cannot be read: {cause.strerror}.") from cause


def _content(descriptor: int, most: int) -> bytes:
    """Return what is in an open file and close it."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or a pipe"
        raise DocumentError(Reason.NOT_A_FILE, f"It is {kind}, not a file.")
    with os.fdopen(descriptor, "rb") as file:
        # It may grow while it is read.
        content = file.read(most + 1) if status.st_size <= most else b""
    size = max(status.st_size, len(content))
    if size > most:
        raise DocumentError(
            Reason.TOO_LARGE,
            f"It has {size / 1e6:,.0f} MB; more than {most / 1e6:,.0f} MB are not read.",
        )
    return content


def unpack_to(folder: Path, path: Path, reader: DocumentReader) -> list[FoundFile]:
    """Unpack a ZIP archive below a folder; return each of its files, or why it is refused.

    Raises DocumentError when the archive itself cannot be read. Nothing is written outside
    ``folder``, and nothing in it is written over.
    """
    content = open_bytes(path, reader.limits)
    return [_unpacked(folder, name, member) for name, member in reader.unpack(path.name, content)]


def _unpacked(folder: Path, name: str, member: bytes | DocumentError) -> FoundFile:
    target = folder / printable(name).replace("/", "_")
    if isinstance(member, DocumentError):
        return FoundFile(target, name, member)
    try:
        # Checked by the worker already, which may have been taken over since.
        target = folder / safe_name(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(member)
    except DocumentError as problem:
        return FoundFile(target, printable(name), problem)
    except OSError as cause:
        reason = f"It cannot be unpacked: {cause.strerror or cause}."
        return FoundFile(target, name, DocumentError(Reason.FORBIDDEN, reason))
    return FoundFile(target, name)


def shown(name: str) -> str:
    """Return a name as a text that can be printed and stored, whatever bytes are in it."""
    return name.encode("utf-8", "replace").decode()
