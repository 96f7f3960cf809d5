"""What kind of thing a question asks for, and whether a sentence offers it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from assistant.retrieval.terms import content_stems, names, numbers, words


class Asks(StrEnum):
    """The kind of answer a question wants."""

    DEFINITION = "definition"
    PERSON = "person"
    DATE = "date"
    NUMBER = "number"
    COMPARISON = "comparison"
    OPINION = "opinion"
    OTHER = "other"


_PATTERNS: Sequence[tuple[Asks, re.Pattern[str]]] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (Asks.COMPARISON, r"\b(compar\w*|differ\w*|versus|vs\.?|contrast\w*|disagree\w*)\b"),
        (
            Asks.OPINION,
            r"^(should|would it|is it (right|wrong|good|bad|fair|ok|a good|a bad))\b"
            r"|\b(do you think|pros and cons|for and against)\b",
        ),
        (
            Asks.DATE,
            r"^(when|in (what|which) (year|month|decade)|since when|what year|on what (day|date))\b"
            r"|\b(in (what|which) year|what year|what date)\b",
        ),
        (Asks.NUMBER, r"\bhow (many|much|old|large|big|strong|high)\b|\bwhat (percentage|share)\b"),
        (Asks.PERSON, r"^(who|whose|whom|which (author|scholar|economist|critic|person)s?)\b"),
        (
            Asks.DEFINITION,
            r"\b(what (is|are|does .{1,60} mean)|whats|what's|define|definition|meaning of"
            r"|mean(s|t)? by|what do .{1,80} mean)\b",
        ),
    )
)
_YEAR = re.compile(r"\b(1[89]|20)\d\d\b")
_COPULA = re.compile(r"\b(is|are|means|mean|refers to|describes|denotes|was|were)\b")
_LIST = re.compile(  # "What are the arguments against CSR?" wants several things, no definition
    r"\bwhat(?:'s| is| are) (?:the |its |their |some )?(?:main |best |strongest |key |big )*"
    r"(?:arguments?|criticisms?|reasons?|charges?|effects?|limits?|problems?|advantages?"
    r"|disadvantages?|benefits?|weakness(?:es)?|strengths?|case|pros|wrong|good)\b",
    re.IGNORECASE,
)
_DEFINED_AS = re.compile(r"\bdefin(?:e|es|ed)\b[^.;]{0,80}?\b(?:as|by)\b")
_NO_DEFINITION = re.compile(
    r"\b(?:one may|perhaps|older|newer|vague|measured|found|than|also|too"
    r"|(?:is|are|was|were) (?:not|no|no longer))\b",
    re.IGNORECASE,
)


def asks_for(question: str) -> Asks:
    """Return the kind of answer wanted; the first pattern that fits decides."""
    text = " ".join(question.split())
    if _LIST.search(text):
        return Asks.OTHER
    return next((kind for kind, pattern in _PATTERNS if pattern.search(text)), Asks.OTHER)


def offers(kind: Asks, question: str, sentence: str) -> bool:
    """Whether ``sentence`` has the form of an answer of this kind."""
    match kind:
        case Asks.DEFINITION:
            return defines(question, sentence)
        case Asks.PERSON:
            return bool(set(_names_anywhere(sentence)) - set(content_stems(question)))
        case Asks.DATE:
            years = {m.group() for m in _YEAR.finditer(sentence)}
            return bool(years - {m.group() for m in _YEAR.finditer(question)})
        case Asks.NUMBER:
            return bool(numbers(sentence) - numbers(question))
        case _:
            return True


def defines(question: str, sentence: str) -> bool:
    """Whether the sentence says what the question's topic is: "A B case, in the sense of …, is …".

    The sentence begins with the topic, or says who defines it how.
    """
    topic = set(content_stems(question)) - _FRAME
    defined = _DEFINED_AS.search(sentence)
    if defined is not None:
        return bool(topic) and topic <= set(content_stems(sentence[: defined.end()]))
    verb = _COPULA.search(sentence)
    if verb is None or len(words(sentence[: verb.start()])) > 25 or _NO_DEFINITION.search(sentence):
        return False
    subject = content_stems(sentence[: verb.start()])
    begins = bool(subject) and subject[0] in topic
    return begins and len(topic & set(subject)) >= 0.6 * len(topic)


_FRAME = frozenset(
    content_stems("mean meaning define definition phrase term short word sense give")
)


def _names_anywhere(sentence: str) -> list[str]:
    """Return the stems of names, the first word included: sentences often open with theirs."""
    return names("x " + sentence)
