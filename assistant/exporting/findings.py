"""What a check found, in words for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assistant.exporting.plain import shown
from assistant.exporting.verified import CheckedQuotation, Standing, VerifiedPack
from assistant.exporting.wording import counted, made_words, span_words, title_of
from assistant.exporting.writing import Format

Json = dict[str, Any]
_LONGEST = 200  # characters of a text that is only named
_SAID: dict[Standing, str] = {
    Standing.MOVED: "still stands in the document, but the document has changed",
    Standing.GONE: "no longer stands in the document",
    Standing.MISSING: "its document is not in the library",
    Standing.MISQUOTED: "never stood there: the document is the same, its words are not these",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked; ``is_well`` where there is nothing to look at."""

    is_well: bool
    words: str


def heading_words(found: VerifiedPack) -> str:
    """Return which export was checked."""
    return f"{title_of(found.pack)} · {made_words(found.pack)}"


def conclusion(found: VerifiedPack) -> str:
    """Return the outcome in a line."""
    if found.is_verified:
        return "Verified: the file is as it was exported, and the library says all of it."
    return "Not verified: something is not as it was exported; see above."


def findings_of(found: VerifiedPack) -> tuple[Finding, ...]:
    """Return everything that was checked: the file, quotations, documents, works, sentences."""
    return (
        *_of_the_file(found),
        *_of_quotations(found),
        *_of_documents(found),
        *_of_works(found),
        *_of_sentences(found),
    )


def _of_the_file(found: VerifiedPack) -> Iterator[Finding]:
    if found.is_intact:
        yield Finding(True, "The pack in the file has its digest and the hashes of its quotations.")
    else:
        yield Finding(False, "The pack in the file was changed: its digest or a hash differs.")
    if found.is_exact:
        yield Finding(True, "The file is, character for character, what was exported.")
    elif found.is_shown_faithfully and found.format is not Format.JSON:
        yield Finding(True, "The words that the file shows are those of the pack.")
    for d in found.differences:
        if not d.expected:
            yield Finding(False, f"The file shows what is not in the pack: {_named(d.found)}")
        elif not d.found:
            yield Finding(False, f"The file does not show: {_named(d.expected)}")
        else:
            words = f"The file shows: {_named(d.found)} The pack has: {_named(d.expected)}"
            yield Finding(False, words)


def _of_quotations(found: VerifiedPack) -> Iterator[Finding]:
    total = len(found.quotations)
    same = sum(q.standing is Standing.SAME for q in found.quotations)
    if total:
        words = f"{same:,} of {counted(total, 'quotation')} stand word for word at their place"
        yield Finding(same == total, f"{words}, in documents whose text has not changed.")
    for quotation in found.quotations:
        if quotation.standing is not Standing.SAME:
            yield Finding(False, _quotation_words(quotation))


def _quotation_words(checked: CheckedQuotation) -> str:
    number = f"[{checked.number}]" if checked.number else "A passage that came near"
    where = f"{number} of question {checked.turn}, {shown(checked.document)}"
    said = _SAID[checked.standing]
    words = f"{where}, {span_words(checked.quotation)}: {_named(checked.quotation.text)} {said}"
    if checked.at and checked.at != (checked.quotation.start, checked.quotation.end):
        words += f", now at characters {checked.at[0]:,}–{checked.at[1]:,}"
    if checked.elsewhere:
        words += f"; it stands in {shown(checked.elsewhere)}"
    if checked.now:
        words += f"; most like it is now: {_named(checked.now)}"
    return f"{words}."


def _of_documents(found: VerifiedPack) -> Iterator[Finding]:
    for checked in found.documents:
        name = shown(checked.document.id)
        if checked.standing is Standing.MISSING:
            yield Finding(False, f"{name}: the document is not in the library.")
        for change in checked.changes:
            yield Finding(False, f"{name}: {shown(change)}.")


def _of_works(found: VerifiedPack) -> Iterator[Finding]:
    total = len(found.works)
    same = sum(w.standing is Standing.SAME for w in found.works)
    if total:
        words = f"{same:,} of {counted(total, 'work')} of literature are in the bibliography"
        yield Finding(same == total, f"{words} as they are here.")
    for checked in found.works:
        key = shown(checked.work.key)
        if checked.standing is Standing.MISSING:
            yield Finding(False, f"{key}: the bibliography has no such work.")
        elif checked.standing is Standing.CHANGED:
            yield Finding(False, f"{key}: the reference now reads otherwise.")


def _of_sentences(found: VerifiedPack) -> Iterator[Finding]:
    if found.rechecked:
        failed = {(c.turn, c.place) for c in found.objections}
        stand = found.rechecked - len(failed & set(_written(found)))
        words = f"{stand:,} of {counted(found.rechecked, 'written sentence')} checked again"
        yield Finding(stand == found.rechecked, f"{words}: the sources carry them.")
    for c in found.objections:
        where = f"Sentence {c.place} of question {c.turn}"
        yield Finding(False, f"{where}, {_named(c.sentence.text)}: {shown(c.objection)}.")


def _written(found: VerifiedPack) -> Iterator[tuple[int, int]]:
    for n, turn in enumerate(found.pack.turns, start=1):
        for place, sentence in enumerate(turn.sentences, start=1):
            if sentence.verdict.value == "supported":
                yield n, place


def _named(text: str) -> str:
    words = shown(text)
    return f"“{words if len(words) <= _LONGEST else words[:_LONGEST].rstrip() + ' …'}”"


def verified_json(found: VerifiedPack) -> Json:
    """Return what was found as an object of JSON."""
    return {
        "verified": found.is_verified,
        "title": found.pack.title,
        "made_at": found.pack.made_at.isoformat(),
        "program": found.pack.program,
        "format": found.format.value,
        "intact": found.is_intact,
        "exact": found.is_exact,
        "library": {"then": found.pack.library, "now": found.library},
        "generation": {"then": found.pack.generation, "now": found.generation},
        "differences": [{"expected": d.expected, "found": d.found} for d in found.differences],
        "quotations": [_quotation_json(q) for q in found.quotations],
        "documents": [
            {"id": d.document.id, "standing": d.standing.value, "changes": list(d.changes)}
            for d in found.documents
        ],
        "literature": [{"key": w.work.key, "standing": w.standing.value} for w in found.works],
        "objections": [
            {"turn": c.turn, "sentence": c.place, "text": c.sentence.text, "reason": c.objection}
            for c in found.objections
        ],
        "rechecked": found.rechecked,
        "findings": [{"well": f.is_well, "words": f.words} for f in findings_of(found)],
        "notes": list(found.notes),
    }


def _quotation_json(checked: CheckedQuotation) -> Json:
    return {
        "turn": checked.turn,
        "number": checked.number,
        "document": checked.document,
        "start": checked.quotation.start,
        "end": checked.quotation.end,
        "text": checked.quotation.text,
        "sha256": checked.quotation.sha256,
        "standing": checked.standing.value,
        "at": list(checked.at) if checked.at else None,
        "elsewhere": checked.elsewhere,
        "now": checked.now,
    }
