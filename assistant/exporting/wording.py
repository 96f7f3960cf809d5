"""What an exported answer says besides its own text; every format says it with these words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from assistant.exporting.pack import (
    Pack,
    PackedDocument,
    PackedSentence,
    PackedSource,
    PackedTurn,
    Quotation,
)
from assistant.exporting.pack_json import pack_json
from assistant.exporting.plain import folded, shown
from assistant.records import Notice, Reference, Verdict

SOURCES = "Sources"
NEAREST = "Nearest passages"
REFERENCES = "References"
VERIFICATION = "Verification"
STRUCK = "Struck by the check"
FIXED = "Fixed text, not an answer from the sources:"
AS_IT_STOOD = "as it stood in the answer; not in the library when this was exported"
HOW_TO_VERIFY = (
    "To check that nothing in this file was changed and that every quotation still stands in the "
    "library:"
)
COMMAND = "assistant verify-pack FILE"

# By name, not by locale: a file must read the same wherever it is checked.
_MONTHS = (
    "January February March April May June July August September October November December".split()
)
_AUTHORS_AND_YEAR = re.compile(r".{1,120}?\((?:\d{4}[a-z]?|n\.d\.)\)")
_MARKS = {
    "verified": "verified",
    "mixed": "partly verified, partly general knowledge",
    "general knowledge": "general knowledge",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences under one heading; the first of an answer stands alone before its points."""

    heading: str
    sentences: tuple[tuple[int, PackedSentence], ...]  # with their places in the answer, from 0
    is_lead: bool


def counted(n: int, noun: str) -> str:
    """Return "1 quotation", "2 quotations"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def made_words(pack: Pack) -> str:
    """Return when and with what a pack was made."""
    at = pack.made_at
    when = f"{at.day} {_MONTHS[at.month - 1]} {at.year} at {at:%H:%M} UTC"
    return f"Exported on {when} with Whose Value? ({shown(pack.program)})."


def content_words(pack: Pack) -> str:
    """Return what a pack holds, in figures."""
    sources = [s for turn in pack.turns for s in turn.sources]
    quotations = sum(len(s.quotations) for s in sources)
    documents = len({s.document for s in sources})
    parts = [counted(len(pack.turns), "question")] if len(pack.turns) > 1 else []
    parts.append(f"{counted(quotations, 'quotation')} from {counted(documents, 'document')}")
    return f"{', '.join(parts)}, {counted(len(pack.literature), 'work')} of literature behind them."


def reading_words(pack: Pack) -> str:
    """Return how quoted and written sentences are told apart; empty without an answer."""
    sentences = [s for turn in pack.turns for s in turn.sentences]
    written = any(s.verdict is not Verdict.QUOTED for s in sentences)
    if not sentences:
        return ""
    if not written:
        return "Every sentence in “…” is quoted word for word from the source at its number."
    models = {turn.model for turn in pack.turns if turn.model != "none"}
    by = f" by {shown(' and '.join(sorted(models)))}" if models else ""
    return (
        "Sentences in “…” are quoted word for word. "
        f"The others were written{by}, and each was checked against the quotation at its number."
    )


def title_of(pack: Pack) -> str:
    """Return the title of a pack."""
    return shown(pack.title) or "Exported answers"


def document_title(document: PackedDocument) -> str:
    """Return the title of a document; its name where it has none."""
    return shown(document.title) or shown(document.id) or "untitled"


def heading_of(pack: Pack, n: int) -> str:
    """Return the heading of turn ``n``, from 1; empty where the title says the same."""
    question = pack.turns[n - 1].question
    if len(pack.turns) == 1:
        return "" if folded(question) == folded(pack.title) else shown(question)
    return f"{n}. {shown(question)}"


def understood(turn: PackedTurn) -> str:
    """Return the completed question; empty where it was complete."""
    complete = turn.standalone_question
    return "" if folded(complete) == folded(turn.question) else shown(complete)


def message_of(turn: PackedTurn) -> str:
    """Return the fixed words of an answer, told from what is quoted."""
    message = shown(turn.message)
    return f"{FIXED} {message}" if turn.notice is Notice.HELP and message else message


def groups(turn: PackedTurn) -> Iterator[Group]:
    """Yield the lead sentence, then the points, under their headings where they have one."""
    numbered = list(enumerate(turn.sentences))
    if numbered:
        yield Group("", tuple(numbered[:1]), is_lead=True)
    for heading, members in groupby(numbered[1:], key=lambda pair: pair[1].group):
        yield Group(shown(heading), tuple(members), is_lead=False)


def sentence_words(sentence: PackedSentence) -> str:
    """Return a sentence, in marks where it is quoted."""
    words = shown(sentence.text)
    return f"“{words}”" if sentence.verdict is Verdict.QUOTED else words


def struck_reason(sentence: PackedSentence) -> str:
    """Return why a sentence was struck."""
    return shown(sentence.reason) or "not in the sources"


def struck_words(turn: PackedTurn) -> str:
    """Return the words above the struck sentences."""
    return f"{STRUCK}: {counted(len(turn.struck), 'sentence')} that the model wrote"


def source_lists(turn: PackedTurn) -> Iterator[tuple[str, tuple[PackedSource, ...]]]:
    """Yield what is cited, and what only comes near, each under its heading."""
    if turn.sources:
        yield SOURCES, turn.sources
    if turn.nearest:
        yield NEAREST, turn.nearest


def path_of(source: PackedSource) -> str:
    """Return the headings and the page of a source; empty where it has none."""
    path = " › ".join(shown(h) for h in source.heading)
    page = f"p. {source.page}" if source.page is not None else ""
    return ", ".join(part for part in (path, page) if part)


def origin_of(document: PackedDocument) -> str:
    """Return whose view a document carries and where it lies."""
    parts = (shown(document.perspective_label), shown(document.path))
    return ", ".join(part for part in parts if part)


def span_words(quotation: Quotation) -> str:
    """Return where the words stand in the text of the document."""
    words = f"characters {quotation.start:,}–{quotation.end:,}"
    return words if quotation.in_library else f"{words}; {AS_IT_STOOD}"


def short_name(work: Reference) -> str:
    """Return "Porter, M. E., & Kramer, M. R. (2011)"; the key where the work is not known."""
    named = _AUTHORS_AND_YEAR.match(work.text)
    return shown(named[0] if named else work.key)


def reference_words(work: Reference) -> str:
    """Return a work as it stands in the list; its key where it is not known."""
    return shown(work.text) or f"{shown(work.key)} (not in the library’s bibliography)"


def verified_words(work: Reference) -> str:
    """Return how far the details of a work were confirmed; empty where nobody says."""
    return _MARKS.get(work.verified, shown(work.verified))


def fingerprints(pack: Pack) -> Sequence[tuple[str, str]]:
    """Return what a pack can be checked by: the library, its own digest, the documents' hashes."""
    library = f"{shown(pack.library) or 'unknown'}, generation {pack.generation:,}"
    documents = [
        (shown(d.path) or shown(d.id), shown(d.text_sha256) or "not in the library")
        for d in pack.documents
    ]
    digest = str(pack_json(pack)["digest"])
    return [("Library", library), ("Digest of this export (SHA-256)", digest), *documents]
