"""What a follow-up leaves out: of what "the limits" are, between whom "the difference" is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.mentions import Kind, mentions, of_kind, with_article
from assistant.records import Turn

# Nouns that want an "of …" and, at the end of a question, have none.
_OF_WHAT = re.compile(
    r"\b(?:the|any|its|main|biggest|some)\b[a-z -]*\b(?:advantages?|disadvantages?|benefits?|risks?"
    r"|limits?|limitations?|problems?|weakness(?:es)?|strengths?|origins?|history|purpose|goals?"
    r"|aims?|definition|meaning|criticisms?|critiques?|critics|effects?|results?|consequences"
    r"|pros and cons|costs|alternatives?|core|point|parts|steps|ways)\W*$",
    re.IGNORECASE,
)
_ABOUT_WHAT = re.compile(
    r"^what (?:do|does|did|would) (?:the |its |his |other )?(?:main )?(?:critics|opponents"
    r"|defenders|supporters|others?|economists|companies|managers|government)"
    r" (?:say|think|answer|reply)\W*$",
    re.IGNORECASE,
)
_WITH_WHAT = re.compile(
    r"^who (?:else )?(?:disagrees?|agrees?|disagreed|agreed)\W*$", re.IGNORECASE
)
_THEY = re.compile(r"\b(?:they|them)\b", re.IGNORECASE)
_DIFFER = re.compile(
    r"^(?:what(?:'s| is| are) the (?:main |key )?(?:differences?|similarit(?:y|ies)"
    r"|relation(?:ship)?)|how do they (?:differ|compare)|compare them|are they the same)"
    r"(?: between them)?\W*$",
    re.IGNORECASE,
)
_DIFFERS_FROM = re.compile(
    r"^what(?:'s| is) the difference (?:to|from|with) (?P<x>[^?!.]+?)\W*$", re.IGNORECASE
)
_WHICH = re.compile(
    r"^(?:which (?:one|of (?:them|the two|these))\b.*|which (?:is|was|came) [a-z]+"
    r"|who is right)\W*$",
    re.IGNORECASE,
)


def both_named(question: str, history: Sequence[Turn]) -> str | None:
    """Name the last two that "the difference" or "which one" is about."""
    if (other := _DIFFERS_FROM.match(question)) and (pair := _last_two(history)):
        mine = [p for p in pair if p.lower() not in other["x"].lower()]
        return f"What is the difference between {mine[-1]} and {other['x']}?" if mine else None
    differ, which = _DIFFER.match(question), _WHICH.match(question)
    if not differ and not which:
        return None
    pair = _last_two(history)
    if not pair or (which and len(pair) == 1 and " and " not in pair[0]):
        return None
    bare = question.rstrip("?!. ")
    if which:
        return f"{bare}, {' or '.join(pair).replace(' and ', ' or ')}?"
    if len(pair) == 1 and " and " not in pair[0]:
        return None
    both = " and ".join(pair)
    if _THEY.search(bare):
        return f"{_THEY.sub(both, bare, count=1)}?"
    return f"{bare} between {both}?"


def _last_two(history: Sequence[Turn]) -> list[str]:
    """Return the last two topics, or persons, in the order in which they came up."""
    for kinds in ((Kind.TOPIC,), (Kind.PERSON, Kind.NAME)):
        found: list[str] = []
        for turn in reversed(history[-3:]):
            texts = [m.text for m in of_kind(mentions(turn.standalone_question), *kinds)]
            if len(texts) == 1 and not found and " and " in texts[0]:
                return [texts[0]]
            found = [t for t in dict.fromkeys(texts) if t not in found] + found
            if len(found) >= 2:
                return found[-2:]
        if len(found) == 1 and Kind.TOPIC in kinds:
            return found
    return []


def filled_in(question: str, history: Sequence[Turn]) -> str:
    """Add what a question leaves out: "What are the limits?" -> "… of shared value?"."""
    if mentions("x " + question):
        return question
    ways = ((_OF_WHAT, "of"), (_ABOUT_WHAT, "about"), (_WITH_WHAT, "with"))
    link = next((word for pattern, word in ways if pattern.search(question)), "")
    if not link:
        return question
    for turn in reversed(history[-3:]):
        asked = mentions(turn.standalone_question)
        found = of_kind(asked, Kind.TOPIC) or of_kind(asked, Kind.PERSON, Kind.ORGANISATION)
        if found:
            link = "to" if re.search(r"\balternatives?\W*$", question) else link
            return f"{question.rstrip('?!. ')} {link} {with_article(found[-1].text)}?"
    return question
