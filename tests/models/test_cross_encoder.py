"""CrossEncoders of other people in the place of our adapters: tiny ones, made on the spot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import ModelError
from assistant.models.cross_encoder import CrossEncoderEntailer, CrossEncoderScorer
from assistant.models.wiring import open_trained

QUESTION = "Who defines value?"
TEXTS = ["the customer defines value .", "profit is not responsibility ."]


def write_cross_encoder(base: Path, folder: Path, labels: dict[int, str]) -> Path:
    """Save a random classifier on the tiny encoder, with the given names of its outputs."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    torch.manual_seed(3)
    config = BertConfig.from_pretrained(base, num_labels=len(labels), id2label=labels)
    BertForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def ranker(tiny, tmp_path_factory):
    return write_cross_encoder(tiny, tmp_path_factory.mktemp("ranker") / "ranker", {0: "LABEL_0"})


@pytest.fixture(scope="session")
def nli(tiny, tmp_path_factory):
    labels = {0: "contradiction", 1: "entailment", 2: "neutral"}
    return write_cross_encoder(tiny, tmp_path_factory.mktemp("nli") / "nli", labels)


def test_a_ranker_gives_probabilities_that_do_not_depend_on_the_texts_beside(ranker):
    scorer = CrossEncoderScorer(ranker, device="cpu")
    together = scorer.score(QUESTION, TEXTS)
    alone = [scorer.score(QUESTION, [text])[0] for text in TEXTS]
    assert together == pytest.approx(alone, abs=1e-5)
    assert together.shape == (2,)
    assert together.dtype == np.float32
    assert ((together > 0) & (together < 1)).all()
    assert scorer.answerability(QUESTION, TEXTS) == pytest.approx(together)
    assert scorer.score(QUESTION, []).shape == (0,)


def test_the_outputs_of_an_nli_model_are_put_in_our_order(nli, tiny, tmp_path):
    rows = CrossEncoderEntailer(nli, device="cpu").judge("value", TEXTS)
    assert rows.shape == (2, 3)
    assert rows.sum(axis=1) == pytest.approx([1, 1])
    labels = {0: "Entailment", 1: "Neutral", 2: "Contradiction"}  # the same weights, other names
    other = write_cross_encoder(tiny, tmp_path / "other", labels)
    turned = CrossEncoderEntailer(other, device="cpu").judge("value", TEXTS)
    assert turned == pytest.approx(rows[:, [1, 2, 0]], abs=1e-6)
    assert CrossEncoderEntailer(nli, device="cpu").judge("value", []).shape == (0, 3)


def test_what_does_not_fit_is_refused_with_a_remedy(ranker, nli, tmp_path):
    with pytest.raises(ModelError, match=r"it has 3 outputs\..*one output"):
        CrossEncoderScorer(nli)
    with pytest.raises(ModelError, match=r"does not name its outputs.*natural language"):
        CrossEncoderEntailer(ranker)
    with pytest.raises(ModelError, match=r"cannot be opened as a CrossEncoder"):
        CrossEncoderScorer(tmp_path)


def test_one_setting_puts_another_model_in_place(settings, ranker, nli):
    found = open_trained(replace(settings, scorer=str(ranker), entailer=str(nli)))
    assert isinstance(found.scorer, CrossEncoderScorer)
    assert isinstance(found.entailer, CrossEncoderEntailer)
    assert found.warning == ""
    assert found.scorer.fingerprint != found.entailer.fingerprint


def test_one_that_was_named_and_is_not_there_is_an_error(settings, tmp_path):
    for name in ("scorer", "entailer"):
        chosen = {"scorer": "none", "entailer": "none", name: str(tmp_path / "nowhere")}
        with pytest.raises(ModelError, match="nowhere"):
            open_trained(replace(settings, **chosen))
