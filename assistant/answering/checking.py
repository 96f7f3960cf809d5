"""Does the evidence carry this sentence? The first, literal check.

Small models go wrong in just what can be checked literally: numbers, names, denials, limits
("only", "most", "may"), and who does what to whom. A sentence stands if one sentence of the
evidence has all its words in the same order, and what it leaves out is a parenthesis, a date or
the end after a mark, nothing that turns the meaning round. True sentences that are put too
freely are struck as well, by choice: the quotation stands in their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.answering.alignment import (
    Role,
    Word,
    aligned,
    is_month,
    laid_out,
    may_go,
    normalised,
)
from assistant.ports import Floats2d
from assistant.records import AnswerSentence, Citation, Evidence, Sentence, Verdict
from assistant.retrieval.scoring import SentenceVectors
from assistant.retrieval.terms import content_stems, names, words

_MIN_DENSITY = 0.5  # of the words of the segments that the claim uses, from first to last
_MIN_COSINE = 0.5
_MIN_WORDS = 3
_PRONOUN = re.compile(r"^(?:He|She|They|It|This|His|Her|Their|Its)\b")
# What follows or went before holds only under these.
_CONDITION = re.compile(
    r"(?:(?:^|[,;:(–—]\s*)(?:but |and )?(?:if|only)|^where|\b(?:unless|provided that|as long as"
    r"|so long as|except))\b[^,;:]*",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"[,;(–—] ?(?:as |so )?(?:one (?:may|might|can|could)(?: \w+){1,2}|it seems|perhaps|arguably)"
    r" ?[,;.)–—]",
    re.IGNORECASE,
)
# "N fears that …": what follows is N's view and may not be told without N.
_VIEW = re.compile(
    r"^(?P<who>.{2,90}?)\b(?:argue[sd]?|says?|said|holds?|held|claim(?:s|ed)?|writes?|wrote|thinks?"
    r"|thought|believe[sd]?|maintain(?:s|ed)?|contend(?:s|ed)?|suggest(?:s|ed)?|warn(?:s|ed)?"
    r"|fear(?:s|ed)?|doubt(?:s|ed)?|den(?:y|ies|ied)|reject(?:s|ed)?|predict(?:s|ed)?|hope[sd]?"
    r"|conclude[sd]?|insist(?:s|ed)?|object(?:s|ed)?|repl(?:y|ies|ied)|complain(?:s|ed)?"
    r"|suppose[sd]?|infer(?:s|red)?|promise[sd]?|accuse[sd]?)\b(?: in \d{4})?(?: that\b|:)?",
)
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
_DANGLES = re.compile(
    r"\b(?:and|or|but|the|an?|because|since|although|they|who|which|whose|its|their|as|than)\W*$"
)
_LINKS = ("but", "because", "although", "though", "whereas", "or", "nor", "and", "which", "who")
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
class _Span:
    evidence: int
    sentence: Sentence
    text: str
    words: tuple[Word, ...]
    plain: str  # the text in which the words have their places
    around: frozenset[str]  # stems of title, headings and the sentence before: names stand there


class LiteralChecker:
    """Checks words, numbers, names, negations, limits and order, and then likeness."""

    def __init__(self, vectors: SentenceVectors) -> None:
        self._vectors = vectors

    def check(self, sentence: str, evidence: Sequence[Evidence]) -> AnswerSentence:
        """Return the sentence with its verdict, deciding span and, if struck, the reason."""
        if malformed := _malformed(sentence):
            return _struck(sentence, malformed, 0.0)
        claim = laid_out(sentence)
        if sum(w.role in (Role.CONTENT, Role.NAME, Role.NUMBER) for w in claim) < _MIN_WORDS:
            return _struck(sentence, "it says too little to be checked", 0.0)
        spans = sorted(_spans(evidence), key=lambda span: -_shared(claim, span.words))
        if not spans:
            return _struck(sentence, "there is no evidence", 0.0)
        reason = "no sentence of the evidence says this"
        for n, span in enumerate(spans):
            objection = _objection(claim, span) or _relinked(sentence, span)
            if not objection:
                cosine = _cosine(self._vectors.of([sentence, span.text]))
                if cosine >= _MIN_COSINE:
                    return _supported(sentence, span, min(1.0, cosine))
                objection = "it is too far from the source in meaning"
            if n == 0 and _shared(claim, span.words) > 0:
                reason = objection
        return _struck(sentence, reason, _shared(claim, spans[0].words))


def _malformed(sentence: str) -> str:
    """Return why a text is no statement that could be checked; empty when it is one."""
    if sentence.rstrip(" ”\"'’)]*").endswith("?"):
        return "it is a question"
    first = next((c for c in sentence if c.isalnum()), "")
    if _DANGLES.search(sentence):
        return "it breaks off"
    return "" if first.isdigit() or first.isupper() else "it is a piece of a sentence"


def _spans(evidence: Sequence[Evidence]) -> Iterable[_Span]:
    for item in evidence:
        passage = item.passage
        topic = frozenset(content_stems(" ".join((item.document.title, *passage.heading))))
        named: frozenset[str] = frozenset()
        for s in passage.sentences:
            text = passage.text[s.start - passage.start : s.end - passage.start]
            yield _Span(item.number, s, text, laid_out(text), normalised(text), topic | named)
            named = frozenset(names("x " + text))


def _shared(claim: Sequence[Word], source: Sequence[Word]) -> float:
    keys = frozenset(w.key for w in source)
    return sum(w.key in keys for w in claim) / len(claim)


def _cosine(vectors: Floats2d) -> float:
    return float(vectors[0] @ vectors[1])


def _objection(claim: Sequence[Word], span: _Span) -> str:
    """Return why the span does not carry the claim; empty when it does."""
    keys = frozenset(w.key for w in span.words)
    strange = [w for w in claim if w.key not in keys]
    if strange and not _stands_for_pronoun(claim, strange, span):
        return _says_strange(strange)
    claim = [w for w in claim if w.key in keys]
    pairs = aligned(claim, span.words)
    moved = [w for n, w in enumerate(claim) if n not in pairs]
    if moved and not _is_moved_date(moved, claim, span.words):
        if _more_often(moved, claim, span.words):
            return _says_strange(moved)
        return "its words stand in another order than in the source"
    taken = {j: claim[i] for i, j in pairs.items()}
    for n, word in enumerate(span.words):
        if word.key in {m.key for m in moved}:
            taken.setdefault(n, word)
    return _left_out(span, taken) or _cut(span, taken)


def _cut(span: _Span, taken: Mapping[int, Word]) -> str:
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


def _relinked(sentence: str, span: _Span) -> str:
    """Return which "or", "and" or "because" is not the source's; empty when all are."""
    told, given = words(normalised(sentence)), words(span.plain)
    for link in _LINKS:
        if link == "and" and "notonly" in given:
            continue
        if told.count(link) > given.count(link):
            return f"“{link}” is not in the source, or not there"
    return ""


