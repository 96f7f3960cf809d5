"""A tested text as HTML and as plain text: each claim with its verdict and its witnesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.debate.claims import JudgedClaim, Standing, Witness
from assistant.web.markup import Place, chip, citation_button, esc, heading_path, opening_button
from assistant.web.words import count

NOTE = "This says whether the texts of this library support a claim, never whether it is true."
SIGNS = {
    Standing.SUPPORTED: "✓",
    Standing.CONTRADICTED: "✗",
    Standing.DISPUTED: "±",
    Standing.NOT_IN_SOURCES: "?",
}
MEANINGS = {
    Standing.SUPPORTED: "a text of the library says so",
    Standing.CONTRADICTED: "a text says otherwise",
    Standing.DISPUTED: "one text says so, another says otherwise",
    Standing.NOT_IN_SOURCES: "no text decides it",
}
NEEDS = "needs a source"
_SPOKEN_CHARACTERS = 60


def claim_html(claim: JudgedClaim) -> str:
    """Return a sentence with its verdict, and what speaks for and against it, folded away."""
    words = f'<span class="stated" dir="auto">{esc(claim.text)}</span>'
    if claim.standing is Standing.NO_CLAIM:
        return words
    needs = f' <span class="needs">{NEEDS}</span>' if claim.needs_source else ""
    return (
        f'<span class="claim v-{_slug(claim.standing)}">{words} {_verdict(claim)}{needs}</span>'
        f'<div class="witnesses" hidden>{_witnesses(claim)}</div>'
    )


def legend_html() -> str:
    """Return the four verdicts with what each means, for the page before the first test."""
    items = "".join(
        f'<li><span class="verdict v-{_slug(s)}">{_signed(s)}</span> {esc(meaning)}</li>'
        for s, meaning in MEANINGS.items()
    )
    return f'<ul class="legend">{items}</ul>'


def tally_html(counts: Mapping[Standing, int], needing: int) -> str:
    """Return buttons that lead from claim to claim of a kind; nothing where there is but one."""
    if sum(n for s, n in counts.items() if s is not Standing.NO_CLAIM) < 2:
        return ""
    buttons = [
        _leading(f"v-{_slug(s)}", f"{_signed(s)} <b>{counts[s]:,}</b>", f"{counts[s]:,} {s.value}")
        for s in SIGNS
        if counts.get(s)
    ]
    if needing:
        buttons.append(_leading("needs", f"{NEEDS} <b>{needing:,}</b>", f"{needing:,} {NEEDS}"))
    return f'<p class="leads">Go to the next: {" ".join(buttons)}</p>'


def plain_claim(claim: JudgedClaim) -> str:
    """Return a sentence as it is copied: "Loyal customers buy again. [✓ supported]"."""
    if claim.standing is Standing.NO_CLAIM:
        return claim.text
    needs = f"; {NEEDS}" if claim.needs_source else ""
    return f"{claim.text} [{SIGNS[claim.standing]} {claim.standing.value}{needs}]"


def listed_claim(claim: JudgedClaim) -> str:
    """Return a claim with its strongest witness on each side, as lines of plain text."""
    sides = [("for", claim.supporting), ("against", claim.contradicting)]
    if not claim.supporting and not claim.contradicting:
        sides = [("beside", claim.beside)]
    lines = [f"    {label}: {_plain_witness(found[0])}" for label, found in sides if found]
    return "\n".join([f"{claim.text} [{claim.standing.value}]", *lines]) if lines else ""


def _slug(standing: Standing) -> str:
    return standing.value.replace(" ", "-")


def _signed(standing: Standing) -> str:
    return f'<i class="sign" aria-hidden="true">{SIGNS[standing]}</i> {esc(standing.value)}'


def _verdict(claim: JudgedClaim) -> str:
    spoken = claim.text
    if len(spoken) > _SPOKEN_CHARACTERS:
        spoken = spoken[:_SPOKEN_CHARACTERS].rsplit(" ", 1)[0] + " …"
    return (
        '<button type="button" class="verdict" data-act="witnesses" aria-expanded="false"'
        f' aria-label="{esc(claim.standing.value)}, evidence on: {esc(spoken)}">'
        f"{_signed(claim.standing)}</button>"
    )


def _leading(kind: str, label: str, spoken: str) -> str:
    return (
        f'<button type="button" class="verdict {kind}" data-act="next-claim" data-kind="{kind}"'
        f' aria-label="{esc(spoken)}: go to the next">{label}</button>'
    )


def _witnesses(claim: JudgedClaim) -> str:
    """Return the evidence for, against and beside a claim, numbered through."""
    sides = (
        ("For it", claim.supporting),
        ("Against it", claim.contradicting),
        ("Beside it: near, but it leaves the claim open", claim.beside),
    )
    number, parts = 1, []
    for title, found in sides:
        if found:
            parts.append(_side(title, found, number))
            number += len(found)
    return "".join(parts) or '<p class="nothing">Nothing in the library is near this claim.</p>'


def _side(title: str, witnesses: Sequence[Witness], first: int) -> str:
    items = "".join(_card(w, number) for number, w in enumerate(witnesses, start=first))
    return f'<h3>{esc(title)}</h3><ul class="cards">{items}</ul>'


def _card(witness: Witness, number: int) -> str:
    card = witness.document
    place = Place(card, *witness.passage, witness.start, witness.end)
    return (
        f'<li class="card p-{esc(card.perspective.value)}"><p class="chosen">'
        f'<q class="quoted" dir="auto">{esc(witness.text)}</q>'
        f'<span class="cites">{citation_button(number, place)}</span></p>'
        f'<div class="card-head">{opening_button(card.title, place)}</div>'
        f'<div class="card-meta">{chip(card.perspective)}{heading_path(witness.heading)}</div></li>'
    )


def _plain_witness(witness: Witness) -> str:
    path = " › ".join((witness.document.title, *witness.heading))
    text = " ".join(witness.text.split())
    return f"“{text}” ({path}; {witness.document.perspective.label})"


def title_words(name: str, text: str) -> str:
    """Return what a tested text is called: "essay.docx, 312 words", "Your text, 2 words"."""
    return f"{name or 'Your text'}, {count(len(text.split()), 'word')}"
