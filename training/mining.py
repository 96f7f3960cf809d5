"""Texts that sound like an answer and are none: hard negatives by words and by vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from assistant.ports import Embedder

_AT_ONCE = 512  # questions; a block of likenesses stays below 100 MB


class Likeness:
    """Finds, for a question, the most similar of many texts: TF-IDF, or the app's embedder."""

    def __init__(self, texts: Sequence[str], embedder: Embedder | None = None) -> None:
        self._embedder = embedder
        if embedder is None:
            self._words = TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=1)
            self._rows = self._words.fit_transform(texts)  # (n, words)
        else:
            limit = embedder.max_tokens
            self._rows = embedder.embed_passages([_cut(t, embedder, limit) for t in texts])

    def nearest(self, questions: Sequence[str], k: int) -> list[list[int]]:
        """Return the rows of the ``k`` most similar texts for each question, best first."""
        found: list[list[int]] = []
        for at in range(0, len(questions), _AT_ONCE):
            block = questions[at : at + _AT_ONCE]
            if self._embedder is None:
                scores = (self._words.transform(block) @ self._rows.T).toarray()  # (q, n)
            else:
                vectors = np.stack([self._embedder.embed_question(q) for q in block])
                scores = vectors @ self._rows.T  # (q, d) @ (d, n) -> (q, n)
            found.extend(np.argsort(-scores, axis=1, kind="stable")[:, :k].tolist())
        return found


def _cut(text: str, embedder: Embedder, limit: int) -> str:
    spans = embedder.token_spans(text)
    return text if len(spans) <= limit - 2 else text[: spans[limit - 3][1]]
