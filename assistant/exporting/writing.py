"""A pack in each format, and everything that a web page or a command needs to hand it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from assistant.errors import PackError
from assistant.exporting.fields import Fields
from assistant.exporting.pack import Pack, Shelf
from assistant.exporting.pack_json import pack_text
from assistant.exporting.packing import pack_of_json
from assistant.exporting.plain import safe_name


class Format(StrEnum):
    """What a pack can be written as; the value is the ending of the file's name."""

    HTML = "html"
    MARKDOWN = "md"
    DOCX = "docx"
    BIBTEX = "bib"
    JSON = "json"

    @property
    def label(self) -> str:
        """The name shown to people."""
        return _LABELS[self]

    @property
    def media_type(self) -> str:
        """The type by which a browser knows it."""
        return _MEDIA_TYPES[self]


_LABELS: Mapping[Format, str] = {
    Format.HTML: "Web page (opens offline)",
    Format.MARKDOWN: "Markdown",
    Format.DOCX: "Word document",
    Format.BIBTEX: "BibTeX of the literature",
    Format.JSON: "JSON, for programs",
}
_MEDIA_TYPES: Mapping[Format, str] = {
    Format.HTML: "text/html; charset=utf-8",
    Format.MARKDOWN: "text/markdown; charset=utf-8",
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Format.BIBTEX: "application/x-bibtex; charset=utf-8",
    Format.JSON: "application/json",
}


@dataclass(frozen=True, slots=True)
class Export:
    """A file to be handed out."""

    name: str  # safe on every system
    media_type: str
    content: bytes


def format_of(name: str | Path) -> Format:
    """Return the format that a file's ending asks for; raises PackError for others."""
    ending = Path(name).suffix.lower().removeprefix(".")
    ending = {"htm": "html", "markdown": "md", "bibtex": "bib"}.get(ending, ending)
    known = {format_.value: format_ for format_ in Format}
    if ending not in known:
        raise PackError(
            f"{Path(name).name}: its ending names no format to export to.",
            remedy=f"Name a file that ends in one of: {', '.join(f'.{e}' for e in known)}.",
        )
    return known[ending]


def written(pack: Pack, format_: Format) -> bytes:
    """Return the file of a pack in a format."""
    match format_:
        case Format.HTML:
            from assistant.exporting.to_html import as_html

            text = as_html(pack)
        case Format.MARKDOWN:
            from assistant.exporting.to_markdown import as_markdown

            text = as_markdown(pack)
        case Format.DOCX:
            from assistant.exporting.to_docx import as_docx

            return as_docx(pack)
        case Format.BIBTEX:
            from assistant.exporting.to_bibtex import as_bibtex

            text = as_bibtex(pack)
        case Format.JSON:
            text = pack_text(pack) + "\n"
    return text.encode("utf-8")


def exported(pack: Pack, format_: Format) -> Export:
    """Return a pack as a file with its name."""
    name = f"{safe_name(pack.title)}.{format_.value}"
    return Export(name, format_.media_type, written(pack, format_))


def exported_json(request: object, shelf: Shelf) -> Export:
    """Return the file that a page asks for: {"answers": [answer, …], "format", "title"}.

    An answer has the form of ``exchange.answer_json``. Raises PackError when anything is amiss.
    """
    fields = Fields.of(request, "The request")
    answers = fields.values.get("answers")
    format_ = fields.choice("format", Format)
    title = fields.text("title", "")
    pack = pack_of_json(answers if isinstance(answers, list) else [answers], shelf, title=title)
    return exported(pack, format_)
