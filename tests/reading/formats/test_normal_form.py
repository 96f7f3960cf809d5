"""The normal form: offsets and pages are exact, whatever was put down and whoever sends it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.reading.formats import document_of
from assistant.reading.formats.converted import Converted, Format, PageMark
from assistant.reading.formats.manuscript import Manuscript, Piece, cleaned
from assistant.reading.formats.problems import DocumentError, Reason
from assistant.reading.formats.result import Result
from assistant.reading.formats.tables import add_table
from assistant.records import Block, Perspective, Sentence

KINDS = st.sampled_from(["heading", "paragraph", "item", "quote", "row", "code"])
PAGES = st.none() | st.tuples(st.integers(1, 9), st.text("ivx123", max_size=3))


def finished(manuscript: Manuscript) -> Converted:
    return Result(Format.TEXT, manuscript).converted()


def sample() -> Converted:
    manuscript = Manuscript()
    manuscript.begin_page(1, "i")
    manuscript.add("heading", "Value", 1)
    manuscript.add_pieces("paragraph", [Piece("It begins here"), Piece("and ends.", (2, "ii"))])
    manuscript.begin_page(3)
    manuscript.add("item", "Last.", 2)
    return finished(manuscript)


def test_blocks_are_parted_by_an_empty_line_and_pages_are_exact():
    converted = sample()
    assert converted.text == "Value\n\nIt begins here and ends.\n\nLast."
    assert converted.pages == (
        PageMark(0, 1, "i"),
        PageMark(converted.text.index("and"), 2, "ii"),
        PageMark(converted.text.index("Last"), 3, "3"),
    )
    assert [s.start for s in converted.sentences] == [7, converted.text.index("Last")]
    assert converted.title == "Value"


def test_the_page_of_a_place_and_the_pages_of_a_span():
    converted = sample()
    ends = converted.text.index("ends")
    assert converted.page_at(ends).label == "ii"
    assert [p.label for p in converted.pages_of(7, ends)] == ["i", "ii"]
    assert [p.label for p in converted.pages_of(ends, len(converted.text))] == ["ii", "3"]
    assert [p.label for p in converted.pages_of(ends, ends + 1)] == ["ii"]


def test_where_there_are_no_pages_there_is_none():
    manuscript = Manuscript()
    manuscript.add("paragraph", "A sentence.")
    assert finished(manuscript).page_at(3) is None
    assert finished(manuscript).pages_of(0, 3) == ()


@given(st.lists(st.tuples(KINDS, st.lists(st.tuples(st.text(max_size=40), PAGES), max_size=4))))
def test_every_text_that_is_put_down_keeps_exact_offsets(blocks):
    manuscript = Manuscript()
    expected: list[tuple[str, str | None]] = []  # text of a piece, its label
    label = None
    for kind, pieces in blocks:
        manuscript.add_pieces(kind, [Piece(text, page) for text, page in pieces], 1)
        for text, page in pieces:
            if not cleaned(text):
                continue
            if page is not None:
                label = cleaned(page[1]) or page[1]
            expected.append((cleaned(text), label))
    if not manuscript.sentences:
        with pytest.raises(DocumentError):
            finished(manuscript)
        return
    converted = finished(manuscript)
    at = 0
    for text, own in expected:
        at = converted.text.index(text, at)
        page = converted.page_at(at)
        assert (page is None) == (own is None)
        assert page is None or page.label == own
        at += len(text)
    assert converted.text == converted.text.strip()
    for block in converted.blocks:
        assert converted.text[block.start : block.end].strip()
    for sentence in converted.sentences:
        words = converted.text[sentence.start : sentence.end]
        assert words == words.strip() != ""


@given(st.text())
def test_cleaned_text_is_one_line_that_can_be_stored(text):
    found = cleaned(text)
    found.encode()
    assert "\n" not in found
    assert "  " not in found
    assert cleaned(found) == found


def test_what_nobody_sees_is_gone():
    assert cleaned("e\u00adffi\u200bcient ﬁrm \x93quoted\x94 \u202eabc\U000e0041") == (
        "efficient firm “quoted” abc"
    )


def test_a_text_beyond_the_limit_is_refused():
    manuscript = Manuscript(limit=10)
    with pytest.raises(DocumentError) as caught:
        manuscript.add("paragraph", "eleven byte")
    assert caught.value.reason is Reason.TOO_LARGE


def test_json_brings_back_what_was_sent():
    converted = sample()
    assert Converted.from_json(json.loads(json.dumps(converted.to_json()))) == converted


@pytest.mark.parametrize(
    "change",
    [
        {"text": 7},
        {"text": "short"},
        {"text": "\ud800" * 40},
        {"format": "exe"},
        {"blocks": [["paragraph", -1, 5, 0]]},
        {"blocks": [["paragraph", 0, 5000, 0]]},
        {"blocks": [["paragraph", 5, 5, 0]]},
        {"blocks": [["paragraph", 0, 9, 0], ["paragraph", 5, 12, 0]]},
        {"blocks": [["script", 0, 5, 0]]},
        {"blocks": [["paragraph", 0.5, 5, 0]]},
        {"blocks": [["paragraph", True, 5, 0]]},
        {"sentences": [[0, 5]]},
        {"sentences": [[0, 5, [7]]]},
        {"pages": [[5000, 1, "1"]]},
        {"pages": [[3, 1, "1"], [3, 2, "2"]]},
        {"page_kind": "verse"},
        {"page_count": -1},
        {"authors": [None]},
        {"head": 7},
        {"warnings": [{}]},
    ],
)
def test_what_a_worker_sends_is_not_believed(change):
    with pytest.raises((ValueError, TypeError, KeyError)):
        Converted.from_json(sample().to_json() | change)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4),
    ),
    st.sampled_from(sorted(sample().to_json())),
)
def test_whatever_comes_is_sound_or_refused(value, key):
    try:
        converted = Converted.from_json(sample().to_json() | {key: value})
    except (ValueError, TypeError, KeyError):
        return
    for span in (*converted.blocks, *converted.sentences):
        assert 0 <= span.start < span.end <= len(converted.text)


def rows(table: list[list[str]], **more: bool) -> list[tuple[str, str]]:
    manuscript = Manuscript()
    add_table(manuscript, table, **more)
    return [(b.kind, manuscript.text[b.start : b.end]) for b in manuscript.blocks]


def test_a_row_can_be_read_alone():
    table = [["Judge", "By:"], ["Customer", "choice"], ["", ""], ["Society", ""]]
    assert rows(table) == [("row", "Judge: Customer; By: choice"), ("row", "Judge: Society")]


def test_figures_are_no_names_of_columns_but_years_are():
    assert rows([["1.5", "2.5"], ["3", "4"]]) == [("row", "1.5; 2.5"), ("row", "3; 4")]
    assert rows([["Firm", "2010"], ["Tesco", "4"]]) == [("row", "Firm: Tesco; 2010: 4")]
    assert rows([["Yes", "No"], ["a", "b"]], header=False) == [("row", "Yes; No"), ("row", "a; b")]


def test_a_table_that_only_lays_out_the_page_becomes_paragraphs():
    assert rows([["One."], ["Two."]]) == [("paragraph", "One."), ("paragraph", "Two.")]
    long = "A long text. " * 40
    assert [kind for kind, _ in rows([[long, long]])] == ["paragraph", "paragraph"]


def test_literature_and_levels_survive():
    manuscript = Manuscript()
    manuscript.take("A. B.", [Block("item", 0, 5, 2)], [Sentence(0, 2, ("a",)), Sentence(3, 5)])
    converted = finished(manuscript)
    again = Converted.from_json(converted.to_json())
    assert again.blocks == (Block("item", 0, 5, 2),)
    assert again.sentences == (Sentence(0, 2, ("a",)), Sentence(3, 5))


def test_a_document_of_the_library_has_the_same_words():
    converted = sample()
    document = document_of(converted, path=Path("week 1/My Notes (2).pdf"), sha256="ab")
    assert (document.card.id, document.card.title) == ("my-notes-2", "Value")
    assert (document.card.path, document.card.sha256) == ("week 1/My Notes (2).pdf", "ab")
    assert document.text == converted.text
    assert document.blocks == converted.blocks
    assert document.sentences == converted.sentences


@pytest.mark.parametrize(
    ("head", "perspective", "title"),
    [
        ({"perspective": "csv", "title": "Own"}, Perspective.CSV, "Own"),
        ({"perspective": "csv", "tags": ["a"]}, Perspective.OVERVIEW, "Value"),
        ({"perspective": "martian"}, Perspective.OVERVIEW, "Value"),
        ({}, Perspective.OVERVIEW, "Value"),
    ],
)
def test_front_matter_counts_where_it_is_ours(head, perspective, title):
    converted = replace(sample(), head=head)
    card = document_of(converted, path=Path("a.md"), sha256="").card
    assert (card.perspective, card.title) == (perspective, title)
