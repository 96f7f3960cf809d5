from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from assistant.retrieval.questions import Asks, asks_for, defines, offers
from assistant.retrieval.terms import (
    canonical,
    content_stems,
    expanded,
    looks_english,
    names,
    numbers,
    spelt_out,
    stem,
    topic_words,
    words,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Nestlé’s win-win, 2,5 €!", ["nestle's", "win", "win", "2", "5"]),
        ("", []),
        ("ESG_ratings don’t", ["esg", "ratings", "don't"]),
        ("Grönroos’ view", ["gronroos", "view"]),
    ],
)
def test_words(text: str, found: list[str]):
    assert words(text) == found


def test_stems_join_the_forms_of_a_word():
    assert {stem(w) for w in ("company", "companies", "company's")} == {"compani"}
    assert stem("define") == stem("defines") == stem("defined")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,578 firms", {"1578"}),
        ("1,578,000 and 2.5", {"1578000", "2.5"}),
        ("two or nineteen", {"2", "19"}),
        ("one may say", set()),
        ("in 2011.", {"2011"}),
        ("no figures", set()),
    ],
)
def test_numbers(text: str, found: set[str]):
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The view of Porter and Kramer", ["porter", "kramer"]),
        ("CSR began. Firms followed.", ["csr"]),
        ("He met R. E. Freeman", ["freeman"]),
        ("nobody here", []),
    ],
)
def test_names(text: str, found: list[str]):
    assert [n for n in names(text) if len(n) > 1] == found


def test_one_name_for_each_idea():
    assert canonical("Creating shared value (CSV) and shared value") == "csv and csv"
    assert canonical("customer strategy") == "crm"
    assert (
        content_stems("Corporate social responsibility (CSR)") == content_stems("CSR") == ("csr",)
    )


def test_topic_words_leave_out_the_frame_of_a_question():
    assert topic_words("According to Porter, what is the definition of shared value?") == [
        "porter",
        "shared",
        "value",
    ]
    assert topic_words("What is it?") == []


def test_acronyms_are_expanded_in_place():
    assert expanded(["csr", "pays"]) == ["csr", "corporate", "social", "responsibility", "pays"]


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("Who defines value in CSR?", True),
        ("Wer definiert den Wert im Unternehmen?", False),
        ("¿Quién define el valor en la empresa?", False),
        ("shared value", True),
        ("企業の社会的責任とは何ですか", False),
    ],
)
def test_looks_english(text: str, english: bool):
    assert looks_english(text) is english


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("What is greenwashing?", Asks.DEFINITION),
        ("Give me a short definition of greenwashing.", Asks.DEFINITION),
        ('What does the phrase "triple bottom line" mean?', Asks.DEFINITION),
        ("Who called shared value a one-trick pony?", Asks.PERSON),
        ("Which economist uses the idea of a production boundary?", Asks.PERSON),
        ("When was the Clubcard launched?", Asks.DATE),
        ("In which year did Friedman write?", Asks.DATE),
        ("How many articles did they review?", Asks.NUMBER),
        ("Compare Friedman and Freeman.", Asks.COMPARISON),
        ("What is the difference between CSR and CSV?", Asks.COMPARISON),
        ("Should firms help?", Asks.OPINION),
        ("Why was Nestlé boycotted?", Asks.OTHER),
    ],
)
def test_asks_for(question: str, kind: Asks):
    assert asks_for(question) is kind


@pytest.mark.parametrize(
    ("kind", "question", "sentence", "offered"),
    [
        (Asks.PERSON, "Who coined it?", "Elkington coined it.", True),
        (Asks.PERSON, "Who coined it?", "It was coined in 1994.", False),
        (Asks.PERSON, "Who answered Porter?", "Porter was answered.", False),
        (Asks.DATE, "When did it begin?", "It began in 1994.", True),
        (Asks.DATE, "When after 1994 did it end?", "It began in 1994.", False),
        (Asks.NUMBER, "How many?", "They read 1,578 texts.", True),
        (Asks.NUMBER, "How many?", "They read many texts.", False),
        (Asks.DEFINITION, "What is greenwashing?", "Greenwashing is misleading talk.", True),
        (Asks.DEFINITION, "What is greenwashing?", "Critics speak of greenwashing.", False),
        (Asks.OTHER, "Why?", "Anything.", True),
    ],
)
def test_offers(kind: Asks, question: str, sentence: str, offered: bool):
    assert offers(kind, question, sentence) is offered


def test_a_definition_has_its_topic_before_the_verb():
    assert defines("What is a B case?", "A B case is a situation in which one side loses.")
    assert not defines("What is a B case?", "Perhaps a B case is a loss.")
    assert not defines("What is a B case?", "The loss is a B case.")


def test_abbreviations_are_spelt_out_once_but_not_those_of_the_debate():
    assert spelt_out("How is the NPS made?") == "How is the NPS (net promoter score) made?"
    assert spelt_out("NPS, the Net Promoter Score") == "NPS, the Net Promoter Score"
    assert spelt_out("CSR and CSV?") == "CSR and CSV?"


def test_csv_plus_is_not_csv():
    assert "csv" not in content_stems("CSV+ adds norms.")
    assert "csv" in content_stems("Creating shared value (CSV) pays.")


@pytest.mark.parametrize(
    ("question", "sentence", "is_one"),
    [
        ("What is CSV?", 'Creating shared value (CSV), in 2011, means "policies and".', True),
        ("What is CSV?", "Porter and Kramer define shared value in 2011 as practices.", True),
        ("What is CSV?", "CSV+ is the proposal of de los Reyes.", False),
        ("What is CSV?", "Dembek found in 2016 that shared value is vague.", False),
        ("What is CSV?", 'The term "shared value" is older than the article.', False),
    ],
)
def test_definitions(question: str, sentence: str, is_one: bool):
    assert defines(question, sentence) is is_one


def test_a_question_for_a_list_wants_no_definition():
    assert asks_for("What are the arguments against CSR?") is Asks.OTHER
    assert asks_for("What is CSR?") is Asks.DEFINITION


def test_many_threads_get_the_stems_that_one_gets():
    tails = "able ably ation ations ative ed er ers es ful ibly ing ings ional ity ly ment".split()
    found = [head + tail for head in ("competit", "loyal", "respons", "valu") for tail in tails]
    stem.cache_clear()
    alone = [stem(word) for word in found]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # the threads take turns within a word
    try:
        for _ in range(3):
            stem.cache_clear()
            with ThreadPoolExecutor(8) as pool:
                assert list(pool.map(stem, found)) == alone
    finally:
        sys.setswitchinterval(before)


def test_a_text_in_capitals_or_with_accents_has_the_same_words():
    assert words("NESTLÉ’s Café") == words("nestlé's café") == ["nestle's", "cafe"]
    assert words("Nestle's cafe") == ["nestle's", "cafe"]
