"""What "it", "that" and "this idea" stand for in a follow-up, and all its references together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.mentions import (
    Kind,
    mentions,
    of_kind,
    person_like,
)
from assistant.answering.omissions import both_named, filled_in
from assistant.answering.persons import with_person, with_them
from assistant.answering.pronouns import names_its_own, put_for
from assistant.records import Turn
from assistant.retrieval.terms import stem

_IT = re.compile(r"\bits?\b(?!['’])", re.IGNORECASE)
# "It" of "is it true that …", "what does it take", "why is it that …" stands for nothing.
_EMPTY_IT = re.compile(
    r"\b(?:is|was|would|will|can|could|should) it (?:be |not |really |ever |always |still )*[a-z]+"
    r"(?: [a-z]+)? (?:that|to|for|if|when|whether)\b|\bdoes it (?:pay|take|matter|make)\b.* "
    r"(?:to|if|whether|who|that|sense)\b|\bit (?:is|was) [a-z]+ (?:that|to|if)\b|\bis it that\b",
    re.IGNORECASE,
)
_DEMONSTRATIVE = re.compile(
    r"^(?:(?:who|what|why|how|when|where) )?(?:is|are|was|were|does|do|did|has|have|can|could"
    r"|should|would|will) (?P<it>this|that|these|those)\b",
    re.IGNORECASE,
)
# "that" that stands alone, not the one of "a company that …" or "that company".
_THAT = re.compile(
    r"(?:(?<=\bis )|(?<=\bwas )|(?<=\bdoes )|(?<=\bdid )|(?<=\bcan )|(?<=\bwould )|(?<=\bshould ))"
    r"(?:that|this)(?= (?:not|so|really|also|still|always|just|only|the|an?|in|from|for|with|work"
    r"|mean|pay|help|matter|apply|happen|change|make|differ|fit|relate|come|go|look)\b| [a-z]+\W*$)"
    r"|(?<!\bsay )(?<!\bwrite )(?<!\bsaid )(?<!\bargue )(?<!\bthink )(?<!\bclaim )(?<!\bdo )"
    r"\b(?:that|this)(?=\W*$)",
    re.IGNORECASE,
)
_THIS_IDEA = re.compile(
    r"\b(?:this|that) (?:idea|concept|term|notion|approach|theory|strategy|framework|phrase)\b",
    re.IGNORECASE,
)
_THIS_COMPANY = re.compile(r"\b(?:this|that|the) (?:company|firm|corporation)\b", re.IGNORECASE)
_OPENS = re.compile(r"^(?:and|but|so|or|then|ok(?:ay)?|well|yes|no)\b[\s,:]*", re.IGNORECASE)
_SEVERAL_SENTENCES = re.compile(r"\w{3,}[.!?] +[A-Z]")
_CLAUSE = re.compile(
    r"^(?:is|are|was|were|does|do|did|has|have|had|can|could|should|would|will|who|whom|whose|what"
    r"|why|how|when|where|which)\b",
    re.IGNORECASE,
)
_COMMAND = re.compile(r"^(?:compare|explain|describe|define|tell|give|list|name|show)\b", re.I)
_NOUNS = r"(?P<thing>(?:an? |the )?[\w’'-]+(?: (?:of |and )?[\w’'-]+){0,3}?)"
_THINGS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:what (?:is|are|was|were)|what's|define|explain|describe|tell me about) {_NOUNS}$",
        rf"^who (?:invented|coined|founded|introduced|discovered|made|wrote) {_NOUNS}$",
        rf"^(?:how|what|why|when|where) (?:does|do|did) {_NOUNS} (?:mean|work|begin|start)\b.*",
        rf"^(?:when|where|why|how) (?:is|was|were|are) {_NOUNS} (?:used|made|built|written|founded"
        r"|introduced|published|important|invented|discovered)\b.*",
    )
)
_ASKS_WHAT_IT_IS = re.compile(
    r"^(?:what (?:is|are|was)|what's|define|explain|describe|tell me about|is|are|was|how does"
    r"|who (?:invented|coined|introduced))\b",
    re.IGNORECASE,
)
_EARLIER_LEANING = re.compile(
    r", and (?:is|are|was|were|does|do|did|can|could|should|would|will|has|have|why|how|when|who"
    r"|what) [^,]*\b(?:it|that|this|these|those)\b[^,]*$"
)
_EVENT = re.compile(r"^(?:work|help|succeed|happen|matter|pay|end|change|mean|continue)\b", re.I)
_ACTS = re.compile(
    r"^\s*(?:do|say|make|sell|have|report|promise|publish|decide|stop|reach|meet|spend|give|respond"
    r"|react|behave|use|produce|claim|change)\b",
    re.IGNORECASE,
)


def resolved(question: str, history: Sequence[Turn], before: str) -> str | None:
    """Return the question with its pronouns replaced or its ellipsis filled; None when whole."""
    if _SEVERAL_SENTENCES.search(question):
        return None  # "My friend says … Is that right?" explains itself
    bare = _OPENS.sub("", question)
    bare = bare[:1].upper() + bare[1:] if _CLAUSE.match(bare) else question
    changed = both_named(bare, history)
    if changed is None:
        changed = with_person(bare, history)
        changed = with_them(changed, history)
        changed = _thing(changed, history, before)
        changed = filled_in(changed, history)
    if changed == bare and _leans(bare) and is_clause(before):
        before = _EARLIER_LEANING.sub("", before)
        return f"{before}, and {_small(bare)}?"
    return changed if changed != bare else None


def _thing(question: str, history: Sequence[Turn], before: str) -> str:
    """Put a topic, a firm or the thing asked about in the place of "it", "that", "this idea"."""
    idea, it, that = _THIS_IDEA.search(question), _free_it(question), _THAT.search(question)
    firm = _THIS_COMPANY.search(question)
    if firm and (firms := of_kind(mentions(before), Kind.ORGANISATION)):
        return put_for(question, firm, firms[0].text)
    if it and (same := _object_of_same_verb(question[: it.start()], before)):
        return put_for(question, it, same)
    match = idea or it or that
    if match is None:
        return question
    agent = bool(it) and _ACTS.match(question[match.end() :]) is not None
    if match is that and not _is_about(before):
        return question
    name = _last_thing(question, history, agent=agent)
    if not name or (
        name[0].islower()
        and _EVENT.match(question[match.end() :].strip())
        and not _is_about(before)
    ):
        return question
    return put_for(question, match, name)


def _free_it(question: str) -> re.Match[str] | None:
    """Return an "it" or "its" that stands for something outside the question."""
    match = _IT.search(question)
    empty = _EMPTY_IT.search(question)
    if not match or (empty and empty.start() <= match.start() < empty.end()):
        return None
    object_ = match.group().lower() == "it" and not question[match.end() :].strip("?!. ")
    return None if names_its_own(question[: match.start()], firms=not object_) else match


def _object_of_same_verb(head: str, before: str) -> str:
    """Return what the verb before "it" had as its object: "defines it" after "defines value"."""
    found = re.search(r"([a-z]+) $", head)
    if not found or found.group(1) in _NO_OBJECT:
        return ""
    for match in re.finditer(r"\b([a-z]+) ([a-z]+)\b", before):
        if stem(match.group(1)) == stem(found.group(1)) and match.group(2) not in _NO_OBJECT:
            return match.group(2)
    return ""


def _is_about(before: str) -> bool:
    """Whether a question is about a thing, not about what somebody does with it."""
    topics = of_kind(mentions(before), Kind.TOPIC)
    early = bool(topics) and len(before[: topics[0].start].split()) <= 3
    return (early and _ASKS_WHAT_IT_IS.match(before) is not None) or _named_thing(before) != ""


def _last_thing(question: str, history: Sequence[Turn], *, agent: bool) -> str:
    """Return the topic of the last turns that the question does not name itself."""
    for turn in reversed(history[-3:]):
        asked = mentions(turn.standalone_question)
        topics = [m for m in of_kind(asked, Kind.TOPIC) if m.text not in question]
        firms = of_kind(asked, Kind.ORGANISATION)
        if agent and firms:
            return firms[0].text
        if topics:
            first = len(turn.standalone_question[: topics[0].start].split()) <= 3
            return topics[0 if first else -1].text
        if thing := _named_thing(turn.standalone_question):
            return thing
    return ""


def _named_thing(asked: str) -> str:
    """Return X of "What is X?" or "Who invented X?", where X is neither pronoun nor person."""
    bare = asked.rstrip("?!. ")
    match = next((m for pattern in _THINGS if (m := pattern.match(bare))), None)
    if not match:
        return ""
    thing = match["thing"]
    first = thing.lower().split()[0]
    if first in _NO_OBJECT or any(person_like(m) for m in mentions("x " + thing)):
        return ""
    return thing


def is_clause(question: str) -> bool:
    """Whether a text is a question or a request and not only a few key words."""
    return _CLAUSE.match(question) is not None or _COMMAND.match(question) is not None


def is_question(text: str) -> bool:
    """Whether a completed text ends with a question mark: not "Compare A and B"."""
    return _COMMAND.match(text) is None


def _leans(question: str) -> bool:
    """Whether a question still needs the one before to be understood."""
    if len(question.split()) > 9 or not _CLAUSE.match(question):
        return False
    if _DEMONSTRATIVE.match(question) or _THAT.search(question):
        return True
    return _free_it(question) is not None


def _small(question: str) -> str:
    return question[:1].lower() + question[1:].rstrip("?!. ")


_NO_OBJECT = frozenset(
    """in on at of for to by with from about and or is are was were do does did the a an it he
    she they we you i this that these those who what when where why how which as than not
    only just if there his her their its my your our some any all""".split()
)
