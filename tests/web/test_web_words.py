from __future__ import annotations

import pytest
from web_samples import answer, evidence, said, text_of

from assistant.records import Notice, Outcome, Perspective, Progress, Verdict
from assistant.settings import Settings
from assistant.web.draft import Draft, after
from assistant.web.words import (
    announcement,
    copied_text,
    count,
    filter_words,
    progress_words,
    tally,
    what_leaves,
    where_it_runs,
)

WRITTEN = said("Written.", 2, verdict=Verdict.SUPPORTED)
STRUCK = said("Wrong.", verdict=Verdict.UNSUPPORTED, reason="the number is not in the source")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (answer(said("A.", 1)), "1 sentence quoted"),
        (answer(said("A.", 1), said("B.", 1)), "2 sentences quoted"),
        (answer(WRITTEN), "1 sentence written and checked"),
        (answer(said("A.", 1), WRITTEN), "1 sentence quoted, 1 written and checked"),
        (
            answer(said("A.", 1), said("B.", 1), WRITTEN, struck=(STRUCK, STRUCK)),
            "2 sentences quoted, 1 written and checked, 2 struck",
        ),
    ],
)
def test_the_tally_counts_every_kind(given, words):
    assert tally(given) == words


def test_the_announcement_counts_citations_and_what_was_struck():
    full = answer(said("A.", 1, 2), said("B.", 1), struck=(STRUCK,))
    assert announcement(full) == "Answer complete, 3 citations, 1 sentence struck"
    assert announcement(answer(said("A.", 1))) == "Answer complete, 1 citation"
    assert announcement(full, stopped=True).startswith("Stopped, answer so far, 3 citations")


def test_an_abstention_is_announced_as_one():
    silent = answer(
        sentences=(),
        evidence=(),
        outcome=Outcome.ABSTAINED,
        notice=Notice.NOT_COVERED,
        message="The sources do not say. Nothing in this library …",
        nearest=(evidence(1).hit, evidence(2).hit),
    )
    assert announcement(silent) == "The sources do not say, 2 nearest passages"


def test_counts_have_a_plural_and_a_thousands_separator():
    assert [count(n, "passage") for n in (0, 1, 1670)] == [
        "0 passages",
        "1 passage",
        "1,670 passages",
    ]


def test_progress_is_told_in_words():
    assert progress_words(Progress("Embedding the passages", 128, 692, 2.6)) == (
        "Embedding the passages: 128 of 692, about 3 seconds left"
    )
    assert progress_words(Progress("Writing the vector index", 0, 1)) == "Writing the vector index"


def test_the_filter_is_told_in_a_fixed_order():
    chosen = frozenset({Perspective.CRITIQUE, Perspective.CSR})
    assert filter_words(chosen) == "Social responsibility (CSR), Critique"
    assert filter_words(()) == ""


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("embedded", "on this machine"),
        ("http://localhost:11434/v1", "by a server on this machine"),
        ("http://[::1]:8080", "by a server on this machine"),
        ("https://llm.example.org/v1", "by the server llm.example.org"),
    ],
)
def test_it_is_told_where_the_model_works(model, words, tmp_path):
    settings = Settings(corpus=tmp_path, index=tmp_path, model=model)
    assert where_it_runs(settings) == words
    assert (what_leaves(settings) == "Nothing leaves this machine.") is ("example" not in model)


def test_the_copied_text_carries_numbers_and_sources():
    full = answer(
        said("Lead.", 1),
        said("Point.", 3, group=Perspective.CSV),
        standalone_question="Who judges value?",
    )
    assert copied_text(full) == (
        "Who judges value?\n\n“Lead.” [1]\n\nShared value (CSV):\n“Point.” [3]\n\nSources\n"
        "[1] Who judges? › Part › Section (Customer strategy (CRM))\n"
        "[3] Who judges? › Part › Section (Customer strategy (CRM))"
    )


def test_the_copied_text_of_an_objection_ends_with_its_literature():
    objection = answer(
        said("It never was.", 1),
        outcome=Outcome.ABSTAINED,
        notice=Notice.FALSE_PREMISE,
        message="The sources contradict what the question assumes:",
    )
    assert announcement(objection) == "The sources contradict what the question assumes, 1 citation"
    assert copied_text(objection, ["Payne (2005)."]) == (
        "Who judges?\n\nThe sources contradict what the question assumes:\n“It never was.” [1]\n\n"
        "Sources\n[1] Who judges? › Part › Section (Customer strategy (CRM))\n\n"
        "References\nPayne (2005)."
    )


def test_a_checked_sentence_leaves_the_open_end_of_a_draft():
    draft = Draft()
    for piece in ("- The customer  jud", "ges.\nSociety ", "doubts"):
        draft.add(piece)
    draft.check(said("The customer judges.", 1, verdict=Verdict.SUPPORTED))
    assert text_of(draft.html()) == (
        "Writing … not yet checkedThe customer judges. ✓ kept \nSociety doubts"
    )


def test_words_that_the_checker_changed_are_not_shown_twice():
    assert after("Something else. And more", "The customer judges.") == ""
    assert after("* One two. Three", "One two.") == " Three"
