"""Rows of a table as text that can be read alone: "Judge: Customer; Instrument: Choice"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.reading.formats.manuscript import Manuscript, cleaned

_HEADER_LENGTH = 60  # characters; a longer first cell is no name of a column
_PROSE_LENGTH = 400  # a cell of this length makes the table one that lays out a page


def add_table(
    manuscript: Manuscript, rows: Sequence[Sequence[str]], *, header: bool | None = None
) -> None:
    """Put down the rows of a table; ``header`` None asks the first row itself.

    A table of one column, or with whole paragraphs in its cells and no header, only lays out
    a page: its cells become paragraphs.
    """
    cells = [[cleaned(cell) for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    if not cells:
        return
    if header is None:
        header = looks_like_header(cells)
    width = max(len(row) for row in cells)
    longest = max(len(cell) for row in cells for cell in row)
    if width == 1 or (not header and (len(cells) == 1 or longest > _PROSE_LENGTH)):
        for row in cells:
            for cell in row:
                manuscript.add("paragraph", cell)
        return
    for line in rows_as_text(cells, header=header):
        manuscript.add("row", line)


def rows_as_text(rows: Sequence[Sequence[str]], *, header: bool) -> Iterator[str]:
    """Yield one line a row; the first row gives the names of the columns if it is a header.

    >>> list(rows_as_text([["Judge", "By"], ["Customer", "choice"]], header=True))
    ['Judge: Customer; By: choice']
    """
    names: Sequence[str] = rows[0] if header and len(rows) > 1 else ()
    for row in rows[1:] if names else rows:
        yield row_as_text(names, row)


def row_as_text(names: Sequence[str], row: Sequence[str]) -> str:
    """Return the cells of one row under the names of their columns."""
    cells: list[str] = []
    for n, cell in enumerate(row):
        name = names[n].rstrip(" :") if n < len(names) else ""
        if cell:
            cells.append(f"{name}: {cell}" if name and name != cell else cell)
    return "; ".join(cells)


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether the first row names the columns: short, different, no figures."""
    first = rows[0]
    named = [cell for cell in first if cell]
    return (
        len(rows) > 1
        and len(named) >= max(len(first) - 1, 2)
        and len(set(named)) == len(named)
        and all(len(cell) <= _HEADER_LENGTH for cell in named)
        and not any(_is_figure(cell) for cell in named)
        and len(first) == max(len(row) for row in rows)
    )


def _is_figure(cell: str) -> bool:
    """Say whether a cell is a number; a year may well name a column."""
    digits = sum(c.isdigit() for c in cell)
    is_year = len(cell) == 4 and digits == 4 and cell[0] in "12"
    return digits * 2 > len(cell) and not is_year
