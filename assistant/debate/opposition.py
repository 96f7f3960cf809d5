"""Signs in the words of two sentences that one denies or answers the other.

Small models take two wordings of one statement for a contradiction as soon as both deny
something. So two sentences have to show a sign that can be checked exactly before a model is
asked: one has a denial, an antonym or a number that the other has not, or one reports an
objection to what the other reports as somebody's view.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.answering.checking import no_statement
from assistant.retrieval.terms import (
    STOP_WORDS,
    bag_of_stems,
    canonical,
    names,
    numbers,
    stem,
    words,
)

RULES_VERSION = "2"  # to be raised with every change here: what was found before is found anew
_FEWEST_SHARED = 2  # stems that carry meaning: less is no common subject
_COMMON_SHARE = 0.6  # of the shorter sentence's stems that a contradiction has in common
_NEARLY_ALL = 0.7  # of the longer one's, where only a number differs
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
# What stands before it is needed to understand it, or it speaks of the texts themselves.
_LEANS = re.compile(
    r"(?:(?:he|she|they|it|this|these|those|such|that|his|her|their|its|both|neither|each|but|and"
    r"|so|here|there|another|then|see|read|quote|know|correct)\b"
    r"|the (?:same|second|third|fourth|other|former|latter)\b)",
    re.IGNORECASE,
)
_OF_THE_TEXTS = re.compile(
    r"\b(?:documents?|collection|glossary|section|tables?|premise|chapter|see also|full critique"
    r"|(?:is|are) (?:set out|presented|discussed|weighed|told) in)\b",
    re.IGNORECASE,
)
_OBJECTS = re.compile(
    r"\b(?:object(?:s|ed)?|den(?:y|ies|ied)|reject(?:s|ed)?|doubt(?:s|ed)?|dispute[sd]?"
    r"|contest(?:s|ed)?|criticise[sd]?|criticize[sd]?|attack(?:s|ed)?|charge[sd]?(?! of\b)"
    r"|repl(?:y|ies|ied)|answers? (?:no|that)|answered|challenge[sd]?|refute[sd]?"
    r"|disagree[sd]?|warn(?:s|ed)?|complain(?:s|ed)?)\b",
    re.IGNORECASE,
)
_HOLDS = re.compile(
    r"\b(?:argue[sd]?|says?|said|holds?|held|claim(?:s|ed)?|writes?|wrote|thinks?|thought"
    r"|believe[sd]?|maintain(?:s|ed)?|contend(?:s|ed)?|define[sd]?|declare[sd]?|describe[sd]?"
    r"|sees?|saw|understands?|understood|propose[sd]?|promise[sd]?|advise[sd]?|defend(?:s|ed)?)\b"
    r"|['’]s? (?:sense|account|view|eyes)\b",
    re.IGNORECASE,
)
# A view that is told with these is an objection itself, although no verb says so.
_FINDS_FAULT = re.compile(
    r"\b(?:not?|never|nothing|nobody|neither|nor|cannot|without|only|merely|ignor\w+|neglect\w*"
    r"|narrow\w*|shrink\w*|vague\w*|irrelevant|ineffective|naive\w*|shallow|unoriginal|danger\w*"
    r"|weak\w*|wrong\w*|mistak\w+|puzzl\w+|blind\w*|critics?|critique|criticisms?"
    r"|repl(?:y|ies|ied)|answers?|answered|fail\w*|lacks?|harm\w*|too|charges?|fault|conced\w+"
    r"|grant\w*)\b",
    re.IGNORECASE,
)
# Those who object have no names of their own here.
_NOBODY = frozenset(
    map(
        stem,
        """critics authors scholars opponents defenders supporters raters companies firms managers
        customers anyone nobody whoever everybody others many some several most few texts studies
        article essay book report review seed statement""".split(),
    )
)
_IDEAS = frozenset("csr csv crm nps clv tbl bop sdg sdgs esg ngo ngos ceo eu us un".split())
_LIMITS = re.compile(r"\b(?:no|not) (?:more|less|fewer|later) than\b|\bnot only\b", re.IGNORECASE)
_DENIES = frozenset(
    """no not never none nobody nothing neither nor cannot without hardly false wrong mistaken
    untrue myth fail fails failed lack lacks lacked deny denies denied reject rejects rejected
    insignificant negligible""".split()
)
_ANTONYMS = tuple(
    (frozenset(map(stem, one.split())), frozenset(map(stem, other.split())))
    for one, other in (
        (
            "more higher greater increase increased raise raised rise rises rose grow grew",
            "less fewer lower decrease decreased reduce reduced fall fell shrink shrank",
        ),
        ("voluntary voluntarily", "mandatory binding compulsory obligatory"),
        ("always", "never"),
        ("best better", "worst worse"),
        ("strong", "weak"),
        ("help helped benefit", "harm hurt damage"),
        ("new original", "old unoriginal"),
        ("true right correct", "false wrong mistaken untrue"),
        ("succeed succeeded success", "fail failed failure"),
        ("possible", "impossible"),
        ("profitable", "unprofitable"),
        ("accept accepted", "refuse refused"),
        ("allow allowed permit", "forbid forbidden prohibit ban"),
    )
)


@dataclass(frozen=True, slots=True)
class Objection:
    """Who objects in a sentence, and what is told after the verb."""

    who: frozenset[str]  # stems of names
    people: frozenset[str]  # named after the verb
    bag: frozenset[str]  # stems after the verb


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence that can be laid beside others, with all that the signs are made of."""

    text: str
    bag: frozenset[str]  # stems that carry meaning, numbers left out
    opening: str  # stem of the first word where it may be the subject: "Tesco raised …"
    people: frozenset[str]  # stems of names, those of ideas left out
    years: frozenset[str]
    figures: frozenset[str]  # other numbers
    denies: bool
    objection: Objection | None
    holders: frozenset[str]  # names of those whose view it reports without finding fault


