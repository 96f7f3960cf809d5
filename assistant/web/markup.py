"""Small pieces of HTML; every text from outside passes through ``esc``."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.records import DocumentCard, Perspective

# Controls and direction overrides can make a text look like another one: shown, not obeyed.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def showable(text: str) -> str:
    """Return ``text`` with what cannot be shown made visible; not yet fit for HTML."""
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def esc(text: str) -> str:
    """Return ``text`` as it must stand in HTML, in an element or a quoted attribute."""
    return html.escape(showable(text), quote=True)


def chip(perspective: Perspective) -> str:
    """Return the name of a perspective with its shape and tint; the name alone suffices."""
    return (
        f'<span class="chip p-{esc(perspective.value)}">'
        f'<i class="shape" aria-hidden="true"></i>{esc(perspective.label)}</span>'
    )


def heading_path(heading: Sequence[str]) -> str:
    """Return the path of headings, outermost first; empty where there is none."""
    if not heading:
        return ""
    parts = '<span class="sep" aria-hidden="true"> › </span>'.join(esc(h) for h in heading)
    return f'<span class="path" dir="auto">{parts}</span>'


@dataclass(frozen=True, slots=True)
class Place:
    """Where a button leads in the reader: a passage, and in it the span that decides."""

    document: DocumentCard
    passage_start: int
    passage_end: int
    start: int | None = None
    end: int | None = None

    def attributes(self) -> str:
        """Return the place as data attributes; the server checks them again when asked."""
        values = {
            "document": self.document.id,
            "passage-start": str(self.passage_start),
            "passage-end": str(self.passage_end),
        }
        if self.start is not None and self.end is not None:
            values |= {"start": str(self.start), "end": str(self.end)}
        return "".join(f' data-{name}="{esc(value)}"' for name, value in values.items())


def citation_button(number: int, place: Place) -> str:
    """Return the numbered button behind a sentence."""
    card = place.document
    about = f"{card.title} ({card.perspective.label})"
    return (
        f'<button type="button" class="cite open p-{esc(card.perspective.value)}"'
        f' data-number="{number}"{place.attributes()}'
        f' title="{esc(about)}" aria-label="Citation {number}: {esc(about)}">{number}</button>'
    )


def opening_button(label: str, place: Place, *, kind: str = "title", number: int = 0) -> str:
    """Return a button with words that opens a place in the reader."""
    numbered = f' data-number="{number}"' if number else ""
    return (
        f'<button type="button" class="{esc(kind)} open"{numbered}{place.attributes()}>'
        f"{esc(label)}</button>"
    )


def document_button(label: str, card: DocumentCard, *, kind: str = "to-document") -> str:
    """Return a button with words that opens a whole document in the reader."""
    return (
        f'<button type="button" class="{esc(kind)} open" data-document="{esc(card.id)}"'
        f' title="{esc(card.perspective.label)}">{esc(label)}</button>'
    )
