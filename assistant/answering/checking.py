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

from assistant.answering.alignment import (
    Role,
    Word,
    aligned,
    is_month,
    laid_out,
    may_go,
    normalised,
)
from assistant.answering.cutting import Span, cut
from assistant.ports import Floats2d
from assistant.records import AnswerSentence, Citation, Evidence, Verdict
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
_DANGLES = re.compile(
    r"\b(?:and|or|but|the|an?|because|since|although|they|who|which|whose|its|their|as|than)\W*$"
)
_LINKS = ("but", "because", "although", "though", "whereas", "or", "nor", "and", "which", "who")


class LiteralChecker:
    """Checks words, numbers, names, negations, limits and order, and then likeness."""

    def __init__(self, vectors: SentenceVectors) -> None:
        self._vectors = vectors

    def check(self, sentence: str, evidence: Sequence[Evidence]) -> AnswerSentence:
        """Return the sentence with its verdict, deciding span and, if struck, the reason."""
        if unfit := no_statement(sentence):
            return _struck(sentence, unfit, 0.0)
        claim = laid_out(sentence)
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


def no_statement(sentence: str) -> str:
    """Return why a text is no statement that could be checked; empty when it is one."""
    if sentence.rstrip(" ”\"'’)]*").endswith("?"):
        return "it is a question"
    first = next((c for c in sentence if c.isalnum()), "")
    if _DANGLES.search(sentence):
        return "it breaks off"
    if not (first.isdigit() or first.isupper()):
        return "it is a piece of a sentence"
    telling = sum(w.role in (Role.CONTENT, Role.NAME, Role.NUMBER) for w in laid_out(sentence))
    return "it says too little to be checked" if telling < _MIN_WORDS else ""


def _spans(evidence: Sequence[Evidence]) -> Iterable[Span]:
    for item in evidence:
        passage = item.passage
        topic = frozenset(content_stems(" ".join((item.document.title, *passage.heading))))
        named: frozenset[str] = frozenset()
        for s in passage.sentences:
            text = passage.text[s.start - passage.start : s.end - passage.start]
            yield Span(item.number, s, text, laid_out(text), normalised(text), topic | named)
            named = frozenset(names("x " + text))


def _shared(claim: Sequence[Word], source: Sequence[Word]) -> float:
    keys = frozenset(w.key for w in source)
    return sum(w.key in keys for w in claim) / len(claim)


def _cosine(vectors: Floats2d) -> float:
    return float(vectors[0] @ vectors[1])


def _objection(claim: Sequence[Word], span: Span) -> str:
    """Return why the span does not carry the claim; empty when it does."""
    keys = frozenset(w.key for w in span.words)
    strange = [w for w in claim if w.key not in keys]
    if strange and not _stands_for_pronoun(claim, strange, span):
        return _says_strange(strange)
    claim = [w for w in claim if w.key in keys]
    if not claim:  # nothing but a name for which a pronoun of the source may stand
        return "it says too little to be checked"
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
    return _left_out(span, taken) or cut(span, taken)


def _relinked(sentence: str, span: Span) -> str:
    """Return which "or", "and" or "because" is not the source's; empty when all are."""
    told, given = words(normalised(sentence)), words(span.plain)
    for link in _LINKS:
        if link == "and" and "notonly" in given:
            continue
        if told.count(link) > given.count(link):
            return f"“{link}” is not in the source, or not there"
    return ""


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


def _stands_for_pronoun(claim: Sequence[Word], strange: Sequence[Word], span: Span) -> bool:
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


def _left_out(span: Span, taken: Mapping[int, Word]) -> str:
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


def _left_out_whole(span: Span, taken: Mapping[int, Word]) -> str:
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


def _supported(sentence: str, span: Span, score: float) -> AnswerSentence:
    citation = Citation(span.evidence, span.sentence.start, span.sentence.end, score)
    return AnswerSentence(sentence, Verdict.SUPPORTED, score, (citation,))


def _struck(sentence: str, reason: str, score: float) -> AnswerSentence:
    return AnswerSentence(sentence, Verdict.UNSUPPORTED, score, reason=reason)
