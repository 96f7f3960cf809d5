from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import AdapterError, ModelError
from assistant.models.adapter import (
    HEAD_FILE,
    LORA_FILE,
    read_adapter,
    write_adapter,
)
from assistant.models.merging import export_scorer
from assistant.models.plan import GRAPH_FILE
from assistant.models.scoring import open_entailer, open_scorer
from assistant.models.weights import sha256_of

QUESTION = "Who defines value?"
TEXTS = [
    "the customer defines value , porter and kramer say .",
    "a",
    "",
    "profit is not responsibility , naïve café “quotes” 12345 " * 3,
]


class Trained:
    """A random adapter on the tiny encoder, as training leaves it, and what torch says of it."""

    def __init__(self, base: Path, home: Path, name: str, outputs: tuple[str, ...]) -> None:
        import torch

        from training.encoder import AdaptedEncoder, Pairs
        from training.finish import export

        torch.manual_seed(5)
        self.base, self.folder = base, home / name
        self.model = AdaptedEncoder(base, len(outputs), rank=4).eval()
        values = {key: torch.randn_like(v) * 0.3 for key, v in self.model.adapter().items()}
        self.model.put({key: v.half().float() for key, v in values.items()})
        work = home / f"{name}-work"
        work.mkdir()
        torch.save({"adapter": values, "step": 3}, work / "best.pt")
        sha256 = sha256_of(base / "model.safetensors")
        self.adapter = export(name, work, self.folder, outputs, 48, base_sha256=sha256)
        self._pairs = Pairs(base, 48)

    def logits(self, pairs: list[tuple[str, str]]) -> np.ndarray:
        import torch

        with torch.no_grad():
            return self.model.logits(self._pairs(pairs), bfloat16=False).numpy()

    def prepared(self, folder: Path, **changes: object) -> Path:
        """Return ``folder`` with the adapter prepared in it, its card changed first."""
        source = folder / "source"
        shutil.copytree(self.folder, source)
        write_adapter(source, replace(self.adapter, **changes))
        target = folder / "prepared"
        target.mkdir()
        export_scorer(source, self.base, target, lambda _: None)
        return target


@pytest.fixture(scope="session")
def relevance(tiny, tmp_path_factory):
    home = tmp_path_factory.mktemp("relevance")
    return Trained(tiny, home, "relevance", ("relevance", "answerability"))


@pytest.fixture(scope="session")
def entailment(tiny, tmp_path_factory):
    outputs = ("supported", "contradicted", "not-in-sources")
    return Trained(tiny, tmp_path_factory.mktemp("entailment"), "entailment", outputs)


@pytest.fixture(scope="session")
def whole(relevance, tmp_path_factory):
    return relevance.prepared(tmp_path_factory.mktemp("whole"), precision="float32")


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def test_what_is_served_is_what_was_trained(relevance, whole):
    logits = relevance.logits([(QUESTION, text) for text in TEXTS])
    scorer = open_scorer(whole)
    assert scorer.score(QUESTION, TEXTS) == pytest.approx(sigmoid(logits[:, 0]), abs=1e-4)
    answers = scorer.answerability(QUESTION, TEXTS)
    assert answers == pytest.approx(sigmoid(logits[:, 1]), abs=1e-4)
    assert answers.dtype == np.float32


def test_int8_stays_near_and_kept_layers_come_nearer(relevance, tmp_path):
    expected = sigmoid(relevance.logits([(QUESTION, text) for text in TEXTS])[:, 0])
    errors = []
    for layers in ((), (0, 1)):
        folder = tmp_path / f"kept-{len(layers)}"
        folder.mkdir()
        target = relevance.prepared(folder, float32_layers=layers)
        found = open_scorer(target).score(QUESTION, TEXTS)
        errors.append(float(np.abs(found - expected).max()))
    assert errors[0] < 0.15
    assert errors[1] < errors[0]


def test_a_score_does_not_depend_on_the_texts_beside_it(relevance, tmp_path):
    scorer = open_scorer(relevance.prepared(tmp_path))
    together = scorer.score(QUESTION, TEXTS)
    alone = np.concatenate([scorer.score(QUESTION, [text]) for text in TEXTS])
    assert np.array_equal(together, alone)
    assert np.array_equal(together[::-1], scorer.score(QUESTION, TEXTS[::-1]))


