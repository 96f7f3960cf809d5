from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.flips import Flipper, reworded
from training.records import CONTRADICTED, UNSUPPORTED

SENTENCES = [
    "In 1970, the economist Milton Friedman held that CSR is a tax without a mandate.",
    "The article of 2011 by Michael Porter and Mark Kramer has three parts.",
    "Most critics, such as Andrew Crane, say that the idea is not new.",
    "Loyal customers always cost less, because they know the firm (as Reichheld wrote).",
]
FLIPPER = Flipper(SENTENCES)


def changes_of(sentence: str, seed: int = 1) -> dict[str, str]:
    return {c.kind: c.claim for c in FLIPPER.flips(sentence, Random(seed))}


def words_changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the words between the common beginning and the common end."""
    left, right = before.split(), after.split()
    while left and right and left[0] == right[0]:
        left, right = left[1:], right[1:]
    while left and right and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    return left, right


@pytest.mark.parametrize("seed", range(20))
def test_a_number_is_changed_to_another_number(seed):
    before, after = words_changed(SENTENCES[0], changes_of(SENTENCES[0], seed)["number"])
    assert before == ["1970,"]
    year = int(after[0].rstrip(","))
    assert year != 1970
    assert 1900 < year < 2000


@pytest.mark.parametrize("seed", range(20))
def test_a_name_is_changed_to_another_known_name(seed):
    before, after = words_changed(SENTENCES[1], changes_of(SENTENCES[1], seed)["name"])
    assert before != after
    assert {w.strip(".,") for w in after} <= {
        word.strip(".,") for sentence in SENTENCES for word in sentence.split()
    }


def test_what_each_kind_changes():
    first, third, fourth = (changes_of(SENTENCES[i]) for i in (0, 2, 3))
    assert "CSR" not in first["abbreviation"]
    assert any(w in first["negation"] for w in ("is not", "is never", "did not hold"))
    assert "that the idea is new" in third["negation-dropped"]
    assert words_changed(SENTENCES[2], third["quantity"]) == (["Most"], ["All"])
    assert "customers never cost" in fourth["quantity"]
    assert "more" in fourth["antonym"]


def test_a_changed_number_contradicts_and_another_name_is_only_unsupported():
    labels = {c.kind: c.label for c in FLIPPER.flips(SENTENCES[0], Random(1))}
    assert labels["number"] == CONTRADICTED
    assert labels["abbreviation"] == UNSUPPORTED


def test_a_rewording_drops_clauses_and_changes_no_fact():
    assert "Loyal customers always cost less." in reworded(SENTENCES[3], Random(1))
    said = reworded(SENTENCES[0], Random(1))
    assert any("corporate social responsibility" in claim for claim in said)
    assert "The economist Milton Friedman held that CSR is a tax without a mandate." in said
    assert any("has 3 parts" in claim for claim in reworded(SENTENCES[1], Random(1)))


@given(st.sampled_from(SENTENCES), st.integers(0, 10_000))
def test_flips_differ_and_come_again_with_the_same_seed(sentence, seed):
    found = FLIPPER.flips(sentence, Random(seed))
    assert all(c.claim != sentence for c in found)
    assert found == FLIPPER.flips(sentence, Random(seed))


@given(st.text(max_size=120), st.integers(0, 100))
def test_any_text_can_be_flipped_and_reworded(text, seed):
    for change in FLIPPER.flips(text, Random(seed)):
        assert change.claim != text
    assert text not in reworded(text, Random(seed))
