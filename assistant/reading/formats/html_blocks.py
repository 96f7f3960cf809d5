"""The blocks of an HTML tree, in the order of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree, html

from assistant.reading.formats.manuscript import Manuscript, cleaned
from assistant.reading.formats.packages import number_in
from assistant.reading.formats.problems import DocumentError, Reason
from assistant.reading.formats.tables import add_table
from assistant.records import BlockKind

_SKIPPED = frozenset(
    "script style noscript template svg object embed applet iframe frame canvas audio video "
    "head title meta link base input select option textarea button datalist map rt rp "
    "annotation annotation-xml dialog".split()
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd label mark math "
    "q ruby rb s samp small span strike strong sub sup time tt u var wbr mi mo mn mrow msup msub "
    "mfrac msqrt mtext semantics".split()
)
_CHROME = frozenset("nav header footer aside form menu".split())
_CHROME_ROLES = frozenset(
    "navigation banner contentinfo complementary search menu menubar toolbar dialog alert".split()
)
_NOTE_MARK = re.compile(r"noteref|footnote-ref|footnoteref|\breference\b|mw-editsection|headerlink")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_MAX_SPAN = 60


@dataclass(frozen=True, slots=True)
class HtmlBlock:
    """One block; ``rows`` is set for a table, whose text is that of all its cells."""

    kind: BlockKind
    text: str
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()
    has_header: bool = False  # the first row is marked as one
    is_chrome: bool = False  # stands in a menu, head, foot or side of the page
    linked: float = 0.0  # share of the text that is links
    anchor: str = ""  # where it is set, this is no text but the place of an anchor


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the tree the walk is."""

    kind: BlockKind = "paragraph"
    depth: int = 0  # of lists
    is_chrome: bool = False
    anchors: frozenset[str] = frozenset()  # ids whose places are wanted


@dataclass(slots=True)
class _Line:
    """Words that are collected until a block ends."""

    words: list[str]
    linked: int = 0


def parsed_html(text: str) -> html.HtmlElement:
    """Return the root of an HTML text; raises DocumentError when nothing can be made of it."""
    # Strings with a declared encoding are refused by the parser, which cannot know it is done.
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\x00", ""))
    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError) as cause:
        raise DocumentError(Reason.NO_TEXT, "It is an empty web page.") from cause
    return root


def html_blocks(
    root: html.HtmlElement, anchors: frozenset[str] = frozenset()
) -> Iterator[HtmlBlock]:
    """Yield the blocks of a page; scripts, forms and what is hidden are left out.

    Where an element has one of the ids in ``anchors``, a block without text says so.
    """
    body = root.find("body")
    line = _Line([])
    place = _Place(anchors=anchors)
    yield from _walk(body if body is not None else root, place, line)
    yield from _flushed(line, place)


def add_html_block(manuscript: Manuscript, block: HtmlBlock) -> None:
    """Put down a block."""
    if block.rows:
        add_table(manuscript, block.rows, header=block.has_header or None)
    else:
        manuscript.add(block.kind, block.text, block.level)


def is_hidden(element: Any) -> bool:  # noqa: ANN401 - lxml has no types
    """Say whether a browser would not show an element."""
    return (
        "hidden" in element.attrib
        or element.get("aria-hidden") == "true"
        or _HIDDEN.search(element.get("style", "")) is not None
    )


def _walk(element: Any, place: _Place, line: _Line) -> Iterator[HtmlBlock]:  # noqa: ANN401
    """Yield the blocks that end within an element; words of an open one stay in ``line``."""
    line.words.append(element.text or "")
    for part in element:
        tag = part.tag
        if isinstance(tag, str) and tag not in _SKIPPED and not is_hidden(part):
            tag = tag.rpartition("}")[2].rpartition(":")[2]
            if place.anchors and (found := _anchor(part, tag, place.anchors)):
                yield from _flushed(line, place)
                yield HtmlBlock("paragraph", "", anchor=found)
            if tag in _INLINE and not _holds_block(part):
                _collect(part, tag, line)
            else:
                yield from _flushed(line, place)
                yield from _block(part, tag, place)
        line.words.append(part.tail or "")


