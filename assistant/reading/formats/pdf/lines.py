"""Words to runs: stretches of one line that no wide gap parts."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from unicodedata import normalize

from assistant.reading.formats.pdf.words import Rule, Word

_GAP = 1.0  # of the type's size: wider ones part columns and cells, hardly ever words
_TOUCHING = 0.07  # of the size: less is no space
_OVERLAP = 0.5  # of the lower of two words, to be on one line
_NEAR_RULES = 200  # of one table, one above the other
_ACCENTED = re.compile(r"([¨´`ˆ˜˚¸ˇ])([A-Za-zı])")
_COMBINING = dict(zip("¨´`ˆ˜˚¸ˇ", "\u0308\u0301\u0300\u0302\u0303\u030a\u0327\u030c", strict=True))
_BETWEEN_SIGNS = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uff9f]) (?=[\u3000-\u9fff\uff00-\uff9f])")
_LEADERS = re.compile(r"(?:\s?[.·_]){4,}")
_MARK = re.compile(r"\d{1,3}|[*†‡§¶]{1,3}")


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a table row by row, and where its columns are."""

    rows: tuple[tuple[str, ...], ...]
    columns: tuple[tuple[float, float], ...]  # left and right edge of each


@dataclass(frozen=True, slots=True)
class Run:
    """Words that stand side by side; distances in points from the page's upper left corner."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float  # of most of its words
    bold: bool  # all of it
    words: int
    breaks: bool  # its last word goes on in the next line
    table: Table | None = None  # that its frame shows; then this is all of it

    @property
    def height(self) -> float:
        """Of the line of type."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Half-way down."""
        return (self.top + self.bottom) / 2


def runs_of(words: Iterable[Word], rules: Sequence[Rule] = ()) -> list[Run]:
    """Return the runs in the order of the file; upright rules part what they stand between."""
    upright = sorted((rule for rule in rules if rule.is_upright), key=lambda rule: rule.x0)
    return [_run(group) for group in _groups(words, upright)]


def on_one_line(a: Run | Word, b: Run | Word) -> bool:
    """Say whether two boxes stand at the same height."""
    shared = min(a.bottom, b.bottom) - max(a.top, b.top)
    return shared >= _OVERLAP * min(a.bottom - a.top, b.bottom - b.top)


def joined(runs: Sequence[Run], space: str = " ") -> Run:
    """Return runs of one line as one."""
    if len(runs) == 1:
        return runs[0]
    longest = max(runs, key=lambda run: len(run.text))
    return Run(
        text=runs[0].text + "".join(_apart(a, b, space) + b.text for a, b in pairwise(runs)),
        x0=min(run.x0 for run in runs),
        x1=max(run.x1 for run in runs),
        top=min(run.top for run in runs),
        bottom=max(run.bottom for run in runs),
        size=longest.size,
        bold=all(run.bold for run in runs),
        words=sum(run.words for run in runs),
        breaks=runs[-1].breaks,
    )


def _apart(left: Run, right: Run, space: str) -> str:
    """Return what stands between two runs of a line: nothing where they are halves of a word."""
    touching = abs(right.x0 - left.x1) < _TOUCHING * right.size
    return "" if touching else space


def _groups(words: Iterable[Word], upright: Sequence[Rule]) -> Iterator[list[Word]]:
    group: list[Word] = []
    for word in words:
        if group and (not _follows(word, group[-1]) or _are_parted(group[-1], word, upright)):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _follows(word: Word, last: Word) -> bool:
    """Say whether a word stands right after another; PDFium parts more lines than there are."""
    if not on_one_line(word, last):
        return False
    size = max(word.size, last.size)
    gap = word.x0 - last.x1
    return -0.5 * size < gap < _GAP * size


def _are_parted(last: Word, word: Word, upright: Sequence[Rule]) -> bool:
    """Say whether a rule runs down between two words of a line."""
    middle = (word.top + word.bottom) / 2
    first = bisect_left(upright, last.x1 - 1, key=lambda rule: rule.x0)
    for rule in upright[first : first + _NEAR_RULES]:
        if rule.x0 > word.x0 + 1:
            return False
        if rule.top <= middle <= rule.bottom:
            return True
    return False


def _run(words: Sequence[Word]) -> Run:
    size = median(word.size for word in words for _ in range(min(len(word.text), 12)))
    kept = [word for n, word in enumerate(words) if n == 0 or not _is_mark(word, words[n - 1])]
    text = _written(_LEADERS.sub(" ", " ".join(_spaced(kept))))
    return Run(
        text=text,
        x0=min(word.x0 for word in words),
        x1=max(word.x1 for word in words),
        top=median(word.top for word in words),
        bottom=median(word.bottom for word in words),
        size=size,
        bold=all(word.bold for word in words),
        words=len(kept),
        breaks=words[-1].breaks,
    )


def _written(text: str) -> str:
    """Return a text with accents on their letters, and no spaces between Chinese signs.

    Old TeX sets an accent before its letter: "na¨ıve".
    """
    text = _ACCENTED.sub(
        lambda m: normalize("NFC", m.group(2).replace("ı", "i") + _COMBINING[m.group(1)]), text
    )
    return _BETWEEN_SIGNS.sub("", text)


def _spaced(words: Sequence[Word]) -> Iterator[str]:
    """Yield the words; PDFium begins a line within one where its type or direction changes."""
    text = ""
    for n, word in enumerate(words):
        near = n > 0 and word.x0 - words[n - 1].x1 < _TOUCHING * word.size
        touching = near and word.begins_line  # elsewhere the file itself has a space
        if text and not touching:
            yield text
            text = ""
        text += word.text
    yield text


def _is_mark(word: Word, before: Word) -> bool:
    """Say whether a word is the raised number of a note after the word before it."""
    return (
        word.size < before.size * 0.85
        and word.bottom < before.bottom - before.size * 0.1
        and _MARK.fullmatch(word.text) is not None
    )
