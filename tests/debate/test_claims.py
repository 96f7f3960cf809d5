"""A claim beside the library: the verdict, the witnesses with their places, and the text itself."""

from __future__ import annotations

import threading

import pytest
from claim_samples import WordEntailer, open_library
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.debate.claims import MAX_CHARACTERS, Standing, summary_of
from assistant.debate.essays import pieces_of, without_citations
from assistant.errors import QuestionError
from assistant.exchange import ledger_json
from assistant.records import Filters, Perspective

CHEAP = "Loyal customers are cheap to serve."
COSTLY = "Loyalty schemes raise profits."
WEATHER = "Rain falls mostly in autumn."
ESSAY = f"""\
# On loyalty

{CHEAP} {COSTLY} Who would doubt it?

Thanks and stamps

{WEATHER} Loyalty schemes began with trading stamps in shops.

References

Reichheld, F. F. (2003). The one number you need to grow. Harvard Business Review.
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    assistant, _ = open_library(tmp_path_factory.mktemp("claims"), WordEntailer())
    return assistant


def judged(library, text: str, **options):
    ledger = library.claim(text, **options)
    assert len(ledger.claims) == 1
    return ledger.claims[0]


def titles(witnesses) -> list[str]:
    return [w.document.title for w in witnesses]


def test_what_a_text_says_is_supported(library):
    claim = judged(library, "Frederick Reichheld measured loyalty with one question in 2003.")
    assert claim.standing is Standing.SUPPORTED
    assert titles(claim.supporting) == ["Loyalty pays"]
    assert claim.contradicting == ()


def test_what_a_text_denies_is_contradicted(library):
    claim = judged(library, COSTLY)
    assert claim.standing is Standing.CONTRADICTED
    assert claim.score == pytest.approx(0.96)
    assert [w.text for w in claim.contradicting] == ["Loyalty schemes never raise profits."]
    assert claim.supporting == ()


def test_what_texts_differ_about_is_disputed(library):
    claim = judged(library, CHEAP)
    assert claim.standing is Standing.DISPUTED
    assert titles(claim.supporting) == ["Loyalty pays"]
    assert titles(claim.contradicting) == ["Loyalty costs"]


def test_what_no_text_speaks_of_is_not_in_the_sources_and_the_nearest_stand_beside_it(library):
    claim = judged(library, WEATHER)
    assert claim.standing is Standing.NOT_IN_SOURCES
    assert claim.supporting == claim.contradicting == ()
    assert claim.beside
    assert claim.needs_source is False


def test_a_passage_that_takes_a_side_does_not_also_stand_beside(library):
    claim = judged(library, CHEAP)
    sided = {(w.document.id, w.start) for w in (*claim.supporting, *claim.contradicting)}
    assert not sided & {(w.document.id, w.start) for w in claim.beside}


@pytest.mark.parametrize("text", [CHEAP, COSTLY, WEATHER])
def test_every_witness_stands_where_it_says(library, text):
    claim = judged(library, text)
    for witness in (*claim.supporting, *claim.contradicting, *claim.beside):
        document = library.document(witness.document.id).text
        assert document[witness.start : witness.end] == witness.text
        start, end = witness.passage
        assert 0 <= start <= witness.start < witness.end <= end <= len(document)


@pytest.mark.parametrize(
    ("claim", "needs"),
    [
        ("Jane Doe measured the weather of Mars in 1999.", True),
        ("The weather was measured in 1999.", True),
        ("The weather of autumn pleases most people.", False),
        ("The weather of autumn pleases CSR and shared value.", False),
        ("Jane Doe measured the weather of Mars (Doe, 1999).", False),
        ("The weather was measured in 1999 [12].", False),
    ],
)
def test_a_fact_that_nobody_vouches_for_needs_a_source(library, claim, needs):
    found = judged(library, claim)
    assert found.standing is Standing.NOT_IN_SOURCES
    assert found.needs_source is needs


def test_a_citation_of_ones_own_does_not_stand_in_the_way(library):
    cited = "Frederick Reichheld measured loyalty with one question in 2003 (Smith & Lee, 1999)."
    claim = judged(library, cited)
    assert claim.standing is Standing.SUPPORTED
    assert claim.text == cited


def test_a_number_that_is_not_in_the_text_is_not_supported_whatever_the_model_says(tmp_path):
    class YesMan(WordEntailer):
        def _row(self, claim, text):
            return 0.9, 0.05, 0.05

    agreeable, _ = open_library(tmp_path, YesMan())
    claim = judged(agreeable, "Frederick Reichheld measured loyalty with one question in 1999.")
    assert claim.standing is Standing.NOT_IN_SOURCES
    assert claim.needs_source


def test_what_stands_word_for_word_is_supported_whatever_the_model_says(tmp_path):
    class Doubter(WordEntailer):
        def _row(self, claim, text):
            return 0.0, 0.0, 1.0

    doubting, _ = open_library(tmp_path, Doubter())
    claim = judged(doubting, CHEAP)
    assert claim.standing is Standing.SUPPORTED
    assert [w.text for w in claim.supporting] == [CHEAP]


@pytest.mark.parametrize(("doubt", "standing"), [(0.85, "supported"), (0.95, "disputed")])
def test_against_what_stands_word_for_word_a_model_must_be_sure(tmp_path, doubt, standing):
    class Contrarian(WordEntailer):
        def _row(self, claim, text):
            return 0.0, doubt, 1 - doubt

    contrary, _ = open_library(tmp_path, Contrarian())
    assert judged(contrary, CHEAP).standing.value == standing
    assert judged(contrary, COSTLY).standing is Standing.CONTRADICTED


def test_without_an_entailer_only_what_stands_word_for_word_is_supported(tmp_path):
    literal, _ = open_library(tmp_path, None, warning="The check is missing.")
    assert judged(literal, CHEAP).standing is Standing.SUPPORTED
    claim = judged(literal, COSTLY)
    assert claim.standing is Standing.NOT_IN_SOURCES
    assert "Loyalty schemes never raise profits." in [w.text for w in claim.beside]
    assert literal.claim(CHEAP).warning == "The check is missing."


def test_a_filter_keeps_to_its_part_of_the_library(library):
    critics = Filters(perspectives=frozenset({Perspective.CRITIQUE}))
    claim = judged(library, CHEAP, filters=critics)
    assert claim.standing is Standing.CONTRADICTED
    assert {w.document.perspective for w in (*claim.contradicting, *claim.beside)} == {
        Perspective.CRITIQUE
    }


def test_an_essay_keeps_its_order_and_its_headings_questions_and_references_stay_plain(library):
    ledger = library.claim(ESSAY)
    standings = {c.text: c.standing.value for c in ledger.claims}
    plain = [text for text, standing in standings.items() if standing == "no claim"]
    assert plain[:3] == ["# On loyalty", "Who would doubt it?", "Thanks and stamps"]
    assert " ".join(plain[3:]) == ESSAY[ESSAY.index("References") :].replace("\n\n", " ").strip()
    assert [(t, s) for t, s in standings.items() if s != "no claim"] == [
        (CHEAP, "disputed"),
        (COSTLY, "contradicted"),
        (WEATHER, "not in the sources"),
        ("Loyalty schemes began with trading stamps in shops.", "supported"),
    ]
    assert ledger.summary == (
        "4 claims: 1 supported, 1 contradicted, 1 disputed, 1 not in the sources."
    )
    assert ledger.generation == library.status().generation
    starts = [c.start for c in ledger.claims]
    assert starts == sorted(starts)


def test_a_text_without_claims_says_so(library):
    ledger = library.claim("Why? And who asks?")
    assert {c.standing for c in ledger.claims} == {Standing.NO_CLAIM}
    assert ledger.summary.startswith("There is no claim in this text")


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({Standing.SUPPORTED: 1}, "Supported in this library."),
        ({Standing.NOT_IN_SOURCES: 1}, "Not in the sources of this library."),
        ({Standing.SUPPORTED: 2, Standing.NO_CLAIM: 9}, "2 claims: 2 supported."),
        (
            {Standing.SUPPORTED: 1200, Standing.DISPUTED: 1},
            "1,201 claims: 1,200 supported, 1 disputed.",
        ),
    ],
)
def test_the_summary_counts_claims_alone(counts, words):
    assert summary_of(counts) == words


@pytest.mark.parametrize("text", ["", " \n\t", "…!?"])
def test_an_empty_text_is_refused(library, text):
    with pytest.raises(QuestionError, match=r"There is no claim\. Type a sentence"):
        library.claim(text)


def test_a_text_that_is_too_long_is_refused_before_anything_is_searched(library):
    with pytest.raises(QuestionError, match=r"200,001 characters; 200,000 are the most\. Test it"):
        library.claim("x" * (MAX_CHARACTERS + 1))


def test_progress_counts_sentences_and_each_claim_is_told_as_it_stands(library):
    steps, told = [], []
    ledger = library.claim(f"{CHEAP} {COSTLY}", None, steps.append, on_claim=told.append)
    assert [(p.done, p.total) for p in steps] == [(0, 2), (1, 2), (2, 2)]
    assert steps[0].eta_s is None
    assert steps[1].eta_s > 0
    assert tuple(told) == ledger.claims


def test_a_test_that_is_stopped_keeps_what_was_judged(library):
    stop = threading.Event()
    ledger = library.claim(ESSAY, on_claim=lambda _: stop.set(), stop=stop)
    assert len(ledger.claims) == 1


def test_the_json_form_is_that_of_the_promise(library):
    form = ledger_json(library.claim(CHEAP))
    assert list(form) == ["summary", "claims", "generation", "warning"]
    (claim,) = form["claims"]
    assert list(claim) == [
        *("claim", "start", "end", "verdict", "score", "needs_source"),
        *("for", "against", "beside"),
    ]
    assert list(claim["for"][0]) == [
        *("document", "title", "perspective", "heading", "start", "end", "text", "probability"),
    ]
    assert (claim["verdict"], claim["start"], claim["end"]) == ("disputed", 0, len(CHEAP))


@pytest.mark.parametrize(
    ("claim", "left"),
    [
        ("It is older (Porter & Kramer, 2011).", "It is older."),
        ("It is older (see Porter and Kramer 2011, p. 63).", "It is older."),
        ("It is older (Crane et al., 2014; Dembek, 2016).", "It is older."),
        ("It is older [3, 5-7], they say [@porter2011].", "It is older, they say."),
        (
            "It is older (in 2011) and (May 2011) dated.",
            "It is older (in 2011) and (May 2011) dated.",
        ),
        ("CSR (corporate social responsibility) is old.",) * 2,
    ],
)
def test_works_cited_in_brackets_are_not_what_a_claim_says(claim, left):
    assert without_citations(claim) == left


def heads(text: str) -> list[str]:
    return [text[p.start : p.end] for p in pieces_of(text) if not p.is_prose]


def test_headings_are_told_from_claims():
    assert heads("## Loyalty pays well\n\nIt does.") == ["## Loyalty pays well"]
    assert heads("The price of loyalty\n\nIt has one.") == ["The price of loyalty"]
    assert heads("CSR is voluntary") == []
    assert heads("CSR is voluntary\n\nCRM is about customers") == []
    assert heads("It ends here.\n\nSo does this.") == []
    assert heads("It ends.\n\n6. Works Cited\n\nDoe, J. A book.")[0].startswith("6.")


WORDS = st.text(
    alphabet=st.sampled_from("aB. ,!?\n\r\t#()[]12é“”\u2028\u00a0\U0001f600-*"), max_size=120
)


@given(WORDS)
def test_pieces_leave_out_nothing_but_white_space(text):
    pieces = list(pieces_of(text))
    at = 0
    for piece in pieces:
        assert text[at : piece.start].strip() == ""
        assert at <= piece.start < piece.end
        at = piece.end
    assert text[at:].strip() == ""


@settings(max_examples=40, deadline=None)
@given(text=WORDS)
def test_every_claim_is_the_text_at_its_span_up_to_white_space(library, text):
    try:
        ledger = library.claim(text)
    except QuestionError:
        assert not any(c.isalnum() for c in text)
        return
    for claim in ledger.claims:
        assert claim.text == " ".join(text[claim.start : claim.end].split())
