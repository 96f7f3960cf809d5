"""A text of one's own, cut into claims; and what in it states nothing: headings, references."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.reading.sentences import sentence_spans

_PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*")  # up to an empty line
_END_MARK = re.compile(r"[.!?…:;][”\"'’)\]*_]*$")
_MARKED_HEADING = re.compile(r"#{1,6}\s")
_MOST_WORDS_OF_A_HEADING = 14
_BIBLIOGRAPHY = re.compile(
    r"(?:#{1,6}\s*)?(?:[\dIVX]+\.?\s+)?(?:\W{2})?"
    r"(?:references|bibliography|works cited|literature|list of references|sources)\W{0,3}",
    re.IGNORECASE,
)
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Spring|Summer|Autumn|Fall|Winter"
)
# "(Porter & Kramer, 2011, p. 63; Crane et al. 2014)", "[12]", "[3, 5-7]", "[@porter2011]"
_CITED = re.compile(
    rf"\s*\((?:(?:see|cf\.|e\.g\.),? )?(?!(?:{_MONTHS})\b)[A-Z][^()]{{1,120}}?[\s,]"
    r"(?:1[5-9]|20)\d\d[a-z]?(?:[,:;][^()]{0,200})?\)"
    r"|\s*\[(?:@[^\]]{1,200}|\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]",
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence of a text; pieces are in order and leave out nothing but white space."""

    start: int
    end: int
    is_prose: bool  # neither a heading nor an entry of a bibliography


def pieces_of(text: str) -> Iterator[Piece]:
    """Yield the sentences of a text, paragraph by paragraph."""
    paragraphs = [(m.start(), m.group().rstrip()) for m in _PARAGRAPH.finditer(text)]
    listing = False  # the bibliography goes on to the end
    for n, (offset, words) in enumerate(paragraphs):
        after = paragraphs[n + 1][1] if n + 1 < len(paragraphs) else ""
        listing = listing or _BIBLIOGRAPHY.fullmatch(words.split("\n")[0].strip()) is not None
        is_prose = not listing and not _is_heading(words, after)
        for start, end in sentence_spans(words):
            yield Piece(offset + start, offset + end, is_prose)


def _is_heading(paragraph: str, after: str) -> bool:
    """Whether a line is a heading: it is marked as one, or short and open above closed text."""
    if "\n" in paragraph:
        return False
    if _MARKED_HEADING.match(paragraph):
        return True
    is_short = len(paragraph.split()) <= _MOST_WORDS_OF_A_HEADING
    return is_short and not _END_MARK.search(paragraph) and bool(_END_MARK.search(after))


def without_citations(claim: str) -> str:
    """Return a claim without the works that it cites in brackets: they are not what it says.

    >>> without_citations("The phrase is older (Porter & Kramer, 2011).")
    'The phrase is older.'
    """
    return _CITED.sub("", claim)
