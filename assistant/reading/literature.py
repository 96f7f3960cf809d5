"""Pandoc citations: taken out of the text, kept as keys with their place.

Syntax after the Pandoc User's Guide, section "Citation syntax": ``[@key]``,
``[see @one, p. 3; -@two]``. A bracket without a key is ordinary text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_KEY = re.compile(r"(?<![\w@])-?@(\w(?:[\w:.#$%&+?<>~/-]*\w)?)")
_GROUP = re.compile(r"(?<![ \t])[ \t]*\[[^\[\]\n]*?(?<![\w@])@\w[^\[\]\n]*\]")


@dataclass(frozen=True, slots=True)
class LiteratureMark:
    """Keys that were cited at a place of the cleaned text."""

    at: int  # between the character before and the one after
    keys: tuple[str, ...]


def take_out_citations(text: str) -> tuple[str, tuple[LiteratureMark, ...]]:
    """Return ``text`` without its citation groups, and where they stood.

    >>> take_out_citations("It is so [@a; @b].")
    ('It is so.', (LiteratureMark(at=8, keys=('a', 'b')),))
    """
    kept: list[str] = []
    marks: list[LiteratureMark] = []
    length = end = 0
    for group in _GROUP.finditer(text):
        kept.append(text[end : group.start()])
        length += group.start() - end
        end = group.end()
        marks.append(LiteratureMark(at=length, keys=tuple(_KEY.findall(group.group()))))
    kept.append(text[end:])
    return "".join(kept), tuple(marks)
