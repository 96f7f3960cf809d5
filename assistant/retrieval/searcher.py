"""Searching a library for a question: slips put right, embedded once, on one view of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.errors import LibraryOutdatedError
from assistant.library.database import Library, Snapshot
from assistant.library.vectors import StoreOfGeneration
from assistant.ports import Embedder
from assistant.records import Filters, Hit
from assistant.retrieval.scoring import SentenceVectors, rarities
from assistant.retrieval.search import search
from assistant.retrieval.spelling import corrected
from assistant.retrieval.terms import spelt_out


@dataclass(frozen=True, slots=True)
class Found:
    """What one generation of the library has for a question."""

    generation: int
    hits: list[Hit]  # best first
    rarity: Mapping[str, float]  # of each stem that the question is about


class Searcher:
    """Finds passages; any number of threads may search at once."""

    def __init__(
        self, library: Library, embedder: Embedder, vectors: SentenceVectors, *, dense_weight: float
    ) -> None:
        self._library = library
        self._embedder = embedder
        self._vectors = vectors
        self._dense_weight = dense_weight
        self._stores = StoreOfGeneration(library.folder)

    def search(self, question: str, k: int, filters: Filters | None) -> list[Hit]:
        """Return the ``k`` passages nearest to a question as it was typed, best first."""
        with self._library.reading() as snapshot:
            return self._hits(snapshot, self._corrected(snapshot, question), k, filters)

    def corrected(self, question: str) -> str:
        """Return the question with its slips put right by the words of the library."""
        with self._library.reading() as snapshot:
            return self._corrected(snapshot, question)

    def found(self, question: str, k: int, filters: Filters | None) -> Found:
        """Return what there is for a question whose slips have been put right."""
        with self._library.reading() as snapshot:
            return Found(
                generation=snapshot.generation,
                hits=self._hits(snapshot, question, k, filters),
                rarity=rarities(question, snapshot),
            )

    def _corrected(self, snapshot: Snapshot, question: str) -> str:
        return corrected(question, snapshot, self._embedder)

    def _hits(
        self, snapshot: Snapshot, question: str, k: int, filters: Filters | None
    ) -> list[Hit]:
        made_with = snapshot.meta.get("embedder", "")
        if made_with != self._embedder.fingerprint:
            raise LibraryOutdatedError(
                f"The index was made with another embedder ({made_with or 'none'}).",
                remedy="Run: assistant index build. Only the vectors are made anew.",
            )
        return search(
            snapshot,
            self._stores.get(snapshot),
            question,
            self._vectors.of_question(spelt_out(question)),
            k=k,
            dense_weight=self._dense_weight,
            filters=filters,
        )
