"""Files that are broken, locked, foreign or made to do harm: each is named, none does any."""

from __future__ import annotations

import time

import hostile
import pytest
from hostile import docx, epub, odt, paragraph, pdf_page, sample, zipped

from assistant.reading.formats import DocumentError, DocumentReader, Limits, Reason

MARKUP = "<p>" + "<b>" * 200_000 + "deep" + "</b>" * 200_000

REFUSED = {
    # nothing
    "empty.pdf": (b"", Reason.EMPTY, "0 bytes"),
    "empty.txt": (b"", Reason.EMPTY, "0 bytes"),
    "blank.md": (b" \n\r\n\t\n", Reason.EMPTY, "6 bytes of nothing"),
    "zeros.docx": (bytes(5_000), Reason.EMPTY, "5,000 bytes of nothing"),
    "headings.md": (b"# One\n\n## Two\n", Reason.NO_TEXT, "no text but headings"),
    "empty-page.html": (b"<html><body></body></html>", Reason.NO_TEXT, "no text"),
    "empty-body.docx": (docx(""), Reason.NO_TEXT, "no text"),
    "blank-page.pdf": (pdf_page(b""), Reason.NO_TEXT, "no text"),
    "pictures.docx": (docx("", word__media__a_png=b"x"), Reason.SCANNED, "pictures"),
    # broken
    "cut.pdf": (sample("libreoffice-notes.pdf")[:300], Reason.BROKEN, "PDF"),
    "cut.docx": (sample("pandoc.docx")[:6_000], Reason.BROKEN, "ZIP"),
    "cut.epub": (sample("pandoc-3.epub")[:-200], Reason.BROKEN, "ZIP"),
    "noise.pdf": (b"%PDF-1.7\n" + hostile.noise(20_000), Reason.BROKEN, "PDF"),
    "noise.docx": (b"PK\x03\x04" + hostile.noise(20_000), Reason.BROKEN, "ZIP"),
    "bad-xml.docx": (docx("<w:p><w:r>"), Reason.BROKEN, "not XML"),
    "no-parts.docx": (zipped({"a.txt": "a"}), Reason.BROKEN, "without a document"),
    "no-book.epub": (
        zipped({"mimetype": "application/epub+zip"}), Reason.BROKEN, "container.xml is missing",
    ),
    "deep.docx": (docx("<w:sdt>" * 400 + "</w:sdt>" * 400), Reason.BROKEN, ""),
    "text.pdf": (b"This is no PDF.", Reason.BROKEN, "called .pdf"),
    "login.pdf": (b"<!DOCTYPE html><html>Log in", Reason.BROKEN, "web page"),
    "deep.rtf": (b"{\\rtf1" + b"{" * 100_000, Reason.BROKEN, "nested too deeply"),
    "deep.html": (MARKUP.encode(), Reason.NO_TEXT, "no text"),
    "deep.md": (b"> " * 20_000 + b"A sentence.", Reason.NO_TEXT, "no text"),
    # locked
    "locked.pdf": (sample("locked.pdf"), Reason.ENCRYPTED, "password"),
    "locked.docx": (
        hostile.OLE + "EncryptedPackage".encode("utf-16-le"), Reason.ENCRYPTED, "password",
    ),
    "locked-parts.docx": (hostile.encrypted_zip(), Reason.ENCRYPTED, "password"),
    "locked.odt": (
        odt("", **{"META-INF__manifest.xml": "<m><f><encryption-data/></f></m>"}),
        Reason.ENCRYPTED, "password",
    ),
    "sold.epub": (
        epub("<p>x</p>", **{"META-INF__encryption.xml": hostile.SOLD}),
        Reason.ENCRYPTED, "seller",
    ),
    # foreign
    "old.doc": (
        hostile.OLE + "WordDocument".encode("utf-16-le"), Reason.UNSUPPORTED, "before 2007",
    ),
    "old.ppt": (
        hostile.OLE + "PowerPoint Document".encode("utf-16-le"), Reason.UNSUPPORTED, "before 2007",
    ),
    "sheet.xlsx": (
        zipped({"[Content_Types].xml": "", "xl/workbook.xml": ""}), Reason.UNSUPPORTED, "Excel",
    ),
    "sheet.ods": (
        zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}),
        Reason.UNSUPPORTED, "spreadsheet",
    ),
    "report.pages": (zipped({"Index/Document.iwa": "x"}), Reason.UNSUPPORTED, "Pages"),
    "archive.zip": (zipped({"a.txt": "a", "b.txt": "b"}), Reason.NESTED_ARCHIVE, "2 files"),
    "photo.docx": (b"\x89PNG\r\n\x1a\n" + bytes(99), Reason.UNSUPPORTED, "picture"),
    "photo.jpg": (b"\xff\xd8\xff\xe0" + bytes(99), Reason.UNSUPPORTED, "picture"),
    "setup.txt": (b"MZ\x90\x00" + bytes(99), Reason.UNSUPPORTED, "program"),
    "book.azw": (bytes(60) + b"BOOKMOBI" + bytes(99), Reason.UNSUPPORTED, "Kindle"),
    "page.mht": (
        b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\n", Reason.UNSUPPORTED, "web archive",
    ),
    "binary.txt": (hostile.noise(50_000), Reason.UNSUPPORTED, "not a text file"),
    "tool.csv": (b"\x7fELF" + hostile.noise(99), Reason.UNSUPPORTED, "program"),
    # made to do harm
    "bomb.docx": (hostile.zip_bomb, Reason.BOMB, "unpack"),
    "bombs.odt": (hostile.bomb_of_many_parts, Reason.BOMB, "unpack"),
    "blanks.docx": (hostile.bomb_in_one_part, Reason.BOMB, ""),
    "liar.docx": (hostile.zip_that_lies_about_sizes, Reason.BROKEN, ""),
    "listing.docx": (hostile.zip_with_endless_listing, Reason.BOMB, "list of members"),
    "laughs.docx": (docx(paragraph("&j;"), hostile.LAUGHS), Reason.BOMB, "entities"),
    "fetch.docx": (docx(paragraph("&f;"), hostile.FETCH), Reason.BOMB, "entities"),
    "laughs.odt": (odt("<t:p>&j;</t:p>", hostile.LAUGHS), Reason.BOMB, "entities"),
    "fetch.odt": (odt("<t:p>&f;</t:p>", hostile.FETCH), Reason.BOMB, "entities"),
    "endless.pdf": (hostile.pdf_of_endless_pages, None, ""),
    "inflated.pdf": (hostile.pdf_deflate_bomb, None, ""),
    "circles.pdf": (hostile.pdf_of_circles(), None, ""),
}  # fmt: skip

