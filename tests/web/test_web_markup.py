from __future__ import annotations

from html.parser import HTMLParser

from web_samples import HOSTILE, WORKS, answer, card, evidence, said, sourced, text_of

from assistant.errors import QuestionError
from assistant.records import Answer, Notice, Outcome, Perspective, Verdict
from assistant.web.draft import Draft
from assistant.web.markup import Place, chip, citation_button, esc
from assistant.web.session import Asked
from assistant.web.turns import failed_html, final_html, quoted_html, searching_html


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def is_harmless(page: str) -> bool:
    parsed = Elements(page)
    handlers = [a for _, attrs in parsed.elements for a in attrs if a.startswith("on")]
    return not handlers and not parsed.tags & {"script", "img", "b", "style", "iframe"}


def test_text_is_escaped_for_elements_and_attributes():
    assert (
        esc("<a href='x' title=\"y\">&") == "&lt;a href=&#x27;x&#x27; title=&quot;y&quot;&gt;&amp;"
    )


def test_controls_and_direction_overrides_are_shown_and_not_obeyed():
    assert esc("a\u202eb\u2066c\x00d\ne") == "a\ufffdb\ufffdc\ufffdd\ne"


def test_a_perspective_has_a_name_and_not_only_a_tint():
    assert text_of(chip(Perspective.CSV)) == "Shared value (CSV)"


def test_every_surface_shows_hostile_text_as_text():
    asked = Asked(HOSTILE, frozenset({Perspective.CSR}), ("x",), (HOSTILE,))
    struck = said(HOSTILE, verdict=Verdict.UNSUPPORTED, reason=HOSTILE)
    full = answer(
        said(HOSTILE, 1),
        said(HOSTILE, 2, verdict=Verdict.SUPPORTED, group=Perspective.CSR),
        evidence=(evidence(1, HOSTILE), evidence(2, HOSTILE)),
        standalone_question=HOSTILE + "?",
        struck=(struck,),
        warning=HOSTILE,
    )
    hits = (evidence(1, HOSTILE).hit,)
    silent = answer(outcome=Outcome.ABSTAINED, sentences=(), message=HOSTILE, nearest=hits)
    draft = Draft()
    draft.add(HOSTILE)
    draft.check(struck)
    draft.add(HOSTILE)
    pages = [
        searching_html(1, asked, HOSTILE + "!"),
        quoted_html(1, asked, full, WORKS),
        final_html(1, asked, full, WORKS, stopped=True, note=HOSTILE),
        final_html(1, asked, silent, WORKS, stopped=False),
        failed_html(1, asked, QuestionError(HOSTILE, remedy=HOSTILE)),
        draft.html(),
    ]
    for page in pages:
        assert is_harmless(page)
        assert "<script>alert(1)</script>" in text_of(page)
        assert "\u202e" not in page


def test_a_citation_says_where_it_leads():
    button = Elements(citation_button(3, Place(card(), 10, 90, 20, 40))).elements[0][1]
    assert button["aria-label"] == "Citation 3: Who judges? (Customer strategy (CRM))"
    names = ("data-document", "data-passage-start", "data-passage-end", "data-start", "data-end")
    assert [button[n] for n in names] == ["who-judges", "10", "90", "20", "40"]


def test_citations_are_numbered_buttons_once_for_each_number():
    page = final_html(1, Asked("Who?"), answer(said("It is so.", 2, 1, 2)), WORKS, stopped=False)
    shown = page.split('class="evidence"')[0]
    buttons = [a for t, a in Elements(shown).elements if "cite" in (a.get("class") or "").split()]
    assert [b["data-number"] for b in buttons] == ["1", "2"]
    assert buttons[1]["data-document"] == "doc-2"
    assert (buttons[1]["data-start"], buttons[1]["data-end"]) == ("200", "220")


