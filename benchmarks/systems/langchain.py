"""LangChain: FAISS and BM25Retriever in an EnsembleRetriever, kept up to date by ``index``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import faiss
from langchain_classic.indexes import SQLRecordManager
from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.docstore.in_memory import InMemoryDocstore
from langchain_community.retrievers import BM25Retriever
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_core.indexing import index
from langchain_huggingface import HuggingFaceEmbeddings

from measuring import DEPTH, TOP_K, Job, Passage, main, model_folder


class LangChain:
    """BM25 is not persisted by LangChain: it is made again whenever the index is opened."""

    modes = ("hybrid", "dense")

    def __init__(self, job: Job) -> None:
        self._folder = Path(job.folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._embeddings = HuggingFaceEmbeddings(
            model_name=model_folder(), model_kwargs={"device": "cpu"}
        )
        self._records = SQLRecordManager(
            "passages", db_url=f"sqlite:///{self._folder}/records.sqlite"
        )

    def build(self, passages: Sequence[Passage]) -> None:
        """Index through the record manager, as a later rebuild needs it."""
        self._records.create_schema()
        self._store = FAISS(self._embeddings, faiss.IndexFlatL2(384), InMemoryDocstore(), {})
        self._indexed(passages)
        self._store.save_local(str(self._folder))

    def open(self) -> None:
        """Load the store and make BM25 of its documents."""
        self._store = FAISS.load_local(
            str(self._folder), self._embeddings, allow_dangerous_deserialization=True
        )
        self._join()

    def add(self, passages: Sequence[Passage]) -> None:
        """Index the new ones, save, and make BM25 again."""
        self._indexed(passages)
        self._store.save_local(str(self._folder))
        self._join()

    def rebuild(self, passages: Sequence[Passage]) -> bool:
        """Index again; the record manager lets unchanged documents be skipped."""
        done = self._indexed(passages)
        assert done["num_skipped"] == len(passages)
        return True

    def search(self, question: str, mode: str) -> list[str]:
        """Ask the store, or both retrievers."""
        if mode == "dense":
            documents = self._store.similarity_search(question, k=TOP_K)
        else:
            documents = self._both.invoke(question)[:TOP_K]
        return [document.metadata["source"] for document in documents]

    def _indexed(self, passages: Sequence[Passage]) -> dict[str, int]:
        documents = [Document(p.text, metadata={"source": p.id}) for p in passages]
        return index(documents, self._records, self._store, batch_size=1_000, key_encoder="blake2b")

    def _join(self) -> None:
        documents = self._store.get_by_ids(list(self._store.index_to_docstore_id.values()))
        lexical = BM25Retriever.from_documents(documents, k=DEPTH, preprocess_func=_words)
        dense = self._store.as_retriever(search_kwargs={"k": DEPTH})
        self._both = EnsembleRetriever(retrievers=[lexical, dense], weights=[0.5, 0.5])


def _words(text: str) -> list[str]:
    """Return words in lower case: the default keeps case and punctuation and finds less."""
    return re.findall(r"\w+", text.lower())


if __name__ == "__main__":
    main(
        LangChain,
        "langchain",
        "langchain-core",
        "langchain-classic",
        "langchain-community",
        "langchain-huggingface",
        "rank-bm25",
        "faiss-cpu",
        "sentence-transformers",
        "torch",
    )
