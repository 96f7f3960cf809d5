"""A pack as one HTML file that opens offline: no script, no picture, no address of elsewhere."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from assistant.exporting import wording
from assistant.exporting.pack import Pack, PackedSentence, PackedSource, PackedTurn, Quotation
from assistant.exporting.pack_json import pack_text
from assistant.exporting.plain import shown
from assistant.records import Perspective, Verdict

PACK_ID = "evidence-pack"


@cache
def _style() -> str:
    return Path(__file__).with_name("export.css").read_text(encoding="utf-8")


def as_html(pack: Pack) -> str:
    """Return the page, with the pack as data in it."""
    title = esc(wording.title_of(pack))
    return (
        "<!doctype html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta name="generator" content="{esc(pack.program)}">\n'
        f"<title>{title}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n"
        f"{_header(pack)}\n<main>\n"
        + "".join(_turn(pack, n) for n in range(1, len(pack.turns) + 1))
        + f"{_references(pack)}{_verification(pack)}</main>\n"
        f'<script type="application/json" id="{PACK_ID}">\n{pack_text(pack)}\n</script>\n'
        "</body>\n</html>\n"
    )


def esc(text: str) -> str:
    """Return text as it must stand in an element or a quoted attribute."""
    return html.escape(shown(text), quote=True)


def _policy() -> str:
    """Allow our own style and nothing else, should anything ever find its way in here."""
    style = f"\n{_style()}".encode()
    hashed = base64.b64encode(hashlib.sha256(style).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{hashed}'; form-action 'none'; base-uri 'none'"


def _header(pack: Pack) -> str:
    how = wording.reading_words(pack)
    return (
        '<header>\n<p class="brand">Whose Value?</p>\n'
        f'<h1 id="title" dir="auto">{esc(wording.title_of(pack))}</h1>\n'
        f'<p class="made">{esc(wording.made_words(pack))} {esc(wording.content_words(pack))}</p>\n'
        + (f'<p class="reading">{esc(how)}</p>\n' if how else "")
        + _contents(pack)
        + "</header>"
    )


def _contents(pack: Pack) -> str:
    if len(pack.turns) < 2:
        return ""
    items = "".join(
        f'<li><a href="#t{n}" dir="auto">{esc(turn.question)}</a></li>\n'
        for n, turn in enumerate(pack.turns, start=1)
    )
    return f'<nav aria-label="Questions"><ol>\n{items}</ol></nav>\n'


def _turn(pack: Pack, n: int) -> str:
    turn = pack.turns[n - 1]
    heading = wording.heading_of(pack, n)
    head = f'<h2 id="t{n}-q" dir="auto">{esc(heading)}</h2>\n' if heading else ""
    label = f"t{n}-q" if heading else "title"
    return (
        f'<article id="t{n}" aria-labelledby="{label}">\n{head}'
        + _paragraph(
            "understood", f"Understood as: {words}" if (words := wording.understood(turn)) else ""
        )
        + _paragraph("message", wording.message_of(turn))
        + _answer(pack, turn, n)
        + _paragraph("warning", turn.warning)
        + _sources(pack, turn, n)
        + _struck(pack, n)
        + "</article>\n"
    )


def _paragraph(kind: str, words: str) -> str:
    return f'<p class="{kind}" dir="auto">{esc(words)}</p>\n' if words else ""


def _answer(pack: Pack, turn: PackedTurn, n: int) -> str:
    parts = []
    for group in wording.groups(turn):
        said = [(_sentence(pack, turn, n, at), at) for at, _ in group.sentences]
        if group.is_lead:
            parts += [f'<p class="lead" id="t{n}s{at + 1}" dir="auto">{s}</p>\n' for s, at in said]
            continue
        items = "".join(f'<li id="t{n}s{at + 1}" dir="auto">{s}</li>\n' for s, at in said)
        head = _label(pack, n, group.heading) if group.heading else ""
        parts.append(f"{head}<ul>\n{items}</ul>\n")
    return f'<div class="answer">\n{"".join(parts)}</div>\n' if parts else ""


def _sentence(pack: Pack, turn: PackedTurn, n: int, at: int) -> str:
    sentence = turn.sentences[at]
    words = esc(wording.sentence_words(sentence))
    shown_ = f"<q>{words}</q>" if sentence.verdict is Verdict.QUOTED else f"<span>{words}</span>"
    return shown_ + "".join(_citation(pack, turn, n, s) for s in _cited(turn, sentence))


def _cited(turn: PackedTurn, sentence: PackedSentence) -> Iterator[tuple[PackedSource, int]]:
    """Yield the sources of a sentence, each with the place of its first quotation there."""
    for number in sentence.numbers:
        source = turn.source(number)
        if source is not None:
            spans = [(c.start, c.end) for c in sentence.citations if c.evidence == number]
            places = [(q.start, q.end) for q in source.quotations]
            yield source, places.index(spans[0]) if spans[0] in places else 0


def _citation(pack: Pack, turn: PackedTurn, n: int, cited: tuple[PackedSource, int]) -> str:
    source, at = cited
    about = esc(
        f"Citation {source.number}: {wording.document_title(pack.document(source.document))}"
    )
    target = f"t{n}e{_place(turn, source)}q{at + 1}"
    return f'&nbsp;<a class="cite" href="#{target}" aria-label="{about}">[{source.number}]</a>'


def _place(turn: PackedTurn, source: PackedSource) -> int:
    return (*turn.sources, *turn.nearest).index(source) + 1


def _label(pack: Pack, n: int, words: str) -> str:
    """Return a heading within a turn, one level below the turn's own."""
    level = 3 if wording.heading_of(pack, n) else 2
    return f'<h{level} class="label" dir="auto">{esc(words)}</h{level}>\n'


