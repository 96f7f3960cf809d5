"""A whole document as HTML, the cited passage tinted and the deciding span marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from urllib.parse import urlencode

from assistant.debate.tensions import Dispute, Kind
from assistant.debate.tensions import Place as Opponent
from assistant.records import Block, Document, DocumentCard, Reference
from assistant.web.catalogue import kind_words, length_words, stance_words
from assistant.web.literature import (
    copy_bibtex,
    keys_of_document,
    references_html,
    short_name,
    short_names,
)
from assistant.web.markup import Place, chip, document_button, esc, heading_path, opening_button

Span = tuple[int, int]
_AGAINST = {
    Kind.CONTRADICTS: "Contradicted by",
    Kind.ANSWERS: "Answered by",
    Kind.OPPOSES: "Opposed by",
}
_NOWHERE: Span = (0, 0)
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
    document: Document,
    passage: Span,
    mark: Span,
    literature: Mapping[str, Reference],
    cards: Mapping[str, DocumentCard] | None = None,
    disputes: Sequence[Dispute] = (),
) -> str:
    """Return the document and its literature; offsets beyond its text are cut to it.

    ``cards`` are the documents that it may lead to, by slug; ``disputes`` its sentences that
    other documents contradict or answer.
    """
    passage, mark = _within(passage, document), _within(mark, document)
    card, cards = document.card, cards or {}
    place = mark if mark != _NOWHERE else passage
    drawing = _Drawing(document, passage, mark, literature, _links(document, cards))
    return (
        f'<article class="document p-{esc(card.perspective.value)}">'
        f'<header><h2 tabindex="-1" dir="auto">{esc(card.title)}</h2>'
        f'<div class="place">{chip(card.perspective)}{_where(document, place)}</div>'
        f"{_behind_the_mark(document, mark, literature)}</header>"
        f"{_about(document, cards)}{_disputed(disputes)}"
        f'<div class="text" dir="auto">{"".join(drawing.blocks())}</div>'
        f"{_behind_the_text(document, literature)}</article>"
    )


def _disputed(disputes: Sequence[Dispute]) -> str:
    """Return which sentences of the document are disputed, and by whom."""
    if not disputes:
        return ""
    items = "".join(
        f'<li><q dir="auto">{esc(dispute.text)}</q><ul>'
        + "".join(f"<li>{_opponent(kind, place)}</li>" for kind, place in dispute.by)
        + "</ul></li>"
        for dispute in disputes
    )
    number = "1 sentence" if len(disputes) == 1 else f"{len(disputes)} sentences"
    return (
        f'<details class="disputes"><summary>Disputed: {number}</summary>'
        f"<p>Found by rules and a small model; read both before you quote either.</p>"
        f"<ul>{items}</ul></details>"
    )


def _opponent(kind: Kind, there: Opponent) -> str:
    place = Place(there.document, there.start, there.end, there.start, there.end)
    button = opening_button(there.document.title, place, kind="to-document")
    words = _AGAINST[kind]
    return (
        f'{words} {button}: <q dir="auto">{esc(there.text)}</q> {chip(there.document.perspective)}'
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


def _about(document: Document, cards: Mapping[str, DocumentCard]) -> str:
    """Return what is told of a document above its text, what it is read against, and its button."""
    card = document.card
    length = length_words(len(document.text.split()))
    facts = (stance_words(card), card.period, kind_words(card), length)
    told = " · ".join(esc(fact) for fact in facts if fact)
    asks = f'<p class="asks" dir="auto">{esc(card.question)}</p>' if card.question else ""
    others = [cards[slug] for slug in card.opposes if slug in cards]
    links = ", ".join(document_button(other.title, other) for other in others)
    against = f'<p class="against" dir="auto">Read against: {links}</p>' if links else ""
    only = (
        f'<button type="button" class="act" data-act="only" data-document="{esc(card.id)}"'
        f' data-title="{esc(card.title)}">Ask only this document</button>'
    )
    return (
        f'<div class="about">{asks}<p class="facts" dir="auto">{told}</p>{against}'
        f'<div class="actions">{only}</div></div>'
    )


def _behind_the_mark(document: Document, mark: Span, literature: Mapping[str, Reference]) -> str:
    """Return the literature of the marked sentences; the whole of it is at the end of the text."""
    keys = dict.fromkeys(
        key for s in document.sentences if _overlap((s.start, s.end), mark) for key in s.literature
    )
    if not keys:
        return ""
    return f'<p class="literature" dir="auto">Rests on {esc(short_names(keys, literature))}</p>'


def _behind_the_text(document: Document, literature: Mapping[str, Reference]) -> str:
    """Return all the literature of a document, and ways to take it along."""
    keys = keys_of_document(document)
    if not keys:
        return ""
    copied = copy_bibtex(keys, literature)
    query = urlencode({"document": document.card.id})
    download = (
        f'<a class="act" href="/bibliography?{esc(query)}" download>Download BibTeX</a>'
        if copied
        else ""
    )
    return (
        f'<section class="works"><h3>Literature</h3>{references_html(keys, literature)}'
        f'<div class="actions">{copied}{download}</div></section>'
    )


def _links(document: Document, cards: Mapping[str, DocumentCard]) -> dict[int, DocumentCard]:
    """Return the items that begin with the title of another document, by where they start."""
    titles = {card.title: card for card in cards.values() if card.id != document.card.id}
    found: dict[int, DocumentCard] = {}
    for block in document.blocks:
        words = document.text[block.start : block.end] if block.kind == "item" else ""
        ends = [n for n, character in enumerate(words) if character == ":"]
        for end in (*reversed(ends), len(words)):
            if words and (card := titles.get(words[:end])):
                found[block.start] = card
                break
    return found


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


@dataclass(frozen=True, slots=True)
class _Drawing:
    """The text of a document on its way to HTML."""

    document: Document
    passage: Span
    mark: Span
    literature: Mapping[str, Reference]
    links: Mapping[int, DocumentCard]

    def blocks(self) -> Iterator[str]:
        """Yield the blocks in order; items and rows that follow each other share a list."""
        levels = (b.level for b in self.document.blocks if b.kind == "heading")
        top = min(levels, default=1)
        for kind, members in groupby(self.document.blocks, key=lambda b: b.kind):
            drawn = [self._block(block, top) for block in members]
            if kind in ("item", "row"):
                yield f'<ul class="{kind}s">{"".join(drawn)}</ul>'
            else:
                yield from drawn

    def _block(self, block: Block, top: int) -> str:
        inside = self.passage[0] <= block.start and block.end <= self.passage[1]
        words = self._words(block, _NOWHERE if inside else self.passage)
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

    def _words(self, block: Block, tint: Span) -> str:
        """Return the text of a block, cut where tint, mark, link or a sourced sentence ends."""
        sourced = {
            s.end: s.literature
            for s in self.document.sentences
            if s.literature and block.start < s.end <= block.end
        }
        card = self.links.get(block.start)
        link = (block.start, block.start + len(card.title)) if card else _NOWHERE
        cuts = {block.start, block.end, *sourced}
        cuts |= {p for p in (*tint, *self.mark, *link) if block.start < p < block.end}
        parts: list[str] = []
        for start, end in pairwise(sorted(cuts)):
            words = self.document.text[start:end]
            inside = _overlap((start, end), link)
            text = document_button(words, card) if card and inside else esc(words)
            if _overlap((start, end), tint):
                text = f'<span class="tint">{text}</span>'
            if _overlap((start, end), self.mark):
                text = f"<mark>{text}</mark>"
            parts.append(text)
            if end in sourced:
                # Drawn by the style sheet: the words of the text stay the words of the text.
                parts.append(f'<span class="lit" data-works="{esc(self._works(sourced[end]))}">')
                parts.append("</span>")
        return "".join(parts)

    def _works(self, keys: tuple[str, ...]) -> str:
        names = (short_name(key, self.literature) for key in keys)
        return "; ".join(name.replace(" (", " ").replace(")", "") for name in names)
