"""txtai: one hybrid Embeddings database with content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from txtai import Embeddings

from measuring import TOP_K, Job, Passage, main, model_folder


class Txtai:
    """FAISS, BM25 and SQLite behind one object."""

    modes = ("hybrid", "dense")

    def __init__(self, job: Job) -> None:
        self._folder = job.folder
        self._embeddings = Embeddings(
            path=model_folder(),
            method="sentence-transformers",
            hybrid=True,
            content=True,
            gpu=False,
        )

    def build(self, passages: Sequence[Passage]) -> None:
        """Index and save."""
        self._embeddings.index(_rows(passages))
        self._embeddings.save(self._folder)

    def open(self) -> None:
        """Load."""
        self._embeddings.load(self._folder)
        self._scoring = self._embeddings.scoring

    def add(self, passages: Sequence[Passage]) -> None:
        """Upsert and save."""
        self._embeddings.upsert(_rows(passages))
        self._embeddings.save(self._folder)

    def rebuild(self, passages: Sequence[Passage]) -> bool:
        """It cannot tell: ``index`` and ``upsert`` embed whatever they are given."""
        return False

    def search(self, question: str, mode: str) -> list[str]:
        """Search; without its scoring, a hybrid index is a dense one."""
        self._embeddings.scoring = None if mode == "dense" else self._scoring
        return [row["id"] for row in self._embeddings.search(question, TOP_K)]


def _rows(passages: Sequence[Passage]) -> Iterator[tuple[str, str]]:
    return ((passage.id, passage.text) for passage in passages)


if __name__ == "__main__":
    main(Txtai, "txtai", "faiss-cpu", "sentence-transformers", "torch")
