"""A trained adapter on disk: what it is, whether it is whole, and how its logits are read.

An adapter is a folder of ``adapter_model.safetensors`` and ``adapter_config.json`` as PEFT
writes them, ``head.safetensors`` (the linear layer on top) and ``adapter.json``, which holds
the sha256 of both, the calibration and the plan for serving. ``README.md`` is its model card.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.errors import AdapterError
from assistant.models.weights import sha256_of

ADAPTERS = Path(__file__).resolve().parent / "adapters"
RELEVANCE, ENTAILMENT = "relevance", "entailment"
LORA_FILE = "adapter_model.safetensors"
LORA_CONFIG_FILE = "adapter_config.json"
HEAD_FILE = "head.safetensors"
CARD_FILE = "adapter.json"
_FALLBACK = "Without it the assistant works with its simpler check."


@dataclass(frozen=True, slots=True)
class Adapter:
    """How an adapter is merged, served and read."""

    name: str  # relevance or entailment
    base: str  # the encoder's name
    base_sha256: str  # of its weights
    lora_sha256: str
    head_sha256: str
    rank: int
    alpha: int
    outputs: tuple[str, ...]  # what each logit says
    max_tokens: int  # of question and text, or of evidence and claim, with special tokens
    scale: tuple[float, ...]  # calibrated logit = scale * logit + shift, one for each output
    shift: tuple[float, ...]
    precision: str = "int8"  # or float32, where quantisation costs too much
    float32_layers: tuple[int, ...] = ()  # layers of the encoder that int8 would cost too much

    @property
    def fingerprint(self) -> str:
        """Changes whenever the probabilities would."""
        told = hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()
        return f"{self.base}/{self.name}/{told[:12]}"


def read_card(folder: Path) -> Adapter:
    """Return what ``adapter.json`` says, unchecked; raises OSError, ValueError or TypeError."""
    values = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    if not isinstance(values, dict):
        raise ValueError(f"{CARD_FILE} holds no object")
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    return Adapter(**(values | lists))


def read_adapter(folder: Path) -> Adapter:
    """Return the adapter in ``folder``; AdapterError when it is missing or not what it says."""
    try:
        adapter = read_card(folder)
        found = sha256_of(folder / LORA_FILE), sha256_of(folder / HEAD_FILE)
    except FileNotFoundError as cause:
        raise AdapterError(
            f"The adapter {folder.name} is missing: there is no {cause.filename}.",
            remedy=f"{_FALLBACK} Get the file again from where the assistant came from.",
        ) from cause
    except (OSError, ValueError, TypeError) as cause:
        raise AdapterError(
            f"The adapter {folder.name} cannot be read: {cause}.",
            remedy=f"{_FALLBACK} Get its folder again from where the assistant came from.",
        ) from cause
    if found != (adapter.lora_sha256, adapter.head_sha256):
        raise AdapterError(
            f"The adapter {folder.name} is damaged: its sha256 is not the one in {CARD_FILE}.",
            remedy=f"{_FALLBACK} Get its folder again from where the assistant came from.",
        )
    return adapter


def write_adapter(folder: Path, adapter: Adapter) -> None:
    """Put what the adapter is beside its weights."""
    text = json.dumps(asdict(adapter), indent=1, ensure_ascii=False)
    (folder / CARD_FILE).write_text(f"{text}\n", encoding="utf-8")
