"""PowerPoint presentations (PPTX): one page a slide, its title as the heading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from assistant.reading.formats.converted import Format
from assistant.reading.formats.job import Job
from assistant.reading.formats.manuscript import Manuscript, cleaned
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

_TITLES = ("title", "ctrTitle")
_FURNITURE = ("dt", "ftr", "hdr", "sldNum", "sldImg")
_BODIES = ("body", "obj", "subTitle", "")


@dataclass(frozen=True, slots=True)
class _Slide:
    """Where the text of one slide goes, and where its drawings are found."""

    manuscript: Manuscript
    package: Package
    relations: dict[str, tuple[str, str]]


def convert(job: Job) -> Result:
    """Return the words of a presentation; raises DocumentError when it has no slides."""
    package = Package(job.content, job.limits)
    parts = dict(package.relations("").values())
    main = parts.get("officeDocument", "ppt/presentation.xml")
    names = list(_slide_names(package, main))
    manuscript = Manuscript(job.limits.characters)
    for number, name in enumerate(names, 1):
        manuscript.begin_page(number)
        _add_slide(name, package, manuscript)
        job.on_pages("slides", number, len(names))
    core = parts.get("core-properties", "docProps/core.xml")
    known = dublin_core(package.xml(core)) if core in package else {}
    return Result(
        Format.PPTX,
        manuscript,
        title=sensible_title(known.get("title", [""])[0]),
        authors=authors_in(known.get("creator", [""])[0]),
        language=language_tag(known.get("language", [""])[0]),
        page_kind="slide",
        page_count=len(names),
        pictures=sum("/media/" in name for name in package.names),
    )


def _slide_names(package: Package, main: str) -> Iterator[str]:
    """Yield the parts of the slides in the order in which they are shown."""
    relations = package.relations(main)
    listing = child(package.xml(main), "sldIdLst")
    for entry in listing if listing is not None else ():
        for key, value in entry.attrib.items():
            # Two attributes are called id: the one of the relation has a namespace.
            if key.endswith("}id") and relations.get(value, ("", ""))[0] == "slide":
                yield relations[value][1]


def _add_slide(name: str, package: Package, manuscript: Manuscript) -> None:
    if name not in package:
        return
    relations = package.relations(name)
    slide = _Slide(manuscript, package, relations)
    shapes = list(_shapes(package.xml(name)))
    titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
    for shape in titles:
        manuscript.add("heading", " ".join(_paragraphs(shape)), 1)
    for shape in shapes:
        if shape not in titles:
            _add_shape(shape, slide)
    notes = next((part for kind, part in relations.values() if kind == "notesSlide"), "")
    if notes in package:
        spoken = [
            text
            for shape in _shapes(package.xml(notes))
            if _placeholder(shape) == "body"
            for text in _paragraphs(shape)
        ]
        if any(map(cleaned, spoken)):
            manuscript.add("heading", "Speaker notes", 2)
        for text in spoken:
            manuscript.add("paragraph", text)


def _shapes(root: etree._Element) -> Iterator[etree._Element]:
    """Yield the shapes of a slide, those in groups too, but no second version of one."""
    for element in root:
        name = local_name(element)
        if name in ("sp", "graphicFrame"):
            yield element
        elif name != "Fallback":
            yield from _shapes(element)


def _placeholder(shape: etree._Element) -> str | None:
    """Return what a shape holds the place of: "title", "body"; None where it is free."""
    for part in shape:
        if local_name(part) == "nvSpPr":
            found = child(child(part, "nvPr"), "ph")
            return None if found is None else attribute(found, "type")
    return None


def _add_shape(shape: etree._Element, slide: _Slide) -> None:
    place = _placeholder(shape)
    if place in _FURNITURE:
        return
    if local_name(shape) == "graphicFrame":
        _add_graphic(shape, slide)
        return
    body = child(shape, "txBody")
    for paragraph in body if body is not None else ():
        if local_name(paragraph) == "p":
            text = _text(paragraph)
            if place in _BODIES and place != "subTitle":
                slide.manuscript.add("item", text, _depth(paragraph))
            else:
                slide.manuscript.add("paragraph", text)


def _add_graphic(frame: etree._Element, slide: _Slide) -> None:
    """Put down a table, or the words of a diagram, which are kept in a part of their own."""
    for element in frame.iter():
        name = local_name(element)
        if name == "tbl":
            rows = [
                [" ".join(_paragraphs(cell)) for cell in row if local_name(cell) == "tc"]
                for row in element
                if local_name(row) == "tr"
            ]
            first = child(element, "tblPr")
            has_header = first is not None and attribute(first, "firstRow") in ("1", "true")
            add_table(slide.manuscript, rows, header=has_header or None)
        elif name == "relIds":
            _, part = slide.relations.get(attribute(element, "dm"), ("", ""))
            if part in slide.package:
                for point in slide.package.xml(part).iter():
                    if local_name(point) == "t":
                        slide.manuscript.add("item", " ".join(_paragraphs(point)), 1)


def _depth(paragraph: etree._Element) -> int:
    properties = child(paragraph, "pPr")
    return min(number_in(attribute(properties, "lvl")), 8) + 1 if properties is not None else 1


def _paragraphs(container: etree._Element) -> Iterator[str]:
    for element in container.iter():
        if local_name(element) == "p":
            yield _text(element)


def _text(paragraph: etree._Element) -> str:
    words: list[str] = []
    for element in paragraph.iter():
        name = local_name(element)
        if name == "t":
            words.append(element.text or "")
        elif name in ("br", "tab"):
            words.append(" ")
    return "".join(words)
