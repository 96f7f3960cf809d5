"""Texts to unit vectors: a prepared ONNX file, or sentence-transformers for what has none.

Every text runs alone. Padding would cost time, and dynamic quantisation would make a
vector depend on its neighbours in the batch; alone, a text always gets the same vector.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from assistant.errors import ModelError
from assistant.models.machine import available_cores, quiet_libraries
from assistant.models.plan import GRAPH_FILE, TOKENIZER_FILE, read_plan
from assistant.models.session import open_session
from assistant.ports import Floats1d, Floats2d


class OnnxEmbedder:
    """An exported embedder, served without torch; at most ``workers`` texts are at work at once."""

    def __init__(self, folder: Path, *, workers: int | None = None) -> None:
        plan = read_plan(folder)
        self.fingerprint = plan.fingerprint
        self.dimension = plan.dimension
        self._workers = workers or available_cores()
        self._plan = plan
        self.max_tokens = plan.max_tokens - plan.prompt_tokens
        with ThreadPoolExecutor(1) as beside:  # both take their time outside the interpreter
            tokenizer = beside.submit(Tokenizer.from_file, str(folder / TOKENIZER_FILE))
            self._session = open_session(folder / GRAPH_FILE)
            self._tokenizer = tokenizer.result()
        self._tokenizer.no_padding()  # the file carries padding and truncation to 128
        self._tokenizer.no_truncation()
        self._cores = threading.BoundedSemaphore(self._workers)
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="embed")

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Return the character span of each token of ``text``, without special tokens."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).offsets)

    def embed_passages(self, texts: Sequence[str]) -> Floats2d:
        """Return one unit vector a text, shape (n, dimension).

        Raises ValueError when a text is longer than ``max_tokens``.
        """
        return _gather(self._side_by_side(texts), self.dimension)

    def embed_question(self, text: str) -> Floats1d:
        """Return the unit vector of a question; what exceeds ``max_tokens`` is left out."""
        encoding = self._tokenizer.encode(
            self._plan.question_prompt + text, add_special_tokens=False
        )
        special = self._tokenizer.num_special_tokens_to_add(False)
        encoding.truncate(self._plan.max_tokens - special)
        return self._vector(self._tokenizer.post_process(encoding).ids)

    def _passage(self, text: str) -> Floats1d:
        ids = self._tokenizer.encode(self._plan.passage_prompt + text).ids
        if len(ids) > self._plan.max_tokens:
            raise ValueError(f"a text of {len(ids)} tokens; {self._plan.max_tokens} are the most")
        return self._vector(ids)

    def _side_by_side(self, texts: Sequence[str]) -> Iterable[Floats1d]:
        """Return the vector of each text, in order, several at work at once."""
        if self._workers == 1 or len(texts) < 2:
            return map(self._passage, texts)
        return self._pool.map(self._passage, texts)

    def _vector(self, ids: list[int]) -> Floats1d:
        row = np.array([ids or [0]], dtype=np.int64)  # (1, n)
        with self._cores:
            vector: Floats1d = self._session.run(None, {"ids": row})[0][0]  # (1, d) -> (d,)
        return vector


class SentenceTransformerEmbedder:
    """Any sentence-transformers model that cannot be exported; loaded when first used."""

    def __init__(self, source: Path, folder: Path, *, device: str = "auto") -> None:
        plan = read_plan(folder)
        self.fingerprint = plan.fingerprint
        self.dimension = plan.dimension
        self._source = source
        self._device = None if device == "auto" else device
        self._plan = plan
        self._loaded: Any = None
        self._lock = threading.Lock()
        self.max_tokens = plan.max_tokens - plan.prompt_tokens

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Return the character span of each token of ``text``, without special tokens."""
        model = self._model()
        with self._lock:
            found = model.tokenizer(
                text, add_special_tokens=False, return_offsets_mapping=True, truncation=False
            )
        return [(int(start), int(end)) for start, end in found["offset_mapping"]]

    def embed_passages(self, texts: Sequence[str]) -> Floats2d:
        """Return one unit vector a text, shape (n, dimension).

        Raises ValueError when a text is longer than ``max_tokens``.
        """
        return _gather(map(self._passage, texts), self.dimension)

    def embed_question(self, text: str) -> Floats1d:
        """Return the unit vector of a question; what exceeds ``max_tokens`` is left out."""
        return self._vector(self._plan.question_prompt + text)

    def _passage(self, text: str) -> Floats1d:
        model = self._model()
        whole = self._plan.passage_prompt + text
        with self._lock:
            length = len(model.tokenizer(whole, truncation=False)["input_ids"])
        if length > self._plan.max_tokens:
            raise ValueError(f"a text of {length} tokens; {self._plan.max_tokens} are the most")
        return self._vector(whole)

    def _vector(self, text: str) -> Floats1d:
        model = self._model()
        with self._lock:  # its tokenizer cannot be borrowed twice at once
            vector = model.encode(text, prompt="", normalize_embeddings=True)
        return np.asarray(vector, dtype=np.float32)

    def _model(self) -> Any:  # noqa: ANN401
        with self._lock:
            if self._loaded is None:
                from assistant.models.export import load_sentence_transformer

                with quiet_libraries():
                    self._loaded = load_sentence_transformer(str(self._source), self._device)
            return self._loaded


def open_prepared(
    folder: Path, source: Path, *, device: str
) -> OnnxEmbedder | SentenceTransformerEmbedder:
    """Return the embedder that was prepared in ``folder``."""
    try:
        if read_plan(folder).served_by == "onnx":
            return OnnxEmbedder(folder)
        return SentenceTransformerEmbedder(source, folder, device=device)
    except Exception as cause:  # neither onnxruntime's nor tokenizers' errors have a base
        raise ModelError(
            f"The prepared model in {folder} cannot be opened: {cause}.",
            remedy="Delete that folder; it is made again.",
        ) from cause


def _gather(vectors: Iterable[Floats1d], dimension: int) -> Floats2d:
    """Return the vectors as one array, shape (n, dimension), also when there are none."""
    rows = list(vectors)
    return np.stack(rows) if rows else np.zeros((0, dimension), dtype=np.float32)
