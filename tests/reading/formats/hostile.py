"""Files made to do harm, or broken as files break; each in a function that returns its bytes."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
ODF = "urn:oasis:names:tc:opendocument:xmlns"


def zipped(members: Mapping[str, bytes | str], **how: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def docx(body: str, prolog: str = "", **parts: bytes | str) -> bytes:
    """Return the least that is a Word document."""
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f'{prolog}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body>'
            "</w:document>",
            **{name.replace("__", "/"): content for name, content in parts.items()},
        }
    )


def odt(body: str, prolog: str = "", **parts: bytes | str) -> bytes:
    """Return the least that is an OpenDocument text."""
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f'{prolog}<o:document-content xmlns:o="{ODF}:office:1.0" '
            f'xmlns:t="{ODF}:text:1.0"><o:body><o:text>{body}</o:text></o:body>'
            "</o:document-content>",
            **{name.replace("__", "/"): content for name, content in parts.items()},
        }
    )


def epub(page: str, **parts: bytes | str) -> bytes:
    """Return the least that is a book."""
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="b.opf"/>'
            "</rootfiles></container>",
            "b.opf": '<package><manifest><item id="p" href="p.xhtml" '
            'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="p"/></spine>'
            "</package>",
            "p.xhtml": page,
            **{name.replace("__", "/"): content for name, content in parts.items()},
        }
    )


def pdf(*objects: bytes, root: int = 1) -> bytes:
    """Return a PDF of these objects, numbered from 1, with a sound table of them."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer <</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1,
        root,
        start,
    )
    return bytes(out)


def pdf_page(drawing: bytes, *, box: bytes = b"0 0 595 842", packed: bool = False) -> bytes:
    how = b"/Filter/FlateDecode" if packed else b""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R"
        b"/Resources<</Font<</F <</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>" % box,
        b"<</Length %d%s>>stream\n%s\nendstream" % (len(drawing), how, drawing),
    )


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def sample(name: str) -> bytes:
    return (Path(__file__).parent.parent.parent / "samples" / name).read_bytes()


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghij"))
    + "]>"
)
SOLD = '<e><EncryptionMethod Algorithm="aes"/></e>'
FETCH = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'


def zip_bomb() -> bytes:
    return docx(paragraph("x"), word__media=bytes(40_000_000))


def bomb_of_many_parts() -> bytes:
    return odt("", **{f"p{n}": bytes(1_000_000) for n in range(60)})


def bomb_in_one_part() -> bytes:
    return docx(f"<w:p>{' ' * 40_000_000}</w:p>")


def zip_that_lies_about_sizes() -> bytes:
    """Claim in both heads that a part of 30 MB has 100 bytes."""
    content = bytearray(docx(paragraph("x" * 30_000_000)))
    real = struct.pack("<I", len(docx_body("x" * 30_000_000)))
    return bytes(content.replace(real, struct.pack("<I", 100)))


def docx_body(text: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(docx(paragraph(text)))) as archive:
        return archive.read("word/document.xml")


def zip_with_endless_listing() -> bytes:
    content = bytearray(zipped({"a.txt": "a"}))
    end = content.rfind(b"PK\x05\x06")
    content[end + 12 : end + 16] = struct.pack("<I", 2_000_000_000)
    return bytes(content)


def encrypted_zip() -> bytes:
    content = bytearray(docx(paragraph("secret")))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + at] |= 1
            place = content.find(mark, place + 4)
    return bytes(content)


def pdf_deflate_bomb() -> bytes:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(10_000_000)) for _ in range(20)) + packer.flush()
    return pdf_page(packed, packed=True)


def pdf_of_endless_pages() -> bytes:
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2000000000>>",
    )


def pdf_of_circles() -> bytes:
    """A page tree that is its own child, and a bookmark that follows itself."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R/Outlines 4 0 R>>",
        b"<</Type/Pages/Kids[3 0 R 2 0 R]/Count 3>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>",
        b"<</First 5 0 R/Last 5 0 R>>",
        b"<</Title(a)/Next 5 0 R/First 5 0 R/Parent 4 0 R/Dest[3 0 R/Fit]>>",
    )


def pdf_of_many_words() -> bytes:
    """A page on which 20,000 words stand where chance put them."""
    chance = random.Random(7)
    drawn = (
        b"BT /F 5 Tf %d %d Td (w%d) Tj ET" % (chance.randrange(595), chance.randrange(842), n)
        for n in range(20_000)
    )
    return pdf_page(b"\n".join(drawn))


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)
