"""The words of a page with their places, from PDFium."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

_WORD = re.compile(r"[^\s\ufffe]+")
_HYPHEN = "\ufffe"  # what PDFium makes of a hyphen at the end of a line
_BOLD = re.compile(r"bold|black|heavy|semibold|demi|cmbx|cmssbx|-bd\b|\.b\b|,bold", re.IGNORECASE)
# A word and the mark of a note after it: raised, small figures or signs.
_MARKED = re.compile(
    r"(.*(?:[^\W\d_]{3}|[.,;:!?)”’\"'\]]))(\d{1,3}(?:[,–-]\d{1,3})*|[*†‡§¶]{1,3})", re.DOTALL
)
_FULL_PAGE = 50  # words; a page with more is no scan
_ASKEW = 10.0  # degrees
_MANY = 0.2  # of the words of a page
_THIN = 2.0  # points: thicker is no line but a bar
_LONG = 4.0
_MOST_OBJECTS = 20_000  # of a page: a map has more, and no tables
_PICTURE_SHARE = 0.4  # of a page: what is printed there may be a scanned text

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its box in points; the page's upper left corner is (0, 0)."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float  # of the type
    bold: bool
    breaks: bool  # it is parted by a hyphen at the end of its line
    begins_line: bool  # as PDFium sees it


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin line that is drawn, across or down: the frame of a table's cells."""

    x0: float
    x1: float
    top: float
    bottom: float

    @property
    def is_upright(self) -> bool:
        """Whether it runs down the page."""
        return self.bottom - self.top > self.x1 - self.x0


@dataclass(frozen=True, slots=True)
class PageWords:
    """What stands on a page."""

    words: tuple[Word, ...]
    width: float
    height: float
    rules: tuple[Rule, ...] = ()
    has_picture: bool = False  # one that fills most of the page
    unreadable: float = 0.0  # share of characters without a meaning


@dataclass(frozen=True, slots=True)
class _Type:
    """How a stretch of characters is set."""

    size: float  # points
    angle: float  # degrees, anticlockwise
    bold: bool


@dataclass(frozen=True, slots=True)
class _Placed:
    """A word where PDF has it: left, lower, right and upper edge, y upwards."""

    text: str
    box: Box
    kind: _Type
    breaks: bool
    begins_line: bool


@dataclass(slots=True)
class _Types:
    """The types of a page, looked up once for each of its text objects."""

    text_page: Any
    known: dict[int, _Type] = field(default_factory=dict)
    fonts: dict[int, bool] = field(default_factory=dict)  # font -> whether it is bold

    def of(self, index: int) -> _Type:
        """Return the type of a character."""
        piece = raw.FPDFText_GetTextObject(self.text_page, index)
        key = _address(piece)
        if key not in self.known:
            self.known[key] = self._look(index, piece)
        return self.known[key]

    def _look(self, index: int, piece: Any) -> _Type:  # noqa: ANN401
        matrix = raw.FS_MATRIX()
        raw.FPDFText_GetMatrix(self.text_page, index, matrix)
        scale = math.hypot(matrix.c, matrix.d)
        size = abs(raw.FPDFText_GetFontSize(self.text_page, index)) * scale
        angle = math.degrees(math.atan2(matrix.b, matrix.a))
        font = raw.FPDFTextObj_GetFont(piece) if piece else None
        key = _address(font)
        if key and key not in self.fonts:
            self.fonts[key] = _BOLD.search(_font_name(font)) is not None
        return _Type(size, angle, self.fonts.get(key, False))


def words_of(document: Any, number: int) -> PageWords:  # noqa: ANN401
    """Return the words of a page in the order of the file; an unreadable page has none."""
    try:
        page = document[number]
    except pdfium.PdfiumError:
        return PageWords((), 0.0, 0.0)
    try:
        return _page_words(page)
    except pdfium.PdfiumError:
        return PageWords((), 0.0, 0.0)
    finally:
        page.close()


def _page_words(page: Any) -> PageWords:  # noqa: ANN401
    width, height = page.get_size()
    text_page = page.get_textpage()
    try:
        placed, unreadable = _words(text_page.raw)
    finally:
        text_page.close()
    box = page.get_cropbox()
    words, turn = _upright(placed, box)
    picture = len(words) < _FULL_PAGE and _has_picture(page, width * height)
    rules = tuple(_rules(page, box, turn)) if words else ()
    return PageWords(tuple(words), width, height, rules, picture, unreadable)


def _words(text_page: Any) -> tuple[list[_Placed], float]:  # noqa: ANN401
    """Return the words where they stand, and the share of the characters that have no meaning."""
    count = raw.FPDFText_CountChars(text_page)
    if count <= 0:
        return [], 0.0
    text = _text(text_page, count)
    direct = len(text) == count  # then positions in the text are numbers of characters
    types = _Types(text_page)
    found: list[_Placed] = []
    end = 0
    for match in _WORD.finditer(text):
        first, last = match.start(), match.end() - 1
        if not direct:
            first = raw.FPDFText_GetCharIndexFromTextIndex(text_page, first)
            last = raw.FPDFText_GetCharIndexFromTextIndex(text_page, last)
        kind = types.of(first)
        box = _box(text_page, first, last)
        if box is None:
            continue
        shown = _without_note_mark(match.group(), (first, last), box, types)
        between = text[end : match.start()]
        begins = not found or "\n" in between or _HYPHEN in between
        end = match.end()
        breaks = text.startswith(_HYPHEN, end)
        found.append(_Placed(shown, box, kind, breaks, begins))
    unreadable = sum(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" for c in text)
    unreadable += len(re.findall("[\x00-\x08\x0e-\x1f]", text))
    return found, unreadable / count


def _text(text_page: Any, count: int) -> str:  # noqa: ANN401
    buffer = ctypes.create_string_buffer((count + 1) * 2)
    pointer = ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort))
    length = raw.FPDFText_GetText(text_page, 0, count, pointer)
    units = buffer.raw[: max(length - 1, 0) * 2]
    return units.decode("utf-16-le", "replace")


