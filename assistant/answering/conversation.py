"""Follow-ups made to stand alone, by rules that can be read and shown.

Each rule returns the completed question or None; the first that answers decides. The
completed question is shown to the user, so a rule that is not sure adds to the question
before ("Does CSR pay, and is that fair?") rather than guess what a word stands for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.answering.leaning import AND, leans_on
from assistant.answering.mentions import Kind, mentions
from assistant.answering.references import is_clause, is_question, resolved
from assistant.answering.smalltalk import FALSE_PREMISE
from assistant.answering.swapping import put_in
from assistant.records import Turn
from assistant.retrieval.terms import topic_words, words

_THAT = r"(?:that|this|it|so)"
_ADDED = re.compile(  # by the rules below, to an earlier question
    r"(?:, and (?:why(?: or why not| not)?|how|when|where|by whom|since when|(?:what|who) else"
    r"|is it (?:always|never|everywhere) so)|\? (?:Tell me more|Give an example))$"
)
_SHORT_WH = re.compile(
    rf"^(?:{AND})?(?P<w>why(?: not| or why not)?|how|when|where|by whom|since when|who else"
    rf"|what else|how (?:much|many)|to whom|for whom|in (?:what|which) (?:way|year|country))"
    rf"(?: so| come| is (?:that|this)(?: so)?)?\W*$",
    re.IGNORECASE,
)
_WHO_SAID = re.compile(
    rf"^(?:{AND})?(?:who (?:said|says|wrote|claims|claimed|argues|argued|thinks|thought|holds"
    rf"|believes) {_THAT}|according to whom?|(?:says )?who|whose (?:view|idea|claim|opinion|words?"
    rf"|sentence|argument) (?:is|was|are) {_THAT}|who is (?:that|this) from)\W*$",
    re.IGNORECASE,
)
_REALLY = re.compile(
    rf"^(?:{AND})?(?:really|seriously|are you sure(?: about {_THAT})?|(?:is|are) {_THAT} "
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
_ALWAYS = re.compile(rf"^(?:{AND})?(?P<w>always|never|everywhere)\W*$", re.IGNORECASE)
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
_WHAT_ABOUT = re.compile(rf"^(?:{AND})?(?:what|how) about\b\s*(?P<x>[^?!]+?)[?!.\s]*$", re.I)
_AND_X = re.compile(rf"^(?P<and>{AND})?(?P<x>[^?!]+?)(?P<end>[?!.\s]*)$", re.IGNORECASE)
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
_ASIDE = re.compile(r"\s*\((?:about|concerning): .*$", re.DOTALL)  # added by in_context
_UNSAID = re.compile(rf"^(?:The sources do not say\b|{re.escape(FALSE_PREMISE)})")
_LONG = 160


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
    if not leans_on(question, before):
        return None
    return f"{question.rstrip('?!. ')} (about: {before})?"


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
        return put_in(before, about["x"].strip()) if len(words(about["x"])) <= 12 else None
    match = _AND_X.match(question)
    if not match or len(words(match["x"])) > 8 or _VERBS & set(words(match["x"])):
        return None
    x, conjunction = match["x"].strip(), (match["and"] or "").strip(" ,:").lower()
    named = [m for m in mentions("x " + x) if m.kind is not Kind.NAME]
    bare = len(words(x)) <= 3 and "?" in match["end"] and bool(named)
    if conjunction == "and" or (conjunction and named) or bare:
        return put_in(before, x)
    return None


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
