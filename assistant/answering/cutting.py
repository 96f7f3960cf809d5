"""Where a sentence of the source may be cut so that what is left still says what it said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.answering.alignment import Role, Word, is_month, laid_out, may_go
from assistant.records import Sentence

# What the source puts between marks may go, unless it is one of several things listed.
_PARENTHESIS = re.compile(r"[^()]*\((?P<inner>[^()]*)\)[^()]*")
_BOUNDED = re.compile(
    r"(?P<left>[^,;:()–—]*)(?:,(?P<commas>.*),|[–—](?P<dashes>.*)[–—]| - (?P<hyphens>.*) - )"
    r"(?P<right>[^,;:()–—]*)",
    re.DOTALL,
)
_JOINS = re.compile(r"\b(?:and|or|nor|but|as well as)\b|[&/]", re.IGNORECASE)
_BEGINS_CLAUSE = re.compile(
    r"\b(?:so|as|if|unless|until|to|that|which|who|whose|because|since|while|when|where)\b"
)
_DATE_OF = re.compile(r"\s*(?:\b(?:in|of|since)\b)?\s*\(?[\d\s\w]*\d{4}\)?\s*", re.IGNORECASE)
_ADVERBIAL = re.compile(
    r"(?:(?:and|but|yet) )?(?:(?:in|by|since|on|after|before|as early as|as late as)\b[\w ]*\d{4}"
    r"|however|moreover|thus|then|later|today|also|instead|still|yes|indeed|therefore|hence"
    r"|for (?:example|instance)|in (?:short|sum|fact|addition|turn)|finally|originally"
    r"|first|second|third)\s*,\s*(?:the |an? )?",
    re.IGNORECASE,
)
_NEXT_CLAUSE = re.compile(r".*;\s*(?:the |an? )?", re.DOTALL)
_ENDS_AT = re.compile(r"[”\"'’)\]]*\s*(?:[,;:.(–—]|- )|\s+(?:although|though|whereas)\b")
_ENDS_AT_REASON = re.compile(r"\s+because\b")
_ENDS_AFTER = re.compile(r"\s+(?:it|so|them|this|that|too|others?|alone|up|out|on)\s*[,;:.]")
_NEEDED_END = re.compile(
    r"[^\w]*(?:or|nor|unless|except|until|till|if|only|provided|[ao]s long as|so long as)\b",
    re.IGNORECASE,
)
_GOES_ON_LISTING = re.compile(
    r"\s*,\s*(?!(?:and|one may|where|because|since|while|whereas|which|who)\b)"
    r"[^\s,;:]+(?: [^\s,;:]+){0,3}(?:, [^,;:]{1,40})*,? (?:and|or)\b"
)
_ASIDE = re.compile(  # how an aside begins; "X, founded in 2011, wrote rules, …" keeps its verb
    r"\s*(?:who|which|whose|where|in|on|at|by|for|from|with|as|an?|the|one may|of|since|after"
    r"|before|like|such as|according to|\w+ed (?:in|by|from|at|on|to|with)|however|too)\b"
)
_SAID_BY = re.compile(
    r"\s*,[^,;:]{2,60}\b(?:argue[sd]?|say|found|finds?|fear(?:s|ed)|warn(?:s|ed))\b"
)
_FINITE = frozenset(
    """is are was were be has have had does do did may might can could must should would will shall
    became began brought built came chose fell felt found gave got grew held kept knew left led lent
    lost made meant met paid put read rose said sat saw sent set shrank sold spent spoke stood took
    taught thought told understood won wrote define leave mean pay ask answer need serve create
    decide judge say write argue hold share agree disagree differ""".split()
)
_BEFORE_NOUN = frozenset(
    """the a an of in on at by for from with to and or as its their his her our your this that these
    those all some many most few several two three four five six seven eight nine ten million both
    each every no between into about against under over social economic""".split()
)
_NO_VERB = _BEFORE_NOUN | frozenset("who which than not but also where when while whose".split())


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence of the evidence, laid out."""

    evidence: int
    sentence: Sentence
    text: str
    words: tuple[Word, ...]
    plain: str  # the text in which the words have their places
    around: frozenset[str]  # stems of title, headings and the sentence before: names stand there


