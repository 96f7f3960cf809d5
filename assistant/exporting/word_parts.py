"""What python-docx has no words for: links within a document, bookmarks, and our own XML part."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import BaseStyle, CharacterStyle, ParagraphStyle
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from assistant.exporting.pack import Pack
from assistant.exporting.pack_json import pack_text

NAMESPACE = "urn:whose-value:evidence-pack"
PLAIN = "Small Print"  # our character styles
STRUCK = "Struck"
LINK = "Citation"
_PIECE = 1_000_000  # characters of JSON in one element: XML readers refuse texts beyond 10 MB
_LONGEST_CORE = 255  # characters that python-docx takes
_INK, _MUTED, _ACCENT = (
    RGBColor(0x20, 0x26, 0x2B),
    RGBColor(0x5A, 0x61, 0x68),
    RGBColor(0x2B, 0x4A, 0x5E),
)
_TEXT_FONT, _HEAD_FONT = "Cambria", "Calibri"
_PROPERTIES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
    '<ds:datastoreItem ds:itemID="{{{id}}}" xmlns:ds='
    '"http://schemas.openxmlformats.org/officeDocument/2006/customXml"><ds:schemaRefs>'
    '<ds:schemaRef ds:uri="{namespace}"/></ds:schemaRefs></ds:datastoreItem>'
)
_PROPERTIES_TYPE = "application/vnd.openxmlformats-officedocument.customXmlProperties+xml"


class Marks:
    """Bookmarks, each with a number of its own as the format demands."""

    def __init__(self) -> None:
        self._count = 0

    def put(self, paragraph: Paragraph, name: str) -> None:
        """Mark the beginning of a paragraph."""
        self._count += 1
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        start.set(qn("w:id"), str(self._count))
        start.set(qn("w:name"), name)
        end.set(qn("w:id"), str(self._count))
        paragraph._p.append(start)
        paragraph._p.append(end)


class StyleIds:
    """The ids of all styles by name; python-docx looks through the template for each word."""

    def __init__(self, word: Document) -> None:
        self._ids = {style.name: style.style_id for style in word.styles}

    def dress_paragraph(self, paragraph: Paragraph, style: str) -> None:
        """Give a paragraph its style."""
        paragraph._p.style = self._ids[style]

    def dress_run(self, run: Run, style: str) -> None:
        """Give a run its style."""
        run._r.style = self._ids[style]


def link_run(paragraph: Paragraph, run: Run, *, to: str, about: str = "") -> None:
    """Let a run lead to a bookmark; ``about`` is said of the link by screen readers."""
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), to)
    link.set(qn("w:history"), "1")
    if about:
        link.set(qn("w:tooltip"), about[:_LONGEST_CORE])
    link.append(run._r)
    paragraph._p.append(link)


def add_page_number(word: Document, words: str) -> None:
    """Write the foot of every page: some words and the number."""
    footer = word.sections[0].footer.paragraphs[0]
    footer.add_run(f"{words} · ", style=PLAIN)
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    field.append(footer.add_run("1", style=PLAIN)._r)
    footer._p.append(field)


def set_core(word: Document, *, title: str, program: str, made: datetime) -> None:
    """Fill the properties that file managers and libraries show."""
    core = word.core_properties
    core.title = title[:_LONGEST_CORE]
    core.author = core.last_modified_by = program[:_LONGEST_CORE]
    core.created = core.modified = made.replace(tzinfo=None)  # taken as UTC
    core.subject = "Answers with their quotations"
    core.comments = "Holds an evidence pack; check it with: assistant verify-pack FILE"
    core.language = "en-GB"


def attach_pack(word: Document, pack: Pack) -> None:
    """Put the pack into the file as custom XML, which word processors keep when they save."""
    package, body = word.part.package, word.part
    for part in list(package.iter_parts()):  # the template has a bibliography of its own, empty
        if part.partname.startswith("/customXml/item"):
            _drop(body, part)
    text = pack_text(pack)  # ASCII without < and &
    pieces = (text[n : n + _PIECE] for n in range(0, len(text), _PIECE))
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<pack xmlns="{NAMESPACE}">'
    xml += "".join(f"<piece>{piece}</piece>" for piece in pieces) + "</pack>"
    item = Part(PackURI("/customXml/item1.xml"), "application/xml", xml.encode("ascii"), package)
    name = uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE)
    properties = _PROPERTIES.format(id=str(name).upper(), namespace=NAMESPACE).encode("ascii")
    about = Part(PackURI("/customXml/itemProps1.xml"), _PROPERTIES_TYPE, properties, package)
    body.relate_to(item, RELATIONSHIP_TYPE.CUSTOM_XML)
    item.relate_to(about, RELATIONSHIP_TYPE.CUSTOM_XML_PROPS)


def _drop(owner: Part, part: Part) -> None:
    for id_, relation in list(owner.rels.items()):
        if not relation.is_external and relation.target_part is part:
            del owner.rels[id_]


def dress(word: Document) -> None:
    """Set paper, fonts and colours, and the styles that the template lacks."""
    section = word.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.8)
    section.top_margin = section.bottom_margin = Cm(2.5)
    _drop_thumbnail(word)
    for name, size, colour in ((PLAIN, 9.0, _MUTED), (STRUCK, 9.5, _MUTED), (LINK, 9.0, _ACCENT)):
        style = word.styles.add_style(name, WD_STYLE_TYPE.CHARACTER)
        assert isinstance(style, CharacterStyle)
        _font(style, _HEAD_FONT, size, colour)
        style.font.strike = name == STRUCK or None
    for name, font, size, colour, before, after in _PARAGRAPHS:
        style = _paragraph_style(word, name)
        _font(style, font, size, colour)
        style.font.italic = False
        style.paragraph_format.space_before = Pt(before)
        style.paragraph_format.space_after = Pt(after)
    _paragraph_style(word, "Normal").paragraph_format.line_spacing = 1.15
    for name in ("Quote", "List Continue"):
        _paragraph_style(word, name).paragraph_format.left_indent = Cm(0.8)
    for name in ("Heading 1", "Heading 2", "Heading 3"):
        _paragraph_style(word, name).paragraph_format.keep_with_next = True
    _paragraph_style(word, "Quote").paragraph_format.keep_together = True
    references = _paragraph_style(word, "List").paragraph_format
    references.left_indent, references.first_line_indent = Cm(0.8), Cm(-0.8)
    _rule(_paragraph_style(word, "Quote"))
    _without(_paragraph_style(word, "Title"), "w:pPr/w:pBdr")
    _without(_paragraph_style(word, "Subtitle"), "w:rPr/w:spacing")
    _without(_paragraph_style(word, "List"), "w:pPr/w:contextualSpacing")
    for language in word.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")


_PARAGRAPHS = (
    ("Normal", _TEXT_FONT, 11.0, _INK, 0, 6),
    ("Title", _TEXT_FONT, 24.0, _INK, 0, 8),
    ("Subtitle", _HEAD_FONT, 9.5, _MUTED, 0, 4),
    ("Heading 1", _TEXT_FONT, 16.0, _INK, 22, 6),
    ("Heading 2", _HEAD_FONT, 11.0, _MUTED, 14, 4),
    ("Heading 3", _HEAD_FONT, 11.0, _INK, 8, 0),
    ("Body Text", _TEXT_FONT, 12.5, _INK, 2, 6),
    ("List Bullet", _TEXT_FONT, 11.0, _INK, 0, 4),
    ("List Continue", _HEAD_FONT, 9.0, _MUTED, 0, 4),
    ("List", _TEXT_FONT, 10.5, _INK, 0, 5),
    ("Quote", _TEXT_FONT, 10.5, _INK, 2, 5),
)


def _paragraph_style(word: Document, name: str) -> ParagraphStyle:
    style = word.styles[name]
    assert isinstance(style, ParagraphStyle)
    return style


def _font(style: CharacterStyle, name: str, size: float, colour: RGBColor) -> None:
    style.font.name = name
    style.font.size = Pt(size)
    style.font.color.rgb = colour
    fonts = _element(style).get_or_add_rPr().get_or_add_rFonts()
    for script in list(fonts.attrib):
        del fonts.attrib[script]  # the template's fonts are a theme's, which would win
    for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), name)


def _rule(style: ParagraphStyle) -> None:
    """Draw a thin line left of the paragraph."""
    borders, left = OxmlElement("w:pBdr"), OxmlElement("w:left")
    for name, value in (("val", "single"), ("sz", "12"), ("space", "8"), ("color", "E1DBCE")):
        left.set(qn(f"w:{name}"), value)
    borders.append(left)
    properties = _element(style).get_or_add_pPr()
    # The schema fixes the order: borders stand before spacing and indent.
    properties.insert_element_before(borders, "w:shd", "w:spacing", "w:ind", "w:jc", "w:rPr")


def _without(style: ParagraphStyle, path: str) -> None:
    """Take a property of the template's out of a style."""
    for found in _element(style).xpath(path):
        found.getparent().remove(found)


def _element(style: BaseStyle) -> Any:  # noqa: ANN401 - python-docx makes its elements' methods
    return style.element


def _drop_thumbnail(word: Document) -> None:
    """Take out the template's picture of an empty page, which file managers would show."""
    relations = word.part.package.rels
    for id_, relation in list(relations.items()):
        if relation.reltype.endswith("/thumbnail"):
            del relations[id_]
