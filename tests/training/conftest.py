"""A tiny encoder made on the spot, with the files that training and serving read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.models.machine import quiet_libraries

WORDS = (
    "who when where what wrote defines value customer company society profit the a of and is"
    " not in friedman porter said 1970 2011 , . ?"
).split()
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def write_encoder(folder: Path) -> Path:
    """Save a random two-layer BERT and its tokenizer; the same each time."""
    with quiet_libraries():
        import torch
        from transformers import BertConfig, BertModel, BertTokenizerFast

        tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
        tokens += [*LETTERS, *(f"##{letter}" for letter in LETTERS)]
        vocabulary = {token: at for at, token in enumerate(dict.fromkeys(tokens))}
        torch.manual_seed(7)
        config = BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
            initializer_range=0.3,
        )
        BertModel(config).save_pretrained(folder)
        BertTokenizerFast(vocab=vocabulary, do_lower_case=True).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder's folder."""
    return write_encoder(tmp_path_factory.mktemp("encoder") / "model")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads that wait for each other cost more than these sums."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
