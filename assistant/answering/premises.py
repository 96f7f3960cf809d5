"""Questions that the sources answer with a "no": nothing known, or the premise is wrong.

"How do we get certified under ISO 26000?" is best met by "No firm can be certified under
ISO 26000", and not by anything that sounds like a way to get certified.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from assistant.records import AnswerSentence, Notice
from assistant.retrieval.terms import canonical, content_stems, names, numbers, stem, words

_LOOKED_AT = 2  # sentences: what comes later is no answer but a point beside it
_CLAUSE_END = re.compile(r"[;:]\s")
_SHARED = 0.5  # of the question's words
_TELLING = 2.0  # rarity from which a word says something: "not valued" denies little here
_REACH = 4  # words between a denial and what it denies
# Only such a question takes something for granted: "no" answers all others.
_PRESUMING = re.compile(
    r"^\W*(?:and |but |so )?(?:why|how|when|where|who|whose|whom|what|which"
    r"|(?:in|on|at|by|for|from|since|under|to|with|of) (?:what|which|whom|whose|when))\b",
    re.IGNORECASE,
)
_LIBRARY = r"(?:collection|library|sources of|known here|found here|reported here)"
_NO = r"(?:no|not|nothing|none|neither|missing)"
_GAP = re.compile(  # the denial is about the library, not about something that it reports
    rf"\b{_NO}\b(?:\W+\w+){{0,6}}?\W+{_LIBRARY}\b|\b{_LIBRARY}\b(?:\W+\w+){{0,9}}?\W+{_NO}\b"
    r"|\bnot covered\b",
    re.IGNORECASE,
)
_RATHER = re.compile(r"\b(?:rather than|instead of)\b", re.IGNORECASE)  # "not", put politely
_NOT_AS = re.compile(r"\bnot (?:as|merely|only|just)\b", re.IGNORECASE)
_DENIALS = frozenset("no not never cannot nobody nothing neither nor without none".split())
_RELATIVE = frozenset({"who", "which", "that", "where", "when", "if"})
_MONTHS = frozenset(
    stem(w)
    for w in """january february march april may june july august september october november
    december""".split()
)
_MISTAKES = frozenset(stem(w) for w in "mistaken wrong error false myth untrue misdated".split())


def objection(
    question: str, sentences: Sequence[AnswerSentence], rarity: Mapping[str, float]
) -> tuple[Notice, int] | None:
    """Return why the question cannot be answered as it is asked, and the sentence that says so.

    ``rarity`` weighs the stems of the question. None when the sentences do not object, or
    when "no" is an answer to the question.
    """
    stated = set(content_stems(question))
    rarest = max(rarity, key=lambda word: rarity[word], default="")
    presumes = _PRESUMING.match(question) is not None and not _denies_anything(question)
    for n, sentence in enumerate(sentences[:_LOOKED_AT]):
        for clause in _CLAUSE_END.split(sentence.text):
            if not _speaks_of_the_same(clause, stated):
                continue
            said = set(content_stems(clause))
            about_it = len(stated & said) >= _SHARED * len(stated)  # or it denies something else
            if (about_it or rarest in said) and _names_a_gap(clause):
                return Notice.NOT_COVERED, n
            telling = {w for w in stated - _MISTAKES if rarity.get(w, _TELLING) >= _TELLING}
            denied = _denies(clause, telling, stated) or _corrects(clause, question)
            if about_it and presumes and denied:
                return Notice.FALSE_PREMISE, n
    return None


def _speaks_of_the_same(clause: str, stated: set[str]) -> bool:
    """Whether the clause names nobody, or somebody of the question: else it denies another's."""
    named = set(names(canonical(clause))) - _MONTHS
    return not named or bool(named & stated)


def _denies_anything(text: str) -> bool:
    return _RATHER.search(text) is not None or any(
        w in _DENIALS or w.endswith("n't") for w in words(text)
    )


def _names_a_gap(clause: str) -> bool:
    return _GAP.search(clause) is not None and _NOT_AS.search(clause) is None


def _denies(text: str, telling: set[str], stated: set[str]) -> bool:
    """Whether a denial stands shortly before a telling word, and denies what is stated."""
    found = words(canonical(text))
    predicates = telling - {stem(w.lower()) for w in re.findall(r"\b[A-Z][\w'’-]*", text)}
    return any(
        (word in _DENIALS or word.endswith("n't"))
        and not _RELATIVE & set(found[max(0, n - 2) : n])  # "those who do not accept it"
        and any(stem(w) in predicates for w in found[n + 1 : n + 1 + _REACH])
        and _mostly(found[n + 1 : n + 1 + 2 * _REACH], stated)  # "did not publish *that*"
        for n, word in enumerate(found)
    )


def _mostly(denied: Sequence[str], stated: set[str]) -> bool:
    stems = set(content_stems(" ".join(denied)))
    return len(stems & stated) * 2 > len(stems)


def _corrects(text: str, question: str) -> bool:
    """Whether the sentence calls a date or figure of the question mistaken."""
    stems = {stem(w) for w in words(text)}
    return bool(stems & _MISTAKES) and bool(numbers(text) & numbers(question))
