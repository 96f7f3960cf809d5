"""An exported file opened again: the pack in it, and the words that it shows to a reader.

Files come from strangers. HTML is read and never run, XML may declare nothing, and no part of a
DOCX grows beyond its limit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.errors import PackError, UnreadableFileError
from assistant.exporting.markdown_text import markdown_paragraphs
from assistant.exporting.page_text import page_contents
from assistant.exporting.plain import collapsed
from assistant.exporting.to_html import PACK_ID
from assistant.exporting.to_markdown import CLOSING, OPENING
from assistant.exporting.writing import Format

MOST_BYTES = 64_000_000
_COMMENT = re.compile(
    rf"^{re.escape(OPENING)}\n(.*?)\n{re.escape(CLOSING)}", re.DOTALL | re.MULTILINE
)
_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_REMEDY = (
    "Give a file that was exported by this program as HTML, Markdown, DOCX or JSON; BibTeX "
    "holds no pack."
)


@dataclass(frozen=True, slots=True)
class Opened:
    """What is in an exported file."""

    format: Format
    pack: str  # JSON
    paragraphs: tuple[str, ...]  # what a reader sees; empty for JSON
    text: str  # the whole file with line feeds only; empty for DOCX, which is written anew


def opened(content: bytes) -> Opened:
    """Return what an exported file holds, whatever its name says that it is.

    Raises PackError when there is no pack in it, or more than one.
    """
    if len(content) > MOST_BYTES:
        raise PackError(
            f"The file has {len(content):,} bytes; {MOST_BYTES:,} are read.",
            remedy="Export fewer answers at once.",
        )
    if content.startswith(b"PK"):
        return _word(content)
    text = _decoded(content)
    if text.lstrip().startswith("{"):
        return Opened(Format.JSON, text, (), text)
    if _PAGE.match(text):
        packs, paragraphs = page_contents(text, PACK_ID)
        return Opened(Format.HTML, _only(packs), tuple(paragraphs), text)
    return _markdown(text)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as cause:
        raise PackError(
            f"The file is not UTF-8 text (byte {cause.start}).", remedy=_REMEDY
        ) from cause


def _markdown(text: str) -> Opened:
    pack = _only(_COMMENT.findall(text))
    paragraphs = markdown_paragraphs(_COMMENT.sub("", text))
    return Opened(Format.MARKDOWN, pack, tuple(paragraphs), text)


def _word(content: bytes) -> Opened:
    from assistant.exporting.word_text import word_contents

    try:
        packs, paragraphs = word_contents(content)
    except UnreadableFileError as cause:
        raise PackError(f"The file is no DOCX. {cause.args[0]}", remedy=_REMEDY) from cause
    return Opened(Format.DOCX, _only(packs), tuple(map(collapsed, paragraphs)), "")


def _only(packs: list[str]) -> str:
    if len(packs) != 1:
        found = f"are {len(packs)} packs" if packs else "is no pack"
        raise PackError(f"There {found} in the file.", remedy=_REMEDY)
    return packs[0]
