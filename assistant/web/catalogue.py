"""The documents of the library as a list to look through: what is told of each, and its length."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from assistant.records import DocumentCard, Perspective
from assistant.service import Assistant, Status
from assistant.web.markup import showable
from assistant.web.words import count

ESSAY = "seed-essay"
ESSAY_WORDS = "Essay: the client’s own document"
_WORDS_A_MINUTE = 200
_SCHOOLS = {
    "crm": "CRM",
    "csr": "CSR",
    "csv": "CSV",
    "stakeholder": "the stakeholder view",
    "shareholder": "the shareholder view",
}
_CENTURY = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th) century")
_NO_YEAR = 9999


class Catalogue:
    """What is known of all documents; read again only when the library has changed."""

    def __init__(self) -> None:
        self._reading = threading.Lock()
        self._status: Status | None = None
        self._cards: dict[str, DocumentCard] = {}
        self._words: dict[str, int] = {}  # by the sha256 of the file

    def cards(self, assistant: Assistant) -> Mapping[str, DocumentCard]:
        """Return the documents by slug; raises LibraryError."""
        with self._reading:
            status = assistant.status()
            if status != self._status:
                self._cards = {card.id: card for card in assistant.documents()}
                self._status = status
            return self._cards

    def page(self, assistant: Assistant) -> dict[str, Any]:
        """Return the library as it is shown: its size in words, and its documents by title."""
        cards = sorted(self.cards(assistant).values(), key=lambda c: (c.title.casefold(), c.id))
        words = self._lengths(assistant, cards)
        known = {card.perspective for card in cards}
        return {
            "size": size_words(cards),
            "perspectives": {p.value: p.label for p in Perspective if p in known},
            "documents": [_entry(card, words.get(card.sha256, 0)) for card in cards],
        }

    def _lengths(self, assistant: Assistant, cards: Iterable[DocumentCard]) -> Mapping[str, int]:
        with self._reading:
            now: dict[str, int] = {}
            for card in cards:
                known = self._words.get(card.sha256)
                if known is None and (document := assistant.document(card.id)) is not None:
                    known = len(document.text.split())
                now[card.sha256] = known or 0
            self._words = now
            return now


def is_essay(card: DocumentCard) -> bool:
    """Whether a document is the essay that started the debate, or says that it is an essay."""
    return card.id == ESSAY or card.kind.casefold() == "essay"


def kind_words(card: DocumentCard) -> str:
    """Return the kind of a document, as it is shown."""
    return ESSAY_WORDS if card.id == ESSAY else card.kind


def size_words(cards: Iterable[DocumentCard]) -> str:
    """Return "60 texts and the essay", "2,000 texts"."""
    essays = [is_essay(card) for card in cards]
    texts, n = essays.count(False), essays.count(True)
    if not n:
        return count(texts, "text")
    words = "the essay" if n == 1 else count(n, "essay")
    return f"{count(texts, 'text')} and {words}" if texts else words


def stance_words(card: DocumentCard) -> str:
    """Return "for CSV", "against CRM", "mixed", "neutral"; empty where none is told."""
    on = card.stance_on.casefold()
    if not on or on == "none" or card.stance not in ("for", "against"):
        return card.stance
    return f"{card.stance} {_SCHOOLS.get(on, card.stance_on)}"


def length_words(words: int) -> str:
    """Return "640 words, 4 min"."""
    return f"{count(words, 'word')}, {max(1, round(words / _WORDS_A_MINUTE))} min"


def first_year(period: str) -> int:
    """Return the year in which a period begins, to sort by; the last where none is told."""
    years = [int(year) for year in re.findall(r"\b\d{4}\b", period)]
    years += [100 * int(century) - 99 for century in _CENTURY.findall(period)]
    return min(years, default=_NO_YEAR)


def _entry(card: DocumentCard, words: int) -> dict[str, Any]:
    told = {
        "id": card.id,
        "title": showable(card.title),
        "perspective": card.perspective.value,
        "stance": showable(stance_words(card)),
        "period": showable(card.period),
        "question": showable(card.question),
        "kind": showable(kind_words(card)),
        "authors": showable(" ".join(card.authors_discussed)),
    }
    return told | {
        "essay": is_essay(card),
        "year": first_year(card.period),
        "length": length_words(words),
    }
