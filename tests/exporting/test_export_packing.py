from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from export_samples import (
    ANSWER,
    CUSTOMERS,
    JUDGE,
    LISTENS,
    MADE,
    SHELF,
    SILENT,
    SOCIETIES,
    SOCIETY,
    changed,
    evidence,
    pack,
)
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import PackError
from assistant.exchange import answer_json
from assistant.exporting.pack import Quotation, text_sha256
from assistant.exporting.pack_json import digest, pack_json, pack_text, read_pack
from assistant.exporting.packing import pack_of, pack_of_json
from assistant.records import Citation, Perspective, Verdict


def quotations(made):
    return [(n, s.number, q.start, q.end, q.text) for n, s, q in made.quotations()]


def test_a_pack_holds_the_words_their_place_and_their_hashes():
    made = pack(ANSWER)
    assert quotations(made) == [
        (1, 1, 0, 38, JUDGE),
        (1, 1, 39, 96, LISTENS),
        (1, 2, 0, 53, SOCIETY),
    ]
    first = made.turns[0].sources[0].quotations[0]
    assert first.sha256 == hashlib.sha256(JUDGE.encode()).hexdigest()
    assert [d.text_sha256 for d in made.documents] == [
        text_sha256(CUSTOMERS.text),
        text_sha256(SOCIETIES.text),
    ]
    assert (made.title, made.library, made.generation) == (
        "Who defines value in CRM?",
        "0123456789abcdef0123456789abcdef",
        7,
    )


def test_sentences_keep_verdicts_numbers_groups_and_what_was_struck():
    turn = pack(ANSWER).turns[0]
    assert [(s.verdict, s.numbers, s.group) for s in turn.sentences] == [
        (Verdict.QUOTED, (1,), ""),
        (Verdict.SUPPORTED, (1,), ""),
        (Verdict.QUOTED, (2,), "Social responsibility (CSR)"),
    ]
    assert [(s.text, s.reason) for s in turn.struck] == [
        ("The company decides in 1950.", "the number 1950 is not there")
    ]
    assert turn.sentences[0].citations == (Citation(1, 0, 38, 0.9123),)


def test_the_literature_is_that_of_the_quoted_sentences_by_author():
    made = pack(ANSWER)
    assert [(w.key, w.text[:19]) for w in made.literature] == [
        ("carroll1991", ""),
        ("eu2011", "European Commission"),
        ("payne2005", "Payne, A. (2005). H"),
    ]
    assert made.turns[0].sources[1].literature == ("eu2011", "carroll1991")


def test_an_abstention_brings_the_passages_that_come_nearest_and_no_literature():
    made = pack(SILENT)
    (near,) = made.turns[0].nearest
    assert (near.number, near.document, near.quotations[0].text) == (0, "society", SOCIETY)
    assert made.turns[0].sources == ()
    assert made.literature == ()


def test_what_the_library_has_no_more_is_marked_as_it_stood():
    shelf = SHELF.without("society").holding(changed(CUSTOMERS, lambda t: "Now: " + t))
    made = pack_of([ANSWER], shelf, made_at=MADE)
    assert [q.in_library for _, _, q in made.quotations()] == [False, False, False]
    assert [q.text for _, _, q in made.quotations()] == [JUDGE, LISTENS, SOCIETY]
    gone = made.document("society")
    assert (gone.title, gone.text_sha256) == ("Society", "")


def test_title_heading_page_and_literature_are_the_librarys():
    """An answer kept for a month may tell old ones; a forged one anything."""
    card = replace(CUSTOMERS.card, title="Forged", perspective=Perspective.CSV, path="x.md")
    found = evidence(1, CUSTOMERS)
    passage = replace(found.passage, heading=("Forged",), page=99, sentences=())
    hit = replace(found.hit, document=card, passage=passage)
    forged = replace(ANSWER, sentences=ANSWER.sentences[:1], evidence=(replace(found, hit=hit),))
    made = pack(forged)
    (source,) = made.turns[0].sources
    assert (source.heading, source.page, source.literature) == (("In short",), 3, ("payne2005",))
    document = made.documents[0]
    assert (document.title, document.perspective, document.path) == (
        "The customer",
        "crm",
        "customers.md",
    )


def test_a_conversation_without_answers_is_no_pack():
    with pytest.raises(PackError, match="There is no answer to export"):
        pack_of([], SHELF)


@pytest.mark.parametrize("answers", [(ANSWER,), (ANSWER, SILENT)])
def test_a_pack_is_read_as_it_was_written(answers):
    made = pack(*answers)
    read = read_pack(pack_text(made))
    assert read.pack == made
    assert read.intact


