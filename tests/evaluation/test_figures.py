"""Statistics, intervals and differences against values worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation.figures import (
    Figure,
    Statistic,
    area_under_risk,
    balanced,
    difference,
    figure,
    ratio,
    risk_coverage,
    unpaired,
)

RATIO = Statistic.RATIO


def of(*values: float) -> dict[str, tuple[float, float]]:
    return {str(n): (value, 1.0) for n, value in enumerate(values)}


def test_a_ratio_counts_what_each_question_has():
    samples = {"a": (1.0, 4.0), "b": (2.0, 2.0)}  # 1 of 4 and 2 of 2 sentences
    found = figure(RATIO, samples)
    assert found.value == pytest.approx(3 / 6)
    assert found.n == 6


def test_balanced_accuracy_is_a_half_for_who_always_says_yes():
    rows = np.array([[1, 1]] * 9 + [[0, 0]])
    assert balanced(rows) == pytest.approx(0.5)


def test_one_class_alone_has_no_balanced_accuracy():
    assert figure(Statistic.BALANCED, {"a": (1.0, 1.0), "b": (1.0, 0.0)}) is None


def test_risk_coverage_by_hand():
    rows = np.array([[0.9, 0], [0.2, 1], [0.6, 1], [0.4, 0]])
    curve = risk_coverage(rows)
    assert curve[:, 0] == pytest.approx([1 / 4, 2 / 4, 3 / 4, 1])
    assert curve[:, 1] == pytest.approx([0, 1 / 2, 1 / 3, 2 / 4])
    assert area_under_risk(rows) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_equal_confidences_share_their_risk_whatever_their_order():
    one = np.array([[0.5, 1], [0.5, 0]])
    assert area_under_risk(one) == area_under_risk(one[::-1]) == pytest.approx(0.5)


def test_percentiles():
    samples = {str(n): (float(n), 1.0) for n in range(1, 102)}
    assert figure(Statistic.MEDIAN, samples).value == 51
    assert figure(Statistic.P95, samples).value == 96


def test_nothing_to_count_is_no_figure():
    assert figure(RATIO, {}) is None
    assert figure(RATIO, {"a": (0.0, 0.0)}) is None


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40))
def test_intervals_hold_the_value_and_do_not_depend_on_the_order(values):
    found = figure(RATIO, of(*values))
    assert found.low - 1e-9 <= found.value <= found.high + 1e-9
    assert found.value == pytest.approx(figure(RATIO, of(*reversed(values))).value)


def test_the_same_samples_give_the_same_interval():
    values = of(*(n % 3 for n in range(30)))
    assert figure(RATIO, values) == figure(RATIO, values)


def test_a_steady_small_gain_is_seen_in_pairs_and_not_without():
    rng = np.random.default_rng(7)
    old = of(*rng.random(60))
    new = {id_: (value + 0.02, 1.0) for id_, (value, _) in old.items()}
    paired = difference(RATIO, old, new)
    assert paired.value == pytest.approx(0.02)
    assert paired.low > 0
    alone = unpaired(figure(RATIO, old), figure(RATIO, new))
    assert alone.low < 0 < alone.high


def test_nothing_changed_is_exactly_nothing():
    values = of(0, 1, 1, 0, 1)
    found = difference(RATIO, values, values)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_a_question_that_counts_in_one_run_only_is_not_lost():
    old = {"a": (1.0, 1.0)}  # b was not refused then
    new = {"a": (1.0, 1.0), "b": (0.0, 1.0)}
    found = difference(RATIO, old, new)
    assert (found.old, found.new, found.n) == (1.0, 0.5, 2)


def test_ratio_of_nothing_is_not_a_number():
    assert np.isnan(ratio(np.zeros((2, 2))))


def test_unpaired_joins_the_half_widths():
    found = unpaired(Figure(0.5, 0.4, 0.6, 9), Figure(0.8, 0.7, 0.9, 9))
    assert found.value == pytest.approx(0.3)
    assert found.low == pytest.approx(0.3 - 0.02**0.5)
    assert not found.paired
