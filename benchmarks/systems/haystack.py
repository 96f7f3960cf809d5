"""Haystack: FAISSDocumentStore, and InMemoryDocumentStore for BM25, joined by reciprocal ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from haystack import Document
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import ComponentDevice
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.retrievers.faiss import FAISSEmbeddingRetriever
from haystack_integrations.document_stores.faiss import FAISSDocumentStore

from measuring import DEPTH, TOP_K, Job, Passage, main, model_folder


class Haystack:
    """Its components, called one after the other: a Pipeline around them would only cost time.

    No document store on one machine has both halves fast and persisted. The FAISS store is
    persisted; the one in memory is filled from it whenever the index is opened.
    """

    modes = ("hybrid", "dense")

    def __init__(self, job: Job) -> None:
        self._path = Path(job.folder) / "store"
        model = {"model": model_folder(), "device": ComponentDevice.from_str("cpu")}
        self._documents = SentenceTransformersDocumentEmbedder(**model, progress_bar=False)
        self._text = SentenceTransformersTextEmbedder(**model, progress_bar=False)
        self._documents.warm_up()
        self._text.warm_up()
        self._joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=TOP_K)

    def build(self, passages: Sequence[Passage]) -> None:
        """Embed, write, save."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._store = FAISSDocumentStore(embedding_dim=384)
        self._store.write_documents(self._embedded(_documents(passages)))
        self._store.save(self._path)

    def open(self) -> None:
        """Load the store and fill the other one."""
        self._store = FAISSDocumentStore(index_path=str(self._path), embedding_dim=384)
        self._words = InMemoryDocumentStore()
        self._learn_words(self._store.filter_documents())
        self._dense = FAISSEmbeddingRetriever(document_store=self._store)
        self._lexical = InMemoryBM25Retriever(document_store=self._words)

    def add(self, passages: Sequence[Passage]) -> None:
        """Embed and write to both stores; save the whole again."""
        documents = self._embedded(_documents(passages))
        self._store.write_documents(documents)
        self._learn_words(documents)
        self._store.save(self._path)

    def rebuild(self, passages: Sequence[Passage]) -> bool:
        """Leave out the documents whose id, a digest of the content, is stored."""
        known = {document.id for document in self._store.filter_documents()}
        new = [document for document in _documents(passages) if document.id not in known]
        assert not new
        return True

    def search(self, question: str, mode: str) -> list[str]:
        """Ask one store or both."""
        vector = self._text.run(question)["embedding"]
        if mode == "dense":
            return _names(self._dense.run(vector, top_k=TOP_K)["documents"])
        dense = self._dense.run(vector, top_k=DEPTH)["documents"]
        lexical = self._lexical.run(question, top_k=DEPTH)["documents"]
        return _names(self._joiner.run(documents=[dense, lexical])["documents"])

    def _embedded(self, documents: list[Document]) -> list[Document]:
        return self._documents.run(documents)["documents"]

    def _learn_words(self, documents: Sequence[Document]) -> None:
        self._words.write_documents([replace(d, embedding=None) for d in documents])


def _documents(passages: Sequence[Passage]) -> list[Document]:
    return [Document(content=passage.text, meta={"name": passage.id}) for passage in passages]


def _names(documents: Sequence[Document]) -> list[str]:
    return [document.meta["name"] for document in documents]


if __name__ == "__main__":
    main(
        Haystack,
        "haystack-ai",
        "faiss-haystack",
        "sentence-transformers-haystack",
        "faiss-cpu",
        "sentence-transformers",
        "torch",
    )
