"""A whole document as HTML, the cited passage tinted and the deciding span marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise

from assistant.records import Block, Document, Reference
from assistant.web.markup import chip, esc, heading_path

Span = tuple[int, int]
_NOWHERE: Span = (0, 0)
_AUTHORS_AND_YEAR = re.compile(r".{1,120}?\(\d{4}[a-z]?\)")
_TOP_HEADING = 3  # the page has the first level, the title of the document the second


@dataclass(frozen=True, slots=True)
class Request:
    """What the reader is asked to open: offsets as they came, made whole numbers or nothing."""

    document: str
    passage: Span
    mark: Span


def request_from(query: Mapping[str, str]) -> Request:
    """Return what a query string asks for; whatever is malformed marks nothing."""
    return Request(
        document=query.get("document", "")[:300],
        passage=_span(query, "passage-start", "passage-end"),
        mark=_span(query, "start", "end"),
    )


def _span(query: Mapping[str, str], first: str, last: str) -> Span:
    texts = query.get(first, ""), query.get(last, "")
    if not all(t.isascii() and t.isdigit() and len(t) <= 9 for t in texts):
        return _NOWHERE
    start, end = (int(t) for t in texts)
    return (start, end) if start < end else _NOWHERE


def document_html(
    document: Document, passage: Span, mark: Span, literature: Mapping[str, Reference]
) -> str:
    """Return the document and its literature; offsets beyond its text are cut to it."""
    passage, mark = _within(passage, document), _within(mark, document)
    card = document.card
    place = mark if mark != _NOWHERE else passage
    facts = " · ".join(esc(fact) for fact in (card.question, card.period, card.kind) if fact)
    return (
        f'<article class="document p-{esc(card.perspective.value)}">'
        f'<header><h2 tabindex="-1" dir="auto">{esc(card.title)}</h2>'
        f'<div class="place">{chip(card.perspective)}{_where(document, place)}</div>'
        f"{_behind_the_mark(document, mark, literature)}</header>"
        f'<p class="facts" dir="auto">{facts}</p>'
        f'<div class="text" dir="auto">{"".join(_blocks(document, passage, mark))}</div>'
        f"{_behind_the_text(document, literature)}</article>"
    )


def missing_html(slug: str) -> str:
    """Return what the reader says of a document that is not there."""
    return (
        '<article class="document"><header><h2 tabindex="-1">Not in the library</h2></header>'
        f'<p dir="auto">There is no document “{esc(slug[:80])}” in the library now. It may have '
        "been renamed or taken out since the answer was given; ask the question again.</p>"
        "</article>"
    )


def heading_at(document: Document, position: int) -> tuple[str, ...]:
    """Return the path of headings above a position, outermost first."""
    path: list[tuple[int, str]] = []
    for block in document.blocks:
        if block.start > position:
            break
        if block.kind == "heading":
            path = [(level, text) for level, text in path if level < block.level]
            path.append((block.level, document.text[block.start : block.end]))
    return tuple(text for _, text in path)


def _within(span: Span, document: Document) -> Span:
    start, end = (min(position, len(document.text)) for position in span)
    return (start, end) if start < end else _NOWHERE


def _where(document: Document, place: Span) -> str:
    return heading_path(heading_at(document, place[0])) if place != _NOWHERE else ""


def _behind_the_mark(document: Document, mark: Span, literature: Mapping[str, Reference]) -> str:
    """Return the literature of the marked sentences."""
    keys = dict.fromkeys(
        key for s in document.sentences if _overlap((s.start, s.end), mark) for key in s.literature
    )
    if not keys:
        return ""
    works = "; ".join(_short(key, literature) for key in keys)
    return f'<p class="literature" dir="auto">Rests on {works}</p>'


def _behind_the_text(document: Document, literature: Mapping[str, Reference]) -> str:
    """Return all the literature of a document, in the order in which it comes up."""
    keys = dict.fromkeys(key for s in document.sentences for key in s.literature)
    if not keys:
        return ""
    works = "".join(f'<li dir="auto">{_work(key, literature)}</li>' for key in keys)
    return f'<section class="works"><h3>Literature</h3><ul>{works}</ul></section>'


def _short(key: str, literature: Mapping[str, Reference]) -> str:
    """Return authors and year of a work; the whole of it is at the end of the text."""
    words = literature[key].text if key in literature else key
    named = _AUTHORS_AND_YEAR.match(words)
    return f'<span title="{esc(words)}">{esc(named[0] if named else words)}</span>'


def _work(key: str, literature: Mapping[str, Reference]) -> str:
    """Return a work under the key by which the text refers to it."""
    words = f" {esc(literature[key].text)}" if key in literature else ""
    return f"<code>{esc(key)}</code>{words}"


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _blocks(document: Document, passage: Span, mark: Span) -> Iterator[str]:
    """Yield the blocks in order; items and rows that follow each other share a list."""
    top = min((b.level for b in document.blocks if b.kind == "heading"), default=1)
    for kind, members in groupby(document.blocks, key=lambda b: b.kind):
        drawn = [_block(document, block, passage, mark, top) for block in members]
        if kind in ("item", "row"):
            yield f'<ul class="{kind}s">{"".join(drawn)}</ul>'
        else:
            yield from drawn


def _block(document: Document, block: Block, passage: Span, mark: Span, top: int) -> str:
    inside = passage[0] <= block.start and block.end <= passage[1]
    words = _words(document, block, _NOWHERE if inside else passage, mark)
    tint = " tint" if inside else ""
    match block.kind:
        case "heading":
            level = min(6, _TOP_HEADING + block.level - top)
            return f'<h{level} class="b{tint}">{words}</h{level}>'
        case "item":
            return f'<li class="b l{min(block.level, 4)}{tint}">{words}</li>'
        case "row":
            return f'<li class="b{tint}">{words}</li>'
        case "quote":
            return f'<blockquote class="b{tint}"><p>{words}</p></blockquote>'
        case "code":
            return f'<pre class="b{tint}">{words}</pre>'
        case _:
            return f'<p class="b{tint}">{words}</p>'


def _words(document: Document, block: Block, tint: Span, mark: Span) -> str:
    """Return the text of a block, cut where the tint, the mark or a sourced sentence ends."""
    sourced = {
        s.end: s.literature
        for s in document.sentences
        if s.literature and block.start < s.end <= block.end
    }
    cuts = {block.start, block.end, *sourced}
    cuts |= {p for p in (*tint, *mark) if block.start < p < block.end}
    ends = sorted(cuts)
    parts: list[str] = []
    for start, end in pairwise(ends):
        text = esc(document.text[start:end])
        if _overlap((start, end), tint):
            text = f'<span class="tint">{text}</span>'
        if _overlap((start, end), mark):
            text = f"<mark>{text}</mark>"
        parts.append(text)
        if end in sourced:
            # Drawn by the style sheet: the words of the text stay the words of the text.
            parts.append(f'<span class="lit" data-keys="{esc("; ".join(sourced[end]))}"></span>')
    return "".join(parts)
