from __future__ import annotations

import numpy as np
import pytest

from training.calibrate import balanced_weights, calibration_error, negative_logs, platt, scaled
from training.measure_relevance import Bm25, ndcg
from training.records import CONTRADICTED, NOT_IN_SOURCES, SUPPORTED, UNSUPPORTED, Pair
from training.row import Row, as_table, sampled


def test_platt_finds_the_slope_and_shift_that_made_the_answers():
    random = np.random.default_rng(1)
    logits = random.normal(size=20_000) * 3
    answers = random.random(20_000) < 1 / (1 + np.exp(-(0.5 * logits - 1)))
    assert platt(logits, answers) == pytest.approx((0.5, -1.0), abs=0.06)


def test_calibration_lowers_the_error_of_logits_that_are_too_sure():
    random = np.random.default_rng(2)
    true = random.normal(size=5_000)
    answers = random.random(5_000) < 1 / (1 + np.exp(-true))
    sure = 4 * true
    scale, shift = platt(sure, answers)
    before = calibration_error(1 / (1 + np.exp(-sure)), answers)
    after = calibration_error(1 / (1 + np.exp(-(scale * sure + shift))), answers)
    assert after < 0.03 < before


def test_an_unsupported_pair_counts_both_of_its_kinds():
    logits = np.log(np.array([[0.5, 0.2, 0.3]] * 4))
    labels = np.array([SUPPORTED, CONTRADICTED, NOT_IN_SOURCES, UNSUPPORTED])
    assert np.exp(-negative_logs(logits, labels)) == pytest.approx([0.5, 0.2, 0.3, 0.5])


def test_a_shift_makes_up_for_a_class_that_is_never_said():
    random = np.random.default_rng(3)
    labels = random.integers(0, 3, 600)
    logits = np.eye(3)[labels] * 2 - np.array([0.0, 3.0, 0.0])
    pairs = [Pair("fever", "a", "e", "c", int(label)) for label in labels]
    scale, shift = scaled(logits, pairs)
    assert scale[0] == scale[1] == scale[2] > 0
    assert (logits.argmax(1) == CONTRADICTED).sum() == 0
    said = (logits * scale + shift).argmax(1)
    assert (said == labels).mean() == 1.0


def test_families_and_sides_weigh_the_same():
    pairs = [Pair("fever", "a", "e", "c", SUPPORTED)] * 3 + [
        Pair("fever", "a", "e", "c", CONTRADICTED),
        Pair("begin", "a", "e", "c", UNSUPPORTED),
    ]
    assert balanced_weights(pairs) == pytest.approx([1 / 9, 1 / 9, 1 / 9, 1 / 3, 1 / 3])


def test_ndcg_of_known_rankings():
    assert ndcg([True, False], 1) == 1.0
    assert ndcg([False, True], 1) == pytest.approx(1 / np.log2(3))
    assert ndcg([False] * 10 + [True], 1) == 0.0


def test_bm25_prefers_the_text_with_the_rare_word():
    bm25 = Bm25(["the customer pays", "the customer pays tax", "the customer waits"])
    rows, scores = bm25.best("which taxes do customers pay", 3)
    assert rows[0] == 1
    assert scores[0] > scores[1] >= scores[2]


def test_the_table_marks_what_is_missed():
    table = as_table([Row("a", 0.8, 0.9, 3), Row("b", 70.4, 60.0, 2, lower_is_better=True)])
    assert "| a | 0.800 | >= 0.9 (missed) | 3 |" in table
    assert "| b | 70 | <= 60 (missed) | 2 |" in table


def test_a_sample_is_the_same_each_time_and_in_order():
    found = sampled(range(100), 10)
    assert found == sampled(range(100), 10) == sorted(found)
    assert sampled(range(5), 0) == [0, 1, 2, 3, 4]
