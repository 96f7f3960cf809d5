"""The library's documents at hand: each is read once, however often it is quoted."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.exporting.pack import Quotation, Shelf, text_sha256
from assistant.records import Document, Passage


class Desk:
    """Documents and passages taken from a shelf, kept while a pack is made or checked."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._documents: dict[str, tuple[Document, str] | None] = {}
        self._passages: dict[str, tuple[Passage, ...]] = {}

    def document(self, slug: str) -> Document | None:
        """Return a document; None where the library has none of that name."""
        taken = self._taken(slug)
        return taken[0] if taken is not None else None

    def text_sha256(self, slug: str) -> str:
        """Return the hash of a document's text; empty where the library has no such document."""
        taken = self._taken(slug)
        return taken[1] if taken is not None else ""

    def passage(self, slug: str, start: int, end: int) -> Passage | None:
        """Return the passage in which a span of a document lies."""
        if slug not in self._passages:
            self._passages[slug] = self.shelf.passages_of(slug)
        lying = (p for p in self._passages[slug] if p.start <= start and end <= p.end)
        return next(lying, None)

    def holders(self, texts: Iterable[str]) -> dict[str, str]:
        """Return for each text the id of a document in which it stands, where there is one."""
        wanted = {text for text in texts if text}
        found: dict[str, str] = {}
        for card in self.shelf.cards() if wanted else ():
            document = self.shelf.document(card.id)  # not kept: this looks through all of them
            if document is not None:
                found |= {t: card.id for t in wanted - set(found) if t in document.text}
        return found

    def _taken(self, slug: str) -> tuple[Document, str] | None:
        if slug not in self._documents:
            document = self.shelf.document(slug)
            found = (document, text_sha256(document.text)) if document is not None else None
            self._documents[slug] = found
        return self._documents[slug]


def stands_in(document: Document | None, quotation: Quotation) -> bool:
    """Whether the words stand in the document where the quotation says."""
    if document is None or not quotation.text:
        return False
    return document.text[quotation.start : quotation.end] == quotation.text


def literature_at(document: Document, start: int, end: int) -> tuple[str, ...]:
    """Return the keys of the works that the sentences of a span cite."""
    keys = (
        key for s in document.sentences if s.start < end and start < s.end for key in s.literature
    )
    return tuple(dict.fromkeys(keys))
