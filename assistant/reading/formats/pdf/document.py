"""A PDF as PDFium opens it: its pages, their printed numbers, its bookmarks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from assistant.reading.formats.problems import DocumentError, Reason


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A bookmark: a heading that the author's program knew of."""

    title: str
    level: int  # 1…
    page: int  # 0…


def opened(content: bytes, most_pages: int) -> Any:  # noqa: ANN401 - pypdfium2 has no types
    """Return the document; raises DocumentError when it is locked, broken or endless."""
    try:
        document = pdfium.PdfDocument(content)
        pages = len(document)
    except pdfium.PdfiumError as cause:
        if getattr(cause, "err_code", 0) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise DocumentError(Reason.ENCRYPTED, "It is protected by a password.") from cause
        raise DocumentError(Reason.BROKEN, "It is not a PDF that can be opened.") from cause
    if pages == 0:
        raise DocumentError(Reason.BROKEN, "It has no pages.")
    if pages > most_pages:
        raise DocumentError(Reason.TOO_LARGE, f"It has {pages:,} pages.")
    return document


def page_label(document: Any, number: int) -> str:  # noqa: ANN401
    """Return what is printed on a page, "xii", or its number counted from 1."""
    try:
        label = document.get_page_label(number)
    except (pdfium.PdfiumError, UnicodeDecodeError):
        label = ""
    return str(label).strip()[:20] or str(number + 1)


def outline(document: Any) -> Iterator[OutlineEntry]:  # noqa: ANN401
    """Yield the bookmarks that lead to a page."""
    try:
        for entry in document.get_toc(max_depth=8):
            target = entry.get_dest()
            page = target.get_index() if target is not None else None
            if page is not None:
                yield OutlineEntry(str(entry.get_title()), int(entry.level) + 1, int(page))
    except (pdfium.PdfiumError, UnicodeDecodeError, ValueError):
        return  # bookmarks are a help, not a need


def rendered(document: Any, number: int, scale: float) -> bytes:  # noqa: ANN401
    """Return a page as a grey picture (PGM), ``scale`` pixels to the point."""
    page = document[number]
    try:
        bitmap = page.render(scale=scale, grayscale=True)
        rows = memoryview(bytes(bitmap.buffer))
        width, height, stride = bitmap.width, bitmap.height, bitmap.stride
        lines = (rows[n * stride : n * stride + width] for n in range(height))
        return b"P5 %d %d 255\n" % (width, height) + b"".join(lines)
    finally:
        page.close()
