"""Plain text: paragraphs from lines, whatever their width; pages from form feeds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.reading.formats.converted import Format
from assistant.reading.formats.encodings import decoded
from assistant.reading.formats.job import Job
from assistant.reading.formats.manuscript import Manuscript
from assistant.reading.formats.result import Result

_ITEM = re.compile(r"([-*•–]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+(?=\S)")
_BULLET = re.compile(r"[-*•–]\s+")
_UNDERLINE = re.compile(r"(={3,}|-{3,}|~{3,}|\*{3,})")
_RULE = re.compile(r"[-=_*~+| ]{4,}")
_HASHES = re.compile(r"(#{1,6})\s+(\S.*?)\s*#*")
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,4})\.?\s+[^\W\d_]")
_HEADING_LENGTH = 80  # characters
_TITLE_LENGTH = 60
_LONG = 120
_WRAPPED = 100  # characters: where lines are longer, each one is a paragraph


def convert(job: Job) -> Result:
    """Return the paragraphs of a plain text."""
    read = decoded(job.content)
    manuscript = Manuscript(job.limits.characters)
    pages = read.text.strip("\f\n ").split("\f")
    for number, page in enumerate(pages, 1):
        if len(pages) > 1:
            manuscript.begin_page(number)
        _add_page(page, manuscript)
    return Result(
        Format.TEXT,
        manuscript,
        page_kind="page" if len(pages) > 1 else "",
        page_count=len(pages) if len(pages) > 1 else 0,
        warnings=(read.warning,) if read.warning else (),
    )


def _add_page(page: str, manuscript: Manuscript) -> None:
    lines = page.split("\n")
    wrapped = max(map(len, lines)) <= _WRAPPED
    chunks = [
        [line.rstrip() for line in chunk.split("\n") if line.strip()]
        for chunk in re.split(r"\n[^\S\n]*\n", page)
    ]
    chunks = [chunk for chunk in chunks if chunk]
    for n, block in enumerate(chunks):
        following = "" if n + 1 == len(chunks) else " ".join(chunks[n + 1])
        level = _heading_level(block, following)
        if level:
            text = match.group(2) if (match := _HASHES.fullmatch(block[0].strip())) else block[0]
            manuscript.add("heading", text, level)
            block = block[2:] if len(block) > 1 and _UNDERLINE.fullmatch(block[1].strip()) else []
        for kind, text in _paragraphs(block, wrapped=wrapped):
            if kind == "item":
                manuscript.add("item", text, 1)
            else:
                manuscript.add("paragraph", text)


def _heading_level(block: list[str], following: str) -> int:
    """Return the level of a heading that a block is or begins with; 0 for none.

    ``following`` is the text of the next block: a short line above a long text is a heading.
    """
    first = block[0].strip()
    if len(first) > _HEADING_LENGTH:
        return 0
    if len(block) > 1 and (line := _UNDERLINE.fullmatch(block[1].strip())):
        return 1 if line.group().startswith(("=", "*")) else 2
    if len(block) > 1:
        return 0
    if match := _HASHES.fullmatch(first):
        return len(match.group(1))
    if first.endswith((".", ",", ";", ":", "?", "!")):
        return 0
    if match := _NUMBERED.match(first):
        return min(match.group(1).count(".") + 1, 6)
    letters = [c for c in first if c.isalpha()]
    if len(letters) > 3 and all(c.isupper() for c in letters):
        return 1
    is_title = first[:1].isupper() and len(first) <= _TITLE_LENGTH and not block[0][0].isspace()
    return 2 if is_title and len(letters) > 3 and len(following) > _LONG else 0


def _paragraphs(block: list[str], *, wrapped: bool) -> Iterator[tuple[str, str]]:
    """Yield the paragraphs and items of a block, its wrapped lines joined."""
    kind, words = "paragraph", ""
    for line in block:
        text = line.strip()
        if _RULE.fullmatch(text):
            continue
        item = _ITEM.match(text)
        if words and (item or not wrapped):
            yield kind, words
            words = ""
        if not words:
            kind = "item" if item else "paragraph"
            words = _BULLET.sub("", text, count=1) if item else text
        elif re.search(r"[^\W\d_]-$", words) and text[:1].islower():
            words = words[:-1] + text  # a word that was parted at the end of the line
        else:
            words = f"{words} {text}"
    if words:
        yield kind, words
