"""Between the rows of library.db and the records: JSON columns, and damage in plain words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from assistant.errors import LibraryDamagedError
from assistant.library import schema
from assistant.records import (
    Block,
    Document,
    DocumentCard,
    Passage,
    Perspective,
    Reference,
    Sentence,
)

_DAMAGE = (ValueError, TypeError, KeyError)  # what JSON and records raise when bytes have changed


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with what the indexes read of it."""

    passage: Passage
    header: str
    vector_key: str


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """A document to be put in the place of the one with its slug, if there is one."""

    document: Document
    passages: tuple[StoredPassage, ...]
    stamp: str = ""  # of its file; see reading.files.stamp_of


Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class DocumentRows:
    """A document as the rows of its tables; nothing but what JSON can hold.

    ``file`` is (path, slug, sha256, stamp), ``document`` (slug, perspective, card, text, blocks,
    sentences), a passage (heading, start, end, page, text, header, vector_key, sentences).
    """

    file: Row
    document: Row
    passages: Sequence[Row]

    @property
    def slug(self) -> str:
        """The name of the document."""
        return str(self.document[0])

    def texts(self) -> dict[str, str]:
        """Return what is embedded of each passage, by the key of its vector."""
        return {str(row[6]): f"{row[5]}\n{row[4]}" for row in self.passages}


def rows_of(change: DocumentChange) -> DocumentRows:
    """Return a document as rows."""
    document, card = change.document, change.document.card
    return DocumentRows(
        file=(card.path, card.id, card.sha256, change.stamp),
        document=(
            card.id,
            card.perspective.value,
            json.dumps({f.name: getattr(card, f.name) for f in fields(card)}, ensure_ascii=False),
            document.text,
            json.dumps([[b.kind, b.start, b.end, b.level] for b in document.blocks]),
            _sentences_json(document.sentences),
        ),
        passages=[_passage_row(stored) for stored in change.passages],
    )


@lru_cache(1_024)  # a search finds the same documents again and again
def card_from(text: str) -> DocumentCard:
    """Read a card; LibraryDamagedError, as of all readers here, when the text is not one."""
    try:
        values = json.loads(text)
        values["perspective"] = Perspective(values["perspective"])
        for key in ("authors_discussed", "sources", "opposes"):
            values[key] = tuple(values[key])
        return DocumentCard(**values)
    except _DAMAGE as cause:
        raise damaged(f"the card of a document: {cause}") from cause


def passage_from(
    row: tuple[int, str, int, int, int | None, str, str, str],
) -> tuple[Passage, DocumentCard]:
    """Read a passage and the card of its document."""
    id_, heading, start, end, page, text, sentences, card_text = row
    card = card_from(card_text)
    passage = Passage(
        document_id=card.id,
        heading=_heading(heading),
        start=start,
        end=end,
        text=text,
        sentences=sentences_from(sentences),
        page=page,
        id=id_,
    )
    return passage, card


def _passage_row(stored: StoredPassage) -> Row:
    passage = stored.passage
    return (
        json.dumps(passage.heading, ensure_ascii=False),
        passage.start,
        passage.end,
        passage.page,
        passage.text,
        stored.header,
        stored.vector_key,
        _sentences_json(passage.sentences),
    )


def reference_from(text: str) -> Reference:
    """Read a work of the literature."""
    try:
        return Reference(**json.loads(text))
    except _DAMAGE as cause:
        raise damaged(f"a reference: {cause}") from cause


def _heading(text: str) -> tuple[str, ...]:
    try:
        return tuple(json.loads(text))
    except _DAMAGE as cause:
        raise damaged(f"the heading of a passage: {cause}") from cause


def blocks_from(text: str) -> tuple[Block, ...]:
    """Read the blocks of a document."""
    try:
        return tuple(Block(*values) for values in json.loads(text))
    except _DAMAGE as cause:
        raise damaged(f"the blocks of a document: {cause}") from cause


def sentences_from(text: str) -> tuple[Sentence, ...]:
    """Read the sentences of a document or passage."""
    try:
        return tuple(Sentence(start, end, tuple(keys)) for start, end, keys in json.loads(text))
    except _DAMAGE as cause:
        raise damaged(f"sentences: {cause}") from cause


def damaged(reason: str) -> LibraryDamagedError:
    """Return the error for rows that cannot be what was written."""
    return schema.damaged(Path(schema.DATABASE_NAME), reason)


def _sentences_json(sentences: Sequence[Sentence]) -> str:
    return json.dumps([[s.start, s.end, list(s.literature)] for s in sentences])
