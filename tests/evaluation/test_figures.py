"""Figures against values worked out by hand."""

import math

import pytest

from assistant.evaluation.figures import Measured, figures


def measured(**changes) -> Measured:
    values = {
        "id": "q1",
        "answerable": True,
        "answered": True,
        "gold": frozenset({"a"}),
        "ranked": ("a", "b", "c"),
        "cites_gold_document": True,
        "quotes_gold_sentence": True,
        "milliseconds": 10.0,
    }
    return Measured(**{**values, **changes})


def test_ranking_figures_by_hand():
    rows = [
        measured(id="first"),
        measured(id="third", ranked=("x", "y", "a")),
        measured(id="missed", ranked=("x", "y")),
    ]
    found = figures(rows)
    assert found["success@1"].value == pytest.approx(1 / 3)
    assert found["success@5"].value == pytest.approx(2 / 3)
    assert found["MRR@10"].value == pytest.approx((1 + 1 / 3 + 0) / 3)
    assert found["nDCG@10"].value == pytest.approx((1 + 1 / math.log2(4) + 0) / 3)
    assert found["nDCG@10"].n == 3


def test_recall_is_capped_by_what_five_places_can_hold():
    gold = frozenset("abcdefg")  # seven, of which five places can hold five
    found = figures([measured(gold=gold, ranked=("a", "b", "x", "c", "y"))])
    assert found["recall@5, capped"].value == pytest.approx(3 / 5)


def test_abstention_counts_refusals_and_unanswerables():
    rows = [
        measured(id="right refusal", answerable=False, answered=False, gold=frozenset()),
        measured(id="wrong refusal", answered=False),
        measured(id="wrong answer", answerable=False, gold=frozenset()),
        measured(id="right answer"),
    ]
    found = figures(rows)
    assert found["abstention precision"].value == pytest.approx(1 / 2)
    assert found["abstention recall"].value == pytest.approx(1 / 2)
    assert found["answered"].value == pytest.approx(1 / 2)


def test_intervals_hold_the_value_and_are_the_same_each_time():
    rows = [measured(id=str(n), ranked=("a",) if n % 3 else ("x",)) for n in range(30)]
    once, twice = figures(rows), figures(rows)
    figure = once["success@1"]
    assert figure == twice["success@1"]
    assert figure.low < figure.value < figure.high


def test_nothing_asked_gives_no_figures():
    assert figures([]) == {}
