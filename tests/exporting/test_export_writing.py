from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO

import pytest
from docx import Document as open_docx
from export_samples import (
    ANSWER,
    HOSTILE,
    JUDGE,
    LISTENS,
    SHELF,
    SILENT,
    SOCIETY,
    STRUCK,
    document,
    evidence,
    hostile_answer,
    pack,
    quoted,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pybtex.database import parse_string

from assistant.errors import PackError
from assistant.exchange import answer_json
from assistant.exporting.markdown_text import markdown_paragraphs
from assistant.exporting.opening import opened
from assistant.exporting.pack_json import read_pack
from assistant.exporting.page_text import page_contents
from assistant.exporting.plain import safe_name, shown
from assistant.exporting.to_bibtex import as_bibtex
from assistant.exporting.to_html import as_html
from assistant.exporting.to_markdown import as_markdown, markdown_of
from assistant.exporting.writing import Format, exported, exported_json, format_of, written
from assistant.records import Reference

MARKUP = st.text(
    st.sampled_from("<>&\"'`*_[](){}#|~$^@!\\/-+=.:;%1a \n\t\r\x00\u202e\u2028é\ud800\uffff")
)


class Page(HTMLParser):
    """What a browser would build: elements with their attributes, ids and links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def values(self, name):
        return [a[name] for _, a in self.elements if name in a]


PLAIN_PAGE = Page(as_html(pack()))


def test_the_page_reaches_for_nothing_outside_itself():
    page = as_html(pack())
    elements = PLAIN_PAGE.elements
    assert not {"link", "img", "iframe", "object", "embed", "base", "form", "svg", "video"} & {
        tag for tag, _ in elements
    }
    assert not re.search(r"url\(|@import|https?:", page)
    assert {link[0] for link in PLAIN_PAGE.values("href")} == {"#"}
    assert not PLAIN_PAGE.values("src") + PLAIN_PAGE.values("style")
    (script,) = [a for tag, a in elements if tag == "script"]
    assert script == {"type": "application/json", "id": "evidence-pack"}
    (policy,) = [a["content"] for _, a in elements if "http-equiv" in a]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_every_link_of_the_page_leads_to_one_place_in_it():
    ids = PLAIN_PAGE.values("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in PLAIN_PAGE.values("href")} <= set(ids)
    cites = [a for tag, a in PLAIN_PAGE.elements if a.get("class") == "cite"]
    assert [(a["href"], a["aria-label"]) for a in cites] == [
        ("#t1e1q1", "Citation 1: The customer"),
        ("#t1e1q2", "Citation 1: The customer"),
        ("#t1e2q1", "Citation 2: Society"),
    ]


def test_the_page_is_told_by_headings_and_labels():
    tags = [tag for tag, _ in PLAIN_PAGE.elements]
    assert tags.count("h1") == 1
    assert [t for t in tags if t in ("header", "main", "nav")] == ["header", "nav", "main"]
    labels = PLAIN_PAGE.values("aria-labelledby")
    assert set(labels) <= set(PLAIN_PAGE.values("id"))
    assert ("html", {"lang": "en"}) in PLAIN_PAGE.elements


@pytest.mark.parametrize("format_", [Format.HTML, Format.MARKDOWN, Format.DOCX])
def test_a_reader_finds_sentences_numbers_quotations_and_literature_in_order(format_):
    paragraphs = "\n".join(opened(written(pack(), format_)).paragraphs).replace("\u00a0", " ")
    wanted = (
        "Exported on 23 November 2026 at 16:53 UTC with Whose Value? (whose-value 0.1.0).",
        "2 questions, 3 quotations from 2 documents, 3 works of literature behind them.",
        "1. And in CRM?",
        "Understood as: Who defines value in CRM?",
        f"“{JUDGE}” [1]",
        "Listening firms learn what customers would miss. [1]",
        "Social responsibility (CSR)",
        f"“{SOCIETY}” [2]",
        "[1] The customer",
        "In short, p. 3",
        "customers.md",
        f"“{JUDGE}”",
        "characters 0–38",
        f"“{LISTENS}”",
        "Literature: Payne, A. (2005)",
        "[2] Society",
        STRUCK.text,
        STRUCK.reason,
        "2. What is the capital of Peru?",
        "The sources do not say.",
        "Nearest passages",
        "carroll1991 (not in the library’s bibliography)",
        "European Commission (2011). A renewed strategy. (verified)",
        "Payne, A. (2005). Handbook of CRM. Elsevier. (partly verified, partly general knowledge)",
        "assistant verify-pack FILE",
        "0123456789abcdef0123456789abcdef, generation 7",
    )
    at = 0
    for words in wanted:
        found = paragraphs.find(words, at)
        assert found >= 0, (words, paragraphs[at:])
        at = found


def test_what_stands_no_more_is_marked_in_every_format():
    made = pack(ANSWER, shelf=SHELF.without("society"))
    for format_ in (Format.HTML, Format.MARKDOWN, Format.DOCX):
        shown_words = " ".join(opened(written(made, format_)).paragraphs)
        assert shown_words.count("not in the library when this was exported") == 1


def test_one_question_that_is_the_title_is_told_once():
    made = pack(replace(ANSWER, question="Who judges?", standalone_question="who judges?"))
    paragraphs = opened(written(made, Format.HTML)).paragraphs
    assert [p for p in paragraphs if "judges?" in p] == [
        "who judges?",
        "who judges?",
    ]  # and <title>


def test_the_markdown_for_the_clipboard_has_no_pack():
    made = pack(ANSWER)
    assert as_markdown(made).startswith(markdown_of(made))
    assert "<!--" not in markdown_of(made)
    assert f"“{JUDGE}” \\[1\\]\n" in markdown_of(made)
    assert f"> “{JUDGE}” (characters 0–38)\n" in markdown_of(made)


def test_the_bibtex_has_the_entries_behind_the_answers():
    text = as_bibtex(pack())
    assert list(parse_string(text, "bibtex").entries) == ["eu2011", "payne2005"]
    assert "% Not in the library's bibliography: carroll1991" in text
    assert 'title = "Handbook of {CRM}"' in text


def test_the_word_document_opens_with_its_parts():
    word = open_docx(BytesIO(written(pack(), Format.DOCX)))
    assert word.core_properties.title == "Who defines value in CRM?"
    assert word.core_properties.author == "whose-value 0.1.0"
    assert (word.core_properties.created.year, word.core_properties.created.hour) == (2026, 16)
    headings = [p.text for p in word.paragraphs if p.style.name == "Heading 1"]
    assert headings == [
        "1. And in CRM?",
        "2. What is the capital of Peru?",
        "References",
        "Verification",
    ]
    names = word.element.xpath("//w:bookmarkStart/@w:name")
    targets = word.element.xpath("//w:hyperlink/@w:anchor")
    assert len(names) == len(set(names))
    assert set(targets) <= set(names)
    assert {"q1e1", "q1s1", "work1"} <= set(targets) | set(names)
    assert not [r for r in word.part.rels.values() if r.is_external]


@pytest.mark.parametrize("format_", [Format.HTML, Format.MARKDOWN, Format.DOCX, Format.JSON])
def test_the_pack_comes_back_out_of_every_file(format_):
    made = pack()
    file = opened(written(made, format_))
    assert file.format is format_
    assert read_pack(file.pack).pack == made


def html_is_inert(page: str) -> None:
    found = Page(page)
    assert {tag for tag, _ in found.elements} <= {tag for tag, _ in PLAIN_PAGE.elements} | {"nav"}
    names = {name for _, a in found.elements for name in a}
    assert names <= {name for _, a in PLAIN_PAGE.elements for name in a}
    assert {link[0] for link in found.values("href")} <= {"#"}
    assert [a for tag, a in found.elements if tag == "script"] == [
        {"type": "application/json", "id": "evidence-pack"}
    ]


MARKDOWN_TAGS = {"h1", "h2", "h3", "p", "ul", "li", "strong", "em", "blockquote", "code"}


def markdown_is_inert(text: str) -> None:
    for preset in ("commonmark", "js-default"):
        rendered = MarkdownIt(preset, {"html": True}).render(text)
        page = Page(rendered)
        assert {tag for tag, _ in page.elements} <= MARKDOWN_TAGS, rendered[:600]
        assert not [a for _, a in page.elements if a]


def test_hostile_text_is_shown_as_text_in_every_format():
    answer, shelf = hostile_answer()
    made = pack(answer, answer, shelf=shelf)
    wanted = shown(HOSTILE)
    assert "\u202e" not in wanted
    assert "<script>alert(1)</script>" in wanted
    html_is_inert(written(made, Format.HTML).decode())
    markdown_is_inert(written(made, Format.MARKDOWN).decode())
    for format_ in (Format.HTML, Format.MARKDOWN, Format.DOCX):
        content = written(made, format_)
        paragraphs = opened(content).paragraphs
        assert f"1. {wanted}" in paragraphs
        assert " ".join(paragraphs).count(wanted) >= 20
    for format_ in (Format.HTML, Format.MARKDOWN, Format.BIBTEX, Format.JSON):
        text = written(made, format_).decode()
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ufffe]", text)
    assert list(parse_string(as_bibtex(made), "bibtex").entries) == ["payne2005"]


@settings(max_examples=60, deadline=None)
@given(MARKUP.filter(str.strip))
def test_no_text_becomes_markup(words):
    answer, shelf = hostile_answer(words)
    made = pack(answer, shelf=shelf, title="Title")
    html_is_inert(as_html(made))
    markdown_is_inert(as_markdown(made))
    for format_ in (Format.HTML, Format.MARKDOWN):
        paragraphs = opened(written(made, format_)).paragraphs
        if words_shown := shown(words):
            assert sum(words_shown in p for p in paragraphs) >= 8, (format_, paragraphs)


@settings(max_examples=15, deadline=None)
@given(MARKUP.filter(str.strip))
def test_no_text_breaks_a_word_document(words):
    answer, shelf = hostile_answer(words)
    content = written(pack(answer, shelf=shelf, title=words), Format.DOCX)
    open_docx(BytesIO(content))
    if words_shown := shown(words):
        assert sum(words_shown in p for p in opened(content).paragraphs) >= 8


@settings(deadline=None)
@given(st.text(st.characters(), max_size=40), st.text(st.characters(), max_size=40))
def test_no_title_or_key_adds_an_entry_to_the_bibtex(title, key):
    made = replace(
        pack(ANSWER, title=f"@article{{evil, title={{x}}}} {title}"),
        literature=(Reference(f"@misc{{evil2, {key}", "", ""), *pack(ANSWER).literature),
    )
    assert list(parse_string(as_bibtex(made), "bibtex").entries) == ["eu2011", "payne2005"]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("format_", [Format.HTML, Format.MARKDOWN, Format.DOCX])
def test_a_line_of_a_megabyte_is_written_and_read_in_seconds(format_):
    words = "<b>x</b>" * 131_072
    source = document("long", (words, ("payne2005",)))
    answer = replace(ANSWER, sentences=(quoted(source, words, 1),), evidence=(evidence(1, source),))
    made = pack(answer, shelf=SHELF.holding(source))
    file = opened(written(made, format_))
    assert sum(f"“{words}”" in p for p in file.paragraphs) == 2  # in the answer and as its source
    assert read_pack(file.pack).intact


def test_our_own_markdown_is_read_as_others_read_it():
    answer, shelf = hostile_answer()
    for made in (pack(), pack(answer, shelf=shelf)):
        _, others = page_contents(MarkdownIt("commonmark").render(markdown_of(made)), "")
        assert list(markdown_paragraphs(markdown_of(made))) == others


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Who defines value in CSR?", "who-defines-value-in-csr"),
        ("../../etc/passwd\x00", "etc-passwd"),
        ("Nestlé: “Créer”", "nestle-creer"),
        ("CON", "answer-con"),
        ("價值", "answer"),
        ("", "answer"),
        ("a" * 500, "a" * 60),
        ("value " * 30, "value-value-value-value-value-value-value-value-value-value"),
    ],
)
def test_file_names_are_safe(title, name):
    assert safe_name(title) == name


@given(st.text(st.characters()))
def test_every_title_gives_a_name(title):
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", safe_name(title))
    assert len(safe_name(title)) <= 67


def test_a_page_gets_its_file_from_the_answers_that_it_kept():
    request = {"answers": [answer_json(SILENT)], "format": "md", "title": "My notes"}
    export = exported_json(request, SHELF)
    assert (export.name, export.media_type) == ("my-notes.md", "text/markdown; charset=utf-8")
    assert export.content.startswith(b"# My notes\n")
    assert exported(pack(), Format.DOCX).name == "who-defines-value-in-crm.docx"


@pytest.mark.parametrize(
    "request_",
    [
        None,
        {},
        {"answers": [], "format": "md"},
        {"answers": [{}], "format": "md"},
        {"answers": [answer_json(SILENT)], "format": "exe"},
        {"answers": 3, "format": "md"},
    ],
)
def test_a_page_that_asks_for_nonsense_is_told(request_):
    with pytest.raises(PackError):
        exported_json(request_, SHELF)


def test_the_ending_names_the_format():
    assert [format_of(f"a.{e}") for e in ("html", "HTM", "md", "docx", "bib", "json")] == [
        Format.HTML,
        Format.HTML,
        Format.MARKDOWN,
        Format.DOCX,
        Format.BIBTEX,
        Format.JSON,
    ]
    with pytest.raises(PackError, match="its ending names no format"):
        format_of("answer.exe")
