from __future__ import annotations

import math

import pytest

from assistant.retrieval.fusion import Lexical, dense_weight_of, fused, phrases


@pytest.mark.parametrize(
    ("question", "pairs"),
    [
        ("What is creating shared value?", ["creating shared", "shared value"]),
        ("Does Friedman's Nobel prize count?", ["friedman nobel", "nobel prize", "prize count"]),
        ("value for the customer", []),  # a stop word parts them
        ("shared value, shared value", ["shared value", "value shared"]),
        ("", []),
    ],
)  # fmt: skip
def test_phrases_are_neighbouring_words_that_carry_meaning(question: str, pairs: list[str]):
    assert phrases(question) == pairs


def test_phrases_count_for_a_share_of_the_lexical_score():
    lexical = Lexical({1: 10.0, 2: 5.0, 3: 2.5}, {2: 8.0, 3: 4.0, 9: 2.0})
    assert lexical.shares() == pytest.approx(
        {1: 0.85, 2: 0.85 * 0.5 + 0.15, 3: 0.85 * 0.25 + 0.15 * 0.5}
    )


def test_without_phrases_words_are_everything():
    assert Lexical({1: 10.0, 2: 5.0}, {}).shares() == {1: 1.0, 2: 0.5}
    assert Lexical({}, {}).shares() == {}


def test_vectors_weigh_more_where_no_passage_has_the_words():
    idf = math.log(1 + (1000 - 10 + 0.5) / 10.5)
    most = 1.6 * 2 * idf
    assert dense_weight_of(0.6, 0.0, [10, 10], 1000) == pytest.approx(0.8)
    assert dense_weight_of(0.6, most / 2, [10, 10], 1000) == pytest.approx(0.6)
    assert dense_weight_of(0.6, most, [10, 10], 1000) == pytest.approx(0.4)
    assert dense_weight_of(0.6, 9 * most, [10, 10], 1000) == pytest.approx(0.4)


@pytest.mark.parametrize("pure", [0.0, 1.0])
def test_one_half_alone_stays_alone(pure: float):
    assert dense_weight_of(pure, 3.0, [1, 2], 50) == pure


def test_a_question_without_words_is_left_to_the_vectors():
    assert dense_weight_of(0.6, 0.0, [], 0) == pytest.approx(0.8)


def test_the_sum_of_both():
    assert fused({1: 1.0, 2: 0.5}, {2: 1.0}, 0.6) == pytest.approx({1: 0.6, 2: 0.7})
