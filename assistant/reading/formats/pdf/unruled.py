"""Tables without a frame: lines whose parts stand below one another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from assistant.reading.formats.pdf.columns import Row
from assistant.reading.formats.pdf.lines import Table, joined

_LONE_MARK = re.compile(
    r"[•●○◦▪■□‣⁃–*·➢✓-]|\(?[\dA-Za-z]{1,3}[.)]|(?:\d{1,2}\.){0,4}\d{0,2}|\([ivx]{1,4}\)"
)
_LEAST_ROWS = 3  # with several cells; two where there are three columns
_FAR = 3.5  # of the size: such a distance ends a table
_WIDER = 0.15  # of the size: so much more space between lines begins a row
_TOUCH = 1.0  # points

_Column = tuple[float, float]  # left and right edge


def stretches(rows: Sequence[Row]) -> Iterator[tuple[list[Row], bool]]:
    """Yield rows by turns as text and as tables."""
    rows = [_without_lone_mark(row) for row in rows]
    text: list[Row] = []
    at = 0
    while at < len(rows):
        framed = rows[at][0].table is not None
        end = at + 1 if framed else _table_end(rows, at)
        if end > at:
            if text:
                yield text, False
            yield list(rows[at:end]), True
            text, at = [], end
        else:
            text.append(rows[at])
            at += 1
    if text:
        yield text, False


def table_of(lines: Sequence[Row]) -> Table:
    """Return the table that lines make; those within a cell are joined."""
    if (framed := lines[0][0].table) is not None:
        return framed
    columns: list[_Column] = []
    for line in lines:
        columns = _with(line, columns) or columns
    return Table(tuple(_rows(lines, columns)), tuple(columns))


def _rows(lines: Sequence[Row], columns: Sequence[_Column]) -> Iterator[tuple[str, ...]]:
    placed = [[nearest((run.x0, run.x1), columns) for run in line] for line in lines]
    begins = _beginnings(lines, [0 in places for places in placed])
    current = [""] * len(columns)
    for line, places, is_new in zip(lines, placed, begins, strict=True):
        if is_new and any(current):
            yield tuple(cell.rstrip("\ufffe") for cell in current)
            current = [""] * len(columns)
        for run, column in zip(line, places, strict=True):
            above = current[column]
            text = f"{above[:-1]}{run.text}" if above.endswith("\ufffe") else f"{above} {run.text}"
            current[column] = text.strip() + ("\ufffe" if run.breaks else "")
    if any(current):
        yield tuple(cell.rstrip("\ufffe") for cell in current)


def _beginnings(lines: Sequence[Row], in_first: Sequence[bool]) -> list[bool]:
    """Say of each line whether it begins a row.

    Rows are parted by wider spaces; where all spaces are alike, a row begins in the first
    column; where every line does, each line is a row.
    """
    spaces = [_space(a, b) for a, b in pairwise(lines)]
    if not spaces:
        return [True]
    size = lines[0][0].size
    if max(spaces) - min(spaces) > _WIDER * size:
        edge = (max(spaces) + min(spaces)) / 2
        wide = [space > edge for space in spaces]
        if sum(wide) >= len(wide) * 0.1:
            return [True, *wide]
    return [True, *in_first[1:]]


def _space(above: Row, below: Row) -> float:
    return min(run.top for run in below) - max(run.bottom for run in above)


def _table_end(rows: Sequence[Row], start: int) -> int:
    """Return where a table that begins at ``start`` ends; ``start`` itself for none."""
    if len(rows[start]) < 2:
        return start
    columns: list[_Column] = []
    several, end, n = 0, start, start
    while n < len(rows) and rows[n][0].table is None:
        wider = _with(rows[n], columns)
        far = n > start and _space(rows[n - 1], rows[n]) > _FAR * rows[n][0].size
        if wider is None or far:
            break
        columns = wider
        n += 1
        if len(rows[n - 1]) > 1:
            several += 1
            end = n
        elif rows[n - 1][0].x0 > columns[0][1]:
            end = n  # it goes on with a cell of another column than the first
    least = _LEAST_ROWS - (len(columns) > 2)
    return end if several >= least else start


def _with(line: Row, columns: Sequence[_Column]) -> list[_Column] | None:
    """Return the columns with the runs of a line in them; None where a run lies across two."""
    found = list(columns)
    used: set[_Column] = set()
    for run in line:
        touched = [c for c in found if run.x0 < c[1] - _TOUCH and c[0] < run.x1 - _TOUCH]
        if len(touched) > 1 or (touched and touched[0] in used):
            return None
        column = (run.x0, run.x1)
        if touched:
            found.remove(touched[0])
            column = (min(run.x0, touched[0][0]), max(run.x1, touched[0][1]))
        found.append(column)
        used.add(column)
    return sorted(found)


def nearest(place: _Column, columns: Sequence[_Column]) -> int:
    """Return the number of the column that a place from left to right shares most with."""
    return max(
        range(len(columns)),
        key=lambda n: min(place[1], columns[n][1]) - max(place[0], columns[n][0]),
    )


def _without_lone_mark(row: Row) -> Row:
    """Join the bullet or number of an item with its words: they are no two cells."""
    if len(row) > 1 and _LONE_MARK.fullmatch(row[0].text):
        return (joined(row[:2]), *row[2:])
    return row
