"""Ranking measures against values worked out by hand, and against each other."""

import math

import pytest

from assistant.evaluation.ranking import ranking_samples
from assistant.evaluation.whole_documents import WholeDocuments


def value(samples, name, id_):
    return samples[name][id_][0]


def test_ranking_figures_by_hand():
    relevant = {"first": {"a": 1}, "third": {"a": 1}, "missed": {"a": 1}, "two": {"a": 1, "b": 2}}
    ranked = {
        "first": ["a", "x"],
        "third": ["x", "y", "a"],
        "missed": ["x", "y"],
        "two": ["b", "x", "a"],
    }
    found = ranking_samples(relevant, ranked)
    assert [value(found, "hit@1", q) for q in relevant] == [1, 0, 0, 1]
    assert [value(found, "hit@5", q) for q in relevant] == [1, 1, 0, 1]
    assert [value(found, "MRR@10", q) for q in relevant] == pytest.approx([1, 1 / 3, 0, 1])
    assert [value(found, "recall@1", q) for q in relevant] == [1, 0, 0, 0.5]
    assert value(found, "nDCG@10", "third") == pytest.approx(1 / math.log2(4))
    ideal = 2 + 1 / math.log2(3)
    assert value(found, "nDCG@10", "two") == pytest.approx((2 + 1 / math.log2(4)) / ideal)


def test_an_empty_list_finds_nothing():
    found = ranking_samples({"q": {"a": 1}}, {"q": []})
    assert value(found, "nDCG@10", "q") == 0


def test_no_questions_give_no_samples():
    assert ranking_samples({}, {})["nDCG@10"] == {}


def test_whole_documents_rank_by_rare_words():
    index = WholeDocuments(
        {
            "one": "apples and pears and apples",
            "two": "pears and pears and plums",
            "three": "quinces are rare in a garden of pears",
        }
    )
    assert index.ranked("Which quinces or pears?")[0] == "three"
    assert index.ranked("apple?") == ("one",)  # stems meet
    assert index.ranked("the of and") == ()
