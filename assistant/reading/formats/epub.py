"""Electronic books (EPUB 2 and 3): one page a chapter of the table of contents."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urldefrag

from lxml import etree

from assistant.reading.formats.converted import Format
from assistant.reading.formats.encodings import decoded
from assistant.reading.formats.html_blocks import add_html_block, html_blocks, parsed_html
from assistant.reading.formats.job import Job
from assistant.reading.formats.manuscript import Manuscript, cleaned
from assistant.reading.formats.packages import Package, attribute, child, local_name
from assistant.reading.formats.problems import DocumentError, Reason
from assistant.reading.formats.result import Result
from assistant.reading.formats.titles import authors_in, dublin_core, language_tag, sensible_title

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONT_OBFUSCATION = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_LEAST_CHAPTERS = 3  # of a table of contents; fewer at the top, and the level below counts too
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document")


@dataclass(slots=True)
class _Book:
    """Puts the parts down and counts the chapters.

    ``contents`` holds, for each part, the chapters that begin in it: fragment and title, the
    fragment empty where the part itself is meant.
    """

    manuscript: Manuscript
    contents: dict[str, list[tuple[str, str]]]
    chapters: int = 0

    def add(self, part: str, text: str) -> None:
        """Put down a part; one that the contents do not name goes on with the chapter before."""
        entries = dict(reversed(self.contents.get(part, [])))  # the first title of a place counts
        anchors = frozenset(filter(None, entries))
        blocks = list(html_blocks(parsed_html(text), anchors))
        heads = (block.text for block in blocks if block.kind == "heading")
        if "" in entries or (blocks and not (self.contents and self.chapters)):
            self._begin(entries.get("") or next(heads, ""))
        for block in blocks:
            if block.anchor:
                self._begin(entries[block.anchor])
            else:
                add_html_block(self.manuscript, block)

    def _begin(self, title: str) -> None:
        self.chapters += 1
        self.manuscript.begin_page(self.chapters, title)


def convert(job: Job) -> Result:
    """Return the words of a book; raises DocumentError when its text is locked."""
    package = Package(job.content, job.limits)
    _refuse_locked(package)
    main = _main_part(package)
    root = package.xml(main)
    manifest = {
        attribute(item, "id"): item
        for item in _children(child(root, "manifest"))
        if local_name(item) == "item"
    }
    book = _Book(Manuscript(job.limits.characters), _contents(package, main, root, manifest))
    parts = list(_reading_order(main, root, manifest))
    for done, part in enumerate(parts, 1):
        if part in package:
            book.add(part, _text_of(package, part))
        job.on_pages("chapters", done, len(parts))
    known = dublin_core(root)
    return Result(
        Format.EPUB,
        book.manuscript,
        title=sensible_title(known.get("title", [""])[0]),
        authors=tuple(a for names in known.get("creator", ()) for a in authors_in(names)),
        language=language_tag(known.get("language", [""])[0]),
        page_kind="chapter",
        page_count=book.chapters,
        pictures=sum(name.endswith((".jpg", ".jpeg", ".png")) for name in package.names),
    )


def _children(element: etree._Element | None) -> Iterator[etree._Element]:
    return iter(element if element is not None else ())


def _refuse_locked(package: Package) -> None:
    """Raise DocumentError where more than fonts is encrypted."""
    if _ENCRYPTION not in package:
        return
    methods = [
        attribute(element, "Algorithm")
        for element in package.xml(_ENCRYPTION).iter()
        if local_name(element) == "EncryptionMethod"
    ]
    if any(method not in _FONT_OBFUSCATION for method in methods):
        raise DocumentError(
            Reason.ENCRYPTED,
            "Its text is locked by its seller (DRM).",
            remedy="Ask the seller or your library for a copy without a lock, or for a PDF.",
        )


def _main_part(package: Package) -> str:
    if _CONTAINER not in package:
        raise DocumentError(Reason.BROKEN, f"It is no EPUB: {_CONTAINER} is missing.")
    for element in package.xml(_CONTAINER).iter():
        if local_name(element) == "rootfile":
            return attribute(element, "full-path")
    raise DocumentError(Reason.BROKEN, "It does not say where its book begins.")


def _reading_order(
    main: str, root: etree._Element, manifest: dict[str, etree._Element]
) -> Iterator[str]:
    """Yield the parts with text in reading order, without the page of contents."""
    for entry in _children(child(root, "spine")):
        item = manifest.get(attribute(entry, "idref"))
        if item is None or "nav" in attribute(item, "properties").split():
            continue
        if attribute(item, "media-type") in _PAGES:
            yield _resolved(main, attribute(item, "href"))


def _resolved(base: str, reference: str) -> str:
    """Return the part that a reference in ``base`` leads to, without its fragment."""
    path = unquote(urldefrag(reference).url)
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), path)).lstrip("/")


def _contents(
    package: Package, main: str, root: etree._Element, manifest: dict[str, etree._Element]
) -> dict[str, list[tuple[str, str]]]:
    """Return part -> fragment and title of the chapters in it, from the table of contents."""
    entries: list[_Entry] = []
    for item in manifest.values():
        part = _resolved(main, attribute(item, "href"))
        if part in package and "nav" in attribute(item, "properties").split():
            entries = list(_navigation(_text_of(package, part), part))
    spine = child(root, "spine")
    listing = manifest.get(attribute(spine, "toc")) if spine is not None else None
    if not entries and listing is not None:
        part = _resolved(main, attribute(listing, "href"))
        entries = list(_ncx(package.xml(part), part)) if part in package else []
    contents: dict[str, list[tuple[str, str]]] = {}
    depths = sorted(entry.depth for entry in entries)
    deepest = depths[min(_LEAST_CHAPTERS, len(depths)) - 1] if depths else 0
    for entry in entries:
        if entry.depth <= deepest:
            contents.setdefault(entry.part, []).append((entry.fragment, entry.title))
    return contents


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the table of contents."""

    part: str
    fragment: str
    title: str
    depth: int


def _navigation(text: str, part: str) -> Iterator[_Entry]:
    """Yield the entries of an EPUB 3 navigation document."""
    navs = list(parsed_html(text).iter("nav"))
    tables = [nav for nav in navs if "toc" in nav.get("epub:type", nav.get("type", ""))] or navs
    for table in tables[:1]:
        for link in table.iter("a"):
            title = cleaned("".join(link.itertext()))
            href = link.get("href", "")
            depth = sum(1 for _ in link.iterancestors("ol", "ul"))
            if title:
                yield _Entry(_resolved(part, href), _fragment(href), title, depth)


def _ncx(root: etree._Element, part: str) -> Iterator[_Entry]:
    """Yield the entries of an EPUB 2 table of contents."""
    for point in root.iter():
        if local_name(point) != "navPoint":
            continue
        label, content = child(point, "navLabel"), child(point, "content")
        if label is not None and content is not None:
            title = cleaned("".join(label.itertext()))
            source = attribute(content, "src")
            depth = sum(1 for _ in point.iterancestors())
            yield _Entry(_resolved(part, source), _fragment(source), title, depth)


def _fragment(reference: str) -> str:
    return unquote(urldefrag(reference).fragment)


def _text_of(package: Package, part: str) -> str:
    return decoded(package.read(part), declared=True).text
