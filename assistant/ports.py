"""The verbs of the assistant: the seams at which implementations can be exchanged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.records import AnswerSentence, Evidence

Floats1d = NDArray[np.float32]
Floats2d = NDArray[np.float32]
Ints1d = NDArray[np.int64]


class TokenCounter(Protocol):
    """Counts as the embedder counts, so that nothing is cut silently."""

    max_tokens: int  # of one text, the special tokens included

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Return the character span of each token of ``text``, without special tokens."""
        ...


class Embedder(TokenCounter, Protocol):
    """Texts to unit vectors."""

    fingerprint: str  # changes whenever the vectors would
    dimension: int

    def embed_passages(self, texts: Sequence[str]) -> Floats2d:
        """Return one unit vector a text, shape (n, dimension); the same text, the same vector."""
        ...

    def embed_question(self, text: str) -> Floats1d:
        """Return the unit vector of a question, shape (dimension,)."""
        ...


class Scorer(Protocol):
    """How well each text answers a question."""

    fingerprint: str

    def score(self, question: str, texts: Sequence[str]) -> Floats1d:
        """Return one score a text, 0…1, shape (n,)."""
        ...


class AnswerScorer(Scorer, Protocol):
    """A scorer that also knows whether there is an answer at all."""

    def answerability(self, question: str, texts: Sequence[str]) -> Floats1d:
        """Return the probability that each text holds an answer, shape (n,)."""
        ...


class Entailer(Protocol):
    """Whether evidence supports a claim, contradicts it or leaves it open."""

    fingerprint: str

    def judge(self, claim: str, evidence: Sequence[str]) -> Floats2d:
        """Return what each text does to the claim, shape (n, 3); a row sums to 1.

        The columns: it supports, it contradicts, it leaves open.
        """
        ...


@dataclass(frozen=True, slots=True)
class TrainedModels:
    """What was trained to judge; the assistant can do without either."""

    scorer: AnswerScorer | None = None
    entailer: Entailer | None = None
    warning: str = ""  # why one is missing that was asked for, and what to do


class LanguageModel(Protocol):
    """Writes from a prompt."""

    name: str  # shown to people
    context_tokens: int

    def load(self) -> None:
        """Make ready to write; raises ModelError, and soon, when it cannot."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return the length of ``text`` in the model's own tokens."""
        ...

    def write(self, system: str, user: str, *, max_tokens: int, stop: Event) -> Iterator[str]:
        """Yield the answer in pieces; end soon after ``stop`` is set.

        Raises ModelError when the model or its server fails.
        """
        ...


class VectorStore(Protocol):
    """Finds the nearest vectors."""

    def __len__(self) -> int: ...

    def search(
        self, query: Floats1d, k: int, allowed: Ints1d | None = None
    ) -> tuple[Ints1d, Floats1d]:
        """Return ids and inner products of the ``k`` nearest, best first, ties by id.

        Fewer when fewer are stored or allowed.
        """
        ...

    def vectors(self, ids: Ints1d) -> Floats2d:
        """Return the stored vectors of ``ids``, shape (n, d); KeyError when one is unknown."""
        ...


class Checker(Protocol):
    """Says whether evidence carries a sentence."""

    def check(self, sentence: str, evidence: Sequence[Evidence]) -> AnswerSentence:
        """Return the sentence with verdict, score, citations and, if struck, the reason."""
        ...