def _may_miss(n: int, span: _Span, taken: Mapping[int, Word]) -> bool:
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


def _may_begin(span: _Span, first: Word) -> bool:
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


def _says_strange(strange: Sequence[Word]) -> str:
    order = (Role.NUMBER, Role.NAME, Role.DENIES, Role.LIMITS, Role.TURNS, Role.CONTENT)
    worst = min(strange, key=lambda w: order.index(w.role))
    match worst.role:
        case Role.NUMBER:
            return f"the number {worst.shown} is not in the source, or not there"
        case Role.NAME:
            return f"the name “{worst.shown}” is not in the source, or not there"
        case Role.DENIES:
            return "it denies what the source says"
        case Role.LIMITS | Role.TURNS:
            return f"“{worst.shown}” is not in the source"
        case _:
            return f"the source does not speak of “{worst.shown}”"


def _stands_for_pronoun(claim: Sequence[Word], strange: Sequence[Word], span: _Span) -> bool:
    """Whether the claim only names whom the source calls "he", known from title or before."""
    lead = list(claim[: len(strange)])
    named = all(w.role in (Role.NAME, Role.CONTENT) and w.key in span.around for w in strange)
    return lead == list(strange) and named and _PRONOUN.match(span.text) is not None


def _is_moved_date(moved: Sequence[Word], claim: Sequence[Word], source: Sequence[Word]) -> bool:
    """Whether only the date stands elsewhere ("in 2011 …" for "… in 2011"), and it is the only."""
    if not all(w.role is Role.NUMBER or is_month(w) for w in moved):
        return False
    years = [w.key for w in source if w.role is Role.NUMBER]
    return len(years) == 1 and [w.key for w in claim if w.role is Role.NUMBER] == years