READ = {  # harm was meant; the words are read, and nothing else happens
    "fetch.epub": (epub(hostile.FETCH + "<p>Before &f; after.</p>"), "Before", "root:"),
    "laughs.epub": (epub(hostile.LAUGHS + "<p>Before &j; after.</p>"), "Before", "haha"),
    "script.html": (
        b"<p>Read this.</p><script>alert(1)</script><p hidden>Not this.</p>"
        b"<p style='display: none'>Nor this.</p><iframe src='file:///etc/passwd'></iframe>",
        "Read this.", "this.</",
    ),
    "hidden.docx": (
        docx(paragraph("Shown.") + "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>Not.</w:t></w:r></w:p>"
             "<w:p><w:del><w:r><w:t>Deleted.</w:t></w:r></w:del></w:p>"),
        "Shown.", "Not.",
    ),
    "invisible.txt": (
        "Plain\u202e txet\u202c \U000e0049\U000e0047\U000e004eand\u200b quiet.".encode(),
        "Plain txet and quiet.", "\u202e",
    ),
    "outside.pdf": (
        pdf_page(b"BT /F 9 Tf 90 700 Td (On the page.) Tj ET BT /F 9 Tf 0 -99 Td (Off it.) Tj ET"),
        "On the page.", "Off it.",
    ),
    "poster.pdf": (
        pdf_page(b"BT /F 900 Tf 90 700 Td (Large words.) Tj ET", box=b"0 0 14400 14400"),
        "Large words.", "\n\n\n",
    ),
    "unclosed.csv": (b'Name,Claim\nPorter,"unity\nCrane,tension\n', "Crane,tension", "\x00"),
    "brackets.md": (b"A sentence. " + b"[" * 50_000, "A sentence.", "\x00"),
    "line.txt": (b"A sentence. " * 50_000, "A sentence.", "\x00"),
    "words.pdf": (hostile.pdf_of_many_words, "w1", "\x00"),
}  # fmt: skip


@pytest.fixture(scope="module")
def reader():
    limits = Limits(seconds=30.0, memory_bytes=1_500_000_000)
    with DocumentReader(limits, ocr=False) as reader:
        yield reader


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_named_with_its_remedy(reader, name):
    made, reason, cause = REFUSED[name]
    content = made() if callable(made) else made
    began = time.monotonic()
    with pytest.raises(DocumentError) as caught:
        reader.read(name, content)
    assert time.monotonic() - began < 40
    problem = caught.value
    if reason is not None:  # else whichever comes first: broken, too slow, too much memory
        assert problem.reason is reason, problem.cause
    assert cause in problem.cause
    assert problem.cause.endswith(".")
    assert problem.remedy.endswith(".")
    assert len(problem.cause) < 400


@pytest.mark.parametrize("name", READ)
def test_its_words_are_read_and_nothing_else_happens(reader, name):
    made, words, absent = READ[name]
    converted = reader.read(name, made() if callable(made) else made)
    assert words in converted.text
    assert absent not in converted.text


def test_after_all_of_them_a_sound_file_is_read(reader):
    assert reader.read("a.txt", b"A sentence.").text == "A sentence."
