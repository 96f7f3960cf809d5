"""A quotation, document or work of a pack, looked up in the library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rapidfuzz import fuzz, process

from assistant.exporting.desk import Desk, literature_at, stands_in
from assistant.exporting.pack import Pack, PackedDocument, PackedSource, Quotation
from assistant.exporting.verified import (
    CheckedDocument,
    CheckedQuotation,
    CheckedWork,
    Standing,
)
from assistant.records import Document, Reference

_MOST_COMPARED = 2_000  # characters of a sentence whose like is looked for
_LIKENESS = 60.0  # of 100; below it another sentence is not the same one reworded


def checked_quotations(pack: Pack, desk: Desk) -> tuple[CheckedQuotation, ...]:
    """Return what the library says now of each quotation, in the order of the pack."""
    checked = [
        _quotation(
            CheckedQuotation(n, source.number, source.document, q, Standing.SAME), pack, desk
        )
        for n, source, q in pack.quotations()
    ]
    homeless = [c.quotation.text for c in checked if c.standing is Standing.MISSING]
    holders = desk.holders(homeless)
    return tuple(
        replace(c, elsewhere=holders.get(c.quotation.text, ""))
        if c.standing is Standing.MISSING
        else c
        for c in checked
    )


def _quotation(checked: CheckedQuotation, pack: Pack, desk: Desk) -> CheckedQuotation:
    quotation, document = checked.quotation, desk.document(checked.document)
    if document is None:
        return replace(checked, standing=Standing.MISSING)
    told = pack.document(checked.document).text_sha256
    is_same_text = desk.text_sha256(checked.document) == told
    if stands_in(document, quotation):
        standing = Standing.SAME if is_same_text else Standing.MOVED
        return replace(checked, standing=standing, at=(quotation.start, quotation.end))
    if is_same_text and quotation.in_library:
        return replace(checked, standing=Standing.MISQUOTED, now=_likest(quotation, document))
    at = document.text.find(quotation.text) if quotation.text else -1
    if at < 0:
        return replace(checked, standing=Standing.GONE, now=_likest(quotation, document))
    return replace(checked, standing=Standing.MOVED, at=(at, at + len(quotation.text)))


def _likest(quotation: Quotation, document: Document) -> str:
    """Return the sentence of the document most like the words; empty where none is."""
    if len(quotation.text) > _MOST_COMPARED:
        return ""
    sentences = [document.text[s.start : s.end] for s in document.sentences]
    short = [s for s in sentences if len(s) <= _MOST_COMPARED]
    best = process.extractOne(quotation.text, short, scorer=fuzz.ratio, score_cutoff=_LIKENESS)
    return str(best[0]) if best else ""


def checked_document(told: PackedDocument, pack: Pack, desk: Desk) -> CheckedDocument:
    """Return whether a document is as the pack says: its text, its card, what is cited there."""
    if desk.document(told.id) is None:
        return CheckedDocument(told, Standing.MISSING)
    changes = tuple(_changes(told, pack, desk))
    return CheckedDocument(told, Standing.CHANGED if changes else Standing.SAME, changes)


def _changes(told: PackedDocument, pack: Pack, desk: Desk) -> Iterator[str]:
    document = desk.document(told.id)
    assert document is not None
    if not told.text_sha256:
        yield "it was not in the library when this was exported"
        return
    if desk.text_sha256(told.id) != told.text_sha256:
        yield "its text has changed"
    card = document.card
    for name, then, now in (
        ("title", told.title, card.title),
        ("file", told.path, card.path),
        ("perspective", told.perspective, card.perspective.value),
    ):
        if then != now:
            yield f"its {name} is “{now}”, not “{then}”"
    for _, source, quotation in pack.quotations():
        if source.document == told.id and stands_in(document, quotation):
            yield from _changes_around(source, quotation, document, desk)


def _changes_around(
    source: PackedSource, quotation: Quotation, document: Document, desk: Desk
) -> Iterator[str]:
    """Yield what the pack says otherwise of the place of a quotation than the library."""
    where = f"characters {quotation.start}–{quotation.end}"
    passage = desk.passage(source.document, quotation.start, quotation.end)
    if passage is not None and (passage.heading, passage.page) != (source.heading, source.page):
        yield f"{where} stand under “{' › '.join(passage.heading)}”"
    keys = literature_at(document, quotation.start, quotation.end)
    if source.number and keys != quotation.literature:
        yield f"{where} cite {', '.join(keys) or 'no work'}"


def checked_work(told: Reference, known: Mapping[str, Reference]) -> CheckedWork:
    """Return whether a work is in the bibliography, as the pack has it."""
    if told.key not in known:
        was_known = bool(told.text or told.bibtex)  # else the export itself says that it is not
        return CheckedWork(told, Standing.MISSING if was_known else Standing.SAME)
    now = known[told.key]
    same = (now.text, now.bibtex, now.verified) == (told.text, told.bibtex, told.verified)
    return CheckedWork(told, Standing.SAME if same else Standing.CHANGED)