def test_any_change_of_the_json_is_found():
    values = json.loads(pack_text(pack(ANSWER)))
    values["turns"][0]["sentences"][1]["text"] += " Not."
    assert not read_pack(json.dumps(values)).intact
    values["digest"] = digest(values)  # a forger who knows how
    assert read_pack(json.dumps(values)).intact
    values["turns"][0]["sources"][0]["quotations"][0]["text"] = "The company defines it."
    values["digest"] = digest(values)
    assert not read_pack(json.dumps(values)).intact


def test_the_json_can_stand_in_html_xml_and_comments():
    text = pack_text(pack(replace(ANSWER, question="</script> --> ]]> & \u202e --- é")))
    assert text.isascii()
    assert not any(mark in text for mark in ("<", ">", "&", "--"))
    assert read_pack(text).pack.turns[0].question == "</script> --> ]]> & \u202e --- é"


@given(st.text(st.characters(), max_size=80))
def test_any_text_survives_the_json(words):
    made = pack(replace(ANSWER, question=words, message=words))
    again = read_pack(pack_text(made)).pack
    assert (again.turns[0].question, again.turns[0].message) == (words, words)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda v: v.pop("title"), '"title" of The pack is no text'),
        (lambda v: v.update(version=2), "version 2; this program reads version 1"),
        (lambda v: v.update(format="other"), 'its "format" is not'),
        (lambda v: v.update(made_at="yesterday"), '"made_at" of the pack is no date'),
        (lambda v: v.update(turns=[3]), "turns\\[0\\] of The pack is not an object"),
        (lambda v: v["turns"][0].update(outcome="maybe"), "is no one of"),
        (lambda v: v["turns"][0]["sources"].pop(), "cites something that the pack does not hold"),
        (lambda v: v.update(documents=[]), "cites something that the pack does not hold"),
        (lambda v: v.update(generation=True), "is no whole number"),
        (lambda v: v.update(generation=10**400), "is no whole number"),
    ],
)
def test_what_is_no_pack_is_told(spoil, said):
    values = pack_json(pack(ANSWER))
    spoil(values)
    with pytest.raises(PackError, match=said):
        read_pack(json.dumps(values))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": NaN}', "[" * 100_000, "9" * 10_000])
def test_what_is_no_json_is_told(text):
    with pytest.raises(PackError):
        read_pack(text)


def told(answer):
    return json.loads(json.dumps(answer_json(answer)))


def told_without_spans(answer):
    """As it was told before the spans were."""
    values = told(answer)
    for sentence in values["sentences"]:
        del sentence["spans"]
    return values


def test_answers_kept_as_json_become_the_same_quotations():
    kept = [told_without_spans(ANSWER), told_without_spans(SILENT)]
    made = pack_of_json(kept, SHELF, made_at=MADE)
    # A quoted sentence is found in its passage; a written one has no span there: all of it.
    assert quotations(made) == [
        (1, 1, 0, 38, JUDGE),
        (1, 1, 0, 96, CUSTOMERS.text),
        (1, 2, 0, 53, SOCIETY),
        (2, 0, 0, 53, SOCIETY),
    ]
    assert made.turns[1].message == SILENT.message
    assert all(q.in_library for _, _, q in made.quotations())


def test_spans_and_groups_in_the_json_are_used():
    again = pack_of_json([told(ANSWER)], SHELF, made_at=MADE)
    want = pack(ANSWER)
    assert again.turns[0].sources == want.turns[0].sources
    assert [(s.group, s.citations) for s in again.turns[0].sentences] == [
        (s.group, s.citations) for s in want.turns[0].sentences
    ]


def test_forged_json_is_marked_and_its_literature_not_invented():
    values = told_without_spans(ANSWER)
    values["evidence"][0]["text"] = values["evidence"][0]["text"].replace("customer", "company")
    values["sentences"] = values["sentences"][:1]
    values["sentences"][0]["text"] = "The company defines what is valuable."
    made = pack_of_json([values], SHELF, made_at=MADE)
    ((_, _, quotation),) = made.quotations()
    assert quotation == Quotation(
        0, 37, "The company defines what is valuable.", ("payne2005",), in_library=False
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda v: v.pop("question"),
        lambda v: v.update(question=3),
        lambda v: v["sentences"][0].update(citations=[99]),
        lambda v: v["sentences"][0].update(citations=["1"]),
        lambda v: v["sentences"][0].update(verdict="true"),
        lambda v: v["evidence"][0].update(start=-1),
        lambda v: v["evidence"][0].pop("document"),
        lambda v: v.update(evidence={}),
    ],
)
def test_json_of_another_form_is_refused(spoil):
    values = told(ANSWER)
    spoil(values)
    with pytest.raises(PackError):
        pack_of_json([values], SHELF)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["question", "sentences", "evidence", "text", "citations"]), inner
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_breaks_the_packing(values):
    try:
        pack_of_json([values], SHELF)
    except PackError as error:
        assert error.remedy
