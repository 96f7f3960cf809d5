"""From files of a corpus folder to Documents; one bad file never stops the others."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from assistant.errors import CorpusError, UnreadableFileError
from assistant.reading.front_matter import card_from, split_front_matter
from assistant.reading.markdown import read_markdown
from assistant.records import Document

READER_VERSION = "markdown-1"  # changes whenever the same file would give another Document
SUFFIXES = (".md", ".txt")
_MAX_BYTES = 20_000_000


def corpus_files(folder: Path) -> list[Path]:
    """Return the texts below ``folder`` in a stable order; README.md is not one.

    Raises CorpusError when the folder cannot be read.
    """
    if not folder.is_dir():
        raise CorpusError(
            f"There is no corpus folder at {folder}.",
            remedy="Give the folder of texts with --corpus or ASSISTANT_CORPUS.",
        )
    try:
        found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    except OSError as cause:
        raise CorpusError(
            f"{folder} cannot be read: {cause}.", remedy="Check its permissions."
        ) from cause
    return [p for p in found if p.is_file() and not _is_left_out(p.relative_to(folder))]


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


def _is_left_out(path: Path) -> bool:
    return path.name.lower() == "readme.md" or any(p.startswith(".") for p in path.parts)
