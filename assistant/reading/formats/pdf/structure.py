"""Paragraphs of all pages to the text: headings, notes, items, and what runs over pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.reading.formats.manuscript import Manuscript, Piece
from assistant.reading.formats.pdf.columns import Region
from assistant.reading.formats.pdf.document import OutlineEntry
from assistant.reading.formats.pdf.furniture import PageRuns
from assistant.reading.formats.pdf.headings import CAPTION, body_size, heading_levels
from assistant.reading.formats.pdf.hyphens import Joiner
from assistant.reading.formats.pdf.lines import Table
from assistant.reading.formats.pdf.paragraphs import (
    BULLET,
    NUMBER,
    Paragraph,
    ends_early,
    is_ended,
)
from assistant.reading.formats.pdf.unruled import nearest
from assistant.reading.formats.tables import add_table, looks_like_header
from assistant.reading.formats.titles import is_navigation

_NOTE = re.compile(r"(\d{1,3}|[*†‡§¶]{1,3})[.)]?\s*(?=[^\W\d_]|[“\"(])")

_SMALLER = 0.93  # than the text: a note
_SHORT_RULE = (0.05, 0.6)  # of the column's width: the rule above its notes
_LOWER_HALF = 0.4  # of the page's height: where notes may begin


@dataclass(slots=True)
class Flow:
    """A block that may run over columns and pages, with the notes that it gave rise to."""

    parts: list[Paragraph]
    level: int = 0  # of a heading
    notes: list[Paragraph] = field(default_factory=list)


def write(
    manuscript: Manuscript,
    pages: Sequence[Sequence[Paragraph]],
    labels: Sequence[str],
    outline: Iterable[OutlineEntry],
    layouts: Sequence[PageRuns],
) -> str:
    """Put down the blocks of a document; return the text of its most prominent heading."""
    everything = [paragraph for page in pages for paragraph in page]
    if not everything:
        return ""
    joiner = Joiner([line for paragraph in everything for line in paragraph.lines])
    body = body_size(everything)
    levels = heading_levels(everything, body, list(outline))
    flows = list(_flows(pages, body, levels, layouts))
    for flow in flows:
        _add(flow, manuscript, joiner, labels)
    return _prominent(flows)


def _flows(
    pages: Sequence[Sequence[Paragraph]],
    body: float,
    levels: Mapping[int, int],
    layouts: Sequence[PageRuns],
) -> Iterator[Flow]:
    """Yield the blocks in reading order; notes follow the block that was open at their page."""
    flows: list[Flow] = []
    open_one: Flow | None = None
    for page, layout in zip(pages, layouts, strict=True):
        notes = set(map(id, _notes(page, body, layout)))
        for paragraph in page:
            if id(paragraph) in notes:
                if flows:
                    (open_one or flows[-1]).notes.append(paragraph)
                else:
                    flows.append(Flow([paragraph]))
                continue
            level = levels.get(id(paragraph), 0)
            if level and flows and _goes_on_as_heading(flows[-1], paragraph, level):
                flows[-1].parts.append(paragraph)
                continue
            if flows and _goes_on_as_table(flows[-1], paragraph):
                flows[-1].parts.append(paragraph)
                continue
            if not level and open_one is not None and _continues(open_one.parts[-1], paragraph):
                open_one.parts.append(paragraph)
                continue
            flow = Flow([paragraph], level)
            flows.append(flow)
            is_aside = paragraph.table is not None or CAPTION.match(paragraph.text) is not None
            if level:
                open_one = None
            elif not is_aside:
                open_one = flow
    yield from flows


def _goes_on_as_heading(last: Flow, paragraph: Paragraph, level: int) -> bool:
    """Say whether two headings are one that was parted by a wider space between its lines."""
    above = last.parts[-1]
    return (
        last.level == level
        and above.page == paragraph.page
        and paragraph.text[:1].islower()
        and abs(above.size - paragraph.size) < 0.5
    )


def _continues(last: Paragraph, paragraph: Paragraph) -> bool:
    """Say whether a paragraph goes on in another column or on another page."""
    if last.table or paragraph.table or abs(last.size - paragraph.size) > 0.08 * last.size:
        return False
    moved = last.page != paragraph.page or last.region is not paragraph.region
    if paragraph.page - last.page > 2 or not moved or BULLET.match(paragraph.text):
        return False
    if Joiner.parts(last.lines[-1]) or paragraph.text[:1].islower():
        return paragraph.text[:1].islower() and not is_ended(last.text)
    is_full = not ends_early(last.lines[-1], paragraph.lines[0], last.region)
    return is_full and not is_ended(last.text) and not NUMBER.match(paragraph.text)


def _notes(paragraphs: Sequence[Paragraph], body: float, page: PageRuns) -> Iterator[Paragraph]:
    """Yield the notes at the feet of the columns of a page: set smaller, or below a short rule."""
    columns: dict[int, list[Paragraph]] = {}
    for paragraph in paragraphs:
        columns.setdefault(id(paragraph.region), []).append(paragraph)
    for column in columns.values():
        edge = _note_rule(column[0].region, page)
        start = len(column)
        while start and column[start - 1].table is None:
            above = column[start - 1]
            if above.size > _SMALLER * body and above.lines[0].top < edge:
                break
            start -= 1
        while start < len(column) and not _is_note(column[start], page.height):
            start += 1
        yield from column[start:]


def _note_rule(region: Region, page: PageRuns) -> float:
    """Return the height of the rule above the notes of a column; infinite where there is none."""
    width = region.x1 - region.x0
    places = [
        rule.top
        for rule in page.rules
        if not rule.is_upright
        and rule.top > _LOWER_HALF * page.height
        and abs(rule.x0 - region.x0) < 0.05 * width
        and _SHORT_RULE[0] * width < rule.x1 - rule.x0 < _SHORT_RULE[1] * width
    ]
    return max(places, default=float("inf"))


def _is_note(paragraph: Paragraph, height: float) -> bool:
    return (
        paragraph.lines[0].top > _LOWER_HALF * height
        and _NOTE.match(paragraph.text) is not None
        and CAPTION.match(paragraph.text) is None
    )


def _add(flow: Flow, manuscript: Manuscript, joiner: Joiner, labels: Sequence[str]) -> None:
    if flow.parts[0].table is not None:
        _add_table(flow.parts, manuscript, labels)
    else:
        pieces = list(_pieces(flow.parts, joiner, labels))
        text = pieces[0].text
        if flow.level:
            manuscript.add_pieces("heading", pieces, flow.level)
        elif bullet := BULLET.match(text):
            pieces[0] = Piece(text[bullet.end() :], pieces[0].page)
            manuscript.add_pieces("item", pieces, 1)
        elif NUMBER.match(text):
            manuscript.add_pieces("item", pieces, 1)
        else:
            manuscript.add_pieces("paragraph", pieces)
    for note in flow.notes:
        (piece,) = _pieces([note], joiner, labels)
        text = _NOTE.sub("", piece.text, count=1)
        manuscript.add_pieces("paragraph", [Piece(text, piece.page)])


def _add_table(parts: Sequence[Paragraph], manuscript: Manuscript, labels: Sequence[str]) -> None:
    """Put down a table that may run over pages, under the names of its first row."""
    tables = [part.table for part in parts if part.table is not None]
    names = tables[0].rows[0]
    has_names = looks_like_header(tables[0].rows) or (
        len(tables) > 1 and looks_like_header([names, names])
    )
    for n, (part, table) in enumerate(zip(parts, tables, strict=True)):
        manuscript.begin_page(part.page + 1, labels[part.page])
        rows = [_under(tables[0], table, row) for row in table.rows]
        if n and rows[0] == names:  # printed again on each page
            rows = rows[1:]
        if has_names and n:
            rows.insert(0, names)
        add_table(manuscript, rows, header=has_names)


def _under(first: Table, table: Table, row: tuple[str, ...]) -> tuple[str, ...]:
    """Return the cells of a row under the columns of the first part of its table."""
    cells = [""] * len(first.columns)
    for cell, column in zip(row, table.columns, strict=False):
        if cell:
            n = nearest(column, first.columns)
            cells[n] = f"{cells[n]} {cell}".strip()
    return tuple(cells)


def _goes_on_as_table(last: Flow, paragraph: Paragraph) -> bool:
    """Say whether a table at the head of a page goes on with the one at the foot of the last."""
    above, below = last.parts[-1], paragraph
    if above.table is None or below.table is None or below.page != above.page + 1:
        return False
    columns = [nearest(column, above.table.columns) for column in below.table.columns]
    return len(set(columns)) == len(columns) <= len(above.table.columns)


def _pieces(parts: Sequence[Paragraph], joiner: Joiner, labels: Sequence[str]) -> Iterator[Piece]:
    """Yield the text of a block page by page; a word parted by the page belongs to the first."""
    lines = [(part.page, line) for part in parts for line in part.lines]
    text, page = "", lines[0][0]
    carried = ""  # of this line's words, those that went to the page before
    for n, (own, line) in enumerate(lines):
        words = line.text.removeprefix(carried).lstrip() if carried else line.text
        carried = ""
        if own != page:
            yield Piece(text, (page + 1, labels[page]))
            text, page = "", own
        parted = n + 1 < len(lines) and joiner.parts(line)
        if n and joiner.parts(lines[n - 1][1]) and text:
            text = joiner.joined(text, words)
        else:
            text = f"{text} {words}" if text else words
        if parted and lines[n + 1][0] != page:
            carried = lines[n + 1][1].text.split(" ", 1)[0]
            text = joiner.joined(text, carried)
    yield Piece(text, (page + 1, labels[page]))


def _prominent(flows: Sequence[Flow]) -> str:
    """Return the heading of the first two pages that is larger than all others: the title."""
    headings = [f for f in flows if f.level and f.parts[0].page <= 1]
    headings = [f for f in headings if not is_navigation(f.parts[0].text)]
    headings.sort(key=lambda flow: -flow.parts[0].size)
    if not headings or (len(headings) > 1 and not _is_larger(headings[0], headings[1])):
        return ""
    return " ".join(part.text for part in headings[0].parts)


def _is_larger(a: Flow, b: Flow) -> bool:
    return a.parts[0].size > 1.04 * b.parts[0].size