def test_calibration_moves_the_logits(relevance, whole, tmp_path):
    target = relevance.prepared(tmp_path, precision="float32", scale=(2.0, 1.0), shift=(-1.0, 0.0))
    plain, moved = open_scorer(whole), open_scorer(target)
    before = plain.score(QUESTION, TEXTS)
    expected = sigmoid(2 * np.log(before / (1 - before)) - 1)
    assert moved.score(QUESTION, TEXTS) == pytest.approx(expected, abs=1e-4)
    assert np.array_equal(
        plain.answerability(QUESTION, TEXTS), moved.answerability(QUESTION, TEXTS)
    )
    assert plain.fingerprint != moved.fingerprint


def test_no_texts_no_scores(whole):
    assert open_scorer(whole).score(QUESTION, []).shape == (0,)


def test_long_texts_are_cut_to_what_fits(relevance, whole):
    long = "the customer defines value and profit " * 60
    expected = sigmoid(relevance.logits([(QUESTION, long)])[:, 0])
    assert open_scorer(whole).score(QUESTION, [long]) == pytest.approx(expected, abs=1e-4)


def test_a_judgement_is_three_shares_of_one(entailment, tmp_path):
    entailer = open_entailer(entailment.prepared(tmp_path, precision="float32"))
    found = entailer.judge("the company defines value", TEXTS)
    logits = entailment.logits([(text, "the company defines value") for text in TEXTS])
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    assert found == pytest.approx(powers / powers.sum(axis=1, keepdims=True), abs=1e-4)
    assert found.sum(axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-6)
    assert entailer.judge("a claim", []).shape == (0, 3)


@pytest.mark.filterwarnings("ignore::FutureWarning")  # peft asks transformers the old way
def test_peft_reads_and_merges_the_same_weights(relevance):
    from peft import PeftModel
    from transformers import AutoModel

    from assistant.models.merging import _merged

    base = AutoModel.from_pretrained(relevance.base, add_pooling_layer=False)
    theirs = PeftModel.from_pretrained(base, str(relevance.folder)).merge_and_unload()
    ours = _merged(relevance.adapter, relevance.folder, relevance.base)
    key = "encoder.layer.1.attention.self.query.weight"
    expected = theirs.state_dict()[key].float().numpy()
    assert ours.encoder.state_dict()[key].numpy() == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("name", [LORA_FILE, HEAD_FILE])
def test_damaged_weights_are_named(relevance, tmp_path, name):
    folder = tmp_path / "relevance"
    shutil.copytree(relevance.folder, folder)
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(AdapterError, match="relevance is damaged"):
        read_adapter(folder)


@pytest.mark.parametrize("name", [LORA_FILE, "adapter.json"])
def test_missing_files_are_named(relevance, tmp_path, name):
    folder = tmp_path / "relevance"
    shutil.copytree(relevance.folder, folder)
    (folder / name).unlink()
    with pytest.raises(AdapterError, match=f"missing: there is no .*{name}"):
        read_adapter(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": 3, "surprise": 1}', "\xff"])
def test_a_card_that_is_none_is_an_error_with_a_remedy(relevance, tmp_path, text):
    folder = tmp_path / "relevance"
    shutil.copytree(relevance.folder, folder)
    (folder / "adapter.json").write_text(text, encoding="latin-1")
    with pytest.raises(AdapterError, match="simpler check"):
        read_adapter(folder)


def test_an_adapter_of_another_encoder_is_not_merged(relevance, tmp_path):
    with pytest.raises(ModelError, match="trained on another"):
        relevance.prepared(tmp_path, base_sha256="0" * 64)


def test_a_broken_graph_is_a_model_error(relevance, tmp_path):
    shutil.copytree(relevance.folder, tmp_path / "prepared")
    (tmp_path / "prepared" / GRAPH_FILE).write_bytes(b"cut off")
    with pytest.raises(ModelError, match="cannot be opened"):
        open_scorer(tmp_path / "prepared")


def test_serving_needs_no_torch_and_two_processes_agree(whole):
    code = (
        "import sys, json; from pathlib import Path\n"
        "from assistant.models.scoring import open_scorer\n"
        f"scores = open_scorer(Path({str(whole)!r})).score({QUESTION!r}, {TEXTS!r})\n"
        "print(json.dumps([scores.tolist(), 'torch' in sys.modules, 'peft' in sys.modules]))"
    )
    said = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", code], check=True, capture_output=True, encoding="utf-8"
            ).stdout.splitlines()[-1]
        )
        for _ in range(2)
    ]
    assert said[0] == said[1]
    assert said[0][1:] == [False, False]
