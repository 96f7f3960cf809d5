"""OpenDocument texts and presentations (ODT, ODP; ISO 26300)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from assistant.reading.formats.problems import DocumentError, Reason
from assistant.reading.formats.result import Result
from assistant.reading.formats.tables import add_table
from assistant.reading.formats.titles import (
    authors_in,
    dublin_core,
    language_tag,
    sensible_title,
)

_SKIPPED = frozenset(
    "tracked-changes table-of-content alphabetical-index user-index annotation forms "
    "sequence-decls ruby-text note-citation desc variable-decls header footer "
    "illustration-index table-index object-index".split()
)
_MAX_REPEAT = 60  # a row of a spreadsheet may claim a million empty cells


@dataclass(slots=True)
class _Reading:
    """What is at hand while the body is walked."""

    manuscript: Manuscript
    parents: Mapping[str, str]  # automatic style -> the style that it is made from
    title: str = ""
    aside: list[etree._Element] = field(default_factory=list)  # notes and boxes of a paragraph


def convert(job: Job) -> Result:
    """Return the words of an OpenDocument text or presentation."""
    package = Package(job.content, job.limits)
    if "META-INF/manifest.xml" in package:
        listing = package.xml("META-INF/manifest.xml")
        if any(local_name(element) == "encryption-data" for element in listing.iter()):
            raise DocumentError(Reason.ENCRYPTED, "It is protected by a password.")
    root = package.xml("content.xml")
    body = child(root, "body")
    presentation = child(body, "presentation")
    reading = _Reading(Manuscript(job.limits.characters), _parents(root))
    slides = 0
    if presentation is not None:
        slides = _add_slides(presentation, reading, job)
    else:
        text = child(body, "text")
        _walk(text if text is not None else root, reading, 0)
    known = dublin_core(package.xml("meta.xml")) if "meta.xml" in package else {}
    creator = known.get("initial-creator", known.get("creator", [""]))
    return Result(
        Format.ODP if presentation is not None else Format.ODT,
        reading.manuscript,
        title=sensible_title(known.get("title", [""])[0]) or reading.title,
        authors=authors_in(creator[0]),
        language=language_tag(known.get("language", [""])[0]),
        page_kind="slide" if presentation is not None else "",
        page_count=slides,
        pictures=sum(name.startswith("pictures/") for name in package.names),
    )


def _parents(root: etree._Element) -> dict[str, str]:
    styles = child(root, "automatic-styles")
    return {
        attribute(style, "name"): attribute(style, "parent-style-name")
        for style in (styles if styles is not None else ())
        if local_name(style) == "style"
    }


def _add_slides(presentation: etree._Element, reading: _Reading, job: Job) -> int:
    slides = [element for element in presentation if local_name(element) == "page"]
    for number, slide in enumerate(slides, 1):
        reading.manuscript.begin_page(number)
        shapes = list(_frames(slide))
        titles = [s for s in shapes if attribute(s, "class") == "title"]
        for shape in titles:
            reading.manuscript.add("heading", " ".join(_paragraphs(shape, reading)), 1)
        for shape in shapes:
            if shape not in titles:
                _walk(shape, reading, 0)
        notes = child(slide, "notes")
        spoken = [
            text
            for shape in (_frames(notes) if notes is not None else ())
            if attribute(shape, "class") == "notes"
            for text in _paragraphs(shape, reading)
            if text.strip()
        ]
        if spoken:
            reading.manuscript.add("heading", "Speaker notes", 2)
        for text in spoken:
            reading.manuscript.add("paragraph", text)
        job.on_pages("slides", number, len(slides))
    return len(slides)


def _frames(container: etree._Element) -> Iterator[etree._Element]:
    """Yield the shapes of a slide, those in groups too, without its notes."""
    for element in container:
        name = local_name(element)
        if name == "g":
            yield from _frames(element)
        elif name != "notes" and attribute(element, "class") not in (
            "header",
            "footer",
            "date-time",
            "page-number",
            "page",
        ):
            yield element


def _walk(container: etree._Element, reading: _Reading, depth: int) -> None:
    """Put down the blocks of a container; ``depth`` is that of the list around it."""
    for element in container:
        name = local_name(element)
        if name in _SKIPPED:
            continue
        if name == "h":
            _add(element, "heading", reading, _level(element))
        elif name == "p":
            _paragraph(element, reading, depth)
        elif name == "list":
            _walk(element, reading, depth + 1)
        elif name == "table":
            rows = [[text for text in _cells(row, reading)] for row in _rows(element)]
            header = child(element, "table-header-rows") is not None
            add_table(reading.manuscript, rows, header=header or None)
            _add_aside(reading)
        else:
            _walk(element, reading, depth)


def _level(heading: etree._Element) -> int:
    return min(max(number_in(attribute(heading, "outline-level"), 1), 1), 6)


def _paragraph(element: etree._Element, reading: _Reading, depth: int) -> None:
    style = attribute(element, "style-name")
    style = reading.parents.get(style, style)
    if style == "Title":
        _add(element, "heading", reading, 1)
        reading.title = reading.title or sensible_title("".join(_words(element, reading)))
    elif depth:
        _add(element, "item", reading, min(depth, 9))
    else:
        quote = style.startswith("Quot")
        _add(element, "quote" if quote else "paragraph", reading, 0)


def _add(element: etree._Element, kind: str, reading: _Reading, level: int) -> None:
    text = "".join(_words(element, reading))
    match kind:
        case "heading" | "item" | "quote" | "paragraph":
            reading.manuscript.add(kind, text, level)
    _add_aside(reading)


def _add_aside(reading: _Reading) -> None:
    """Put down the notes and boxes of the paragraph before."""
    aside, reading.aside = reading.aside, []
    for element in aside:
        _walk(element, reading, 0)


def _words(element: etree._Element, reading: _Reading) -> Iterator[str]:
    """Yield the words of a paragraph; what stands between its children is in their tails."""
    yield element.text or ""
    for part in element:
        name = local_name(part)
        if name in ("s", "tab", "line-break"):
            yield " "
        elif name == "note":
            reading.aside.extend(e for e in part if local_name(e) == "note-body")
        elif name in ("frame", "custom-shape", "text-box"):
            reading.aside.append(part)
        elif name and name not in _SKIPPED:
            yield from _words(part, reading)
        yield part.tail or ""


def _paragraphs(container: etree._Element, reading: _Reading) -> Iterator[str]:
    for element in container:
        if local_name(element) in ("p", "h"):
            yield "".join(_words(element, reading))
        else:
            yield from _paragraphs(element, reading)


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for element in table:
        name = local_name(element)
        if name == "table-row":
            yield element
        elif name in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows(element)


def _cells(row: etree._Element, reading: _Reading) -> Iterator[str]:
    for cell in row:
        if local_name(cell) in ("table-cell", "covered-table-cell"):
            text = " ".join(_paragraphs(cell, reading))
            times = number_in(attribute(cell, "number-columns-repeated"), 1)
            yield from [text] * min(max(times, 1), _MAX_REPEAT)
