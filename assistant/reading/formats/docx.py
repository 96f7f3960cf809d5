"""Word documents (DOCX, ECMA-376 and ISO 29500 Strict)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from assistant.reading.formats.converted import Format
from assistant.reading.formats.job import Job
from assistant.reading.formats.manuscript import Manuscript
from assistant.reading.formats.packages import (
    Package,
    attribute,
    child,
    local_name,
    number_in,
)
from assistant.reading.formats.result import Result
from assistant.reading.formats.tables import add_table
from assistant.reading.formats.titles import (
    authors_in,
    dublin_core,
    language_tag,
    sensible_title,
)

_NAMES = re.compile(
    r"heading (?P<level>[1-9])|(?P<title>title)|(?P<contents>toc \d|toc heading|table of figures)|"
    r"(?P<list>list\b)\D*(?P<depth>[2-5])?|(?P<quote>.*\bquote)",
    re.IGNORECASE,
)
_SKIPPED = frozenset(
    "del moveFrom instrText delText fldChar Fallback rt annotationRef proofErr".split()
)
_BLOCK_CONTAINERS = frozenset("sdt sdtContent customXml smartTag ins moveTo body".split())
_MAX_SPAN = 60  # columns that one cell is believed to cover


@dataclass(frozen=True, slots=True)
class _Style:
    """What a paragraph style makes of its paragraphs."""

    level: int = 0  # of a heading; 0: none
    is_title: bool = False
    depth: int = 0  # of a list item; 0: none
    is_contents: bool = False
    is_quote: bool = False


@dataclass(slots=True)
class _Reading:
    """What is at hand while the body is walked."""

    manuscript: Manuscript
    styles: dict[str, _Style]
    notes: dict[tuple[str, str], etree._Element]  # (kind, id) -> footnote or endnote
    title: str = ""
    boxes: list[etree._Element] = field(default_factory=list)  # text boxes of this paragraph
    pending: list[etree._Element] = field(default_factory=list)  # notes of this paragraph


def convert(job: Job) -> Result:
    """Return the words of a Word document; it has no pages of its own."""
    package = Package(job.content, job.limits)
    parts = dict(package.relations("").values())
    main = parts.get("officeDocument", "word/document.xml")
    body = child(package.xml(main), "body")
    related = dict(package.relations(main).values())
    manuscript = Manuscript(job.limits.characters)
    styles = _styles(package.xml(related["styles"])) if related.get("styles") in package else {}
    reading = _Reading(manuscript, styles, dict(_notes(package, related)))
    if body is not None:
        _walk(body, reading)
    core = parts.get("core-properties", "docProps/core.xml")
    known = dublin_core(package.xml(core)) if core in package else {}
    return Result(
        Format.DOCX,
        manuscript,
        title=sensible_title(known.get("title", [""])[0]) or reading.title,
        authors=authors_in(known.get("creator", [""])[0]),
        language=language_tag(known.get("language", [""])[0]),
        pictures=sum("/media/" in name for name in package.names),
    )


def _styles(root: etree._Element) -> dict[str, _Style]:
    """Return style id -> what it means; a style inherits from the one that it is based on."""
    raw: dict[str, tuple[str, str, etree._Element | None]] = {}
    for style in root:
        if local_name(style) == "style" and attribute(style, "type") in ("", "paragraph"):
            name, based = child(style, "name"), child(style, "basedOn")
            raw[attribute(style, "styleId")] = (
                attribute(name, "val") if name is not None else "",
                attribute(based, "val") if based is not None else "",
                child(style, "pPr"),
            )
    return {key: _inherited(key, raw) for key in raw}


def _inherited(key: str, raw: dict[str, tuple[str, str, etree._Element | None]]) -> _Style:
    seen: set[str] = set()
    depth = 0
    while key in raw and key not in seen:
        seen.add(key)
        name, based, properties = raw[key]
        depth = depth or max(_list_level(properties), 0)
        if match := _NAMES.match(name):
            if match["list"]:
                return _Style(depth=int(match["depth"] or depth or 1))
            level = int(match["level"] or bool(match["title"]))
            return _Style(
                level=level,
                is_title=bool(match["title"]),
                is_contents=bool(match["contents"]),
                is_quote=bool(match["quote"]),
            )
        outline = child(properties, "outlineLvl")
        if outline is not None and attribute(outline, "val") in tuple("012345678"):
            return _Style(int(attribute(outline, "val")) + 1)
        key = based
    return _Style(depth=depth)


def _notes(
    package: Package, related: dict[str, str]
) -> Iterator[tuple[tuple[str, str], etree._Element]]:
    """Yield the footnotes and endnotes under their kind and id; separators are none."""
    for kind in ("footnotes", "endnotes"):
        if related.get(kind) in package:
            for note in package.xml(related[kind]):
                if attribute(note, "type") in ("", "normal"):
                    yield (local_name(note), attribute(note, "id")), note


def _walk(container: etree._Element, reading: _Reading) -> None:
    for element in container:
        name = local_name(element)
        if name == "p":
            _paragraph(element, reading)
        elif name == "tbl":
            _table(element, reading)
        elif name in _BLOCK_CONTAINERS and not _is_contents(element):
            _walk(element, reading)


def _is_contents(element: etree._Element) -> bool:
    """Say whether a content control holds the generated table of contents."""
    gallery = child(child(child(element, "sdtPr"), "docPartObj"), "docPartGallery")
    return gallery is not None and attribute(gallery, "val") == "Table of Contents"


def _paragraph(element: etree._Element, reading: _Reading) -> None:
    properties = child(element, "pPr")
    named = child(properties, "pStyle")
    style = reading.styles.get(attribute(named, "val") if named is not None else "", _Style())
    text = "".join(_words(element, reading))
    boxes, reading.boxes = reading.boxes, []
    pending, reading.pending = reading.pending, []
    outline = child(properties, "outlineLvl")
    level = style.level
    if outline is not None and attribute(outline, "val") in tuple("012345678"):
        level = int(attribute(outline, "val")) + 1
    depth = _list_level(properties)
    if style.is_contents:
        pass
    elif level:
        reading.manuscript.add("heading", text, min(level, 6))
        if style.is_title and not reading.title:
            reading.title = sensible_title(text)
    elif depth > 0 or (style.depth and depth == 0):
        reading.manuscript.add("item", text, max(depth, style.depth))
    else:
        reading.manuscript.add("quote" if style.is_quote else "paragraph", text)
    for container in (*boxes, *pending):
        _walk(container, reading)


def _list_level(properties: etree._Element | None) -> int:
    """Return the depth of a list item, 1…; 0 where it is none, -1 where a list is switched off."""
    numbering = child(properties, "numPr")
    if numbering is None:
        return 0
    number, level = child(numbering, "numId"), child(numbering, "ilvl")
    if number is not None and attribute(number, "val") == "0":
        return -1
    return min(number_in(attribute(level, "val")) + 1, 9) if level is not None else 1


def _words(element: etree._Element, reading: _Reading) -> Iterator[str]:
    """Yield the words of a paragraph; text boxes and notes are kept for after it."""
    for part in element:
        name = local_name(part)
        if name == "t":
            yield part.text or ""
        elif name in ("tab", "br", "cr", "ptab"):
            yield " "
        elif name == "noBreakHyphen":
            yield "-"
        elif name in ("footnoteReference", "endnoteReference"):
            note = reading.notes.get((name.removesuffix("Reference"), attribute(part, "id")))
            if note is not None:
                reading.pending.append(note)
        elif name == "txbxContent":
            reading.boxes.append(part)
        elif name in _SKIPPED or (name == "r" and _is_hidden(part)):
            continue
        elif name not in ("pPr", "rPr", "sdtPr"):
            yield from _words(part, reading)


def _is_hidden(run: etree._Element) -> bool:
    vanish = child(child(run, "rPr"), "vanish")
    return vanish is not None and attribute(vanish, "val") not in ("0", "false", "off")


def _table(element: etree._Element, reading: _Reading) -> None:
    rows: list[list[str]] = []
    header: bool | None = None
    for row in _within(element, "tr"):
        if not rows and child(child(row, "trPr"), "tblHeader") is not None:
            header = True
        cells: list[str] = []
        for cell in _within(row, "tc"):
            properties = child(cell, "tcPr")
            merged, span = child(properties, "vMerge"), child(properties, "gridSpan")
            text = _cell_text(cell, reading)
            if merged is not None and attribute(merged, "val") != "restart" and rows:
                text = rows[-1][len(cells)] if len(cells) < len(rows[-1]) else ""
            cells.append(text)
            width = number_in(attribute(span, "val"), 1) if span is not None else 1
            cells.extend([""] * min(width - 1, _MAX_SPAN))
        rows.append(cells)
    add_table(reading.manuscript, rows, header=header)
    boxes, reading.boxes = reading.boxes, []
    pending, reading.pending = reading.pending, []
    for container in (*boxes, *pending):
        _walk(container, reading)


def _within(element: etree._Element, wanted: str) -> Iterator[etree._Element]:
    """Yield the rows of a table or the cells of a row, through content controls."""
    for part in element:
        name = local_name(part)
        if name == wanted:
            yield part
        elif name in _BLOCK_CONTAINERS:
            yield from _within(part, wanted)


def _cell_text(cell: etree._Element, reading: _Reading) -> str:
    return " ".join(_paragraph_words(cell, reading))


def _paragraph_words(container: etree._Element, reading: _Reading) -> Iterator[str]:
    for element in container:
        if local_name(element) == "p":
            yield "".join(_words(element, reading))
        else:
            yield from _paragraph_words(element, reading)
