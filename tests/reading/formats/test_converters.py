"""What each converter makes of the finer points of its format."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from hostile import ODF, WORD, docx, epub, odt, paragraph, zipped
from hypothesis import given
from hypothesis import strategies as st

from assistant.reading.formats.converted import Converted
from assistant.reading.formats.converting import converted
from assistant.reading.formats.job import Job
from assistant.reading.formats.problems import DocumentError


def read(name: str, content: bytes | str) -> Converted:
    return converted(Job(name, content.encode() if isinstance(content, str) else content))


def blocks(name: str, content: bytes | str) -> list[tuple[str, int, str]]:
    found = read(name, content)
    return [(b.kind, b.level, found.text[b.start : b.end]) for b in found.blocks]


def styled(style: str, text: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'


STYLES = """<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Own"><w:name w:val="Mine"/><w:basedOn w:val="berschrift1"/>
</w:style>
<w:style w:type="paragraph" w:styleId="Lvl"><w:name w:val="Deep"/><w:pPr><w:outlineLvl w:val="2"/>
</w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Toc"><w:name w:val="toc 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="a"/><w:basedOn w:val="Loop"/></w:style>
<w:style w:type="paragraph" w:styleId="Q"><w:name w:val="Intense Quote"/></w:style>
</w:styles>"""
RELATIONS = (
    '<Relationships><Relationship Id="r1" Type="x/styles" Target="styles.xml"/>'
    '<Relationship Id="r2" Type="x/footnotes" Target="notes.xml"/>'
    '<Relationship Id="r3" Type="x/image" Target="http://a.b/c.png" TargetMode="External"/>'
    "</Relationships>"
)
NOTES = """<w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>
<w:footnote w:id="2"><w:p><w:r><w:t>The note.</w:t></w:r></w:p></w:footnote></w:footnotes>"""


def word(body: str) -> bytes:
    parts = {
        "word/styles.xml": STYLES,
        "word/notes.xml": NOTES,
        "word/_rels/document.xml.rels": RELATIONS,
    }
    with zipfile.ZipFile(BytesIO(docx(body))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return zipped(
        members
        | {k.replace("__", "/", 1).replace("_rels__", "_rels/"): v for k, v in parts.items()}
    )


class TestWord:
    def test_headings_by_name_by_inheritance_and_by_outline_level(self):
        body = (
            styled("T", "A title") + styled("berschrift1", "One") + styled("Own", "Two")
            + styled("Lvl", "Three") + styled("Toc", "One 3") + styled("Loop", "A sentence.")
            + styled("Q", "A quotation.")
        )  # fmt: skip
        assert blocks("a.docx", word(body)) == [
            ("heading", 1, "A title"),
            ("heading", 1, "One"),
            ("heading", 1, "Two"),
            ("heading", 3, "Three"),
            ("paragraph", 0, "A sentence."),
            ("quote", 0, "A quotation."),
        ]
        assert read("a.docx", word(body)).title == "A title"

    def test_notes_follow_their_paragraph(self):
        body = (
            '<w:p><w:r><w:t>Claimed</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'
            "<w:r><w:t>.</w:t></w:r></w:p>" + paragraph("Next.")
        )
        assert [text for *_, text in blocks("a.docx", word(body))] == [
            "Claimed.", "The note.", "Next.",
        ]  # fmt: skip

    def test_lists_and_their_depth(self):
        item = (
            '<w:p><w:pPr><w:numPr><w:ilvl w:val="{}"/><w:numId w:val="{}"/></w:numPr></w:pPr>'
            "<w:r><w:t>x{}</w:t></w:r></w:p>"
        )
        body = item.format(0, 1, 1) + item.format(1, 1, 2) + item.format(0, 0, 3)
        assert blocks("a.docx", word(body)) == [
            ("item", 1, "x1"),
            ("item", 2, "x2"),
            ("paragraph", 0, "x3"),
        ]

    def test_merged_cells_of_a_table(self):
        cell = "<w:tc><w:tcPr>{}</w:tcPr><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
        rows = (
            cell.format("", "Judge") + cell.format("", "Year") + cell.format("", "Work"),
            cell.format('<w:vMerge w:val="restart"/>', "Society") + cell.format("", "1953")
            + cell.format("", "Bowen"),
            cell.format("<w:vMerge/>", "") + cell.format('<w:gridSpan w:val="2"/>', "1979"),
        )  # fmt: skip
        table = "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"
        assert blocks("a.docx", word(table)) == [
            ("row", 0, "Judge: Society; Year: 1953; Work: Bowen"),
            ("row", 0, "Judge: Society; Year: 1979"),
        ]

    def test_text_boxes_tabs_and_breaks(self):
        body = (
            "<w:p><w:r><w:t>Before</w:t><w:tab/><w:t>tab</w:t><w:br/><w:t>end.</w:t>"
            '<mc:AlternateContent xmlns:mc="x"><mc:Choice><w:txbxContent>'
            f"{paragraph('In a box.')}</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>"
            f"{paragraph('In a box.')}</w:txbxContent></mc:Fallback></mc:AlternateContent>"
            "</w:r></w:p>"
        )
        assert [text for *_, text in blocks("a.docx", word(body))] == [
            "Before tab end.", "In a box.",
        ]  # fmt: skip

    def test_the_strict_edition_is_read_alike(self):
        with zipfile.ZipFile(BytesIO(docx(paragraph("A sentence.")))) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        body = members["word/document.xml"]
        strict = body.replace(WORD.encode(), b"http://purl.oclc.org/ooxml/wordprocessingml/main")
        assert strict != body
        found = blocks("a.docx", zipped(members | {"word/document.xml": strict}))
        assert found == [("paragraph", 0, "A sentence.")]


class TestOpenDocument:
    def test_lists_spaces_and_deleted_text(self):
        body = (
            '<t:tracked-changes><t:p>Deleted.</t:p></t:tracked-changes><t:h t:outline-level="2">H'
            '</t:h><t:p>One<t:s t:c="3"/>two<t:line-break/>three.<t:note><t:note-citation>1'
            "</t:note-citation><t:note-body><t:p>A note.</t:p></t:note-body></t:note></t:p>"
            "<t:list><t:list-item><t:p>a</t:p><t:list><t:list-item><t:p>b</t:p></t:list-item>"
            "</t:list></t:list-item></t:list>"
        )
        assert blocks("a.odt", odt(body)) == [
            ("heading", 2, "H"),
            ("paragraph", 0, "One two three."),
            ("paragraph", 0, "A note."),
            ("item", 1, "a"),
            ("item", 2, "b"),
        ]

    def test_a_cell_that_claims_a_million_copies(self):
        table = f'xmlns:b="{ODF}:table:1.0"'
        cell = '<b:table-cell b:number-columns-repeated="1000000"><t:p>x</t:p></b:table-cell>'
        body = f"<b:table {table}><b:table-row>{cell}</b:table-row></b:table><t:p>End.</t:p>"
        assert blocks("a.odt", odt(body))[-1] == ("paragraph", 0, "End.")


class TestBooks:
    def test_chapters_within_one_file(self):
        page = (
            "<h1>A book</h1><p>Before.</p><section id='c1'><h2>One</h2><p>First.</p></section>"
            "<h2><a id='c2'></a>Two</h2><p>Second.</p>"
        )
        opf = (
            "<package><metadata><title>A book</title><creator>A. Student</creator></metadata>"
            '<manifest><item id="p" href="p.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="n" href="n.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
            '</manifest><spine><itemref idref="p"/></spine></package>'
        )
        nav = (
            '<nav epub:type="toc"><ol><li><a href="p.xhtml#c1">The first</a></li>'
            '<li><a href="p.xhtml#c2">The second</a></li></ol></nav>'
        )
        found = read("a.epub", epub(page, **{"b.opf": opf, "n.xhtml": nav}))
        assert [(p.number, p.label) for p in found.pages] == [
            (1, "A book"),
            (2, "The first"),
            (3, "The second"),
        ]
        assert found.page_at(found.text.index("Second")).label == "The second"
        assert (found.title, found.authors) == ("A book", ("A. Student",))

    def test_entities_of_html_are_read(self):
        assert blocks("a.epub", epub("<p>R&amp;D&nbsp;&eacute;</p>")) == [("paragraph", 0, "R&D é")]


MENU = "".join(f"<li><a href='/{n}'>Section {n}</a></li>" for n in range(20))
PAGE = f"""<!doctype html><html lang="en"><head><title>Who judges? - The Review</title></head><body>
<header><nav><ul>{MENU}</ul></nav></header>
<div class="cookie-banner"><p>We use cookies. <a href="/c">Accept all of them</a></p></div>
<main><article><h1>Who judges?</h1>
<p>{"The customer judges value in use, as a long line of writers has held since 1988. " * 4}</p>
<h2>A second view</h2>
<p>{"Society judges by law and by protest, and both of them cost time. " * 4}</p>
<ul><li>by law<ul><li>hard law</li></ul></li><li>by protest</li></ul>
<table><tr><th>Judge</th><th>Means</th></tr><tr><td>Customer</td><td>choice</td></tr></table>
<p>Claimed<sup class="reference"><a href="#n1">[1]</a></sup> elsewhere, at some length, by many
writers who looked at the matter in the years since.</p></article></main>
<aside><h3>Most read</h3><ul>{MENU}</ul></aside>
<footer><p>Copyright The Review</p><ul>{MENU}</ul></footer></body></html>"""


class TestWebPages:
    def test_the_main_text_and_not_the_menus(self):
        found = read("a.html", PAGE)
        assert "cookies" not in found.text
        assert "Section 3" not in found.text
        assert "Copyright" not in found.text
        assert found.title == "Who judges?"
        assert found.language == "en"
        kinds = [(b.kind, b.level, found.text[b.start : b.end]) for b in found.blocks]
        assert kinds[0] == ("heading", 1, "Who judges?")
        assert ("heading", 2, "A second view") in kinds
        assert ("item", 1, "by law") in kinds
        assert ("item", 2, "hard law") in kinds
        assert ("row", 0, "Judge: Customer; Means: choice") in kinds
        assert "Claimed elsewhere, at some length" in found.text

    @pytest.mark.parametrize(
        ("page", "expected"),
        [
            ("<p>a<b>b</b> c<br>d</p>", [("paragraph", 0, "ab c d")]),
            ("a<p>b</p>c", [("paragraph", 0, t) for t in "abc"]),
            ("<a href='x'><h3>T</h3><p>b</p></a>", [("heading", 3, "T"), ("paragraph", 0, "b")]),
            ("<pre>x = 1\n  y</pre><p>b</p>", [("code", 0, "x = 1\n  y"), ("paragraph", 0, "b")]),
            ("<blockquote><p>b</p></blockquote>", [("quote", 0, "b")]),
            ("<ol><li>a</li><li><p>b</p></li></ol>", [("item", 1, "a"), ("item", 1, "b")]),
            ("<dl><dt>a</dt><dd>b</dd></dl>", [("paragraph", 0, "a"), ("paragraph", 0, "b")]),
            ("<script>x</script><style>y</style><p>b</p>", [("paragraph", 0, "b")]),
            ("<select><option>x</select><p>b</p>", [("paragraph", 0, "b")]),
            ("<p>a<!-- c -->b</p>", [("paragraph", 0, "ab")]),
            ("<p>&lt;b&gt; &eacute; &#233;</p>", [("paragraph", 0, "<b> é é")]),
        ],
    )
    def test_blocks(self, page, expected):
        assert blocks("a.html", page) == expected


class TestRichText:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (r"A\par B\par", [("paragraph", 0, "A"), ("paragraph", 0, "B")]),
            (r"\u8220?x\u8221?\'e9\par", [("paragraph", 0, "“x”é")]),
            (r"\uc2\u233\'00\'00x\par", [("paragraph", 0, "éx")]),
            (r"\u-10179?\u-8704?\par", [("paragraph", 0, "\U0001f600")]),
            (r"{\*\unknown hidden}{\v hidden}shown\par", [("paragraph", 0, "shown")]),
            (r"{\header head}{\pict\bin4 \{{\}text\par", [("paragraph", 0, "text")]),
            (r"{\field{\*\fldinst HYPERLINK}{\fldrslt link}}\par", [("paragraph", 0, "link")]),
            (r"\pard\outlinelevel1 H\par\pard t\par", [("heading", 2, "H"), ("paragraph", 0, "t")]),
            (r"{\pard{\listtext\bullet}\ls1\ilvl1 a\par}\pard b\par",
             [("item", 2, "a"), ("paragraph", 0, "b")]),
            (r"\trowd\intbl J\cell By\cell\row\intbl C\cell c\cell\row\pard e\par",
             [("row", 0, "J: C; By: c"), ("paragraph", 0, "e")]),
            (r"a\~b\_c\-d \emdash e\line f\par", [("paragraph", 0, "a b-cd —e f")]),
            (r"a{\footnote n.}.\par", [("paragraph", 0, "a."), ("paragraph", 0, "n.")]),
        ],
    )  # fmt: skip
    def test_blocks(self, body, expected):
        assert blocks("a.rtf", r"{\rtf1\ansi\ansicpg1252 " + body + "}") == expected

    def test_typefaces_say_their_code_page(self):
        body = (
            r"{\rtf1\ansi{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}}"
            r"\f1\'cf\'f0\'e8\f0\'e9\par}"
        )
        assert blocks("a.rtf", body) == [("paragraph", 0, "Приé")]

    def test_headings_by_style(self):
        body = r"{\rtf1{\stylesheet{\s0 Normal;}{\s3 heading 2;}}\pard\s3 H\par\pard t\par}"
        assert blocks("a.rtf", body) == [("heading", 2, "H"), ("paragraph", 0, "t")]

    @given(st.text(r"\{}'*u0123456789abcfpardnilx ;-", max_size=200))
    def test_any_control_words_are_read_or_refused(self, body):
        try:
            read("a.rtf", r"{\rtf1 A sentence. " + body).text.encode()
        except DocumentError as problem:
            assert problem.remedy


class TestTables:
    @pytest.mark.parametrize(
        "content",
        [
            b'Year,Claim\n1953,"so, so"\n',
            b'Year;Claim\r\n1953;"so, so"\r\n',
            b"sep=;\nYear;Claim\n1953;so, so\n",
            "Year\tClaim\n1953\tso, so\n".encode("utf-16"),
            b"Year|Claim\n1953|so, so",
        ],
    )
    def test_delimiters_and_encodings(self, content):
        found = read("a.csv", content)
        assert found.text == "Year: 1953; Claim: so, so"
        assert [(p.number, p.label) for p in found.pages] == [(2, "2")]

    def test_rows_are_counted_as_a_spreadsheet_does(self):
        found = read("a.csv", 'Name,Claim\n\nPorter,"two\nlines"\n,\nCrane,tension\n')
        assert [p.label for p in found.pages] == ["3", "5"]
        assert found.text == "Name: Porter; Claim: two lines\n\nName: Crane; Claim: tension"


class TestPlainText:
    def test_lines_are_joined_and_pages_counted(self):
        text = "VALUE\n\nIt is par-\nted here\nand ends.\n\n- one\n- two\n\fPage two.\n"
        found = read("a.txt", text)
        assert [(b.kind, found.text[b.start : b.end]) for b in found.blocks] == [
            ("heading", "VALUE"),
            ("paragraph", "It is parted here and ends."),
            ("item", "one"),
            ("item", "two"),
            ("paragraph", "Page two."),
        ]
        assert [(p.label, found.text[p.start : p.start + 5]) for p in found.pages] == [
            ("1", "VALUE"),
            ("2", "Page "),
        ]

    def test_long_lines_are_paragraphs_each(self):
        line = "A sentence that goes on. " * 6
        assert [kind for kind, *_ in blocks("a.txt", f"{line}\n{line}\n")] == ["paragraph"] * 2

    @pytest.mark.parametrize(
        ("text", "level"),
        [
            ("Value\n=====\n\nt.", 1),
            ("Value\n-----\n\nt.", 2),
            ("## Value\n\nt.", 2),
            ("2.1 Value\n\nt.", 2),
            ("Value\n\n" + "A long text. " * 20, 2),
            ("Dear Sir,\n\n" + "A long text. " * 20, 0),
            ("a line\nand another\n\nt.", 0),
        ],
    )
    def test_headings(self, text, level):
        first = blocks("a.txt", text)[0]
        assert (first[1] if first[0] == "heading" else 0) == level


class TestMarkdown:
    def test_heads_of_other_programs_are_kept_and_harmless(self):
        head = "---\ntitle: On value\ntags: [a, b]\nauthor: A. Student\nlang: en\n---\n"
        found = read("a.md", f"{head}# H\n\nA [@b].\n")
        assert (found.title, found.authors, found.language) == ("On value", ("A. Student",), "en")
        assert found.head["tags"] == ["a", "b"]
        assert found.text == "H\n\nA."
        assert found.sentences[0].literature == ("b",)

    def test_a_broken_head_is_text_with_a_warning(self):
        found = read("a.md", "---\ntitle: [\n---\nA sentence.\n")
        assert found.text.endswith("A sentence.")
        assert found.warnings

    def test_other_encodings(self):
        assert read("a.md", "# Café\n\nUn café.".encode("utf-16")).text == "Café\n\nUn café."


@given(
    st.sampled_from("pdf docx pptx epub html md txt rtf odt odp csv zip exe".split()),
    st.binary(max_size=300),
    st.sampled_from([b"", b"%PDF-1.4\n", b"PK\x03\x04", b"{\\rtf1 ", b"<html>", b"\xff\xfe"]),
)
def test_any_bytes_under_any_name_are_read_or_refused(suffix, content, start):
    try:
        found = read(f"a.{suffix}", start + content)
    except DocumentError as problem:
        assert problem.cause
        assert problem.remedy
    else:
        assert Converted.from_json(found.to_json()) == found
