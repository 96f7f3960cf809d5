"""Which paragraphs are headings, and of what level: by bookmarks, size and weight of the type."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from assistant.reading.formats.pdf.document import OutlineEntry
from assistant.reading.formats.pdf.paragraphs import BULLET, Paragraph

CAPTION = re.compile(r"(?:figure|fig\.|table|box|exhibit|abbildung|tabelle)\s*\d", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W_]+")
_LEADING_NUMBER = re.compile(r"^(?:chapter|part|section)?\s*[\divxlc.]+\s+", re.IGNORECASE)

_LARGER = 1.12  # than the text
_HEADING_LENGTH = 160  # characters
_BOLD_LENGTH = 100
_HEADING_LINES = 4
_MOST_HEADINGS = 0.3  # of the text's characters: more are no headings
_LONG = 2_000  # characters: a shorter text may be little but headings

_Style = tuple[int, bool]  # size in half points, bold


def body_size(paragraphs: Sequence[Paragraph]) -> float:
    """Return the size in which most of the text is set, in points."""
    sizes: Counter[int] = Counter()
    for paragraph in paragraphs:
        for line in paragraph.lines:
            sizes[round(line.size * 2)] += len(line.text)
    return sizes.most_common(1)[0][0] / 2


def heading_levels(
    paragraphs: Sequence[Paragraph], body: float, outline: Sequence[OutlineEntry]
) -> dict[int, int]:
    """Return id of a paragraph -> level, for those that are headings.

    The bookmarks are right where there are any; what is set in the same type as a heading that
    they name has its level. The rest is ordered by size.
    """
    named = _named(paragraphs, outline)
    candidates = [p for p in paragraphs if id(p) in named or _looks_like_heading(p, body)]
    length = sum(len(p.text) for p in paragraphs)
    if sum(len(p.text) for p in candidates) > _MOST_HEADINGS * length and length > _LONG:
        candidates = [p for p in candidates if id(p) in named]
    by_style: dict[_Style, Counter[int]] = {}
    for paragraph in candidates:
        if level := named.get(id(paragraph)):
            by_style.setdefault(_style(paragraph), Counter())[level] += 1
    styles = sorted({_style(p) for p in candidates}, reverse=True)
    ranks: dict[_Style, int] = {}
    rank = 0
    for style in styles:
        known = by_style.get(style)
        rank = known.most_common(1)[0][0] if known else min(rank + 1, 6)
        ranks[style] = min(max(rank, 1), 6)
    return {id(p): min(named.get(id(p), ranks[_style(p)]), 6) for p in candidates}


def _named(paragraphs: Sequence[Paragraph], outline: Sequence[OutlineEntry]) -> dict[int, int]:
    """Return id of a paragraph -> level, for those whose words are a bookmark of their page."""
    wanted: dict[tuple[int, str], int] = {}
    for entry in outline:
        for title in (entry.title, _LEADING_NUMBER.sub("", entry.title)):
            if key := _key(title):
                wanted.setdefault((entry.page, key), entry.level)
    found: dict[int, int] = {}
    for paragraph in paragraphs:
        if paragraph.table or len(paragraph.text) > 2 * _HEADING_LENGTH:
            continue
        text = paragraph.text
        for title in (text, _LEADING_NUMBER.sub("", text)):
            level = wanted.get((paragraph.page, _key(title)))
            if level:
                found[id(paragraph)] = level
    return found


def _key(text: str) -> str:
    return "".join(_LETTERS.findall(text.casefold()))


def _style(paragraph: Paragraph) -> _Style:
    return round(paragraph.size * 2), paragraph.bold


def _looks_like_heading(paragraph: Paragraph, body: float) -> bool:
    text = paragraph.text
    if (
        paragraph.table is not None
        or len(paragraph.lines) > _HEADING_LINES
        or len(text) > _HEADING_LENGTH
        or not re.search(r"[^\W\d_]{2}", text)
        or BULLET.match(text)
        or text.endswith((",", ";"))
    ):
        return False
    if paragraph.size >= _LARGER * body:
        return True
    is_title = not text.endswith((".", ":")) and len(text) <= _BOLD_LENGTH
    if paragraph.bold:
        return is_title and paragraph.size >= 0.95 * body and not CAPTION.match(text)
    letters = [c for c in text if c.isalpha()]
    return (
        is_title
        and len(letters) > 5
        and all(c.isupper() for c in letters)
        and paragraph.size >= 0.95 * body
    )