def _block(element: Any, tag: str, place: _Place) -> Iterator[HtmlBlock]:  # noqa: ANN401
    chrome = place.is_chrome or tag in _CHROME or element.get("role") in _CHROME_ROLES
    place = replace(place, is_chrome=chrome)
    if tag in _HEADINGS:
        words = _Line([])
        _collect(element, "", words)
        yield from _flushed(words, _Place("heading", _HEADINGS[tag], chrome))
    elif tag == "pre":
        yield HtmlBlock("code", "".join(_raw(element)), is_chrome=chrome)
    elif tag == "table" and not _lays_out(element):
        yield from _table(element, chrome)
    elif tag == "br":
        return
    else:
        if tag in ("ul", "ol", "menu", "dir"):
            place = replace(place, kind="item", depth=place.depth + 1)
        elif tag == "blockquote":
            place = replace(place, kind="quote", depth=0)
        line = _Line([])
        yield from _walk(element, place, line)
        yield from _flushed(line, place)


def _anchor(element: Any, tag: str, anchors: frozenset[str]) -> str:  # noqa: ANN401
    """Return the wanted id of an element, or of one within a heading, paragraph or link."""
    is_leaf = tag in _HEADINGS or tag in _INLINE or tag in ("p", "table", "pre")
    inner = element.iter() if is_leaf else (element,)
    names = (e.get("id") or e.get("name") for e in inner if isinstance(e.tag, str))
    return next((name for name in names if name in anchors), "")


def _holds_block(element: Any) -> bool:  # noqa: ANN401
    """Say whether an inline element was wrapped around blocks, as links around cards are."""
    return any(
        isinstance(part.tag, str) and part.tag not in _INLINE and part.tag not in _SKIPPED
        for part in element.iterdescendants()
    )


def _collect(element: Any, tag: str, line: _Line) -> None:  # noqa: ANN401
    """Add the words of an inline element to the line."""
    if tag == "br":
        line.words.append(" ")
        return
    marks = f"{element.get('class', '')} {element.get('role', '')} {element.get('type', '')}"
    if _NOTE_MARK.search(marks) or "noteref" in " ".join(element.attrib.values()):
        return
    before = len(line.words)
    line.words.append(element.text or "")
    for part in element:
        if isinstance(part.tag, str) and part.tag not in _SKIPPED and not is_hidden(part):
            _collect(part, part.tag, line)
        line.words.append(part.tail or "")
    if tag == "a":
        line.linked += sum(len(word.strip()) for word in line.words[before:])


def _flushed(line: _Line, place: _Place) -> Iterator[HtmlBlock]:
    """Yield what was collected as one block and begin the next."""
    text = cleaned("".join(line.words))
    if text:
        linked = min(line.linked / len(text), 1.0)
        yield HtmlBlock(place.kind, text, place.depth, is_chrome=place.is_chrome, linked=linked)
    line.words.clear()
    line.linked = 0


def _raw(element: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield the text of a block whose lines count."""
    yield element.text or ""
    for part in element:
        if part.tag == "br":
            yield "\n"
        elif isinstance(part.tag, str):
            yield from _raw(part)
        yield part.tail or ""


def _lays_out(table: Any) -> bool:  # noqa: ANN401
    """Say whether a table only lays out the page: it holds tables, headings or whole texts."""
    if table.get("role") == "presentation":
        return True
    inner = table.iterdescendants("table", "h1", "h2", "h3", "form", "ul", "ol", "blockquote")
    return any(True for _ in inner) and not any(True for _ in table.iterdescendants("th"))


def _table(table: Any, chrome: bool) -> Iterator[HtmlBlock]:  # noqa: ANN401
    rows: list[tuple[str, ...]] = []
    header = False
    for row in table.iterdescendants("tr"):
        cells: list[str] = []
        heads = 0
        for cell in row.iterchildren("td", "th"):
            words = _Line([])
            if not is_hidden(cell):
                _collect(cell, "", words)
            heads += cell.tag == "th"
            cells.append(cleaned("".join(words.words)))
            cells.extend([""] * min(number_in(cell.get("colspan", "1"), 1) - 1, _MAX_SPAN))
        if not rows:
            header = heads > 1 and heads == len(cells)
        rows.append(tuple(cells))
    for caption in table.iterdescendants("caption"):
        text = cleaned("".join(caption.itertext()))
        yield HtmlBlock("paragraph", text, is_chrome=chrome)
    text = "\n".join(" ".join(filter(None, row)) for row in rows)
    if text.strip():
        yield HtmlBlock("row", text, 0, tuple(rows), header, chrome)
