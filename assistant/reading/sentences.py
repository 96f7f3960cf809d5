"""Where sentences begin and end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sentencex import get_sentence_boundaries

# What sentencex keeps together: "[An aside.] The next", whose bracket hides the full stop,
# and "The answer is no. The next", whose "no." it takes for "number".
_MISSED = re.compile(r"(?:(?<=[.!?][\])])|(?<=\sno\.))\s+(?=[“\"'\[(]?[A-Z])")


def sentence_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return (start, end) of each sentence, without the white space around it.

    Spans are in order, do not overlap, and leave out nothing but white space.
    """
    return tuple(_trimmed(text, _bounds(text)))


def _bounds(text: str) -> Iterator[tuple[int, int]]:
    for boundary in get_sentence_boundaries("en", text):
        start, end = boundary["start_index"], boundary["end_index"]
        for gap in _MISSED.finditer(text, start, end):
            yield start, gap.start()
            start = gap.end()
        yield start, end


def _trimmed(text: str, bounds: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for start, end in bounds:
        piece = text[start:end]
        left = start + len(piece) - len(piece.lstrip())
        right = end - (len(piece) - len(piece.rstrip()))
        if left < right:
            yield left, right
