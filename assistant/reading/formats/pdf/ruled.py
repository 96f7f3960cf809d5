"""Tables whose cells are framed: taken out of the page as one block before it is read.

Rules that touch make a frame. Its lines across and down give the rows and columns, and each run
falls into the cell that its middle lies in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from assistant.reading.formats.pdf.lines import Run, Table
from assistant.reading.formats.pdf.words import Rule

_TOUCH = 1.5  # points
_MOST_RULES = 1_500  # on a page; more are a drawing
_LEAST_EDGES = 3  # across and down: two rows, two columns
_FILLED = 0.3  # of the cells; fewer are a form or a chart
_WORDS = 40.0  # in a cell on average: more, and it frames text, not a table


def without_ruled_tables(runs: Sequence[Run], rules: Sequence[Rule]) -> list[Run]:
    """Return the runs of a page, those in a framed table replaced by one run for the table."""
    if len(rules) > _MOST_RULES:
        return list(runs)
    left = list(runs)
    for frame in _frames(rules):
        xs = _edges(rule.x0 for rule in frame if rule.is_upright)
        ys = _edges(rule.top for rule in frame if not rule.is_upright)
        if len(xs) < _LEAST_EDGES or len(ys) < _LEAST_EDGES:
            continue
        inside = [r for r in left if _cell(r, xs, ys) is not None]
        table = _table(inside, xs, ys)
        if table is not None:
            taken = set(map(id, inside))
            left = [run for run in left if id(run) not in taken]
            left.append(table)
    return left


def _table(inside: Sequence[Run], xs: Sequence[float], ys: Sequence[float]) -> Run | None:
    """Return the run that stands for a table; None where the frame holds none."""
    cells: dict[tuple[int, int], list[Run]] = {}
    for run in inside:
        if (place := _cell(run, xs, ys)) is not None:
            cells.setdefault(place, []).append(run)
    rows = [
        tuple(_text(cells.get((row, column), ())) for column in range(len(xs) - 1))
        for row in range(len(ys) - 1)
    ]
    rows = [row for row in rows if any(row)]
    columns = [n for n in range(len(xs) - 1) if any(row[n] for row in rows)]
    rows = [tuple(row[n] for n in columns) for row in rows]
    filled = sum(bool(cell) for row in rows for cell in row)
    words = sum(run.words for run in inside)
    if len(rows) < 2 or len(columns) < 2 or filled < _FILLED * len(rows) * len(columns):
        return None
    if words > _WORDS * filled:
        return None
    usual = max(inside, key=lambda run: run.words)
    return Run(
        text="; ".join(cell for row in rows for cell in row if cell),
        x0=xs[0],
        x1=xs[-1],
        top=ys[0],
        bottom=ys[-1],
        size=usual.size,
        bold=False,
        words=words,
        breaks=False,
        table=Table(tuple(rows), tuple((xs[n], xs[n + 1]) for n in columns)),
    )


def _text(runs: Sequence[Run]) -> str:
    """Return the words of a cell, its lines one below the other joined."""
    text = ""
    for run in sorted(runs, key=lambda run: (round(run.middle / max(run.height, 1)), run.x0)):
        text = f"{text}{run.text}" if text.endswith("\ufffe") else f"{text} {run.text}"
        text += "\ufffe" if run.breaks else ""
    return text.strip(" \ufffe")


def _frames(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    """Yield the rules that touch one another, directly or through others."""
    left = sorted(rules, key=lambda rule: rule.top)
    while left:
        frame, waiting = [], [left.pop()]
        while waiting:
            rule = waiting.pop()
            frame.append(rule)
            near = [other for other in left if _touch(rule, other)]
            if near:
                found = set(map(id, near))
                left = [other for other in left if id(other) not in found]
                waiting.extend(near)
        yield frame


def _touch(a: Rule, b: Rule) -> bool:
    return (
        a.x0 - _TOUCH <= b.x1
        and b.x0 - _TOUCH <= a.x1
        and a.top - _TOUCH <= b.bottom
        and b.top - _TOUCH <= a.bottom
    )


def _edges(places: Iterable[float]) -> list[float]:
    """Return the places in order, those that touch as one."""
    edges: list[float] = []
    for place in sorted(places):
        if not edges or place - edges[-1] > _TOUCH:
            edges.append(place)
    return edges


def _cell(run: Run, xs: Sequence[float], ys: Sequence[float]) -> tuple[int, int] | None:
    """Return row and column of the cell in which the middle of a run lies."""
    x, y = (run.x0 + run.x1) / 2, run.middle
    if not (xs[0] <= x <= xs[-1] and ys[0] <= y <= ys[-1]):
        return None
    row = max(n for n in range(len(ys)) if ys[n] <= y)
    column = max(n for n in range(len(xs)) if xs[n] <= x)
    return min(row, len(ys) - 2), min(column, len(xs) - 2)
