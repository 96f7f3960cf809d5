"""Any CrossEncoder of sentence-transformers in the place of our adapters, by folder or id.

A ranker has one output (Ettin rerankers, MS MARCO MiniLM, BGE rerankers …). A model of natural
language inference has three, and its configuration names them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import ModelError
from assistant.models.machine import quiet_libraries
from assistant.ports import Floats1d, Floats2d

_VERDICTS = ("entail", "contradict", "neutral")  # how the labels of NLI models begin
_BATCH = 8


class CrossEncoderScorer:
    """How well texts answer a question; satisfies ``ports.AnswerScorer``."""

    def __init__(self, folder: Path, *, device: str = "auto") -> None:
        self._model = _loaded(folder, device)
        if _outputs(self._model) != 1:
            raise ModelError(
                f"{folder.name} ranks nothing: it has {_outputs(self._model)} outputs.",
                remedy="Give a CrossEncoder with one output as scorer, or embedded, or none.",
            )
        self.fingerprint = f"{folder.name}/{_signature(folder)}/cross-encoder"

    def score(self, question: str, texts: Sequence[str]) -> Floats1d:
        """Return the probability that each text answers, shape (n,)."""
        if not texts:
            return np.zeros(0, np.float32)
        logits = _logits(self._model, [(question, text) for text in texts])[:, 0]
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), dtype=np.float32)

    def answerability(self, question: str, texts: Sequence[str]) -> Floats1d:
        """Return the same: a ranker of passages was asked whether they answer."""
        return self.score(question, texts)


class CrossEncoderEntailer:
    """Whether evidence supports or contradicts a claim; satisfies ``ports.Entailer``."""

    def __init__(self, folder: Path, *, device: str = "auto") -> None:
        self._model = _loaded(folder, device)
        self._columns = _columns(folder, self._model)
        self.fingerprint = f"{folder.name}/{_signature(folder)}/cross-encoder"

    def judge(self, claim: str, evidence: Sequence[str]) -> Floats2d:
        """Return what each text does to the claim: supports, contradicts, leaves open; (n, 3)."""
        if not evidence:
            return np.zeros((0, len(_VERDICTS)), np.float32)
        logits = _logits(self._model, [(text, claim) for text in evidence])  # (n, labels)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        return np.asarray(shares[:, self._columns], dtype=np.float32)


def _loaded(folder: Path, device: str) -> Any:  # noqa: ANN401 - sentence-transformers is untyped
    try:
        with quiet_libraries():
            from sentence_transformers import CrossEncoder

            return CrossEncoder(
                str(folder), device=None if device == "auto" else device, local_files_only=True
            )
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as cause:
        raise ModelError(
            f"{folder.name} cannot be opened as a CrossEncoder: {cause}.",
            remedy="Give a folder or id of a CrossEncoder, or embedded, or none.",
        ) from cause


def _logits(model: Any, pairs: list[tuple[str, str]]) -> Floats2d:  # noqa: ANN401
    import torch

    found = model.predict(
        pairs, batch_size=_BATCH, show_progress_bar=False, activation_fn=torch.nn.Identity()
    )
    rows: Floats2d = np.asarray(found, dtype=np.float32).reshape(len(pairs), -1)
    return rows


def _outputs(model: Any) -> int:  # noqa: ANN401
    return int(model.config.num_labels)


def _columns(folder: Path, model: Any) -> list[int]:  # noqa: ANN401
    """Return the outputs that say supports, contradicts and leaves open; ModelError without."""
    names = {str(name).lower(): int(n) for n, name in model.config.id2label.items()}
    columns = [n for verdict in _VERDICTS for name, n in names.items() if name.startswith(verdict)]
    if len(columns) != len(_VERDICTS):
        raise ModelError(
            f"{folder.name} does not name its outputs entailment, contradiction and neutral.",
            remedy="Give a CrossEncoder for natural language inference, or embedded, or none.",
        )
    return columns


def _signature(folder: Path) -> str:
    files = sorted(p for p in folder.rglob("*") if p.suffix in {".json", ".safetensors"})
    stats = [f"{p.relative_to(folder)} {p.stat().st_size} {p.stat().st_mtime_ns}" for p in files]
    return hashlib.sha256("\n".join(stats).encode()).hexdigest()[:12]