def test_the_lead_comes_first_and_points_stand_under_their_perspective():
    full = answer(
        said("Lead.", 1),
        said("One.", 2, group=Perspective.CSR),
        said("Two.", 2, group=Perspective.CSR),
        said("Three.", 3, group=Perspective.CSV),
    )
    shown = text_of(
        final_html(1, Asked("Who?"), full, WORKS, stopped=False).split('class="tally"')[0]
    )
    order = ["Lead.", "Social responsibility (CSR)", "One.", "Two.", "Shared value (CSV)", "Three."]
    assert [shown.index(words) for words in order] == sorted(shown.index(w) for w in order)


def test_quoted_and_written_sentences_are_told_apart():
    full = answer(said("Quoted.", 1), said("Written.", 2, verdict=Verdict.SUPPORTED))
    page = final_html(1, Asked("Who?"), full, WORKS, stopped=False)
    assert '<q class="quoted" dir="auto">Quoted.</q>' in page
    assert '<span class="written" dir="auto">Written.</span>' in page


def test_the_completed_question_is_shown_where_it_differs():
    follow_up = answer(standalone_question="Who defines value in CRM?")
    page = final_html(1, Asked("And CRM?"), follow_up, WORKS, stopped=False)
    assert "Understood as: Who defines value in CRM?" in text_of(page)
    same = final_html(1, Asked(" who  judges? "), answer(), WORKS, stopped=False)
    assert "Understood as" not in same


def test_a_slip_put_right_is_shown():
    mended = answer(standalone_question="critics of shared value")
    page = final_html(1, Asked("criticks of shaerd value"), mended, WORKS, stopped=False)
    assert "Understood as: critics of shared value" in text_of(page)


def test_the_filter_in_force_is_shown_by_the_answer():
    asked = Asked("Who?", frozenset({Perspective.CSV, Perspective.CRM}))
    page = final_html(1, asked, answer(), WORKS, stopped=False)
    assert "Searched only: Customer strategy (CRM), Shared value (CSV)" in text_of(page)


def test_help_is_marked_as_fixed_text():
    helped = answer(sentences=(), evidence=(), outcome=Outcome.ABSTAINED, notice=Notice.HELP)
    assert "Fixed text" in final_html(1, Asked("hello"), helped, WORKS, stopped=False)


def objection() -> Answer:
    return answer(
        said("It was never so.", 1),
        outcome=Outcome.ABSTAINED,
        notice=Notice.FALSE_PREMISE,
        message="The sources contradict what the question assumes:",
        evidence=(sourced(1),),
        nearest=(evidence(2).hit,),
    )


def test_an_abstention_may_carry_sentences():
    page = final_html(1, Asked("Why is it so?"), objection(), WORKS, stopped=False)
    shown = page.split('class="evidence"')[0]
    assert shown.index("The sources contradict") < shown.index("It was never so.")
    assert 'class="cite open' in shown
    assert "Payne, A. (2005)" in shown
    assert "nearest passage" not in page
    assert 'data-said="The sources contradict what the question assumes, 1 citation"' in page


def test_where_only_a_part_was_searched_the_whole_is_offered():
    silent = answer(sentences=(), evidence=(), outcome=Outcome.ABSTAINED, message="Not said.")
    asked = Asked("Who?", documents=("a",), titles=("A text",))
    page = final_html(1, asked, silent, WORKS, stopped=False)
    assert "Searched only: “A text”" in text_of(page)
    assert 'data-act="ask-wider"' in page
    assert "ask-wider" not in final_html(1, Asked("Who?"), silent, WORKS, stopped=False)


def test_a_question_of_20000_characters_is_refused_in_words_and_not_shown_in_full():
    error = QuestionError("The question has 20,000 characters.", remedy="Ask it shortly.")
    page = failed_html(1, Asked("x" * 20_000), error)
    assert "x" * 241 not in page
    assert "The question has 20,000 characters." in page
    assert "Ask it shortly." in page


def test_evidence_tells_cited_from_also_found():
    page = final_html(1, Asked("Who?"), answer(said("It is so.", 1)), WORKS, stopped=False)
    shown = page.split('class="evidence"')[1]
    cited, found = shown.index("Cited in this answer"), shown.index("Also found")
    assert cited < shown.index('data-document="doc-1"') < found < shown.index("doc-2")
