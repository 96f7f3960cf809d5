"""What a Word document says, paragraph by paragraph, and the packs in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from assistant.exporting.plain import collapsed
from assistant.exporting.word_parts import NAMESPACE
from assistant.reading.formats.limits import Limits
from assistant.reading.formats.packages import Package, attribute, child, local_name

_LIMITS = Limits(
    unpacked_bytes=256_000_000, member_bytes=64_000_000, harmless_bytes=256_000_000, members=2_000
)
_BODY = "word/document.xml"
_ASIDE = re.compile(r"word/(?:header|footer|footnotes|endnotes|comments)\d*\.xml")
_OURS = re.compile(r"customxml/item\d+\.xml")
_OFF = ("0", "false", "off", "none")
_NUMBER = re.compile(r"\d+")


def word_contents(content: bytes) -> tuple[list[str], list[str]]:
    """Return the JSON of all packs in a DOCX, and the paragraphs that are not hidden.

    Paragraphs of heads, feet and notes come last, without their page numbers. How words look is
    not told. Raises DocumentError when it is no DOCX, or beyond the limits.
    """
    package = Package(content, _LIMITS)
    packs = []
    for name in sorted(filter(_OURS.fullmatch, package.names)):
        root = package.xml(name)
        if root.tag == f"{{{NAMESPACE}}}pack":
            packs.append("".join(str(piece.text or "") for piece in root))
    paragraphs = list(_paragraphs(package.xml(_BODY)))
    for name in sorted(filter(_ASIDE.fullmatch, package.names)):
        paragraphs += (_NUMBER.sub("#", words) for words in _paragraphs(package.xml(name)))
    return packs, paragraphs


def _paragraphs(root: etree._Element) -> Iterator[str]:
    """Yield the words of every paragraph that has any; one within another comes after it."""
    for paragraph in root.iter():
        if local_name(paragraph) == "p" and (words := collapsed("".join(_words(paragraph)))):
            yield words


def _words(element: etree._Element) -> Iterator[str]:
    for part in element:
        match local_name(part):
            case "t":
                yield part.text or ""
            case "tab" | "br" | "cr":
                yield " "
            case "noBreakHyphen":
                yield "-"
            case "p" | "del" | "moveFrom":  # a text box within, or what was taken out
                continue
            case "r" if _is_hidden(part):
                continue
            case _:
                yield from _words(part)


def _is_hidden(run: etree._Element) -> bool:
    mark = child(child(run, "rPr"), "vanish")
    return mark is not None and attribute(mark, "val") not in _OFF
