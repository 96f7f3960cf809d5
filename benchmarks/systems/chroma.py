"""Chroma: a PersistentClient with its sentence-transformers function; dense search only."""

from __future__ import annotations

from collections.abc import Sequence

import chromadb
from chromadb.config import Settings
from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

from measuring import TOP_K, Job, Passage, main, model_folder


class Chroma:
    """One collection, its HNSW index as it comes."""

    modes = ("dense",)

    def __init__(self, job: Job) -> None:
        self._folder = job.folder
        self._function = SentenceTransformerEmbeddingFunction(model_folder(), device="cpu")

    def build(self, passages: Sequence[Passage]) -> None:
        """Add in the largest batches that the client takes."""
        self.open()
        self.add(passages)

    def open(self) -> None:
        """Open the database and the collection."""
        settings = Settings(anonymized_telemetry=False)
        self._client = chromadb.PersistentClient(self._folder, settings)
        self._collection = self._client.get_or_create_collection(
            "passages",
            embedding_function=self._function,
            configuration={"hnsw": {"space": "cosine"}},
        )

    def add(self, passages: Sequence[Passage]) -> None:
        """Add; the client persists at once."""
        most = self._client.get_max_batch_size()
        for n in range(0, len(passages), most):
            some = passages[n : n + most]
            self._collection.add(ids=[p.id for p in some], documents=[p.text for p in some])

    def rebuild(self, passages: Sequence[Passage]) -> bool:
        """It cannot tell: ``upsert`` embeds whatever it is given."""
        return False

    def search(self, question: str, mode: str) -> list[str]:
        """Query the collection."""
        return self._collection.query(query_texts=[question], n_results=TOP_K)["ids"][0]


if __name__ == "__main__":
    main(Chroma, "chromadb", "sentence-transformers", "torch")
