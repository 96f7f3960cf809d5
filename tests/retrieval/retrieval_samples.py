"""Hits, passages and a library in memory, made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.records import DocumentCard, Filters, Hit, Passage, Perspective, Sentence


def passage(id_: int, *sentences: str, document: str = "d", heading: str = "") -> Passage:
    spans, position = [], 0
    for text in sentences:
        spans.append(Sentence(position, position + len(text)))
        position += len(text) + 1
    path = (heading,) if heading else ()
    text = " ".join(sentences)
    return Passage(document, path, 0, len(text), text, tuple(spans), id=id_)


def card(slug: str = "d", perspective: Perspective = Perspective.CSR) -> DocumentCard:
    return DocumentCard(slug, f"{slug}.md", slug.title(), perspective, "")


def hit(id_: int, *sentences: str, score: float = 0.5, document: str = "d") -> Hit:
    return Hit(passage(id_, *sentences, document=document), card(document), score, score, score)


class FakeSnapshot:
    """What a search asks of the library, with BM25 scores given."""

    def __init__(self, passages: Sequence[Passage], lexical: dict[int, float]) -> None:
        self._passages = {p.id: p for p in passages}
        self._lexical = lexical

    def _allowed(self, filters: Filters) -> set[int]:
        documents = filters.documents
        return {i for i, p in self._passages.items() if not documents or p.document_id in documents}

    def passage_ids(self, filters: Filters) -> NDArray[np.int64] | None:
        return np.array(sorted(self._allowed(filters)), np.int64) if filters.documents else None

    def lexical(
        self, match: str, k: int, filters: Filters, *, header_weight: float
    ) -> list[tuple[int, float]]:
        found = [(i, s) for i, s in self._lexical.items() if i in self._allowed(filters)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]

    def passages(self, ids: Iterable[int]) -> dict[int, tuple[Passage, DocumentCard]]:
        return {i: (self._passages[i], card(self._passages[i].document_id)) for i in ids}
