"""What a file really is: its first bytes count for more than its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from assistant.reading.formats.converted import Format
from assistant.reading.formats.limits import Limits
from assistant.reading.formats.problems import DocumentError, Reason

_BY_SUFFIX = {
    ".pdf": Format.PDF,
    ".docx": Format.DOCX,
    ".docm": Format.DOCX,
    ".dotx": Format.DOCX,
    ".pptx": Format.PPTX,
    ".pptm": Format.PPTX,
    ".ppsx": Format.PPTX,
    ".potx": Format.PPTX,
    ".epub": Format.EPUB,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".txt": Format.TEXT,
    ".text": Format.TEXT,
    ".rtf": Format.RTF,
    ".odt": Format.ODT,
    ".ott": Format.ODT,
    ".odp": Format.ODP,
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
}
SUFFIXES = tuple(_BY_SUFFIX)  # of the files that a folder is searched for
ARCHIVE_SUFFIXES = (".zip",)

_TEXTUAL = frozenset({Format.HTML, Format.MARKDOWN, Format.TEXT, Format.CSV})
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_KINDS = (
    (
        "EncryptedPackage",
        Reason.ENCRYPTED,
        "It is protected by a password.",
        "",
    ),
    (
        "WordDocument",
        Reason.UNSUPPORTED,
        "It is a Word file of before 2007 (.doc).",
        "Save it as DOCX or PDF.",
    ),
    (
        "PowerPoint Document",
        Reason.UNSUPPORTED,
        "It is a PowerPoint file of before 2007 (.ppt).",
        "Save it as PPTX or PDF.",
    ),
    (
        "Workbook",
        Reason.UNSUPPORTED,
        "It is an Excel file of before 2007 (.xls).",
        "Save each of its sheets as CSV.",
    ),
)
_FOREIGN = (  # first bytes of what is no document
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"II*\x00", "a picture (TIFF)"),
    (b"MM\x00*", "a picture (TIFF)"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"7z\xbc\xaf\x27\x1c", "an archive (7z)"),
    (b"Rar!", "an archive (RAR)"),
    (b"BZh", "a compressed file (bzip2)"),
    (b"\xfd7zXZ", "a compressed file (xz)"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
    (b"%!PS", "a PostScript file"),
    (b"ID3", "a sound recording"),
    (b"OggS", "a recording"),
    (b"\x1aE\xdf\xa3", "a film"),
    (b"BOOKMOBI", "a Kindle book"),
    (b"ITSF", "a Windows help file"),
    (b"AT&TFORM", "a DjVu file"),
    (b"wOFF", "a typeface"),
    (b"bplist00", "a web archive (Safari)"),
    (b"MIME-Version: 1.0", "a web archive (MHTML) or an e-mail"),
    (b"From: <Saved by", "a web archive (MHTML) or an e-mail"),
)
_ARCHIVED = "Open it in a browser and save it as a web page (HTML only), or print it to PDF."
_REMEDIES = {
    "a web archive (Safari)": _ARCHIVED,
    "a web archive (MHTML) or an e-mail": _ARCHIVED,
    "a PostScript file": "Turn it into PDF, for example with ps2pdf.",
    "a Kindle book": "Turn it into EPUB, for example with Calibre.",
    "a DjVu file": "Turn it into PDF, for example with ddjvu.",
}
_PICTURE_REMEDY = (
    "Put the pictures into a PDF and add that: with Tesseract installed, its pages are recognised."
)


def format_of(name: str, content: bytes, limits: Limits) -> Format:
    """Return the format of a file from its bytes and its name.

    Raises DocumentError when it is empty, or of a format that is not read.
    """
    if not content.strip(b"\x00 \t\r\n\x0c"):
        size = f"{len(content):,} bytes of nothing" if content else "0 bytes"
        raise DocumentError(Reason.EMPTY, f"It is empty ({size}).")
    suffix = PurePath(name).suffix.lower()
    named = _BY_SUFFIX.get(suffix)
    if b"%PDF-" in content[:1024]:
        return Format.PDF
    if content[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return _format_of_package(content, limits, suffix if named is not None else "")
    if content.startswith(_OLE):
        raise _old_office(content)
    if content.lstrip().startswith(b"{\\rtf"):
        return Format.RTF
    _refuse_foreign(content)
    if named in _TEXTUAL:
        is_page = named is Format.TEXT and _begins_as_page(content[:4096])
        return Format.HTML if is_page else named
    if named is not None:
        raise _under_a_false_name(suffix, content)
    return Format.HTML if _begins_as_page(content[:4096]) else Format.TEXT


def _begins_as_page(start: bytes) -> bool:
    """Say whether a file begins as a web page, after comments and declarations."""
    rest = start.removeprefix(b"\xef\xbb\xbf").lower()
    while True:
        rest = rest.lstrip()
        for opening, closing in ((b"<!--", b"-->"), (b"<?xml", b"?>")):
            if rest.startswith(opening):
                rest = rest.partition(closing)[2]
                break
        else:
            return rest.startswith((b"<!doctype html", b"<html", b"<head"))


def _format_of_package(content: bytes, limits: Limits, suffix: str) -> Format:
    from assistant.reading.formats.packages import Package

    package = Package(content, limits)
    if "mimetype" in package:
        kind = package.read("mimetype")[:100].decode("latin-1").strip()
        if kind == "application/epub+zip":
            return Format.EPUB
        if kind.startswith("application/vnd.oasis.opendocument."):
            return _opendocument(kind.rpartition(".")[2])
    if "META-INF/container.xml" in package and "mimetype" not in package:
        return Format.EPUB
    folders = {name.partition("/")[0] for name in package.names}
    if "[content_types].xml" in package and folders & {"word", "ppt", "xl"}:
        return _office_format(folders)
    raise _no_document(package.names, suffix)


def _office_format(folders: set[str]) -> Format:
    if "word" in folders:
        return Format.DOCX
    if "ppt" in folders:
        return Format.PPTX
    raise DocumentError(
        Reason.UNSUPPORTED,
        "It is an Excel file (.xlsx).",
        remedy="Save each of its sheets as CSV.",
    )


def _no_document(names: Sequence[str], suffix: str) -> DocumentError:
    if any(name.endswith(".iwa") for name in names) or "index.zip" in names:
        return DocumentError(
            Reason.UNSUPPORTED,
            "It is a file of Pages, Keynote or Numbers.",
            remedy="Export it as PDF, DOCX or PPTX.",
        )
    if suffix:
        return DocumentError(
            Reason.BROKEN, f"It is called {suffix} and is a ZIP archive without a document."
        )
    return DocumentError(
        Reason.NESTED_ARCHIVE, f"It is an archive of {len(names):,} files, not a document."
    )


def _opendocument(kind: str) -> Format:
    known = {
        "text": Format.ODT,
        "text-template": Format.ODT,
        "text-master": Format.ODT,
        "presentation": Format.ODP,
        "presentation-template": Format.ODP,
    }
    if kind not in known:
        raise DocumentError(
            Reason.UNSUPPORTED,
            f"It is an OpenDocument {kind}.",
            remedy="Save each of its sheets as CSV."
            if kind.startswith("spreadsheet")
            else "Save it as PDF.",
        )
    return known[kind]


def _old_office(content: bytes) -> DocumentError:
    """Tell the old Office files apart by the names in the directory of their container."""
    for stream, reason, cause, remedy in _OLE_KINDS:
        if stream.encode("utf-16-le") in content:
            return DocumentError(reason, cause, remedy=remedy)
    return DocumentError(Reason.UNSUPPORTED, "It is an Office file of before 2007.")


def _refuse_foreign(content: bytes) -> None:
    for start, kind in _FOREIGN:
        if content.startswith(start):
            remedy = _PICTURE_REMEDY if "picture" in kind else _REMEDIES.get(kind, "")
            raise DocumentError(Reason.UNSUPPORTED, f"It is {kind}.", remedy=remedy)
    if content[4:8] == b"ftyp":
        raise DocumentError(Reason.UNSUPPORTED, "It is a film or a picture of a telephone.")
    if content[60:68] == b"BOOKMOBI":
        raise DocumentError(
            Reason.UNSUPPORTED, "It is a Kindle book.", remedy=_REMEDIES["a Kindle book"]
        )


def _under_a_false_name(suffix: str, content: bytes) -> DocumentError:
    if _begins_as_page(content[:4096]):
        return DocumentError(
            Reason.BROKEN,
            f"It is called {suffix} and is a web page, perhaps one that asks to log in.",
            remedy="Download the file again, or rename it to .html if the page is what you want.",
        )
    return DocumentError(Reason.BROKEN, f"It is called {suffix} and does not begin like one.")
