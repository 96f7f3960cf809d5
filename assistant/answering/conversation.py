"""Follow-ups made to stand alone, by rules that can be read and shown.

Each rule returns the completed question or None; the first that answers decides. The
completed question is shown to the user, so a rule that is not sure adds to the question
before ("Does CSR pay, and is that fair?") rather than guess what a word stands for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.answering.mentions import (
    Kind,
    Mention,
    is_plural,
    mentions,
    of_kind,
    with_article,
)
from assistant.answering.references import is_clause, is_question, resolved
from assistant.answering.smalltalk import FALSE_PREMISE
from assistant.records import Turn
from assistant.retrieval.questions import Asks, asks_for
from assistant.retrieval.terms import stem, topic_words, words

_AND = r"(?:and|but|so|or|then|ok(?:ay)?|well|yes|no)\b[\s,:]*"
_THAT = r"(?:that|this|it|so)"
_ADDED = re.compile(  # by the rules below, to an earlier question
    r"(?:, and (?:why(?: or why not| not)?|how|when|where|by whom|since when|(?:what|who) else"
    r"|is it (?:always|never|everywhere) so)|\? (?:Tell me more|Give an example))$"
)
_SHORT_WH = re.compile(
    rf"^(?:{_AND})?(?P<w>why(?: not| or why not)?|how|when|where|by whom|since when|who else"
    rf"|what else|how (?:much|many)|to whom|for whom|in (?:what|which) (?:way|year|country))"
    rf"(?: so| come| is (?:that|this)(?: so)?)?\W*$",
    re.IGNORECASE,
)
_WHO_SAID = re.compile(
    rf"^(?:{_AND})?(?:who (?:said|says|wrote|claims|claimed|argues|argued|thinks|thought|holds"
    rf"|believes) {_THAT}|according to whom?|(?:says )?who|whose (?:view|idea|claim|opinion|words?"
    rf"|sentence|argument) (?:is|was|are) {_THAT}|who is (?:that|this) from)\W*$",
    re.IGNORECASE,
)
_REALLY = re.compile(
    rf"^(?:{_AND})?(?:really|seriously|are you sure(?: about {_THAT})?|(?:is|are) {_THAT} "
    rf"(?:really )?(?:true|right|correct|the case|so))\W*$",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    r"^(?:(?:can|could) you |please )?(?:(?:and |so )?for (?:example|instance)|(?:give (?:me )?)?"
    r"(?:an(?:other)? |any |some |more )?examples?|such as|like what)(?: of (?:that|this|it))?"
    r"(?:,? please)?\W*$",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"^(?:(?:can|could) you |please )?(?:(?:tell me |say |know )?more(?: about (?:that|this|it))?"
    r"|go on|continue|and(?: then)?|(?:explain|elaborate)(?: on)?(?: (?:that|this|it))?"
    r"(?: (?:more|further|again))?)(?:,? please)?\W*$",
    re.IGNORECASE,
)
_ALWAYS = re.compile(rf"^(?:{_AND})?(?P<w>always|never|everywhere)\W*$", re.IGNORECASE)
_ATTRIBUTION = re.compile(
    r"^According to [^,]+, |,? (?:according to|says?|argues?|writes?|holds?"
    r"|in the (?:view|account) of) (?:the |[A-Z])[^,;]{2,60}$"
)
_AGAIN = re.compile(
    r"^(?:(?:can|could) you |please )?(?:(?:say|explain|repeat) (?:that|this|it)(?: again)?"
    r"|(?:in )?(?:short(?:er)?|simpler)(?: words)?|in (?:simple|plain|other) words|summari[sz]e"
    r"(?: (?:that|this|it))?|i (?:don't|do not) (?:understand|get it)|what do you mean)"
    r"(?:,? please)?\W*$",
    re.IGNORECASE,
)
_WHAT_ABOUT = re.compile(rf"^(?:{_AND})?(?:what|how) about\b\s*(?P<x>[^?!]+?)[?!.\s]*$", re.I)
_AND_X = re.compile(rf"^(?P<and>{_AND})?(?P<x>[^?!]+?)(?P<end>[?!.\s]*)$", re.IGNORECASE)
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
# Words that are written small inside a sentence; any other first word may be a name.
_SMALL = re.compile(
    r"(?:The|An?|In|On|At|By|For|From|With|After|Before|And|But|It|This|That|These|Those|One|No|Not"
    r"|All|Most|Many|Some|Each|Every|Both|Whether|When|Where|If|What|Who|Because|Since|As|There|They"
    r"|According|Creating|Shared|Corporate|Customers?|Companies|Business(?:es)?|Firms?|Governments?"
    r"|Society|Civil|Value|Managers?|Owners?|Executives?|Critics|Defenders|Stakeholders?|Results?"
    r"|Shareholders?|Greenwashing|Double|Triple|Value-driven|Two|Three|Four|Five|Social)\b"
)
_VERBS = frozenset(
    """is isn't are aren't was were am be been does doesn't do don't did has have had can can't
    cannot could should shouldn't would will won't may might must who whom whose what why how when
    where which compare explain define describe name list tell give show let's want say says said
    thinks means pays works argue argues""".split()
)
# What points at something outside the question, and how few words are too few to stand alone.
_LEANS = re.compile(
    r"\b(?:it|its|this|that|these|those|they|them|their|he|she|his|her|him|one)\b", re.IGNORECASE
)
_FEW = 3
# Words that name no topic: a question of few words that has only these leans as well.
_GENERIC = frozenset(
    stem(w)
    for w in """work works link ways way example examples strong true new problem problems old good
    bad fair real reason reasons kind kinds type types part parts step steps point points main big
    important many long often aspect aspects limit limits effect effects result results relation
    connection evidence proof study studies year years country case cases consequence benefit
    benefits advantage advantages risk risks matter happen happened start begin began end differ
    stick help change useful possible wrong weak clear certain other others people somebody anyone
    two three four five six seven eight nine ten first second third last best worst better worse
    detail details company companies firm firms business need want use used mean pay cost costs
    come go make made apply""".split()
)
_ASIDE = re.compile(r"\s*\((?:about|concerning): .*$", re.DOTALL)  # added by in_context
_UNSAID = re.compile(rf"^(?:The sources do not say\b|{re.escape(FALSE_PREMISE)})")
_LONG = 160
# A pronoun that the question itself explains: "a firm when it pays", "the idea that …".
_OWN_CLAUSE = re.compile(
    r"\b(?:an?|the|my|our|your|each|every|any|some|no|all|most) [a-z]+|\w and\b", re.IGNORECASE
)
_SUBJECT_OUTSIDE = re.compile(
    rf"^(?:{_AND})?(?:(?:why|how|when|where) )?(?:is|are|was|were|does|do|did|can|could|should"
    r"|would|will|has|have)(?:n't)? (?:it|they|he|she|(?:that|this|these|those)(?= (?:just|only|not"
    r"|really|the|an?|so|also|still|always|[a-z]+\W*$)))\b"
    r"(?! [a-z]+ (?:that|to|for|if|when|whether)\b)",
    re.IGNORECASE,
)
_POINTS_INWARD = re.compile(
    r"\b(?:that|this|these|those|one)(?= (?!is\b|was\b|are\b|were\b)\w)|\bone (?:may|can|of)\b"
    r"|\bit (?:true|fair|right|possible|likely) (?:that|to)\b",
    re.IGNORECASE,
)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """Return the question so that it can be understood without the conversation.

    >>> turn = Turn("", "Who defines value in CSR?", "Government and civil society.")
    >>> standalone("And CRM?", [turn])
    'Who defines value in CRM?'
    """
    question = " ".join(question.split())
    history = [plain for turn in history if (plain := _reusable(turn))]
    if not history or not question:
        return question
    last = history[-1]
    before = _ADDED.sub("", last.standalone_question.rstrip("?!. "))
    completed = (
        _about_the_answer(question, last, before)
        or _more_of_the_same(question, before, last)
        or _another_topic(question, before)
        or resolved(question, history, before)
    )
    if completed and completed.endswith("?") and not is_question(completed):
        completed = completed[:-1] + "."
    return completed or question


def in_context(question: str, history: Sequence[Turn]) -> str | None:
    """Return a question that leans on the one before, with that one beside it; else None.

    For what the rules of ``standalone`` leave as it is: "why do companies do it" after
    "What is greenwashing?" may stand alone or not, and what is found for each tells.
    """
    history = [plain for turn in history if (plain := _reusable(turn))]
    if not history:
        return None
    before = _ADDED.sub("", history[-1].standalone_question.rstrip("?!. "))
    if not _leans_on(question, before):
        return None
    return f"{question.rstrip('?!. ')} (about: {before})?"


def _leans_on(question: str, before: str) -> bool:
    """Whether a pronoun points outside the question, or it has no topic of its own."""
    known = {stem(w) for w in topic_words(before)}
    topic = [w for w in topic_words(question) if not w.isdigit()]
    own = [s for w in topic if (s := stem(w)) not in known | _GENERIC]
    if _SUBJECT_OUTSIDE.match(question):
        return True
    pronoun = _LEANS.search(_POINTS_INWARD.sub(" ", question))
    if pronoun:
        head = question[: pronoun.start()]
        named = bool(mentions("x " + head)) or _OWN_CLAUSE.search(head) is not None
        told = [w for w in topic_words(head) if stem(w) in own]
        return not (named and told)
    return not own and not mentions("x " + question) and len(topic) <= _FEW


def _reusable(turn: Turn) -> Turn | None:
    """Return an earlier turn as rules may use it: short, without asides, its answer an answer."""
    asked = _ASIDE.sub("?", " ".join(turn.standalone_question.split()))
    asked, bare = re.sub(r"<[^<>]*>", " ", asked), asked
    if len(asked) > _LONG or "<" in bare or ">" in bare:
        topic = " ".join(w for w in topic_words(asked) if w.isalnum())[:_LONG]
        asked = topic.rsplit(" ", 1)[0] if len(topic) == _LONG else topic
    if not asked.strip(" ?"):
        return None
    answer = "" if _UNSAID.match(turn.answer) else turn.answer
    return replace(turn, standalone_question=asked, answer=answer)


def _about_the_answer(question: str, last: Turn, before: str) -> str | None:
    """Complete what asks about the answer: "Who said that?", "Is that true?"."""
    said, really = _WHO_SAID.match(question), _REALLY.match(question)
    if not said and not really:
        return None
    claim = _claim(last.answer)
    if not claim:
        return f"{before}?" if said else None
    return f"Who said that {claim}?" if said else f"Is it true that {claim}?"


def _more_of_the_same(question: str, before: str, last: Turn) -> str | None:
    """Repeat the question before with what is wanted of it: "Why?", "For example?"."""
    if _AGAIN.match(question):
        return last.standalone_question
    if _EXAMPLE.match(question):
        return f"{before}? Give an example."
    if _MORE.match(question):
        return f"{before}? Tell me more."
    if always := _ALWAYS.match(question):
        return f"{before}, and is it {always['w'].lower()} so?"
    if short := _SHORT_WH.match(question):
        asked = short["w"].lower()
        yes_or_no = words(before)[:1] and words(before)[0] in _VERBS - {"what", "how", "who"}
        if asked == "why" and yes_or_no and words(before)[0] not in {"why", "which", "when"}:
            asked = "why or why not"
        return f"{before}?" if before.lower().startswith(asked) else f"{before}, and {asked}?"
    return None


def _another_topic(question: str, before: str) -> str | None:
    """Ask the question before about something else: "And CRM?", "In India?"."""
    if not is_clause(before):
        return None
    about = _WHAT_ABOUT.match(question)
    if about:
        return _put_in(before, about["x"].strip()) if len(words(about["x"])) <= 12 else None
    match = _AND_X.match(question)
    if not match or len(words(match["x"])) > 8 or _VERBS & set(words(match["x"])):
        return None
    x, conjunction = match["x"].strip(), (match["and"] or "").strip(" ,:").lower()
    named = [m for m in mentions("x " + x) if m.kind is not Kind.NAME]
    bare = len(words(x)) <= 3 and "?" in match["end"] and bool(named)
    if conjunction == "and" or (conjunction and named) or bare:
        return _put_in(before, x)
    return None


def _put_in(before: str, x: str) -> str:
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


def _first_sentence(answer: str) -> str:
    plain = re.sub(r"\s*\[\d+\]", "", answer).strip()
    match = re.match(r".+?[.!?][”\"]?(?=\s+[A-Z“\"]|\s*$)", plain, re.DOTALL)
    return (match.group() if match else plain).strip()


def _claim(answer: str) -> str:
    """Return what an answer says first, as a clause without "according to …"."""
    bare = re.sub(r"[.!? ]+(”?)$", r"\1", _first_sentence(answer))
    return _lowered(_ATTRIBUTION.sub("", bare))


def _lowered(sentence: str) -> str:
    """Return a sentence small where it may be: "The company" -> "the company"."""
    return sentence[:1].lower() + sentence[1:] if _SMALL.match(sentence) else sentence