def said_in(text: str) -> Said | None:
    """Return what a sentence says; None when it states nothing or does not stand alone."""
    if no_statement(text) or _LEANS.match(text) or _OF_THE_TEXTS.search(text):
        return None
    years = frozenset(_YEAR.findall(text))
    holds = _HOLDS.search(text) and not (_FINDS_FAULT.search(text) or _OBJECTS.search(text))
    return Said(
        text=text,
        bag=_bag(text),
        opening=_opening(text),
        people=named(text),
        years=years,
        figures=numbers(text) - years,
        denies=_denies(text),
        objection=_objection(text),
        holders=named(text) if holds else frozenset(),
    )


def denied(one: Said, other: Said) -> bool:
    """Whether one may say the contrary of the other: of one subject, with a sign of denial."""
    return _of_one_subject(one, other) and (
        one.denies != other.denies or _antonyms(one, other) or _another_number(one, other)
    )


def answered(view: Said, reply: Said) -> bool:
    """Whether ``reply`` reports an objection to what ``view`` reports as somebody's view.

    Who objects is named, does not hold the view, and objects to its holder by name or to
    what the view is about.
    """
    objection = reply.objection
    if objection is None or not view.holders or objection.who & view.people:
        return False
    if view.holders & objection.people:
        return True
    return len((view.bag & objection.bag) - view.holders) >= _FEWEST_SHARED


def named(text: str) -> frozenset[str]:
    """Return the stems of the names in a sentence, without those of ideas, and numbers."""
    plain = canonical(text)
    found = {*names(plain), *_first_name(plain)}
    return frozenset(n for n in found - _IDEAS - _NOBODY if not n.isdigit())


def _first_name(text: str) -> list[str]:
    """Return the stem of the first word where it is a name, as what follows it shows."""
    found = re.match(r"([A-ZÀ-Þ][\w-]+)(['’]s)? (\S+)", text)
    if not found:
        return []
    first, possessive, second = found.groups()
    if first.lower() in STOP_WORDS:
        return []
    is_verb = bool(_HOLDS.match(second) or _OBJECTS.match(second))
    is_name = possessive or is_verb or second[0].isupper() or second == "and"
    return [stem(w) for w in words(first)] if is_name else []


def _opening(text: str) -> str:
    """Return the stem of the first word; none where a view is told or it carries no meaning."""
    first, *rest = words(canonical(text))
    if first in STOP_WORDS or first.isdigit() or (rest and _HOLDS.match(rest[0])):
        return ""
    return stem(first)


def _bag(text: str) -> frozenset[str]:
    return frozenset(w for w in bag_of_stems(text) if not w.isdigit())


def _objection(text: str) -> Objection | None:
    found = _OBJECTS.search(text)
    who = named(text[: found.end()]) if found else frozenset()
    if found is None or not who:
        return None
    after = text[found.end() :]
    return Objection(who, named(f"x {after}"), _bag(after))


def _denies(text: str) -> bool:
    """Whether denials turn a sentence round; two of them cancel out, "no more than" is none."""
    told = words(_LIMITS.sub(" ", text))
    return sum(w in _DENIES or w.endswith("n't") for w in told) % 2 == 1


def _of_one_subject(one: Said, other: Said) -> bool:
    """Whether most words are shared and no year, name or subject parts the sentences."""
    shared = len(one.bag & other.bag)
    if shared < max(_FEWEST_SHARED, _COMMON_SHARE * min(len(one.bag), len(other.bag))):
        return False
    for mine, theirs in ((one.years, other.years), (one.people, other.people)):
        if mine and theirs and not mine & theirs:
            return False
    both_begin = one.opening and other.opening
    return not both_begin or one.opening in other.bag or other.opening in one.bag


def _antonyms(one: Said, other: Said) -> bool:
    for left, right in _ANTONYMS:
        for first, second in ((one.bag, other.bag), (other.bag, one.bag)):
            if first & left and second & right and not first & right and not second & left:
                return True
    return False


def _another_number(one: Said, other: Said) -> bool:
    """Whether nearly all words agree and no number does."""
    if not one.figures or not other.figures or one.figures & other.figures:
        return False
    return len(one.bag & other.bag) >= _NEARLY_ALL * max(len(one.bag), len(other.bag))
