"""Text in any encoding."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.reading.formats.encodings import decoded
from assistant.reading.formats.problems import DocumentError, Reason

ENGLISH = "The firm defines value — “shared value” isn’t a café’s. It costs £5 or €7; naïve… "
FRENCH = "Où l’été déçoit, la société définit la valeur ; garçon, forêt, cœur, Noël, ça. "
GERMAN = "Die Gesellschaft bestimmt den Wert: Größe, Übermaß, Ärger, können, heißt »gut«. "
SPANISH = "¿Quién define el valor? La compañía, ¡qué niño!, según el señor Núñez. "
POLISH = "Przedsiębiorstwo określa wartość: społeczeństwo, źdźbło, łódź, ćwierć, żaba. "
RUSSIAN = "Общество определяет ценность, а компания создаёт её вместе с клиентом. "
JAPANESE = "企業が価値を定義するのか、それとも社会か。顧客は価値を判断する。"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((ENGLISH, e) for e in ("utf-8", "utf-8-sig", "cp1252", "mac_roman")),
        *((ENGLISH, e) for e in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")),
        *((FRENCH, e) for e in ("cp1252", "utf-16-le")),
        *((GERMAN, e) for e in ("latin-1", "cp1252", "cp850", "utf-16-be")),
        *((SPANISH, e) for e in ("latin-1", "cp1252")),
        *((POLISH, e) for e in ("cp1250", "iso8859-2", "utf-16")),
        *((RUSSIAN, e) for e in ("cp1251", "koi8-r", "cp866", "utf-16-le")),
        *((JAPANESE, e) for e in ("shift_jis", "utf-8", "utf-16")),
    ],
)
def test_it_is_read_as_it_was_written(text, encoding):
    assert decoded((text * 6).encode(encoding)).text == text * 6


def test_lines_end_one_way():
    assert decoded(b"a\r\nb\rc\n").text == "a\nb\nc\n"


def test_a_declared_encoding_counts_where_it_is_asked_for():
    page = "<meta charset='koi8-r'><p>Ценность</p>".encode("koi8-r")
    assert "Ценность" in decoded(page, declared=True).text


def test_a_declaration_that_lies_gives_way_to_utf8():
    page = "<meta charset='iso-8859-1'><p>é</p>".encode()
    assert "é" in decoded(page, declared=True).text


def test_a_declaration_of_latin_1_means_windows_1252_as_in_browsers():
    page = "<meta charset='iso-8859-1'><p>“é”</p>".encode("cp1252")
    assert "“é”" in decoded(page, declared=True).text


def test_damaged_utf8_is_read_with_a_warning():
    read = decoded(FRENCH.encode() * 20 + b"\xff end")
    assert read.text.endswith("\ufffd end")
    assert read.warning == "1 letters were damaged."


def test_bytes_are_no_text():
    with pytest.raises(DocumentError) as caught:
        decoded(bytes(range(256)) * 40)
    assert caught.value.reason is Reason.UNSUPPORTED


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_utf8_is_always_read_as_it_is(text):
    expected = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    assert decoded(text.encode()).text == expected


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), min_size=1))
def test_a_byte_order_mark_decides(text):
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        assert decoded(mark + text.encode(encoding)).text == text


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content):
    for is_page in (False, True):
        try:
            read = decoded(content, declared=is_page)
        except DocumentError as problem:
            assert problem.remedy
        else:
            read.text.encode()
