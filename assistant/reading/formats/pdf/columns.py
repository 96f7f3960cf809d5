"""The order in which the runs of a page are read: columns first, then down the page.

A gutter is looked for where many runs begin: there must be text facing text across it for some
lines, hardly anything crossing it, and prose on both sides (cells of a table are short). What
reaches across the gutter parts the page into bands; each band is read column by column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from assistant.reading.formats.pdf.lines import Run, joined, on_one_line

_LEAST_LINES = 4  # that face each other
_LEAST_STARTS = 2  # at a gutter: some lines of the column are indented
_FACING = 0.3  # share of the height with text on both sides, of that and what crosses
_FILLED = 0.5  # share of its column that a line of prose fills, in the middle
_PROSE_WORDS = 3.0
_ACROSS = 0.15  # of each column: reaching so far into both is crossing the gutter
_DEPTH = 3  # gutters within gutters: up to eight columns
_EDGE = 3.0  # points that columns may overlap
_LEAST_PAGES = 2
_USUAL = 0.15  # of the pages: there a gutter is the document's

_MOST_RUNS = 3_000  # on a page; beyond, it is a drawing or an attack, and left as it is

Row = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """Lines that are read one after the other, each with the runs that stand in it."""

    rows: tuple[Row, ...]
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class _Gutter:
    """The space between two columns, and how far they reach."""

    x: float
    left: float
    right: float

    def is_crossed_by(self, run: Run) -> bool:
        """Say whether a run belongs to both columns: a heading or a figure's title across."""
        before, after = self.x - run.x0, run.x1 - self.x
        return (
            min(before, after) > _EDGE
            and before > _ACROSS * (self.x - self.left)
            and after > _ACROSS * (self.right - self.x)
        )


def reading_order(
    pages: Sequence[Sequence[Run]], *, right_to_left: bool = False
) -> list[list[Region]]:
    """Return the regions of each page in the order in which they are read.

    Columns of many pages are those of the document: they are believed on a page whose own text
    (a table, a list of works) would not show them, and others are not looked for on that page.
    """
    found = [list(_own_gutters(list(runs), _DEPTH)) for runs in pages]
    usual = _usual([[gutter.x for gutter in gutters] for gutters in found])
    ordered = []
    for runs, own in zip(pages, found, strict=True):
        shared = [x for x in usual if _is_gutter(x, runs)]
        gutters = shared or [gutter.x for gutter in own]
        parts = _parted(list(runs), gutters, right_to_left=right_to_left)
        ordered.append([_region(part, right_to_left=right_to_left) for part in parts])
    return ordered


def _own_gutters(runs: list[Run], depth: int) -> Iterator[_Gutter]:
    """Yield the gutters that a page shows by itself, those within columns too."""
    if not depth or not 2 * _LEAST_LINES <= len(runs) <= _MOST_RUNS:
        return
    gutter = _best_gutter(runs)
    if gutter is not None:
        yield gutter
        yield from _own_gutters([run for run in runs if run.x1 <= gutter.x + _EDGE], depth - 1)
        yield from _own_gutters([run for run in runs if run.x0 >= gutter.x - _EDGE], depth - 1)


def _usual(found: Sequence[Sequence[float]]) -> list[float]:
    """Return the places that are gutters on many pages."""
    places = sorted((x, n) for n, page in enumerate(found) for x in page)
    groups: list[list[tuple[float, int]]] = []
    for x, n in places:
        if not groups or x - groups[-1][-1][0] > _EDGE:
            groups.append([])
        groups[-1].append((x, n))
    least = max(_LEAST_PAGES, _USUAL * len(found))
    return [group[0][0] for group in groups if len({n for _, n in group}) >= least]


def _parted(
    runs: list[Run], gutters: Sequence[float], *, right_to_left: bool
) -> Iterator[list[Run]]:
    """Yield the parts of a page in reading order, parted at those gutters that it has."""
    here = [x for x in gutters if _is_gutter(x, runs)]
    if not here:
        if runs:
            yield runs
        return
    # The most even one first: of three columns either, of four the one in the middle.
    gutter = max((_gutter(x, runs) for x in here), key=_balance)
    for across, left, right in _bands(runs, gutter):
        columns = (right, left) if right_to_left else (left, right)
        for part in (across, *columns):
            rest = [x for x in gutters if x != gutter.x] if len(part) == len(runs) else gutters
            yield from _parted(part, rest, right_to_left=right_to_left)


def _gutter(x: float, runs: Sequence[Run]) -> _Gutter:
    return _Gutter(x, min(run.x0 for run in runs), max(run.x1 for run in runs))


def _balance(gutter: _Gutter) -> float:
    sides = gutter.x - gutter.left, gutter.right - gutter.x
    return min(sides) / max(*sides, 1.0)


def _is_gutter(x: float, runs: Sequence[Run]) -> bool:
    """Say whether text faces text across a place, for some lines, and little crosses it."""
    if len(runs) < 2 * _LEAST_LINES or len(runs) > _MOST_RUNS:
        return False
    facing, crossed = _facing(_gutter(x, runs), runs)
    return facing > _LEAST_LINES * median(r.height for r in runs) and facing >= _FACING * (
        facing + crossed
    )


