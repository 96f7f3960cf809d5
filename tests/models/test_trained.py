"""What is wired for ranking and checking, and what happens without."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from assistant.models import wiring
from assistant.models.adapter import ADAPTERS, ENTAILMENT, LORA_FILE, RELEVANCE, read_adapter
from assistant.models.wiring import open_trained
from assistant.settings import Settings


@pytest.fixture
def shared(prepared_models, tmp_path):
    """Settings that find what was prepared for all tests."""
    return Settings(corpus=tmp_path, index=tmp_path, cache=prepared_models)


@pytest.mark.weights
def test_our_adapters_are_whole_and_below_four_megabytes():
    for name in (RELEVANCE, ENTAILMENT):
        assert read_adapter(ADAPTERS / name).name == name
        size = sum(file.stat().st_size for file in (ADAPTERS / name).glob("*.safetensors"))
        assert size < 4_000_000


@pytest.mark.weights
def test_our_adapters_rank_and_judge(shared):
    found = open_trained(shared)
    assert found.warning == ""
    question = "Who defines value in customer strategy?"
    right, wrong = "In customer strategy the customer defines value.", "It rained in Basel in May."
    scores = found.scorer.score(question, [wrong, right])
    assert scores[1] > 0.5 > scores[0]
    shares = found.entailer.judge("The customer defines value.", [right, wrong])
    assert shares[0].argmax() == 0
    assert shares[1].argmax() == 2
    assert shares.sum(axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_none_is_none(settings):
    found = open_trained(replace(settings, scorer="none", entailer="none"))
    assert (found.scorer, found.entailer, found.warning) == (None, None, "")


@pytest.mark.parametrize("name", [RELEVANCE, ENTAILMENT])
def test_a_damaged_adapter_is_done_without_and_told(settings, monkeypatch, tmp_path, name):
    home = tmp_path / "adapters"
    shutil.copytree(ADAPTERS / name, home / name)
    with (home / name / LORA_FILE).open("r+b") as file:
        file.write(b"damaged")
    monkeypatch.setattr(wiring, "ADAPTERS", home)
    other = {"scorer": "none"} if name == ENTAILMENT else {"entailer": "none"}
    found = open_trained(replace(settings, **other))
    assert (found.scorer, found.entailer) == (None, None)
    assert found.warning.startswith(f"The adapter {name} is damaged")
    assert "works with its simpler check" in found.warning


def test_deleted_adapters_are_done_without_and_told(settings, monkeypatch, tmp_path):
    monkeypatch.setattr(wiring, "ADAPTERS", tmp_path)
    found = open_trained(settings)
    assert (found.scorer, found.entailer) == (None, None)
    assert "relevance is missing" in found.warning
    assert "entailment is missing" in found.warning
