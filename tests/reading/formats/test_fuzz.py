"""Damaged files have an outcome each; ``fuzz.py`` does the same for as long as one likes."""

from __future__ import annotations

import os

import fuzz
import pytest


def test_damage_is_repeatable():
    first, again = fuzz.cases(3), fuzz.cases(3)
    for _ in range(20):
        assert next(first) == next(again)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_no_damaged_file_ends_the_program_or_hangs_it():
    minutes = float(os.environ.get("FUZZ_MINUTES", "1"))
    findings = fuzz.fuzz(minutes * 60, seed=7)
    assert findings.files > 100
    assert findings.outcomes["read"] > 0
