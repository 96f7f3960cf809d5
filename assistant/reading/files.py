"""From files of a corpus folder to Documents; one bad file never stops the others."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from assistant.errors import CorpusError, UnreadableFileError
from assistant.reading.front_matter import card_from, split_front_matter
from assistant.reading.markdown import read_markdown
from assistant.reading.stamps import is_settled, stamp_of
from assistant.records import Document

READER_VERSION = "markdown-1"  # changes whenever the same file would give another Document
SUFFIXES = (".md", ".txt")
_MAX_BYTES = 20_000_000


class FoundFile(NamedTuple):
    """A text of the corpus folder and what the file system says of it."""

    path: str  # below the corpus folder, its parts parted by "/"
    stamp: str


def corpus_files(folder: Path) -> list[Path]:
    """Return the texts below ``folder`` in a stable order; README.md is not one.

    Raises CorpusError when the folder cannot be read.
    """
    return [folder / found.path for found in found_files(folder)]


def found_files(folder: Path) -> list[FoundFile]:
    """Return the texts below ``folder`` in a stable order; README.md is not one.

    Nothing is opened: 20,000 files take a tenth of a second. Raises CorpusError when the
    folder cannot be read.
    """
    if not folder.is_dir():
        raise CorpusError(
            f"There is no corpus folder at {folder}.",
            remedy="Give the folder of texts with --corpus or ASSISTANT_CORPUS.",
        )
    found: list[FoundFile] = []
    try:
        _collect(os.fspath(folder), "", found)
    except OSError as cause:
        raise CorpusError(
            f"{folder} cannot be read: {cause}.", remedy="Check its permissions."
        ) from cause
    return found


def _collect(folder: str, prefix: str, found: list[FoundFile]) -> None:
    """Append the texts in a folder and, links aside, in those below it; hidden ones are none."""
    try:
        with os.scandir(folder) as entries:
            visible = [entry for entry in entries if not entry.name.startswith(".")]
    except PermissionError:
        return
    for entry in sorted(visible, key=lambda entry: entry.name):
        name = entry.name
        if entry.is_dir(follow_symlinks=False):
            _collect(entry.path, f"{prefix}{name}/", found)
        elif _is_text(name.lower()) and entry.is_file():
            try:
                found.append(FoundFile(prefix + name, stamp_of(entry.stat())))
            except FileNotFoundError:  # taken away since it was listed
                continue


def _is_text(name: str) -> bool:
    return name.endswith(SUFFIXES) and name != "readme.md"


def read_stamped(path: Path) -> tuple[bytes, str]:
    """Return a file's content and its stamp, empty where that does not vouch for the content.

    Raises UnreadableFileError as ``read_bytes`` does.
    """
    now_ns = time.time_ns()
    try:
        stamp = stamp_of(path.stat())
    except OSError:
        stamp = ""  # read_bytes says what is wrong
    content = read_bytes(path)
    return content, stamp if stamp and is_settled(stamp, now_ns) else ""


def read_bytes(path: Path) -> bytes:
    """Return the content of a file.

    Raises UnreadableFileError when it is missing, forbidden, too large or badly named.
    """
    if shown(path) != path.as_posix():
        raise UnreadableFileError(
            f"{shown(Path(path.name))} has a name that is not UTF-8.", remedy="Rename it."
        )
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise UnreadableFileError(
                f"{path.name} is larger than {_MAX_BYTES // 1_000_000} MB.",
                remedy="Split it into several files.",
            )
        return path.read_bytes()
    except OSError as cause:
        raise UnreadableFileError(
            f"{path.name} cannot be read: {cause.strerror}.",
            remedy="Check that the file exists and may be read.",
        ) from cause


def shown(path: Path) -> str:
    """Return a path as a text that can be printed and stored, whatever bytes are in it."""
    return path.as_posix().encode("utf-8", "replace").decode()


def sha256_of(content: bytes) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


def read_document(path: Path, content: bytes, *, root: Path) -> Document:
    """Return the document in ``content``, the bytes of the file at ``path`` below ``root``.

    Raises UnreadableFileError when it is empty, not UTF-8 or its front matter is broken.
    """
    head, body = split_front_matter(_decoded(path, content), path)
    plain = read_markdown(body)
    if not plain.sentences:
        raise UnreadableFileError(
            f"{path.name} has no text.", remedy="Write something below the front matter."
        )
    headings = (plain.text[b.start : b.end] for b in plain.blocks if b.kind == "heading")
    card = card_from(head, path=path, title=next(headings, ""), sha256=sha256_of(content))
    card = replace(card, path=path.relative_to(root).as_posix())
    return Document(card, plain.text, plain.blocks, plain.sentences)


def _decoded(path: Path, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise UnreadableFileError(
            f"{path.name} is not UTF-8 text (byte {cause.start}).",
            remedy="Save it with the encoding UTF-8.",
        ) from cause
    if "\x00" in text:
        raise UnreadableFileError(
            f"{path.name} is not a text file.", remedy="Save it as plain UTF-8 text."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")
