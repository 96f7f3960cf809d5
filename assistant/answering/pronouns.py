"""Pronouns of a follow-up: whether they point outside it, and a name in the place of one."""

from __future__ import annotations

import re

from assistant.answering.mentions import Kind, mentions, of_kind, with_article
from assistant.retrieval.terms import content_stems, stem

_DETERMINED = re.compile(r"\b(?:an?|the|my|our|your|each|every|any|some|no|one) [a-z]+", re.I)
_POSSESSIVE = frozenset("his her hers their theirs its".split())
GROUP = re.compile(
    r"\b(?:the )?(?:critics|customers|companies|stakeholders|shareholders|managers"
    r"|executives|owners|investors|employees|workers|governments|consumers|raters|regulators"
    r"|reviewers|firms|businesses|economists|suppliers|standards|reports|scholars|authors)\b",
    re.IGNORECASE,
)


def names_its_own(head: str, *, firms: bool = True) -> bool:
    """Whether a pronoun after ``head`` can mean something in it: "help only when it pays"."""
    found = mentions(head)
    kinds = (Kind.TOPIC, *((Kind.ORGANISATION, Kind.PLACE) if firms else ()))
    if of_kind(found, *kinds) or GROUP.search(head):
        return True
    persons = {stem(w) for m in found for w in m.text.lower().split()}
    rest = [s for s in content_stems(head) if s not in persons]
    if rest and re.search(r"\w and\b", head):  # "what is mortadella and where is it from"
        return True
    return len(rest) > 1 or _DETERMINED.search(head) is not None


def put_for(question: str, match: re.Match[str], name: str) -> str:
    """Return the question with a name in the place of the pronoun that was matched."""
    word, rest = match.group().lower(), question[match.end() :]
    possessive = word in _POSSESSIVE and (word != "her" or re.match(r"\s+\w", rest) is not None)
    if match.start() == 0:
        name = name[:1].upper() + name[1:]
    if not question[: match.start()].lower().endswith("the "):
        name = with_article(name)
    ending = ("'" if name.endswith("s") and _is_many(name) else "'s") if possessive else ""
    return question[: match.start()] + name + ending + rest


def _is_many(name: str) -> bool:
    """Whether a possessive of ``name`` takes the apostrophe alone: "the critics' view"."""
    return GROUP.fullmatch(name) is not None