def _more_often(moved: Sequence[Word], claim: Sequence[Word], source: Sequence[Word]) -> bool:
    """Whether a word stands more often in the claim than in the source."""
    return any(
        sum(w.key == m.key for w in claim) > sum(w.key == m.key for w in source) for m in moved
    )


def _left_out(span: _Span, taken: Mapping[int, Word]) -> str:
    """Return why what the claim leaves out of the source may not be left out; else empty."""
    source, first, last = span.words, min(taken), max(taken)
    used = {source[n].segment for n in taken}
    roles = {word.role for word in taken.values()}
    for n, word in enumerate(source):
        if n in taken or word.segment not in used:
            continue
        if word.role is Role.DENIES:
            return "the source denies it"
        if word.role is Role.LIMITS and not may_go(word):
            return f"the source says “{word.shown}”"
        if word.role is Role.TURNS:
            return f"the source says “{word.shown}”"
        if word.role in (Role.NAME, Role.NUMBER) and first < n < last:
            first_name = (
                word.role is Role.NAME and n + 1 in taken and source[n + 1].role is word.role
            )
            only_date = word.role is Role.NUMBER and Role.NUMBER not in roles
            if not (first_name or only_date or is_month(word)):
                return f"the source speaks of “{word.shown}” in between"
    inside = [n for n in range(first, last + 1) if source[n].segment in used]
    if sum(n in taken for n in inside) < _MIN_DENSITY * len(inside):
        return "it joins what the source keeps apart"
    return _left_out_whole(span, taken)


def _left_out_whole(span: _Span, taken: Mapping[int, Word]) -> str:
    """Return whose view, or which condition, a claim leaves out as a whole."""
    told = {w.key for w in taken.values()}
    view = _VIEW.match(span.text)
    who = laid_out(view["who"]) if view else ()
    if who and max(taken) >= len(who) and not any(w.key in told for w in who):
        return "it leaves out whose view this is"
    for condition in _CONDITION.finditer(span.text):
        parts = laid_out(condition.group())
        clause = re.split(r"[,;:(–—]", span.text[: condition.start()].rstrip(" ,;:(–—"))[-1]
        bound = condition.start() == 0 or any(w.key in told for w in laid_out(clause))
        if parts and bound and not any(w.key in told for w in parts):
            return "it leaves out a condition of the source"
    if _HEDGE.search(span.text) and not told & {"may", "might", "can", "perhaps", "arguably"}:
        return "the source is less sure"
    return ""


def _supported(sentence: str, span: _Span, score: float) -> AnswerSentence:
    citation = Citation(span.evidence, span.sentence.start, span.sentence.end, score)
    return AnswerSentence(sentence, Verdict.SUPPORTED, score, (citation,))


def _struck(sentence: str, reason: str, score: float) -> AnswerSentence:
    return AnswerSentence(sentence, Verdict.UNSUPPORTED, score, reason=reason)
