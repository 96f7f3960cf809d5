"""What one writes by hand: sentence-transformers, FAISS and bm25s, joined by reciprocal ranks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import bm25s
import faiss
import numpy as np
import Stemmer
from sentence_transformers import SentenceTransformer

from measuring import DEPTH, TOP_K, Job, Passage, main, model_folder, sha256


class Raw:
    """Exact dense search and BM25 side by side; texts and their digests in a JSON file."""

    modes = ("hybrid", "dense")

    def __init__(self, job: Job) -> None:
        self._folder = Path(job.folder)
        self._model = SentenceTransformer(model_folder(), device="cpu")
        self._stemmer = Stemmer.Stemmer("english")

    def build(self, passages: Sequence[Passage]) -> None:
        """Embed, index, write."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._rows: list[tuple[str, str, str]] = []
        self._index = faiss.IndexFlatIP(384)
        self.add(passages)

    def open(self) -> None:
        """Read the three files."""
        self._rows = json.loads((self._folder / "rows.json").read_text(encoding="utf-8"))
        self._index = faiss.read_index(str(self._folder / "vectors.faiss"))
        self._bm25 = bm25s.BM25.load(str(self._folder / "bm25"))

    def add(self, passages: Sequence[Passage]) -> None:
        """Append the vectors; BM25 cannot grow and is made again."""
        self._index.add(self._model.encode([passage.text for passage in passages]))
        self._rows += [(passage.id, sha256(passage.text), passage.text) for passage in passages]
        tokens = self._tokens([text for _, _, text in self._rows])
        self._bm25 = bm25s.BM25()
        self._bm25.index(tokens, show_progress=False)
        faiss.write_index(self._index, str(self._folder / "vectors.faiss"))
        self._bm25.save(str(self._folder / "bm25"))
        (self._folder / "rows.json").write_text(json.dumps(self._rows), encoding="utf-8")

    def rebuild(self, passages: Sequence[Passage]) -> bool:
        """Compare the digest of each text."""
        known = {name: digest for name, digest, _ in self._rows}
        new = [p for p in passages if known.get(p.id) != sha256(p.text)]
        assert not new
        return True

    def search(self, question: str, mode: str) -> list[str]:
        """Search one list or both."""
        vector = self._model.encode([question])
        if mode == "dense":
            return self._named(self._index.search(vector, TOP_K)[1][0])
        scores: dict[int, float] = {}
        tokens = self._tokens([question])
        lexical = self._bm25.retrieve(tokens, k=DEPTH, show_progress=False).documents[0]
        for rows in (self._index.search(vector, DEPTH)[1][0], lexical):
            for rank, row in enumerate(np.asarray(rows).tolist()):
                scores[row] = scores.get(row, 0.0) + 1 / (60 + rank)
        return self._named(sorted(scores, key=lambda row: -scores[row])[:TOP_K])

    def _named(self, rows: Sequence[int]) -> list[str]:
        return [self._rows[row][0] for row in rows]

    def _tokens(self, texts: list[str]) -> object:
        return bm25s.tokenize(texts, stopwords="en", stemmer=self._stemmer, show_progress=False)


if __name__ == "__main__":
    main(Raw, "sentence-transformers", "torch", "faiss-cpu", "bm25s")
