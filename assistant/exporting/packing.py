"""Answers become a pack: what they tell is looked up in the library, or marked as it stood.

An answer may be old, or come from a page that kept it as JSON. So nothing of it is believed that
the library can say itself: title, path, headings, page and literature of a quotation are the
library's wherever the quotation stands there word for word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from assistant import __version__
from assistant.errors import PackError
from assistant.exporting.desk import Desk, literature_at, stands_in
from assistant.exporting.pack import (
    Pack,
    PackedDocument,
    PackedSource,
    PackedTurn,
    Quotation,
    Shelf,
)
from assistant.exporting.plain import collapsed
from assistant.exporting.telling import Told, told_of, told_of_json
from assistant.records import Answer, Document, Reference

PROGRAM = f"whose-value {__version__}"


def pack_of(
    answers: Sequence[Answer], shelf: Shelf, *, title: str = "", made_at: datetime | None = None
) -> Pack:
    """Return the pack of a conversation, oldest answer first.

    ``title`` is the first question where none is given. Raises PackError without an answer.
    """
    return _packed([told_of(a) for a in answers], shelf, title=title, made_at=made_at)


def pack_of_json(
    answers: Sequence[object],
    shelf: Shelf,
    *,
    title: str = "",
    made_at: datetime | None = None,
) -> Pack:
    """Return the pack of answers as ``exchange.answer_json`` writes them, from any hand.

    Raises PackError when one has another form, or there is none.
    """
    return _packed([told_of_json(a) for a in answers], shelf, title=title, made_at=made_at)


def _packed(told: Sequence[Told], shelf: Shelf, *, title: str, made_at: datetime | None) -> Pack:
    if not told:
        raise PackError("There is no answer to export.", remedy="Ask a question first.")
    desk = Desk(shelf)
    turns = tuple(_looked_up(t.turn, desk) for t in told)
    cards = {slug: card for t in reversed(told) for slug, card in t.documents.items()}
    sources = [s for turn in turns for s in (*turn.sources, *turn.nearest)]
    quoted = dict.fromkeys(s.document for s in sources)
    keys = dict.fromkeys(key for s in sources for key in s.literature)
    return Pack(
        title=collapsed(title) or collapsed(turns[0].standalone_question),
        made_at=(made_at or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0),
        program=PROGRAM,
        library=shelf.meta.get("library", ""),
        generation=shelf.generation,
        turns=turns,
        documents=tuple(_document(slug, desk, cards) for slug in quoted),
        literature=_works(keys, shelf),
    )


def _looked_up(turn: PackedTurn, desk: Desk) -> PackedTurn:
    return replace(
        turn,
        sources=tuple(_source(source, desk) for source in turn.sources),
        nearest=tuple(_without_literature(_source(s, desk)) for s in turn.nearest),
    )


def _source(source: PackedSource, desk: Desk) -> PackedSource:
    document = desk.document(source.document)
    quotations = tuple(_quotation(q, document) for q in source.quotations)
    first = next((q for q in quotations if q.in_library), None)
    if first is None:
        return replace(source, quotations=quotations)
    passage = desk.passage(source.document, first.start, first.end)
    if passage is not None:
        source = replace(source, heading=passage.heading, page=passage.page)
    return replace(source, quotations=quotations)


def _without_literature(source: PackedSource) -> PackedSource:
    """Return a passage that only comes near: its literature stands behind no answer."""
    bare = tuple(replace(q, literature=()) for q in source.quotations)
    return replace(source, quotations=bare)


def _quotation(quotation: Quotation, document: Document | None) -> Quotation:
    if document is None or not stands_in(document, quotation):
        return replace(quotation, in_library=False)
    keys = literature_at(document, quotation.start, quotation.end)
    return replace(quotation, literature=keys, in_library=True)


def _document(slug: str, desk: Desk, told: Mapping[str, PackedDocument]) -> PackedDocument:
    document = desk.document(slug)
    if document is None:
        return told[slug]
    card = document.card
    return PackedDocument(
        id=slug,
        title=card.title,
        path=card.path,
        perspective=card.perspective.value,
        file_sha256=card.sha256,
        text_sha256=desk.text_sha256(slug),
    )


def _works(keys: Iterable[str], shelf: Shelf) -> tuple[Reference, ...]:
    """Return the works of ``keys`` by author; one that is not known has its key alone."""
    known = {work.key: work for work in shelf.literature()}
    works = (
        Reference(key, known[key].text, known[key].bibtex, verified=known[key].verified)
        if key in known
        else Reference(key, "", "")
        for key in keys
    )
    return tuple(sorted(works, key=lambda work: ((work.text or work.key).casefold(), work.key)))
