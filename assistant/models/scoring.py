"""Relevance and entailment by the adapted encoder, served by onnxruntime without torch.

Every pair runs alone, several side by side: padding would cost time, and dynamic
quantisation would make a score depend on its neighbours. So the same pair always gets the
same score.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from assistant.errors import ModelError
from assistant.models.adapter import Adapter, read_card
from assistant.models.machine import available_cores
from assistant.models.plan import GRAPH_FILE, TOKENIZER_FILE
from assistant.models.session import open_session
from assistant.ports import Floats1d, Floats2d

Ids = NDArray[np.int64]


class PairTokens:
    """Two texts to token ids and types; what exceeds the limit is cut from the longer one."""

    def __init__(self, folder: Path, max_tokens: int) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens, strategy="longest_first")

    def __call__(self, first: str, second: str) -> tuple[Ids, Ids]:
        """Return ids and types, shape (1, n) each."""
        encoding = self._tokenizer.encode(first, second)
        return (
            np.array([encoding.ids], dtype=np.int64),
            np.array([encoding.type_ids], dtype=np.int64),
        )


class PairModel:
    """A prepared adapter: pairs of texts to calibrated logits."""

    def __init__(self, folder: Path, *, workers: int | None = None) -> None:
        self.adapter: Adapter = read_card(folder)
        self._tokens = PairTokens(folder, self.adapter.max_tokens)
        self._session = open_session(folder / GRAPH_FILE)
        self._workers = workers or available_cores()
        self._cores = threading.BoundedSemaphore(self._workers)
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="score")
        self._scale = np.array(self.adapter.scale, dtype=np.float32)
        self._shift = np.array(self.adapter.shift, dtype=np.float32)

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Floats2d:
        """Return the calibrated logits of each pair, shape (n, outputs)."""
        if not pairs:
            return np.zeros((0, len(self._scale)), dtype=np.float32)
        side_by_side = len(pairs) > 1 and self._workers > 1
        rows = (self._pool.map if side_by_side else map)(self._row, pairs)
        logits: Floats2d = np.stack(list(rows)) * self._scale + self._shift  # (n, outputs)
        return logits

    def _row(self, pair: tuple[str, str]) -> Floats1d:
        ids, types = self._tokens(*pair)
        with self._cores:
            row: Floats1d = self._session.run(None, {"ids": ids, "types": types})[0][0]
        return row


class OnnxScorer:
    """How well texts answer a question; satisfies ``ports.Scorer``."""

    def __init__(self, folder: Path, *, workers: int | None = None) -> None:
        self._model = PairModel(folder, workers=workers)
        self.fingerprint = self._model.adapter.fingerprint

    def score(self, question: str, texts: Sequence[str]) -> Floats1d:
        """Return the probability that each text answers better than its like, shape (n,)."""
        return _sigmoid(self._model.logits([(question, text) for text in texts])[:, 0])

    def answerability(self, question: str, texts: Sequence[str]) -> Floats1d:
        """Return the probability that each text holds an answer at all, shape (n,).

        Put the best sentences together as one text: evidence answers as a whole.
        """
        return _sigmoid(self._model.logits([(question, text) for text in texts])[:, 1])


class OnnxEntailer:
    """Whether evidence supports or contradicts a claim, or leaves it open."""

    def __init__(self, folder: Path, *, workers: int | None = None) -> None:
        self._model = PairModel(folder, workers=workers)
        self.fingerprint = self._model.adapter.fingerprint

    def judge(self, claim: str, evidence: Sequence[str]) -> Floats2d:
        """Return what each text of the evidence does to the claim, shape (n, 3).

        A row holds the probabilities that it supports, contradicts, leaves open; they sum to 1.
        """
        logits = self._model.logits([(text, claim) for text in evidence])  # (n, 3)
        if not len(logits):
            return logits
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: Floats2d = powers / powers.sum(axis=1, keepdims=True)
        return shares


def open_scorer(folder: Path) -> OnnxScorer:
    """Return the relevance adapter that was prepared in ``folder``; ModelError when it cannot."""
    with _opening(folder):
        return OnnxScorer(folder)


def open_entailer(folder: Path) -> OnnxEntailer:
    """Return the entailment adapter that was prepared in ``folder``; ModelError when it cannot."""
    with _opening(folder):
        return OnnxEntailer(folder)


@contextmanager
def _opening(folder: Path) -> Iterator[None]:
    try:
        yield
    except Exception as cause:  # neither onnxruntime's nor tokenizers' errors have a base
        raise ModelError(
            f"The prepared model in {folder} cannot be opened: {cause}.",
            remedy="Delete that folder; it is made again.",
        ) from cause


def _sigmoid(logits: Floats1d) -> Floats1d:
    shares = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return np.asarray(shares, dtype=np.float32)
