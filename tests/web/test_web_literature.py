from __future__ import annotations

from dataclasses import replace

import pytest
from web_samples import BIBTEX, HOSTILE, WORKS, answer, card, evidence, said, sourced, text_of

from assistant.records import Perspective, Reference
from assistant.web.catalogue import first_year, length_words, size_words, stance_words
from assistant.web.literature import (
    behind_the_answer,
    behind_the_evidence,
    bibtex_of,
    keys_of_answer,
    keys_of_evidence,
    short_name,
)


def work(authors: str, year: str = "2011") -> dict[str, Reference]:
    bibtex = f'@article{{k,\n    author = "{authors}",\n    year = "{year}"\n}}'
    return {"k": Reference("k", "The whole reference (2011).", bibtex)}


@pytest.mark.parametrize(
    ("authors", "name"),
    [
        ("Karnani, A.", "Karnani (2011)"),
        ("Porter, M. E. and Kramer, M. R.", "Porter & Kramer (2011)"),
        ("Crane, A. and Palazzo, G. and Spence, L. J.", "Crane et al. (2011)"),
        ("{Maryland and Delaware}", "Maryland and Delaware (2011)"),
        ("{B Lab} and Stout, L.", "B Lab & Stout (2011)"),
        ("de los Reyes, G.", "de los Reyes (2011)"),
    ],
)
def test_a_work_has_a_short_name(authors, name):
    assert short_name("k", work(authors)) == name


def test_a_work_without_authors_or_unknown_is_named_all_the_same():
    anonymous = {"k": Reference("k", "The scandal (2015). Case file.", "@misc{k}")}
    assert short_name("k", anonymous) == "The scandal (2015)"
    assert short_name("gone", {}) == "gone"


def test_works_come_in_the_order_of_the_citations_and_once():
    full = answer(
        said("A.", 2), said("B.", 1, 2), evidence=(sourced(1, "b", "a"), sourced(2, "c", "a"))
    )
    assert keys_of_answer(full) == ("c", "a", "b")


def test_a_card_shows_what_was_cited_or_else_chosen():
    full = answer(said("A.", 1), evidence=(sourced(1, "a"), sourced(2, "b"), evidence(3)))
    assert [keys_of_evidence(full, e) for e in full.evidence] == [("a",), ("b",), ()]
    fold = text_of(behind_the_evidence(full, sourced(1), WORKS))
    assert fold.startswith("Literature: Payne (2005)Payne, A. (2005). Handbook <of> CRM.")
    assert behind_the_evidence(full, evidence(3), WORKS) == ""


def test_the_fold_below_an_answer_has_references_with_their_mark_and_bibtex():
    full = answer(said("A.", 1), evidence=(sourced(1, "payne2005", "gone"),))
    fold = behind_the_answer(full, WORKS)
    assert "2 references" in fold
    assert "partly verified, partly general knowledge" in fold
    assert BIBTEX in text_of(fold)
    assert behind_the_answer(answer(), WORKS) == ""


def test_hostile_literature_is_shown_as_text():
    works = {HOSTILE: Reference(HOSTILE, HOSTILE, HOSTILE, verified=HOSTILE)}
    full = answer(said("A.", 1), evidence=(sourced(1, HOSTILE, HOSTILE + "2"),))
    page = behind_the_answer(full, works) + behind_the_evidence(full, full.evidence[0], works)
    assert "<script" not in page
    assert "<img" not in page


def test_bibtex_leaves_out_what_is_unknown():
    assert bibtex_of(("gone", "payne2005"), WORKS) == BIBTEX + "\n"


@pytest.mark.parametrize(
    ("stance", "on", "words"),
    [
        ("for", "csv", "for CSV"),
        ("against", "CRM", "against CRM"),
        ("for", "shareholder", "for the shareholder view"),
        ("against", "taxes", "against taxes"),
        ("mixed", "none", "mixed"),
        ("neutral", "", "neutral"),
        ("", "csv", ""),
    ],
)
def test_the_stance_is_told_in_words(stance, on, words):
    assert stance_words(replace(card(), stance=stance, stance_on=on)) == words


def test_the_size_of_a_library_is_told():
    texts, essay = [card(str(n)) for n in range(60)], card("seed-essay")
    assert size_words([*texts, essay]) == "60 texts and the essay"
    assert size_words(texts[:1]) == "1 text"
    assert size_words([essay]) == "the essay"
    own = replace(card("x", perspective=Perspective.CSR), kind="Essay")
    assert size_words([*texts, essay, own]) == "60 texts and 2 essays"


@pytest.mark.parametrize(
    ("period", "year"),
    [("1919-2025", 1919), ("19th century-2018", 1801), ("2014", 2014), ("", 9999), ("x", 9999)],
)
def test_a_period_has_a_year_to_sort_by(period, year):
    assert first_year(period) == year


def test_the_length_is_told():
    assert (length_words(1), length_words(1000)) == ("1 word, 1 min", "1,000 words, 5 min")