def _struck(pack: Pack, n: int) -> str:
    turn = pack.turns[n - 1]
    if not turn.struck:
        return ""
    items = "".join(
        f'<li dir="auto"><s>{esc(s.text)}</s>'
        f' <span class="reason">{esc(wording.struck_reason(s))}</span></li>\n'
        for s in turn.struck
    )
    head = _label(pack, n, wording.struck_words(turn))
    return f'<div class="struck">\n{head}<ul>\n{items}</ul>\n</div>\n'


def _sources(pack: Pack, turn: PackedTurn, n: int) -> str:
    return "".join(
        f'{_label(pack, n, heading)}<ol class="sources">\n'
        + "".join(_source(pack, turn, n, source) for source in sources)
        + "</ol>\n"
        for heading, sources in wording.source_lists(turn)
    )


def _source(pack: Pack, turn: PackedTurn, n: int, source: PackedSource) -> str:
    document = pack.document(source.document)
    known = {p.value for p in Perspective}
    tint = f' class="p-{document.perspective}"' if document.perspective in known else ""
    anchor = f"t{n}e{_place(turn, source)}"
    path = wording.path_of(source)
    quotations = "".join(
        _quotation(turn, n, f"{anchor}q{at}", source.number, quotation)
        for at, quotation in enumerate(source.quotations, start=1)
    )
    return (
        f'<li id="{anchor}"{tint}>\n<p class="title" dir="auto">'
        + (f'<span class="number">[{source.number}]</span> ' if source.number else "")
        + f"{esc(wording.document_title(document))}</p>\n"
        + (f'<p class="place" dir="auto">{esc(path)}</p>\n' if path else "")
        + f'<p class="origin"><span class="view">{esc(document.perspective_label)}</span>'
        + (f" · {esc(document.path)}" if document.path else "")
        + f"</p>\n{quotations}{_works_of(pack, source)}</li>\n"
    )


def _quotation(turn: PackedTurn, n: int, anchor: str, number: int, quotation: Quotation) -> str:
    span = (number, quotation.start, quotation.end)
    citing = [
        at
        for at, s in enumerate(turn.sentences, start=1)
        if any((c.evidence, c.start, c.end) == span for c in s.citations)
    ]
    back = "".join(
        f' <a class="back" href="#t{n}s{at}" aria-label="Back to sentence {at} of the answer">↩</a>'
        for at in citing
    )
    return (
        f'<blockquote id="{anchor}">\n<p dir="auto">“{esc(quotation.text)}”</p>\n'
        f"<footer>{esc(wording.span_words(quotation))}{back}</footer>\n</blockquote>\n"
    )


def _works_of(pack: Pack, source: PackedSource) -> str:
    order = {work.key: at for at, work in enumerate(pack.literature, start=1)}
    links = "; ".join(
        f'<a href="#w{order[key]}">{esc(wording.short_name(pack.works[key]))}</a>'
        for key in source.literature
    )
    return f'<p class="works" dir="auto">Literature: {links}</p>\n' if links else ""


def _references(pack: Pack) -> str:
    if not pack.literature:
        return ""
    items = ""
    for at, work in enumerate(pack.literature, start=1):
        mark = wording.verified_words(work)
        marked = f' <span class="mark">({esc(mark)})</span>' if mark else ""
        items += f'<li id="w{at}" dir="auto">{esc(wording.reference_words(work))}{marked}</li>\n'
    return (
        f'<section aria-labelledby="references">\n<h2 id="references">{wording.REFERENCES}</h2>\n'
        f'<ul class="references">\n{items}</ul>\n</section>\n'
    )


def _verification(pack: Pack) -> str:
    rows = "".join(
        f"<dt>{esc(name)}</dt><dd>{esc(value)}</dd>\n" for name, value in wording.fingerprints(pack)
    )
    return (
        f'<section class="check" aria-labelledby="check">\n<h2 id="check">{wording.VERIFICATION}'
        f"</h2>\n<p>{wording.HOW_TO_VERIFY} <code>{wording.COMMAND}</code></p>\n<dl>\n{rows}</dl>\n"
        "</section>\n"
    )
