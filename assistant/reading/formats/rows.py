"""Comma-separated tables: each row a block that can be read alone, with its number."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from assistant.reading.formats.converted import Format
from assistant.reading.formats.encodings import decoded
from assistant.reading.formats.job import Job
from assistant.reading.formats.manuscript import Manuscript, cleaned
from assistant.reading.formats.problems import DocumentError, Reason
from assistant.reading.formats.result import Result
from assistant.reading.formats.tables import looks_like_header, row_as_text

_DELIMITERS = ",;\t|"
_SAMPLE = 20_000  # characters
_LOOKED_AT = 20  # rows
_REPORT_EVERY = 2_000
_CELL_LENGTH = 1_000_000


def convert(job: Job) -> Result:
    """Return a table; its pages are its rows, counted as a spreadsheet does: the head is row 1."""
    read = decoded(job.content)
    manuscript = Manuscript(job.limits.characters)
    names: list[str] = []
    number = 0
    for number, row in enumerate(_rows(read.text), 1):
        cells = [cleaned(cell) for cell in row]
        if number == 1 and looks_like_header([cells, cells]):
            names = cells
            continue
        manuscript.begin_page(number)
        manuscript.add("row", row_as_text(names, cells))
        if number % _REPORT_EVERY == 0:
            job.on_pages("rows", number, 0)
    return Result(
        Format.CSV,
        manuscript,
        page_kind="row",
        page_count=number,
        warnings=(read.warning,) if read.warning else (),
    )


def _rows(text: str) -> Iterator[list[str]]:
    """Yield the rows, empty ones too; raises DocumentError when a cell never ends."""
    csv.field_size_limit(_CELL_LENGTH)
    lines = text.rstrip("\n").split("\n")
    if lines[0].casefold().startswith("sep=") and len(lines[0]) == 5:  # as Excel writes it
        delimiter = lines.pop(0)[4]
    else:
        delimiter = _delimiter("\n".join(lines)[:_SAMPLE])
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error as cause:
        raise DocumentError(Reason.BROKEN, f"Row {reader.line_num} is damaged: {cause}.") from cause


def _delimiter(sample: str) -> str:
    """Return the sign that parts the first rows into the same number of cells, at most cells."""
    best, best_score = ",", 0
    for delimiter in _DELIMITERS:
        try:
            rows = list(csv.reader(sample.splitlines()[:_LOOKED_AT], delimiter=delimiter))
        except csv.Error:
            continue
        widths = [len(row) for row in rows if row]
        usual = max(set(widths), key=widths.count, default=1)
        score = widths.count(usual) * (usual - 1)
        if score > best_score:
            best, best_score = delimiter, score
    return best
