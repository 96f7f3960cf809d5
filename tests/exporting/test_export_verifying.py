from __future__ import annotations

import json
import re
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest
from docx import Document as open_docx
from export_samples import (
    ANSWER,
    CUSTOMERS,
    JUDGE,
    LISTENS,
    SHELF,
    SILENT,
    WORKS,
    changed,
    document,
    hostile_answer,
    pack,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import PackError
from assistant.exporting.findings import conclusion, findings_of, verified_json
from assistant.exporting.opening import opened
from assistant.exporting.pack_json import digest, pack_json
from assistant.exporting.verified import Standing
from assistant.exporting.verifying import verify
from assistant.exporting.writing import Format
from assistant.exporting.writing import written as as_file
from assistant.records import AnswerSentence, Perspective, Verdict

SHOWING = [Format.HTML, Format.MARKDOWN, Format.DOCX]
READABLE = [*SHOWING, Format.JSON]
PLAIN = pack(replace(ANSWER, sentences=(ANSWER.sentences[0], ANSWER.sentences[2])), SILENT)


class Agreeing:
    """A checker that lets stand what shares a word of more than six letters with its evidence."""

    def check(self, sentence, evidence):
        text = " ".join(e.passage.text for e in evidence).lower()
        long_words = [w for w in re.findall(r"\w{7,}", sentence.lower()) if w in text]
        if long_words:
            return AnswerSentence(sentence, Verdict.SUPPORTED, 0.9)
        return AnswerSentence(sentence, Verdict.UNSUPPORTED, 0.1, reason="nothing says so")


def forged(content: bytes, change) -> bytes:
    """Return a JSON pack after a change, with the digest that belongs to it."""
    values = json.loads(content)
    change(values)
    values["digest"] = digest(values)
    return json.dumps(values).encode()


def standings(found):
    return [q.standing for q in found.quotations]


@pytest.mark.parametrize("format_", READABLE)
@pytest.mark.parametrize("made", [PLAIN, pack()], ids=["quoted", "written"])
def test_what_was_exported_is_verified(format_, made):
    found = verify(as_file(made, format_), SHELF)
    assert found.is_verified, findings_of(found)
    assert found.is_exact is (format_ is not Format.DOCX)
    assert set(standings(found)) == {Standing.SAME}
    assert "the library says all of it" in conclusion(found)
    assert all(f.is_well for f in findings_of(found))


def test_a_work_that_is_gone_is_told_and_one_that_was_never_known_is_not():
    found = verify(as_file(pack(ANSWER), Format.JSON), replace(SHELF, works=WORKS[:1]))
    assert [(w.work.key, w.standing) for w in found.works] == [
        ("carroll1991", Standing.SAME),
        ("eu2011", Standing.MISSING),
        ("payne2005", Standing.SAME),
    ]
    words = [f.words for f in findings_of(found) if not f.is_well]
    assert words == [
        "2 of 3 works of literature are in the bibliography as they are here.",
        "eu2011: the bibliography has no such work.",
    ]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize("format_", [Format.HTML, Format.MARKDOWN])
def test_line_ends_and_byte_order_marks_change_nothing(format_, end):
    content = as_file(PLAIN, format_).decode().replace("\n", end).encode("utf-8-sig")
    assert verify(content, SHELF).is_exact


def with_docx_text(content: bytes, before: str, after: str) -> bytes:
    """Return a DOCX in which a run reads otherwise, as a word processor would save it."""
    word = open_docx(BytesIO(content))
    runs = [r for p in word.paragraphs for r in p.runs if before in r.text]
    runs[0].text = runs[0].text.replace(before, after, 1)
    file = BytesIO()
    word.save(file)
    return file.getvalue()


def with_text(content: bytes, before: str, after: str) -> bytes:
    assert before.encode() in content
    return content.replace(before.encode(), after.encode(), 1)


@pytest.mark.parametrize("format_", SHOWING)
def test_one_changed_word_that_is_shown_is_found(format_):
    content = as_file(PLAIN, format_)
    change = with_docx_text if format_ is Format.DOCX else with_text
    found = verify(change(content, "The customer defines", "The company defines"), SHELF)
    assert not found.is_verified
    assert found.is_intact  # the pack in it was left alone
    (difference,) = found.differences
    assert "The customer defines what is valuable." in difference.expected
    assert "The company defines what is valuable." in difference.found


@pytest.mark.parametrize("format_", SHOWING)
def test_a_paragraph_that_was_added_or_taken_out_is_found(format_):
    content = as_file(PLAIN, format_)
    if format_ is Format.DOCX:
        word = open_docx(BytesIO(content))
        word.add_paragraph("Trust me.")
        file = BytesIO()
        word.save(file)
        added = file.getvalue()
    elif format_ is Format.HTML:
        added = with_text(content, "</main>", "<p>Trust me.</p></main>")
    else:
        added = with_text(content, "## References", "Trust me.\n\n## References")
    found = verify(added, SHELF)
    assert [(d.expected, d.found) for d in found.differences] == [("", "Trust me.")]
    assert any("shows what is not in the pack: “Trust me.”" in f.words for f in findings_of(found))


def test_a_hidden_sentence_is_found():
    """The words are all there; what a browser shows is not what they say."""
    content = as_file(PLAIN, Format.HTML)
    hidden = with_text(content, '<p class="lead"', '<p hidden class="lead"')
    found = verify(hidden, SHELF)
    assert not found.is_verified
    assert "the markup" in found.differences[0].found
    word = open_docx(BytesIO(as_file(PLAIN, Format.DOCX)))
    next(r for p in word.paragraphs for r in p.runs if JUDGE in r.text).font.hidden = True
    file = BytesIO()
    word.save(file)
    found = verify(file.getvalue(), SHELF)
    assert any(JUDGE in d.expected for d in found.differences)


def test_a_word_document_saved_again_is_verified():
    """Other programs write other bytes, runs and numbers of pages."""
    word = open_docx(BytesIO(as_file(PLAIN, Format.DOCX)))
    paragraph = next(p for p in word.paragraphs if JUDGE in p.text)
    run = paragraph.runs[0]
    text, run.text = run.text, run.text[:10]
    run._r.addnext(paragraph.add_run(text[10:])._r)
    file = BytesIO()
    word.save(file)
    assert file.getvalue() != as_file(PLAIN, Format.DOCX)
    assert verify(file.getvalue(), SHELF).is_verified


@pytest.mark.parametrize("format_", [Format.HTML, Format.MARKDOWN, Format.JSON])
def test_one_changed_word_in_the_pack_is_found(format_):
    content = as_file(PLAIN, format_)
    at = content.rindex(b"The customer defines")
    found = verify(content[:at] + content[at:].replace(b"customer", b"company", 1), SHELF)
    assert not found.is_intact
    assert not found.is_verified


def test_a_forged_quotation_is_found_although_the_digest_agrees():
    def change(values):
        values["turns"][0]["sentences"][0]["text"] = "The company defines what it is worth."
        quotation = values["turns"][0]["sources"][0]["quotations"][0]
        quotation["text"] = "The company defines what it is worth."
        quotation["sha256"] = pack_json(pack())["turns"][0]["sources"][0]["quotations"][0]["sha256"]

    def with_hash(values):
        import hashlib

        change(values)
        quotation = values["turns"][0]["sources"][0]["quotations"][0]
        quotation["sha256"] = hashlib.sha256(quotation["text"].encode()).hexdigest()

    assert not verify(forged(as_file(PLAIN, Format.JSON), change), SHELF).is_intact
    found = verify(forged(as_file(PLAIN, Format.JSON), with_hash), SHELF)
    assert found.is_intact
    assert not found.is_verified
    assert standings(found)[0] is Standing.MISQUOTED
    assert found.quotations[0].now == JUDGE
    assert any("never stood there" in f.words for f in findings_of(found))


def test_a_sentence_that_is_no_quotation_may_not_say_that_it_is_one():
    def change(values):
        values["turns"][0]["sentences"][0]["text"] = "The company defines what is valuable."

    found = verify(forged(as_file(PLAIN, Format.JSON), change), SHELF)
    (objection,) = found.objections
    assert (objection.turn, objection.place) == (1, 1)
    assert objection.objection == "it is not, word for word, what it quotes"


def test_a_sentence_without_a_source_is_told():
    def change(values):
        values["turns"][0]["sentences"][0]["citations"] = []

    found = verify(forged(as_file(PLAIN, Format.JSON), change), SHELF)
    assert [o.objection for o in found.objections] == ["no quotation stands behind it"]


def test_written_sentences_are_put_to_the_checker_again():
    content = as_file(pack(ANSWER), Format.JSON)
    assert verify(content, SHELF, checker=Agreeing).rechecked == 1
    assert verify(content, SHELF, checker=Agreeing).objections == ()

    def change(values):
        values["turns"][0]["sentences"][1]["text"] = "All of it is wrong."

    found = verify(forged(content, change), SHELF, checker=Agreeing)
    assert [(o.place, o.objection) for o in found.objections] == [(2, "nothing says so")]
    words = [f.words for f in findings_of(found) if not f.is_well]
    assert "0 of 1 written sentence checked again: the sources carry them." in words


def test_no_checker_is_made_for_quotations():
    def costly():
        raise AssertionError("made")

    assert verify(as_file(PLAIN, Format.HTML), SHELF, checker=costly).is_verified


def test_a_changed_document_whose_words_still_stand_is_told_with_their_place():
    shelf = SHELF.holding(changed(CUSTOMERS, lambda text: "It is not so that: " + text))
    found = verify(as_file(PLAIN, Format.HTML), shelf)
    first = found.quotations[0]
    assert (first.standing, first.at) == (Standing.MOVED, (19, 57))
    assert standings(found)[1:] == [Standing.SAME, Standing.SAME]
    assert found.documents[0].changes == ("its text has changed",)
    assert not found.is_verified
    assert any("now at characters 19–57" in f.words for f in findings_of(found))


def test_words_that_are_gone_are_told_with_what_stands_there_now():
    reworded = document("customers", ("The client defines what is valuable.", ()), (LISTENS, ()))
    found = verify(as_file(PLAIN, Format.HTML), SHELF.holding(reworded))
    assert found.quotations[0].standing is Standing.GONE
    assert found.quotations[0].now == "The client defines what is valuable."


def test_a_document_that_is_gone_or_renamed_is_told():
    gone = verify(as_file(PLAIN, Format.HTML), SHELF.without("customers"))
    assert (gone.quotations[0].standing, gone.quotations[0].elsewhere) == (Standing.MISSING, "")
    card = replace(CUSTOMERS.card, id="clients")
    renamed = SHELF.without("customers").holding(replace(CUSTOMERS, card=card))
    found = verify(as_file(PLAIN, Format.HTML), renamed)
    assert found.quotations[0].elsewhere == "clients"
    assert any(f.words.endswith("it stands in clients.") for f in findings_of(found))


def test_a_changed_title_view_heading_or_literature_is_told():
    card = replace(CUSTOMERS.card, title="The client", perspective=Perspective.CSV)
    bare = tuple(replace(s, literature=("eu2011",)) for s in CUSTOMERS.sentences)
    shelf = SHELF.holding(replace(CUSTOMERS, card=card, sentences=bare))
    shelf = replace(shelf, headings={"customers": ("In long",)})
    found = verify(as_file(PLAIN, Format.HTML), shelf)
    assert found.documents[0].changes == (
        "its title is “The client”, not “The customer”",
        "its perspective is “csv”, not “crm”",
        "characters 0–38 stand under “In long”",
        "characters 0–38 cite eu2011",
    )
    assert standings(found) == [Standing.SAME] * 3
    assert not found.is_verified


def test_a_changed_reference_is_told():
    works = (replace(WORKS[0], text="Payne, A. (2006)."), WORKS[1])
    found = verify(as_file(PLAIN, Format.HTML), replace(SHELF, works=works))
    assert [w.standing for w in found.works if w.work.key == "payne2005"] == [Standing.CHANGED]


def test_an_export_of_what_was_gone_already_is_not_verified():
    shelf = SHELF.without("society")
    found = verify(as_file(pack(SILENT, shelf=shelf), Format.HTML), shelf)
    assert (found.is_exact, found.is_verified) == (True, False)
    again = verify(as_file(pack(SILENT, shelf=shelf), Format.HTML), SHELF)
    assert again.documents[0].changes == ("it was not in the library when this was exported",)


def test_an_export_of_another_version_is_checked_by_its_sentences():
    old = replace(PLAIN, program="whose-value 0.0.9")
    content = as_file(old, Format.HTML).replace(b"Sources</h3>", b"The sources</h3>")
    found = verify(content, SHELF)
    assert found.is_verified
    assert "exported by whose-value 0.0.9" in found.notes[0]
    lacking = with_text(content, f"“{JUDGE}”", "“The company does.”")
    lacking = with_text(lacking, f"“{JUDGE}”", "“The company does.”")
    assert [d.expected for d in verify(lacking, SHELF).differences] == [JUDGE, JUDGE]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "There is no pack in the file"),
        (b"# Notes\n", "There is no pack in the file"),
        (b"<!doctype html><p>Hello", "There is no pack in the file"),
        (b"{}", "no pack"),
        (b"\xff\xfe", "not UTF-8 text"),
        (b"PK\x03\x04", "The file is no DOCX"),
        (as_file(PLAIN, Format.BIBTEX), "There is no pack in the file"),
        (as_file(PLAIN, Format.MARKDOWN) * 2, "There are 2 packs in the file"),
        (as_file(PLAIN, Format.HTML) * 2, "There are 2 packs in the file"),
    ],
)
def test_a_file_without_a_pack_is_told(content, said):
    with pytest.raises(PackError, match=said) as caught:
        verify(content, SHELF)
    assert caught.value.remedy


