from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web_samples import TEXT, WORKS, card, document, text_of

from assistant.web.reader import document_html, heading_at, missing_html, request_from

NOWHERE = (0, 0)
# What a reader draws loses only the empty lines between blocks.
GAPS = re.compile(r"\n\n")


def marked(page: str) -> str:
    return "".join(html.unescape(re.sub(r"<[^>]*>", "", m)) for m in MARKS.findall(page))


MARKS = re.compile(r"<mark>(.*?)</mark>", re.DOTALL)
ANY_SPAN = st.tuples(st.integers(0, len(TEXT) + 50), st.integers(0, len(TEXT) + 50))


@given(mark=ANY_SPAN, passage=ANY_SPAN)
def test_the_mark_is_exactly_the_span_of_the_text(mark, passage):
    page = document_html(document(), passage, mark, {})
    expected = TEXT[mark[0] : mark[1]] if mark[0] < mark[1] else ""
    assert marked(page).replace("\n", "") == GAPS.sub("", expected).replace("\n", "")


@given(mark=ANY_SPAN, passage=ANY_SPAN)
def test_the_whole_text_is_there_whatever_is_marked(mark, passage):
    page = document_html(document(), passage, mark, {}).split('class="text"')[1].split(">", 1)[1]
    assert text_of(page.split("<section")[0]) == GAPS.sub("", TEXT)


def test_a_sentence_is_marked_within_its_tinted_passage():
    start = TEXT.index("Others")
    end = TEXT.index("loudly") + len("loudly")
    paragraph = (TEXT.index("The customer"), TEXT.index("\n\nIn detail"))
    page = document_html(document(), paragraph, (start, end), WORKS)
    assert marked(page) == TEXT[start:end] == "Others doubt it <b>loudly"
    assert '<p class="b tint">' in page
    assert page.count("tint") == 1


def test_headings_begin_below_the_title_and_keep_their_order():
    page = document_html(document(), NOWHERE, NOWHERE, {})
    assert re.findall(r"<(h\d)", page) == ["h2", "h3", "h4", "h3"]  # the last: literature


def test_blocks_become_what_they_are():
    page = document_html(document(), NOWHERE, NOWHERE, {})
    assert '<ul class="items"><li class="b l1">One choice</li><li class="b l2">' in page
    assert '<ul class="rows"><li class="b">Judge: society' in page
    assert "<blockquote" in page
    assert '<pre class="b">a &lt; b</pre>' in page


def test_the_path_of_headings_leads_to_the_position():
    assert heading_at(document(), TEXT.index("Another")) == ("Who judges", "In detail")
    assert heading_at(document(), TEXT.index("The customer")) == ("Who judges",)


def test_the_literature_of_the_marked_sentence_stands_above():
    start = TEXT.index("The customer")
    head = document_html(document(), NOWHERE, (start, start + 12), WORKS).split("</header>")[0]
    assert "Rests on Payne (2005)" in text_of(head)
    assert "crane2014" not in head


def test_all_literature_stands_at_the_end_and_what_is_unknown_by_its_key():
    foot = document_html(document(), NOWHERE, NOWHERE, WORKS).split('class="works"')[1]
    assert "Payne, A. (2005). Handbook <of> CRM. Elsevier. partly verified" in text_of(foot)
    assert "crane2014" in text_of(foot)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("", ""),
        ("-1", "5"),
        ("5", "5"),
        ("9", "3"),
        ("1e3", "2000"),
        ("0x1", "0x9"),
        ("½", "9"),
        ("१", "९"),
        ("0", "9" * 400),
        ("1; DROP TABLE passages", "3"),
        ("<b>", "</b>"),
    ],
)
def test_malformed_offsets_mark_nothing(start, end):
    query = {"document": "d", "start": start, "end": end, "passage-start": start}
    wanted = request_from(query)
    assert (wanted.mark, wanted.passage) == (NOWHERE, NOWHERE)
    assert "<mark>" not in document_html(document(), wanted.passage, wanted.mark, {})


def test_sound_offsets_are_taken():
    query = {"document": "d", "start": "3", "end": "9", "passage-start": "0", "passage-end": "20"}
    wanted = request_from(query)
    assert (wanted.document, wanted.mark, wanted.passage) == ("d", (3, 9), (0, 20))


def test_an_unknown_document_is_named_as_text():
    page = missing_html("<img src=x onerror=alert(1)>" + "x" * 500)
    assert "<img" not in page
    assert "&lt;img" in page
    assert len(page) < 600


def test_the_sentences_name_their_works_shortly():
    page = document_html(document(), NOWHERE, NOWHERE, WORKS)
    assert 'data-works="Payne 2005"' in page
    assert 'data-works="crane2014; Payne 2005"' in page


def test_above_the_text_stands_what_the_document_is_and_what_it_is_read_against():
    told = replace(
        card(), stance="against", stance_on="csv", question="Who?", opposes=("b", "gone")
    )
    cards = {"b": replace(card("b"), title="The <other> side")}
    page = document_html(replace(document(), card=told), NOWHERE, NOWHERE, WORKS, cards)
    about = page.split('class="about"')[1].split('class="text"')[0]
    assert "against CSV · 2011 · 27 words, 1 min" in text_of(about)
    assert "Read against: The <other> side" in text_of(about)
    assert 'data-document="b"' in about
    assert 'data-act="only" data-document="who-judges"' in about


@pytest.mark.parametrize("mark", [NOWHERE, (TEXT.index("One choice") + 2, len(TEXT))])
def test_an_item_that_begins_with_a_title_leads_there(mark):
    cards = {
        "one": replace(card("one"), title="One choice"),
        "x": replace(card("x"), title="Other"),
    }
    page = document_html(document(), NOWHERE, mark, {}, cards)
    assert page.count('class="to-document open" data-document="one"') in (1, 2)
    assert 'data-document="x"' not in page
    text = page.split('class="text"')[1].split(">", 1)[1]
    assert text_of(text.split("<section")[0]) == GAPS.sub("", TEXT)
