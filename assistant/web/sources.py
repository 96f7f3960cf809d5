"""The evidence beside an answer, and the nearest passages where there is none."""

from __future__ import annotations

from assistant.records import Answer, Evidence, Hit
from assistant.web.literature import Works, behind_the_evidence
from assistant.web.markup import Place, chip, esc, heading_path, opening_button
from assistant.web.words import cited_numbers, count

_GLIMPSE_CHARACTERS = 220


def evidence_html(answer: Answer, works: Works) -> str:
    """Return the evidence of an answer: what it cites, then what was also found."""
    if answer.nearest and not answer.evidence:
        return nearest_html(answer.nearest)
    cited = cited_numbers(answer)
    used = [e for e in answer.evidence if e.number in cited]
    found = [e for e in answer.evidence if e.number not in cited]
    return _section("Cited in this answer", used, answer, works) + _section(
        "Also found, not cited", found, answer, works
    )


def _section(title: str, evidence: list[Evidence], answer: Answer, works: Works) -> str:
    if not evidence:
        return ""
    items = "".join(_card(e, behind_the_evidence(answer, e, works)) for e in evidence)
    return f'<h3>{title}</h3><ul class="cards">{items}</ul>'


def _card(evidence: Evidence, literature: str) -> str:
    card, passage = evidence.document, evidence.passage
    best = max(evidence.chosen, key=lambda s: s.score)
    place = Place(card, passage.start, passage.end, best.sentence.start, best.sentence.end)
    quotes = "".join(f'<p class="chosen" dir="auto">{esc(s.text)}</p>' for s in evidence.chosen)
    return (
        f'<li class="card p-{esc(card.perspective.value)}">'
        f'<div class="card-head"><span class="number">{evidence.number}</span>'
        f"{opening_button(card.title, place, number=evidence.number)}</div>"
        f'<div class="card-meta">{chip(card.perspective)}{heading_path(passage.heading)}</div>'
        f"{quotes}{literature}</li>"
    )


def nearest_html(hits: tuple[Hit, ...]) -> str:
    """Return the nearest passages as items that open in the reader."""
    items = "".join(_near(hit) for hit in hits)
    return f'<h3>{count(len(hits), "nearest passage")}</h3><ul class="cards">{items}</ul>'


def _near(hit: Hit) -> str:
    card, passage = hit.document, hit.passage
    glimpse = passage.text[:_GLIMPSE_CHARACTERS]
    if len(passage.text) > _GLIMPSE_CHARACTERS:
        glimpse = glimpse.rsplit(" ", 1)[0] + " …"
    return (
        f'<li class="card p-{esc(card.perspective.value)}"><div class="card-head">'
        f"{opening_button(card.title, Place(card, passage.start, passage.end))}</div>"
        f'<div class="card-meta">{chip(card.perspective)}{heading_path(passage.heading)}</div>'
        f'<p class="chosen" dir="auto">{esc(glimpse)}</p></li>'
    )
