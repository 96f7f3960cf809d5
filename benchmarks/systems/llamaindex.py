"""LlamaIndex: FaissVectorStore and BM25Retriever in a QueryFusionRetriever."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import faiss
from llama_index.core import StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import BaseNode, TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.faiss import FaissVectorStore

from measuring import DEPTH, TOP_K, Job, Passage, main, model_folder


class LlamaIndex:
    """Each passage is a node: short enough, splitting documents would only cost time."""

    modes = ("hybrid", "dense")

    def __init__(self, job: Job) -> None:
        self._folder = Path(job.folder)
        self._model = HuggingFaceEmbedding(model_folder(), device="cpu", embed_batch_size=32)

    def build(self, passages: Sequence[Passage]) -> None:
        """Run the ingestion pipeline and make the index of its nodes."""
        vectors = FaissVectorStore(faiss.IndexFlatIP(384))
        storage = StorageContext.from_defaults(vector_store=vectors)
        nodes = self._pipeline(storage).run(nodes=_nodes(passages))
        self._index = VectorStoreIndex(nodes, storage_context=storage, embed_model=self._model)
        self._persist()

    def open(self) -> None:
        """Load the storage and the persisted BM25."""
        folder = str(self._folder)
        storage = StorageContext.from_defaults(
            persist_dir=folder, vector_store=FaissVectorStore.from_persist_dir(folder)
        )
        self._index = load_index_from_storage(storage, embed_model=self._model)
        self._join(BM25Retriever.from_persist_dir(str(self._folder / "bm25")))

    def add(self, passages: Sequence[Passage]) -> None:
        """Run the pipeline on the new ones and insert its nodes; BM25 is made again."""
        self._index.insert_nodes(self._new_nodes(passages))
        self._persist()

    def rebuild(self, passages: Sequence[Passage]) -> bool:
        """Run the pipeline on all; its document store lets unchanged ones be skipped."""
        nodes = self._new_nodes(passages)
        assert not nodes
        return True

    def search(self, question: str, mode: str) -> list[str]:
        """Ask the vectors or both."""
        retriever = self._dense if mode == "dense" else self._both
        return [found.node.node_id for found in retriever.retrieve(question)][:TOP_K]

    def _pipeline(self, storage: StorageContext) -> IngestionPipeline:
        return IngestionPipeline(
            transformations=[self._model],
            docstore=storage.docstore,
            docstore_strategy=DocstoreStrategy.DUPLICATES_ONLY,
            disable_cache=True,
        )

    def _new_nodes(self, passages: Sequence[Passage]) -> Sequence[BaseNode]:
        pipeline = self._pipeline(self._index.storage_context)
        return pipeline.run(nodes=_nodes(passages))

    def _persist(self) -> None:
        self._index.storage_context.persist(str(self._folder))
        lexical = BM25Retriever.from_defaults(docstore=self._index.docstore)
        shutil.rmtree(self._folder / "bm25", ignore_errors=True)
        lexical.persist(str(self._folder / "bm25"))
        self._join(lexical)

    def _join(self, lexical: BM25Retriever) -> None:
        lexical.similarity_top_k = DEPTH
        self._dense = self._index.as_retriever(similarity_top_k=TOP_K)
        self._both = QueryFusionRetriever(
            [self._index.as_retriever(similarity_top_k=DEPTH), lexical],
            llm=MockLLM(),  # never asked: num_queries is 1
            mode="reciprocal_rerank",
            num_queries=1,
            similarity_top_k=TOP_K,
            use_async=False,
        )


def _nodes(passages: Sequence[Passage]) -> list[TextNode]:
    return [TextNode(id_=passage.id, text=passage.text) for passage in passages]


if __name__ == "__main__":
    main(
        LlamaIndex,
        "llama-index-core",
        "llama-index-embeddings-huggingface",
        "llama-index-retrievers-bm25",
        "llama-index-vector-stores-faiss",
        "bm25s",
        "faiss-cpu",
        "sentence-transformers",
        "torch",
    )
