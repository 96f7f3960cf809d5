"""Packs as JSON, with a digest over all of it, and back.

The digest is the sha256 of the canonical form: keys in order, no blanks, ASCII. It finds what
was changed by accident or by hand. It is no signature: who knows this program can compute it
anew. A quotation can still not be forged, for ``verifying`` compares it with the library.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from assistant.errors import PackError
from assistant.exporting.fields import Fields, json_object
from assistant.exporting.pack import (
    Pack,
    PackedDocument,
    PackedSentence,
    PackedSource,
    PackedTurn,
    Quotation,
)
from assistant.records import Citation, Notice, Outcome, Reference, Verdict

FORMAT = "whose-value-pack"
VERSION = 1
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReadPack:
    """A pack as it was read, and whether it is as it was written."""

    pack: Pack
    intact: bool  # the digest and the hash of every quotation agree


def pack_json(pack: Pack) -> Json:
    """Return a pack as an object of JSON, with its digest."""
    values: Json = {
        "format": FORMAT,
        "version": VERSION,
        "title": pack.title,
        "made_at": pack.made_at.isoformat(),
        "program": pack.program,
        "library": pack.library,
        "generation": pack.generation,
        "turns": [_turn_json(turn) for turn in pack.turns],
        "documents": [
            {
                "id": d.id,
                "title": d.title,
                "path": d.path,
                "perspective": d.perspective,
                "file_sha256": d.file_sha256,
                "text_sha256": d.text_sha256,
            }
            for d in pack.documents
        ],
        "literature": [
            {"key": w.key, "text": w.text, "bibtex": w.bibtex, "verified": w.verified}
            for w in pack.literature
        ],
    }
    return {**values, "digest": digest(values)}


def digest(values: Json) -> str:
    """Return the sha256 of an object of JSON without its own "digest"."""
    without = {key: value for key, value in values.items() if key != "digest"}
    canonical = json.dumps(without, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def pack_text(pack: Pack) -> str:
    """Return the JSON as text that may stand in HTML, XML and comments alike.

    It is ASCII and has neither ``<``, ``>``, ``&`` nor two hyphens in a row, so that nothing in it
    can end the element or comment around it.
    """
    text = json.dumps(pack_json(pack), indent=1, ensure_ascii=True, allow_nan=False)
    for raw, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("--", "-\\u002d")):
        text = text.replace(raw, escaped)
    return text


def read_pack(text: str) -> ReadPack:
    """Return the pack that ``pack_text`` wrote; raises PackError when it is none."""
    fields = json_object(text, "The pack")
    if fields.values.get("format") != FORMAT:
        raise PackError(
            f'The file is JSON, but no pack: its "format" is not "{FORMAT}".',
            remedy="Verify a file that was saved or exported by this program.",
        )
    if (version := fields.number("version")) > VERSION:
        raise PackError(
            f"The pack has version {version}; this program reads version {VERSION}.",
            remedy="Update the program.",
        )
    pack = _pack(fields)
    return ReadPack(pack, intact=_is_intact(fields, pack))


def _is_intact(fields: Fields, pack: Pack) -> bool:
    told = [
        q.text("sha256", "")
        for turn in fields.each("turns")
        for source in (*turn.each("sources"), *turn.each("nearest"))
        for q in source.each("quotations")
    ]
    hashes = [q.sha256 for _, _, q in pack.quotations()]
    return told == hashes and fields.text("digest", "") == digest(dict(fields.values))


def _turn_json(turn: PackedTurn) -> Json:
    return {
        "question": turn.question,
        "standalone_question": turn.standalone_question,
        "outcome": turn.outcome.value,
        "notice": turn.notice.value,
        "message": turn.message,
        "warning": turn.warning,
        "model": turn.model,
        "generation": turn.generation,
        "sentences": [_sentence_json(s) for s in turn.sentences],
        "struck": [_sentence_json(s) for s in turn.struck],
        "sources": [_source_json(s) for s in turn.sources],
        "nearest": [_source_json(s) for s in turn.nearest],
    }


def _source_json(source: PackedSource) -> Json:
    return {
        "number": source.number,
        "document": source.document,
        "heading": list(source.heading),
        "page": source.page,
        "quotations": [
            {
                "start": q.start,
                "end": q.end,
                "text": q.text,
                "sha256": q.sha256,
                "literature": list(q.literature),
                "in_library": q.in_library,
            }
            for q in source.quotations
        ],
    }


def _sentence_json(sentence: PackedSentence) -> Json:
    return {
        "text": sentence.text,
        "verdict": sentence.verdict.value,
        "score": sentence.score,
        "citations": [
            {"number": c.evidence, "start": c.start, "end": c.end, "score": c.score}
            for c in sentence.citations
        ],
        "reason": sentence.reason,
        "group": sentence.group,
    }


def _pack(fields: Fields) -> Pack:
    pack = Pack(
        title=fields.text("title"),
        made_at=_moment(fields),
        program=fields.text("program"),
        library=fields.text("library"),
        generation=fields.number("generation"),
        turns=tuple(_turn(f) for f in fields.each("turns")),
        documents=tuple(_document(f) for f in fields.each("documents")),
        literature=tuple(
            Reference(f.text("key"), f.text("text"), f.text("bibtex"), verified=f.text("verified"))
            for f in fields.each("literature")
        ),
    )
    _refuse_loose_ends(pack)
    return pack


def _turn(fields: Fields) -> PackedTurn:
    return PackedTurn(
        question=fields.text("question"),
        standalone_question=fields.text("standalone_question"),
        outcome=fields.choice("outcome", Outcome),
        notice=fields.choice("notice", Notice),
        message=fields.text("message"),
        warning=fields.text("warning"),
        model=fields.text("model"),
        generation=fields.number("generation"),
        sentences=tuple(_sentence(f) for f in fields.each("sentences")),
        struck=tuple(_sentence(f) for f in fields.each("struck")),
        sources=tuple(_source(f) for f in fields.each("sources")),
        nearest=tuple(_source(f) for f in fields.each("nearest")),
    )


def _sentence(fields: Fields) -> PackedSentence:
    return PackedSentence(
        text=fields.text("text"),
        verdict=fields.choice("verdict", Verdict),
        score=fields.score("score"),
        citations=tuple(
            Citation(f.number("number"), f.number("start"), f.number("end"), f.score("score"))
            for f in fields.each("citations")
        ),
        reason=fields.text("reason"),
        group=fields.text("group"),
    )


def _source(fields: Fields) -> PackedSource:
    return PackedSource(
        number=fields.number("number"),
        document=fields.text("document"),
        heading=fields.texts("heading"),
        page=fields.number("page") if fields.has("page") else None,
        quotations=tuple(
            Quotation(
                start=f.number("start"),
                end=f.number("end"),
                text=f.text("text"),
                literature=f.texts("literature"),
                in_library=f.truth("in_library"),
            )
            for f in fields.each("quotations")
        ),
    )


def _document(fields: Fields) -> PackedDocument:
    return PackedDocument(
        id=fields.text("id"),
        title=fields.text("title"),
        path=fields.text("path"),
        perspective=fields.text("perspective"),
        file_sha256=fields.text("file_sha256"),
        text_sha256=fields.text("text_sha256"),
    )


def _moment(fields: Fields) -> datetime:
    try:
        moment = datetime.fromisoformat(fields.text("made_at"))
        return moment.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError) as cause:
        raise PackError(
            '"made_at" of the pack is no date.', remedy="Export the answer again."
        ) from cause


def _refuse_loose_ends(pack: Pack) -> None:
    """Raise PackError where the pack cites what it does not hold."""
    documents = {d.id for d in pack.documents}
    works = set(pack.works)
    for n, turn in enumerate(pack.turns, start=1):
        numbers = {s.number for s in turn.sources}
        loose = (
            any(not set(s.numbers) <= numbers for s in turn.sentences)
            or any(s.document not in documents for s in (*turn.sources, *turn.nearest))
            or any(not set(s.literature) <= works for s in (*turn.sources, *turn.nearest))
            or len(numbers) < len(turn.sources)
        )
        if loose:
            raise PackError(
                f"Question {n} of the pack cites something that the pack does not hold.",
                remedy="Export the answer again.",
            )