def _box(text_page: Any, first: int, last: int) -> Box | None:  # noqa: ANN401
    """Return left, lower, right and upper edge of two characters and all between them."""
    edges: list[raw.FS_RECTF] = []
    for index in (first, last):
        box = raw.FS_RECTF()
        if not raw.FPDFText_GetLooseCharBox(text_page, index, box):
            return None
        edges.append(box)
    a, b = edges
    return min(a.left, b.left), min(a.bottom, b.bottom), max(a.right, b.right), max(a.top, b.top)


def _without_note_mark(
    text: str,
    span: tuple[int, int],
    box: Box,
    types: _Types,
) -> str:
    """Return a word without the raised number of a note that stands right after it."""
    marked = _MARKED.fullmatch(text)
    if marked is None:
        return text
    whole, mark = types.of(span[0]), types.of(span[1])
    mark_box = _box(types.text_page, span[1], span[1])
    raised = mark_box is not None and mark_box[1] > box[1] + whole.size * 0.1
    return marked.group(1) if raised and mark.size < whole.size * 0.85 else text


def _upright(placed: Sequence[_Placed], page: Box) -> tuple[list[Word], int]:
    """Turn the words so that they run from left to right and down from the upper edge.

    Words that run another way than the rest are stamps and water marks, and left out, unless
    they are many: then they come after the rest. Returns by how many quarters most are turned.
    """
    turns = [_turn(word.kind.angle) for word in placed]
    usual = max(set(turns) - {None}, key=turns.count, default=0) or 0
    words: list[Word] = []
    below = 0.0
    for turn in range(usual, usual + 4):
        if turn == usual or turns.count(turn % 4) >= _MANY * len(turns):
            edges = _turned(page, turn % 4)
            own = (word for word, t in zip(placed, turns, strict=True) if t == turn % 4)
            words.extend(_moved(own, edges, turn % 4, below))
            below += edges[3] - edges[1]
    return words, usual


def _moved(placed: Iterable[_Placed], edges: Box, turn: int, below: float) -> Iterator[Word]:
    """Yield the words that lie within the edges of the page, counted from its corner."""
    left, top, right, bottom = edges
    for word in placed:
        x0, y0, x1, y1 = _turned(word.box, turn)
        if left <= (x0 + x1) / 2 <= right and top <= (y0 + y1) / 2 <= bottom:
            yield Word(
                text=word.text,
                x0=x0 - left,
                x1=x1 - left,
                top=y0 - top + below,
                bottom=y1 - top + below,
                size=word.kind.size if word.kind.size > 0 else y1 - y0,
                bold=word.kind.bold,
                breaks=word.breaks,
                begins_line=word.begins_line,
            )


def _turn(angle: float) -> int | None:
    """Return the quarters by which a text is turned; None where it runs askew."""
    askew = abs((angle + 45) % 90 - 45) >= _ASKEW
    return None if askew else round(angle / 90) % 4


def _rules(page: Any, box: Box, turn: int) -> Iterator[Rule]:  # noqa: ANN401
    """Yield the thin lines that are drawn on a page."""
    edges = _turned(box, turn)
    left, lower, right, upper = (ctypes.c_float() for _ in range(4))
    object_at, type_of = raw.FPDFPage_GetObject, raw.FPDFPageObj_GetType
    handle = page.raw
    for n in range(min(raw.FPDFPage_CountObjects(handle), _MOST_OBJECTS)):
        piece = object_at(handle, n)
        if type_of(piece) != raw.FPDF_PAGEOBJ_PATH:
            continue
        if raw.FPDFPageObj_GetBounds(piece, left, lower, right, upper):
            found = _turned((left.value, lower.value, right.value, upper.value), turn)
            x0, top, x1, bottom = found
            thin, long = sorted((x1 - x0, bottom - top))
            if thin <= _THIN and long >= _LONG:
                yield Rule(x0 - edges[0], x1 - edges[0], top - edges[1], bottom - edges[1])


def _turned(box: Box, turn: int) -> Box:
    """Return left, top, right, bottom for text that runs ``turn`` quarters anticlockwise.

    ``box`` is left, lower, right, upper, with y upwards as in PDF.
    """
    left, lower, right, upper = box
    if turn == 1:
        return lower, left, upper, right
    if turn == 2:
        return -right, lower, -left, upper
    if turn == 3:
        return -upper, -right, -lower, -left
    return left, -upper, right, -lower


def _has_picture(page: Any, area: float) -> bool:  # noqa: ANN401
    """Say whether one picture, or all together, fill much of the page."""
    covered = 0.0
    for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, lower, right, upper = picture.get_bounds()
        covered += max(right - left, 0.0) * max(upper - lower, 0.0)
    return covered >= _PICTURE_SHARE * area > 0


def _font_name(font: Any) -> str:  # noqa: ANN401
    buffer = ctypes.create_string_buffer(200)
    raw.FPDFFont_GetBaseFontName(font, buffer, len(buffer))
    return buffer.value.decode("latin-1")


def _address(pointer: Any) -> int:  # noqa: ANN401
    """Return where a structure of PDFium is; the same one is at the same place."""
    return ctypes.addressof(pointer.contents) if pointer else 0