def cut(span: Span, taken: Mapping[int, Word]) -> str:
    """Return why the source may not be cut where the claim cuts it; empty where it may be."""
    source, plain = span.words, span.plain
    free = {n for n in range(len(source)) if n not in taken and _may_miss(n, span, taken)}
    first, last = min(taken), max(taken)
    while first - 1 in free:
        first -= 1
    while last + 1 in free:
        last += 1
    kept = [n for n in range(first, last + 1) if n in taken or n in free]
    if first > 0 and not _may_begin(span, source[first]):
        return "it leaves out how the source begins"
    for one, other in pairwise(kept):
        skipped = source[one + 1 : other]
        if skipped and not _may_skip(plain, source[one], source[other], skipped):
            return f"it leaves out “{skipped[0].shown}” in the middle"
    if last + 1 < len(source):
        denied = any(w.role is Role.DENIES for w in taken.values())
        if not _may_end(plain[source[last].end :], source[last + 1], source[last], denied=denied):
            return "it stops where the source goes on"
        if not _has_verb(plain[source[first].start : source[last].end]):
            return "it is a piece of a sentence"
    return ""


def _may_miss(n: int, span: Span, taken: Mapping[int, Word]) -> bool:
    """Whether a word alone may be missing: a first name, a date, "not only"."""
    word, source = span.words[n], span.words
    before = source[n - 1].end if n else 0
    after = source[n + 1] if n + 1 < len(source) else None
    if word.role is Role.LIMITS and may_go(word):
        return True
    year = word.role is Role.NUMBER and re.fullmatch(r"\d{4}", word.key) is not None
    if year and _DATE_OF.fullmatch(span.plain[before : word.end]):
        return all(w.role is not Role.NUMBER for w in taken.values())
    if is_month(word) or (word.role is Role.CONTENT and word.key.isdigit()):  # of a full date
        return after is not None and (is_month(after) or after.role is Role.NUMBER)
    return (
        word.role is Role.NAME
        and after is not None
        and after.role is Role.NAME
        and n + 1 in taken
        and not span.plain[word.end : after.start].strip(" .ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    )


def _may_begin(span: Span, first: Word) -> bool:
    head = span.plain[: first.start].lstrip(" “\"'(")
    if _ADVERBIAL.fullmatch(head) or _NEXT_CLAUSE.fullmatch(head):
        return True
    original = span.text.lstrip(" “\"'(")  # who says so came last, and was only put first
    opening = [w for w in laid_out(original.split(",")[0]) if w.role is not Role.NUMBER]
    return (
        not original.startswith(head[:12])
        and " say " in head
        and not head.split(" say ", 1)[1].strip().removeprefix("The").removeprefix("A").strip()
        and bool(opening)
        and opening[0].key == first.key
    )


def _may_skip(plain: str, one: Word, other: Word, skipped: Sequence[Word]) -> bool:
    """Whether what stands between two words is a parenthesis, and none of several things."""
    if any(w.role in (Role.DENIES, Role.LIMITS, Role.TURNS) for w in skipped):
        return False
    text = plain[one.end : other.start]
    inside = _PARENTHESIS.fullmatch(text)
    if inside and all(
        inside.start("inner") <= w.start - one.end < inside.end("inner") for w in skipped
    ):
        return True
    gap = _BOUNDED.fullmatch(text)
    if not gap or not all(
        gap.end("left") <= w.start - one.end < gap.start("right") for w in skipped
    ):
        return False
    following = re.split(r"[,;:()–—]", plain[other.start :])[0]
    outside = _JOINS.search(gap.group()) or _BEGINS_CLAUSE.search(gap["right"])
    aside = next((gap[k] for k in ("commas", "dashes", "hyphens") if gap[k] is not None), "")
    if gap["commas"] is not None and not _ASIDE.match(aside):
        return False
    return not outside and not _JOINS.search(following)


def _may_end(rest: str, dropped: Word, last: Word, *, denied: bool) -> bool:
    """Whether the source may be left at ``rest``: at a mark or before a mere addition."""
    between = rest[: dropped.start - last.end]
    ends = _ENDS_AT.match(rest) or (not denied and _ENDS_AT_REASON.match(rest))
    if not ends and not _ENDS_AFTER.match(between):
        return False
    if dropped.role is Role.NAME and _SAID_BY.match(rest):
        return False
    return not _NEEDED_END.match(rest) and not _GOES_ON_LISTING.match(rest)


def _has_verb(text: str) -> bool:
    """Whether a text seems to have a finite verb; what is not sure has none."""
    tokens = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+|[,;:()]", text)
    for before, word in pairwise(tokens):
        low = word.lower()
        if low in _FINITE:
            return True
        if not word.isalpha() or not word.islower() or before.lower() in _BEFORE_NOUN:
            continue
        if not before[0].isalnum():  # ", handed over"
            continue
        third = low.endswith("s") and not low.endswith(("ss", "us", "is", "ics"))
        if third or low.endswith("ed"):
            return True
        if before.endswith("s") and low not in _NO_VERB and len(low) > 2:
            return True
    return False
