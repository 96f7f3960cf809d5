"""Small, exact stand-ins for the seams: no weights, no network, the same on every machine."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Sequence

import numpy as np

from assistant.ports import Floats1d, Floats2d, Ints1d


class WordCounter:
    """A token is a word or a mark; the line break is none."""

    def __init__(self, max_tokens: int = 256) -> None:
        self.max_tokens = max_tokens

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [m.span() for m in re.finditer(r"\w+|[^\w\s]", text)]


class CharacterCounter(WordCounter):
    """A token is a character, white space included, as in ByT5."""

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [(n, n + 1) for n in range(len(text))]


class ByteCounter(WordCounter):
    """A token is a byte: several share the span of one character, as in byte-level BPE."""

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [(n, n + 1) for n, c in enumerate(text) for _ in c.encode()]


class PieceCounter(WordCounter):
    """A word is one letter and then pieces of four: what is cut within a word counts anew."""

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        spans = []
        for word in re.finditer(r"\S+", text):
            spans.append((word.start(), word.start() + 1))
            spans += [(n, min(n + 4, word.end())) for n in range(word.start() + 1, word.end(), 4)]
        return spans


class HashEmbedder(WordCounter):
    """Bag of words by sha256: texts that share words are near, and every text has its own vector.

    All-ones vectors would hide mistakes of ranking. ``embedded`` remembers every text.
    """

    def __init__(
        self,
        fingerprint: str = "hash-64",
        *,
        dimension: int = 64,
        before_each: Callable[[str], None] = lambda _: None,
        delay_s: float = 0.0,
    ) -> None:
        super().__init__()
        self.fingerprint = fingerprint
        self.dimension = dimension
        self.embedded: list[str] = []
        self._before_each = before_each
        self._delay_s = delay_s

    def embed_passages(self, texts: Sequence[str]) -> Floats2d:
        time.sleep(self._delay_s)
        rows = [np.zeros((0, self.dimension), np.float32)]
        for text in texts:
            self._before_each(text)
            self.embedded.append(text)
            rows.append(self.embed_question(text)[None, :])
        return np.concatenate(rows)

    def embed_question(self, text: str) -> Floats1d:
        words = re.findall(r"\w+", text.lower()) or [text]
        vector = np.sum([self._of_word(word) for word in words], axis=0)
        vector += 1e-3 * self._of_word(text)  # the order of the words counts a little
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)

    def _of_word(self, word: str) -> Floats1d:
        seed = hashlib.sha256(f"{self.fingerprint}:{word}".encode()).digest()
        random = np.random.Generator(np.random.PCG64(int.from_bytes(seed[:8], "little")))
        return random.standard_normal(self.dimension).astype(np.float32)


class NumpyStore:
    """The oracle of every VectorStore: the definition, written down."""

    def __init__(self, ids: Ints1d, vectors: Floats2d) -> None:
        self._rows = dict(zip(ids.tolist(), np.asarray(vectors, np.float32), strict=True))
        self._dimension = vectors.shape[1]

    def __len__(self) -> int:
        return len(self._rows)

    def search(
        self, query: Floats1d, k: int, allowed: Ints1d | None = None
    ) -> tuple[Ints1d, Floats1d]:
        wanted = self._rows.keys() if allowed is None else self._rows.keys() & set(allowed.tolist())
        ranked = sorted((-float(self._rows[id_] @ query), id_) for id_ in wanted)[: max(k, 0)]
        ids = np.array([id_ for _, id_ in ranked], dtype=np.int64)
        return ids, np.array([-negative for negative, _ in ranked], dtype=np.float32)

    def vectors(self, ids: Ints1d) -> Floats2d:
        rows = [self._rows[id_] for id_ in ids.tolist()]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self._dimension)
