"""The encoder with an adapter: LoRA on every dense layer, and a linear head.

Input is ``[CLS] first [SEP] second [SEP]`` with token types 0 and 1; the head reads the
first token beside the mean of all tokens, which the encoder was pooled by before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Encoding, Tokenizer
from torch import Tensor, nn
from transformers import AutoModel

from assistant.models.machine import quiet_libraries

RANK = 40
_TARGETS = ["query", "key", "value", "dense"]
_STEP = 8  # of padded lengths
_TOKENS_AT_ONCE = 1536  # padded; larger blocks leave the cache and are no faster on a CPU


@dataclass(frozen=True, slots=True)
class Tokens:
    """One input, ready for the encoder."""

    ids: list[int]
    types: list[int]


class Pairs:
    """Tokenises pairs; the second text is cut so that a pair fits."""

    def __init__(self, weights: Path, max_tokens: int) -> None:
        self.max_tokens = max_tokens
        self._tokenizer = Tokenizer.from_file(str(weights / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens, strategy="longest_first")

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[Tokens]:
        """Return the tokens of each pair."""
        encodings: list[Encoding] = self._tokenizer.encode_batch(list(pairs))
        return [Tokens(e.ids, e.type_ids) for e in encodings]


class AdaptedEncoder(nn.Module):
    """all-MiniLM-L6-v2 with LoRA and a head of ``outputs`` logits."""

    def __init__(self, weights: Path, outputs: int, *, rank: int = RANK) -> None:
        super().__init__()
        self.outputs, self.rank = outputs, rank
        with quiet_libraries():
            base = AutoModel.from_pretrained(
                weights,
                attn_implementation="eager",  # on a CPU, half as fast again as the fused one
                add_pooling_layer=False,
                local_files_only=True,
                hidden_dropout_prob=0.0,
                attention_probs_dropout_prob=0.0,
            )
            lora = LoraConfig(r=rank, lora_alpha=rank, target_modules=_TARGETS, lora_dropout=0.0)
            self.encoder = get_peft_model(base, lora)
        width = base.config.hidden_size
        self.head = nn.Linear(2 * width, outputs)
        self.to(torch.float32)

    def trained(self) -> dict[str, nn.Parameter]:
        """Return the parameters of the adapter by name."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}

    def adapter(self) -> dict[str, Tensor]:
        """Return a copy of the adapter's values by name."""
        return {name: p.detach().clone().cpu() for name, p in self.trained().items()}

    def put(self, adapter: dict[str, Tensor]) -> None:
        """Set the adapter's values."""
        with torch.no_grad():
            for name, parameter in self.trained().items():
                parameter.copy_(adapter[name])

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """Return the logits, shape (n, outputs)."""
        states = self.encoder(
            input_ids=ids, token_type_ids=types, attention_mask=mask
        ).last_hidden_state  # (n, t, d)
        weights = mask.unsqueeze(-1).to(states.dtype)
        mean = (states * weights).sum(1) / weights.sum(1)
        return self.head(torch.cat([states[:, 0], mean], dim=-1)).float()

    def logits(self, tokens: Sequence[Tokens], *, bfloat16: bool) -> Tensor:
        """Return the logits of each input in order, run in blocks of like length."""
        order = sorted(range(len(tokens)), key=lambda i: len(tokens[i].ids))
        device = self.head.weight.device
        precision = torch.autocast(device.type, torch.bfloat16) if bfloat16 else nullcontext()
        parts = []
        with precision:
            for block in _blocks([tokens[i] for i in order]):
                parts.append(self(*(t.to(device) for t in _padded(block))))
        places = torch.empty(len(order), dtype=torch.long)
        places[torch.tensor(order)] = torch.arange(len(order))
        return torch.cat(parts)[places.to(device)]


def _blocks(tokens: Sequence[Tokens]) -> Iterator[Sequence[Tokens]]:
    """Cut inputs that are sorted by length where padding would exceed what fits at once."""
    start = 0
    for end in range(1, len(tokens) + 1):
        if end == len(tokens) or (end + 1 - start) * _width(tokens[end]) > _TOKENS_AT_ONCE:
            yield tokens[start:end]
            start = end


def _width(tokens: Tokens) -> int:
    """Return a padded length. Few shapes: the CPU's kernels are made for each, and kept."""
    return -(-len(tokens.ids) // _STEP) * _STEP


def _padded(block: Sequence[Tokens]) -> tuple[Tensor, Tensor, Tensor]:
    """Return ids, types and mask, shape (n, width) each."""
    width = _width(block[-1])
    ids, types, mask = (torch.zeros(len(block), width, dtype=torch.long) for _ in range(3))
    for row, tokens in enumerate(block):
        size = len(tokens.ids)
        ids[row, :size] = torch.tensor(tokens.ids)
        types[row, :size] = torch.tensor(tokens.types)
        mask[row, :size] = 1
    return ids, types, mask


def best_device() -> torch.device:
    """Return the GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
