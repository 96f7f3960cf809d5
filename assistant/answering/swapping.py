"""An earlier question asked about something else: "And CRM?", "In India?", "And its critics?"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.mentions import (
    Kind,
    Mention,
    is_plural,
    mentions,
    of_kind,
    with_article,
)
from assistant.retrieval.questions import Asks, asks_for
from assistant.retrieval.terms import words

_OTHER_SIDE = re.compile(
    r"(?:(?:its|the|his|her|their|any) )?(?:main |other )?(?:critics?|criticisms?|critiques?"
    r"|opponents?|counter-?arguments?|objections?|defenders?|supporters?|other side|others)$",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r"^(?:for|in|at|of|by|with|to|from|about|on|under|after|before)\b", re.I)
_SECOND_CLAUSE = re.compile(r",? and (?:who|what|how|why|which)\b")
_LIST = re.compile(r",? (?:and|&) (?:in |for |of )?|, (?:in |for |of )?")
_ARTICLE = re.compile(r"\bthe $", re.IGNORECASE)
_AFTER_PREPOSITION = re.compile(r"\b(?:in|of|for|from|by|with|to|about) (?:the )?$", re.IGNORECASE)


def put_in(before: str, x: str) -> str:
    """Put ``x`` in the place of what it is an alternative to, else add it."""
    found = mentions("x " + x)
    new = found[0] if len(found) == 1 else None
    if preposition := _PREPOSITION.match(x):
        return _with_phrase(before, x, preposition.group().lower(), new)
    if _OTHER_SIDE.match(x):
        return _about_critics(before, x)
    if new is None or len(words(x)) > len(words(new.text)) + 1:
        return f"{before}, and what about {x}?"
    old = [m for m in mentions(before) if m.kind is new.kind]
    if not old and new.kind is Kind.NAME:
        old = of_kind(mentions(before), Kind.PERSON, Kind.ORGANISATION)
    if old:
        return _swapped(before, old, new)
    return _added(before, new)


def _about_critics(before: str, x: str) -> str:
    found = mentions(before)
    topics = of_kind(found, Kind.TOPIC) or of_kind(found, Kind.PERSON, Kind.ORGANISATION)
    if not topics:
        return f"{before}, and what about {x}?"
    if not x.lower().endswith(("critics", "opponents", "defenders", "supporters")):
        return f"What is said against {topics[-1].text}?"
    who = re.sub(r"^(?:its|his|her|their|any|the) ", "", x, flags=re.IGNORECASE)
    return f"What do the {who} say about {topics[-1].text}?"


def _with_phrase(before: str, x: str, preposition: str, new: Mention | None) -> str:
    """Put "in India" or "for workers" in the place of a phrase of its kind, else behind."""
    if new is not None:
        old = [m for m in mentions(before) if m.kind is new.kind]
        if old and new.kind is Kind.TOPIC:
            return _swapped(before, old, new)
        if old and words(x)[-1] == words(new.text)[-1]:
            one = old[-1]
            phrase = re.search(rf"\b{preposition} (?:the )?$", before[: one.start], re.I)
            if phrase:
                return f"{before[: phrase.start()]}{_spelt(x, new)}{before[one.end :]}?"
            if new.kind is Kind.PLACE:
                return _swapped(before, old, new)
        x = _spelt(x, new)
    tail = re.search(rf" {preposition} (?:the )?[a-z-]+(?: [a-z-]+)?$", before)
    if tail and new is None:
        return f"{before[: tail.start()]} {x}?"
    return f"{before} {x}?"


def _spelt(x: str, new: Mention) -> str:
    """Return ``x`` with its name in our own spelling: "in nestle" -> "in Nestlé"."""
    start = new.start - len("x ")
    return x[:start] + new.text + x[start + new.end - new.start :]


def _swapped(before: str, old: Sequence[Mention], new: Mention) -> str:
    """Put the new name in the place of the old one, or of the last of several."""
    second = _SECOND_CLAUSE.search(before)
    if second and new.kind is Kind.TOPIC:  # "…, and who in shared value": ask about x alone
        first = [m for m in old if m.end <= second.start()]
        before, old = (before[: second.start()], first) if first else (before, old)
    comparison = asks_for(before) is Asks.COMPARISON
    one = old[-1]
    head, tail = before[: one.start], before[one.end :]
    if comparison and is_plural(one):
        return f"{head}{_LIST.split(one.text)[0]} and {new.text}{tail}?"
    if not comparison and len(old) > 1 and _LIST.fullmatch(before[old[-2].end : one.start]):
        head = before[: old[0].start]  # "in CRM, in CSR and in CSV": in x alone
    name = new.text if _ARTICLE.search(head) else with_article(new.text)
    if one.kind is Kind.PLACE and not _AFTER_PREPOSITION.search(head) and tail:
        name = f"{with_article(new.text)}'s"  # "EU law" -> "India's law"
        head = _ARTICLE.sub("", head)
    return f"{head}{name}{tail}?"


def _added(before: str, new: Mention) -> str:
    match new.kind:
        case Kind.PERSON:
            return f"{before}, according to {new.text}?"
        case Kind.ORGANISATION:
            return f"{before} in the case of {with_article(new.text)}?"
        case Kind.PLACE | Kind.YEAR:
            return f"{before} in {with_article(new.text)}?"
        case Kind.TOPIC:
            return f"{before}, and what about {new.text}?"
        case _:
            return f"{before}, with regard to {new.text}?"