def test_a_word_document_of_somebody_else_has_no_pack():
    file = BytesIO()
    open_docx().save(file)
    with pytest.raises(PackError, match="There is no pack"):
        verify(file.getvalue(), SHELF)


def test_xml_that_declares_entities_is_refused():
    content = as_file(PLAIN, Format.DOCX)
    evil = BytesIO()
    with ZipFile(BytesIO(content)) as source, ZipFile(evil, "w") as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename == "word/document.xml":
                data = b'<!DOCTYPE x [<!ENTITY a "b">]>' + data[data.index(b"<w:document") :]
            target.writestr(item, data)
    with pytest.raises(PackError, match="declares XML entities"):
        verify(evil.getvalue(), SHELF)


def test_hostile_text_is_verified_like_any_other():
    answer, shelf = hostile_answer()
    made = pack(answer, shelf=shelf)
    for format_ in READABLE:
        found = verify(as_file(made, format_), shelf)
        assert found.is_verified, findings_of(found)
        for finding in findings_of(verify(as_file(made, format_), SHELF)):
            assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e]", finding.words)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_edit_of_a_page_goes_unseen(data):
    """Any character put somewhere into the file is found, wherever that is."""
    text = as_file(PLAIN, Format.HTML).decode()
    at = data.draw(st.integers(20, len(text.rstrip()) - 1))
    added = data.draw(st.sampled_from(list("ax1<>&\"'=.-")))
    try:
        found = verify((text[:at] + added + text[at:]).encode(), SHELF)
    except PackError:
        return
    assert not found.is_verified


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_check(content):
    for start in (b"", b"PK\x03\x04", b"<!doctype html>", b"{", b"<!-- evidence-pack\n"):
        with pytest.raises(PackError):
            opened_or_verified(start + content)


def opened_or_verified(content):
    verify(content, SHELF)
    opened(content)


def test_the_outcome_is_told_to_programs():
    values = verified_json(verify(as_file(PLAIN, Format.HTML), SHELF))
    assert json.loads(json.dumps(values)) == values
    assert (values["verified"], values["exact"], values["format"]) == (True, True, "html")
    assert values["quotations"][0] == {
        "turn": 1,
        "number": 1,
        "document": "customers",
        "start": 0,
        "end": 38,
        "text": JUDGE,
        "sha256": PLAIN.turns[0].sources[0].quotations[0].sha256,
        "standing": "same",
        "at": [0, 38],
        "elsewhere": "",
        "now": "",
    }
