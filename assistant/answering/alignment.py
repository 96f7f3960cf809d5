"""A claim laid beside a sentence of the source, word by word.

Only words that carry meaning are laid out: content words by their stems, numbers, and the
small words that turn a meaning round ("not", "only", "most", "may", "against").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from assistant.retrieval.terms import canonical, content_stems, names, numbers, stem


class Role(StrEnum):
    """What a word does for the meaning."""

    CONTENT = "content"
    NAME = "name"  # also the field's acronyms
    NUMBER = "number"
    DENIES = "denies"
    LIMITS = "limits"  # how many, how much, how surely
    TURNS = "turns"  # "against" for "for"


@dataclass(frozen=True, slots=True)
class Word:
    """A meaningful word in one form, with its place."""

    key: str
    role: Role
    segment: int  # between two marks of punctuation, counted from 0
    shown: str
    start: int = 0  # in the text as ``normalised`` gives it
    end: int = 0


_DENIES = frozenset(
    """no not never none nobody nothing neither nor without hardly scarcely rarely seldom
    barely""".split()
)
_LIMITS = frozenset(
    """all always any both each entire entirely every everyone everything few fewer half many most
    mostly mainly largely partly much none only merely several some sometimes often twice usually
    generally whole almost nearly exactly least more less may might can must should ought perhaps
    arguably if unless until whether notonly alone first last sole solely same""".split()
)
_TURNS = frozenset(
    "than against before after above below over under beyond despite outside".split()
)
_FREE_LIMITS = frozenset("notonly any first last same whether more much each both".split())
_SAYS = frozenset(
    """say says said argue argues argued hold holds held write writes wrote claim claims claimed
    maintain maintains maintained think thinks thought believe believes believed contend contends
    contended""".split()
)
# "One may say" speaks of anyone; "one judge" says how many.
_AFTER_ANYONE = frozenset("may might can could should must would will cannot has is who".split())
_SPELT = {"could": "can", "%": "percent"}
_MONTHS = frozenset(
    """january february march april may june july august september october november
    december""".split()
)
_FIELD = frozenset("csr crm csv nps clv tbl bop sdg eu esg".split())
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*%?|%|[^\W_]+(?:['’][^\W_]+)?|[,;:()\[\]“”\"—–]|(?<=\s)-(?=\s)")
_NAME_PHRASE = (
    r"(?:the seed essay(?: of \d{4})?|(?:the )?[A-Z][\w'.-]*(?:,? (?:and |de |los )*[A-Z][\w'.-]*)*"
    r"(?: (?:in|of) \d{4})?)"
)
_SAYING = r"(?:according to|says?|argues?|holds?|writes?|claims?|said|argued|wrote)"
_ATTRIBUTED = re.compile(rf",? {_SAYING} (?P<who>{_NAME_PHRASE})(?P<end>[.,;:]|$)")
_ACCORDING = re.compile(rf"^According to (?P<who>{_NAME_PHRASE}),? ")


def normalised(text: str) -> str:
    """Return a sentence with one name for each idea, and with whoever says it first."""
    return canonical(_attribution_first(_plain(text)))


def laid_out(text: str) -> tuple[Word, ...]:
    """Return the meaningful words of a sentence in order, whoever says it first."""
    text = normalised(text)
    capital = frozenset(names("x " + text))
    found: list[Word] = []
    segment = 0
    matches = list(_TOKEN.finditer(text))
    tokens = [m.group() for m in matches]
    for n, token in enumerate(tokens):
        if not token[0].isalnum() and token != "%":
            segment += 1
            continue
        following = tokens[n + 1] if n + 1 < len(tokens) else ""
        start, end = matches[n].span()
        found.extend(
            replace(word, start=start, end=end)
            for word in _words_of(token, following, segment, capital)
        )
    return tuple(found)


def aligned(claim: Sequence[Word], source: Sequence[Word]) -> dict[int, int]:
    """Return which claim word stands on which source word, in the same order in both.

    The longest such alignment; among those the one with most neighbours side by side, and
    then the earliest.
    """
    rows, columns = len(claim) + 1, len(source) + 1
    best = [[0.0] * columns for _ in range(rows)]  # of the first i and j words
    match = [[0.0] * columns for _ in range(rows)]  # the same, ending with a match of both
    for i in range(1, rows):
        for j in range(1, columns):
            if claim[i - 1].key == source[j - 1].key:
                beside = match[i - 1][j - 1] + 0.01 if match[i - 1][j - 1] else 0.0
                match[i][j] = 1.0 + max(best[i - 1][j - 1], beside)
            best[i][j] = max(match[i][j], best[i - 1][j], best[i][j - 1])
    pairs: dict[int, int] = {}
    i, j, must = rows - 1, columns - 1, False
    while i and j:
        if not must and best[i][j - 1] == best[i][j]:
            j -= 1
        elif match[i][j] and (must or match[i][j] == best[i][j]):
            pairs[i - 1] = j - 1
            beside = match[i - 1][j - 1] + 0.01 if match[i - 1][j - 1] else 0.0
            must = beside >= best[i - 1][j - 1] and beside > 0
            i, j = i - 1, j - 1
        else:
            i -= 1
    return pairs


def is_month(word: Word) -> bool:
    """Whether a word is the name of a month."""
    return word.key in {stem(m) for m in _MONTHS}


def may_go(word: Word) -> bool:
    """Whether a limiting word can be left out without a change of meaning."""
    return word.key in _FREE_LIMITS


def _plain(text: str) -> str:
    """Return the text with one form of what is written in several."""
    text = re.sub(r"\bper ?cent\b", "%", text.replace("’", "'"), flags=re.IGNORECASE)
    text = re.sub(r"\bnot (?:only|just|merely)\b", "notonly", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:can't|cannot)\b", "can not", text, flags=re.IGNORECASE)
    text = re.sub(r"\bwon't\b", "not", text, flags=re.IGNORECASE)
    text = re.sub(r"n't\b", " not", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(non|un)-(?=[a-z])", r"\1", text)
    return re.sub(r"\bno longer\b", "not", text, flags=re.IGNORECASE)


def _attribution_first(text: str) -> str:
    """Return "X, says N" and "According to N, X" as "N say X"."""
    if match := _ACCORDING.match(text):
        return f"{match['who']} say {text[match.end() :]}"
    if match := _ATTRIBUTED.search(text):
        return f"{match['who']} say {text[: match.start()]}{match['end']}{text[match.end() :]}"
    return text


def _words_of(token: str, following: str, segment: int, capital: frozenset[str]) -> list[Word]:
    low = token.lower()
    if token[0].isdigit() or token == "%":
        key = next(iter(numbers(token)), low.rstrip("%"))
        day = following.lower() in _MONTHS
        number = [Word(key, Role.CONTENT if day else Role.NUMBER, segment, token)] if key else []
        return [*number, *([Word("percent", Role.CONTENT, segment, "%")] if "%" in token else [])]
    for some, role in ((_DENIES, Role.DENIES), (_LIMITS, Role.LIMITS), (_TURNS, Role.TURNS)):
        if _SPELT.get(low, low) in some and not (token == "May" and capital):
            return [Word(_SPELT.get(low, low), role, segment, token)]
    if low == "one" and following.lower() not in _AFTER_ANYONE:
        return [Word(low, Role.LIMITS, segment, token)]
    if low in _SAYS:
        return [Word("say", Role.CONTENT, segment, token)]
    if spelt := numbers(low):
        return [Word(next(iter(spelt)), Role.NUMBER, segment, token)]
    found = []
    for part in content_stems(token):
        if len(part) == 1:
            continue
        named = part in _FIELD or (token[0].isupper() and part in capital)
        found.append(Word(part, Role.NAME if named else Role.CONTENT, segment, token))
    return found
