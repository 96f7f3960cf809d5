"""Web pages: the main text, not the menus around it.

The blocks of the page come from its tree, so that headings, lists and tables are kept; which of
them are the main text is asked of trafilatura. On the 181 pages of
scrapinghub/article-extraction-benchmark (which leaves headlines out) this module has an F1 of
0.952 without and 0.944 with the headline; trafilatura's own text, without structure, 0.960.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from assistant.reading.formats.converted import Format
from assistant.reading.formats.encodings import decoded
from assistant.reading.formats.html_blocks import (
    HtmlBlock,
    add_html_block,
    html_blocks,
    parsed_html,
)
from assistant.reading.formats.job import Job
from assistant.reading.formats.manuscript import Manuscript, cleaned
from assistant.reading.formats.result import Result
from assistant.reading.formats.titles import authors_in, language_tag, sensible_title

_WORD = re.compile(r"\w+")
_SHINGLE = 3  # words
_SHORT = 6  # words; fewer are found in any text by chance
_NEAR = 400  # characters
_NEXT = 60
_KEPT = 0.6  # share of a block's shingles that are in the main text
_ENOUGH = 0.5  # share of the main text that is found again in the blocks
_LEAST = 0.1  # share of the page: a smaller main text was not found at all
_LINKS = 0.5  # share of a block that is links, in menus that are not marked as such
_FEW_LINKS = 0.05  # share of a page without menus


def convert(job: Job) -> Result:
    """Return the main text of a web page."""
    read = decoded(job.content, declared=True)
    root = parsed_html(read.text)
    title = next((cleaned("".join(e.itertext())) for e in root.iter("title")), "")
    blocks = list(html_blocks(root))
    manuscript = Manuscript(job.limits.characters)
    for block in main_blocks(blocks, read.text):
        add_html_block(manuscript, block)
    return Result(
        Format.HTML,
        manuscript,
        title=_heading_in(title, blocks) or sensible_title(title),
        authors=authors_in(_meta(root, "author")),
        language=language_tag(root.get("lang", "") or _meta(root, "language")),
        warnings=(read.warning,) if read.warning else (),
    )


def main_blocks(blocks: Sequence[HtmlBlock], page: str) -> list[HtmlBlock]:
    """Return the blocks of the main text in their order."""
    has_menus = any(block.is_chrome and block.linked >= _LINKS for block in blocks)
    if not has_menus and _linked(blocks) < _FEW_LINKS:
        return list(blocks)  # a page without menus, as word processors write them
    main = _main_text(page)
    kept = list(_found_in(main, blocks))
    found = sum(len(b.text) for b, keep in zip(blocks, kept, strict=True) if keep)
    if found >= _ENOUGH * len(main) > 0:
        return list(_with_headings(blocks, kept))
    plain = [b for b in blocks if not b.is_chrome and b.linked < _LINKS]
    if len(main) < _LEAST * sum(len(b.text) for b in plain):
        return plain
    return [HtmlBlock("paragraph", line) for line in main.splitlines()]


def _with_headings(blocks: Sequence[HtmlBlock], kept: Sequence[bool]) -> Iterator[HtmlBlock]:
    """Yield the blocks that are kept and the headings that stand right above them."""
    above: list[HtmlBlock] = []
    for block, keep in zip(blocks, kept, strict=True):
        if block.kind == "heading":
            above = [h for h in above if h.level < block.level]
            if keep or not block.is_chrome:
                above.append(block)
        elif keep:
            yield from above
            above = []
            yield block


def _main_text(page: str) -> str:
    from trafilatura import bare_extraction

    found = bare_extraction(page, include_comments=False, include_tables=True)
    return str(getattr(found, "text", "") or "")


def _found_in(main: str, blocks: Sequence[HtmlBlock]) -> Iterator[bool]:
    """Say of each block whether it is in the main text, short ones only near the last found."""
    words = _WORD.findall(main.casefold())
    known = set(_shingles(words))
    line = " ".join(["", *words, ""])
    at = 0
    for block in blocks:
        own = _WORD.findall(block.text.casefold())
        if len(own) > _SHORT:
            own_shingles = list(_shingles(own))
            keep = sum(s in known for s in own_shingles) >= _KEPT * len(own_shingles)
            place = line.find(f" {' '.join(own[:_SHORT])} ")
        else:
            menu = block.is_chrome or block.linked >= _LINKS
            end = at + (_NEXT if menu else _NEAR)
            place = line.find(f" {' '.join(own)} ", at, end) if own and at else -1
            keep = place >= 0
        if keep and place >= 0:
            at = place + len(" ".join(own))
        yield keep


def _shingles(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[n:] for n in range(_SHINGLE)), strict=False)


def _linked(blocks: Sequence[HtmlBlock]) -> float:
    """Return the share of the page's text that is links."""
    whole = sum(len(b.text) for b in blocks)
    return sum(len(b.text) * b.linked for b in blocks) / whole if whole else 0.0


def _heading_in(title: str, blocks: Sequence[HtmlBlock]) -> str:
    """Return the first main heading that the title repeats: "Value - The Site" -> "Value"."""
    heads = (b.text for b in blocks if b.kind == "heading" and b.level <= 2)
    return next((h for h in heads if len(h) > 3 and h.casefold() in title.casefold()), "")


def _meta(root: Any, name: str) -> str:  # noqa: ANN401 - lxml has no types
    return next((m.get("content", "") for m in root.iter("meta") if m.get("name") == name), "")
