"""Follow-ups made to stand alone, by rules that can be read and shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.records import Turn
from assistant.retrieval.questions import Asks, asks_for
from assistant.retrieval.terms import content_stems, words

# What can take another's place in a question: "And CRM?" after "Who defines value in CSR?".
_TOPICS = (
    r"creating shared value(?: \(CSV\))?|shared value|CSV"
    r"|corporate social responsibility(?: \(CSR\))?|CSR"
    r"|customer relationship management(?: \(CRM\))?|customer strategy|CRM"
    r"|stakeholder theory|shareholder value|triple bottom line|greenwashing|ESG"
)
_TOPIC = re.compile(rf"\b(?:{_TOPICS})\b", re.IGNORECASE)
_AND_X = re.compile(
    r"^(?:and|but|or|so|then|ok(?:ay)?|what about|how about|and what about|what of)\b[\s,:]*"
    r"(?:what about|how about|for|in|with|of|by)?\s*(?P<x>[^?!.]{1,80})[?!.\s]*$",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"^(?:and |but |so )?(?P<w>why(?: not| so| is that| is this)?|how(?: so| come)?)\W*$",
    re.IGNORECASE,
)
_WHO_SAID = re.compile(
    r"^(?:and |but |so )?(?:who (?:said|says|wrote|claims|claimed|argues|argued|thinks) "
    r"(?:that|this|so|it)|(?:says )?who|whose (?:view|idea|claim|opinion) is (?:that|this|it))\W*$",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"^(?:(?:can you |please )?(?:tell me |say )?more(?: about (?:that|this|it))?|go on|continue"
    r"|(?:can you )?(?:explain|elaborate)(?: (?:that|this|it|more|further))?|for example"
    r"|(?:an |any )?examples?|such as|like what)\W*$",
    re.IGNORECASE,
)
_PERSON_PRONOUN = re.compile(r"\b(he|she|him|they|them|his|her|their)\b", re.IGNORECASE)
_THING_PRONOUN = re.compile(r"\b(it|its|this|that|these|those|such)\b", re.IGNORECASE)
_PERSON = re.compile(r"\b[A-ZÀ-Þ][\wÀ-ÿ'’-]+(?:(?:,? (?:and|&) |, | )[A-ZÀ-Þ][\wÀ-ÿ'’-]+)*")
_OPENERS = frozenset(
    """who what when where why how which whose is are was were does do did should can could would
    and but or in on the a an compare explain name define tell give according if my""".split()
)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """Return the question so that it can be understood without the conversation.

    >>> turn = Turn("", "Who defines value in CSR?", "Government and civil society.")
    >>> standalone("And CRM?", [turn])
    'Who defines value in CRM?'
    """
    question = " ".join(question.split())
    if not history or not question:
        return question
    last = history[-1]
    before = last.standalone_question
    if _WHO_SAID.match(question):
        return f"Who said that {_lowered(_first_sentence(last.answer))}?" if last.answer else before
    if why := _WHY.match(question):
        return f"{before.rstrip('?!. ')}, and {why['w'].lower()}?"
    if _MORE.match(question):
        return f"{before.rstrip('?!. ')}: more about this, with examples?"
    if (also := _AND_X.match(question)) and _is_fragment(also["x"]):
        return _put_in(before, also["x"].strip())
    return _resolved(question, last)


def _is_fragment(x: str) -> bool:
    """Whether "and …" brings a new topic and no new question."""
    found = words(x)
    verbs = {"is", "are", "was", "were", "does", "do", "did", "who", "what", "why", "how", "when"}
    return 0 < len(found) <= 8 and not verbs & set(found)


def _put_in(before: str, x: str) -> str:
    """Put ``x`` in the place of what it is an alternative to, else add it."""
    if _TOPIC.search(x):
        topics = list(_TOPIC.finditer(before))
        if topics and (len(topics) == 1 or asks_for(before) is Asks.COMPARISON):
            return before[: topics[-1].start()] + x + before[topics[-1].end() :]
        if topics:  # "… in CSR, and who in shared value?" asks about each: ask about x alone
            return f"{before[: topics[0].start()]}{x}?"
    people = _people(before)
    if _people("x " + x) and len(people) == 1:
        return before.replace(people[0], x)
    return f"{before.rstrip('?!. ')}, with regard to {x}?"


def _resolved(question: str, last: Turn) -> str:
    """Replace the first pronoun by what the last turn was about, when it can be known."""
    about = f"{last.standalone_question} {_first_sentence(last.answer)}"
    if not _people("x " + question) and (pronoun := _PERSON_PRONOUN.search(question)):
        people = _people(last.standalone_question) or _people("x " + _first_sentence(last.answer))
        if people:
            return _swap(question, pronoun, people[-1])
    if _TOPIC.search(question):
        return question
    pronoun = _THING_PRONOUN.search(question)
    if pronoun and len(content_stems(question[: pronoun.start()])) > 1:
        pronoun = None  # "Should a company help only when it pays?" names its own "it"
    topics = _TOPIC.findall(last.standalone_question) or _TOPIC.findall(about)
    if pronoun and topics:
        return _swap(question, pronoun, topics[-1])
    return question


def _swap(question: str, pronoun: re.Match[str], name: str) -> str:
    word = pronoun.group().lower()
    possessive = word in {"his", "their", "its"} or (
        word == "her" and re.match(r"\s+\w", question[pronoun.end() :]) is not None
    )
    return question[: pronoun.start()] + name + ("'s" * possessive) + question[pronoun.end() :]


def _people(text: str) -> list[str]:
    """Return runs of capitalised words that look like persons, not the question's first word."""
    found = []
    for match in _PERSON.finditer(text):
        name = match.group()
        first, _, rest = name.partition(" ")
        if first.lower() in _OPENERS:
            name = rest
        if name and not name.isupper() and not _TOPIC.fullmatch(name):
            found.append(re.sub(r"['’]s$", "", name))
    return found


def _first_sentence(answer: str) -> str:
    plain = re.sub(r"\s*\[\d+\]", "", answer).strip()
    match = re.match(r".+?[.!?](?=\s|$)", plain, re.DOTALL)
    return (match.group() if match else plain).strip()


def _lowered(sentence: str) -> str:
    bare = sentence.rstrip(".!? ")
    first = bare.split(" ", 1)[0]
    if first.lower() in {"the", "a", "an", "in", "for", "and", "according", "it", "this", "one"}:
        return bare[:1].lower() + bare[1:]
    return bare