def _facing(gutter: _Gutter, runs: Sequence[Run]) -> tuple[float, float]:
    """Return the heights at which text faces text across a gutter, and at which it crosses."""
    left = [run for run in runs if run.x1 <= gutter.x + _EDGE]
    right = [run for run in runs if run.x0 >= gutter.x - _EDGE]
    crossing = [run for run in runs if gutter.is_crossed_by(run)]
    return _shared_height(left, right), _height(crossing)


def _best_gutter(runs: Sequence[Run]) -> _Gutter | None:
    """Return the best gutter that runs show by themselves; None where there is none."""
    best, best_score = None, 0.0
    for x in _starts(sorted(run.x0 for run in runs)):
        gutter = _gutter(x, runs)
        score = _facing(gutter, runs)[0] * _balance(gutter)
        if score > best_score and _is_gutter(x, runs):
            left = [run for run in runs if run.x1 <= x + _EDGE]
            right = [run for run in runs if run.x0 >= x - _EDGE]
            if _is_prose(left, x - gutter.left) and _is_prose(right, gutter.right - x):
                best, best_score = gutter, score
    return best


def _starts(edges: Sequence[float]) -> Iterator[float]:
    """Yield the places, but the leftmost, where several runs begin."""
    start = 0
    for n in range(1, len(edges) + 1):
        if n == len(edges) or edges[n] - edges[n - 1] > _EDGE:
            if start and n - start >= _LEAST_STARTS:
                yield edges[start] - 0.5
            start = n


def _is_prose(runs: Sequence[Run], width: float) -> bool:
    """Say whether the lines of a side are full of words, as those of a table's cells are not.

    Justified lines may fall into several runs, so a line counts with all of them.
    """
    lines = list(_rows(runs))
    columns = max(1, round(len(runs) / len(lines))) if len(lines) < len(runs) / 1.8 else 1
    words = median(sum(run.words for run in line) for line in lines)
    covered = median(sum(run.x1 - run.x0 for run in line) for line in lines)
    return words >= _PROSE_WORDS * columns and covered >= _FILLED * width


def _bands(
    runs: Sequence[Run], gutter: _Gutter
) -> Iterator[tuple[list[Run], list[Run], list[Run]]]:
    """Yield what reaches across, the left and the right column, band by band downwards."""
    downwards = sorted(runs, key=lambda run: run.middle)
    across = [run for run in downwards if gutter.is_crossed_by(run)]
    left: list[Run] = []
    right: list[Run] = []
    waiting: list[Run] = []
    for run in downwards:
        # What stands beside something that reaches across is in one line with it.
        near = across[: 1 + sum(other.middle <= run.bottom for other in across)]
        if any(on_one_line(run, other) for other in near[-4:]):
            if left or right:
                yield [], left, right
                left, right = [], []
            waiting.append(run)
            continue
        if waiting:
            yield waiting, [], []
            waiting = []
        (left if (run.x0 + run.x1) / 2 < gutter.x else right).append(run)
    if left or right:
        yield [], left, right
    if waiting:
        yield waiting, [], []


def _region(runs: Sequence[Run], *, right_to_left: bool) -> Region:
    rows = []
    for row in _rows(runs):
        row.sort(key=lambda run: -run.x1 if right_to_left else run.x0)
        rows.append(tuple(_closed(row)))
    return Region(tuple(rows), min(r.x0 for r in runs), max(r.x1 for r in runs))


def _rows(runs: Sequence[Run]) -> Iterator[list[Run]]:
    """Yield the runs that stand on one line, downwards."""
    row: list[Run] = []
    for run in sorted(runs, key=lambda run: (run.middle, run.x0)):
        alone = run.table or (row and row[-1].table)
        if row and (alone or not on_one_line(run, max(row, key=lambda r: r.height))):
            yield row
            row = []
        row.append(run)
    if row:
        yield row


def _closed(row: Sequence[Run]) -> Iterator[Run]:
    """Yield the runs of a line, those joined that stand as near as words."""
    group: list[Run] = []
    for run in row:
        if group and not -run.size < run.x0 - group[-1].x1 < 0.6 * run.size:
            yield joined(group)
            group = []
        group.append(run)
    yield joined(group)


def _height(runs: Sequence[Run]) -> float:
    return sum(end - start for start, end in _stripes(runs))


def _shared_height(left: Sequence[Run], right: Sequence[Run]) -> float:
    """Return the height at which both sides have text."""
    both = list(_stripes(left)), list(_stripes(right))
    shared, i, j = 0.0, 0, 0
    while i < len(both[0]) and j < len(both[1]):
        a, b = both[0][i], both[1][j]
        shared += max(min(a[1], b[1]) - max(a[0], b[0]), 0.0)
        i, j = (i + 1, j) if a[1] < b[1] else (i, j + 1)
    return shared


def _stripes(runs: Sequence[Run]) -> Iterator[tuple[float, float]]:
    """Yield the heights that runs take up, merged."""
    start = end = None
    for run in sorted(runs, key=lambda run: run.top):
        if end is None or start is None or run.top > end:
            if end is not None and start is not None:
                yield start, end
            start, end = run.top, run.bottom
        else:
            end = max(end, run.bottom)
    if start is not None and end is not None:
        yield start, end
