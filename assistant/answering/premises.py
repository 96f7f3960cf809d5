"""Questions that the sources answer with a "no": nothing known, or the premise is wrong.

"How do we get certified under ISO 26000?" is best met by "No firm can be certified under
ISO 26000", and not by anything that sounds like a way to get certified.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from assistant.records import AnswerSentence, Notice
from assistant.retrieval.terms import content_stems, numbers, stem, words

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
_GAP = re.compile(
    r"\b(collection|library|sources of|known here|found here|not covered|reported here)\b",
    re.IGNORECASE,
)
_DENIALS = frozenset("no not never cannot nobody nothing neither nor without none".split())
_RELATIVE = frozenset({"who", "which", "that", "where", "when", "if"})
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
            said = set(content_stems(clause))
            about_it = len(stated & said) >= _SHARED * len(stated)  # or it denies something else
            if (about_it or rarest in said) and _GAP.search(clause) and _denies_anything(clause):
                return Notice.NOT_COVERED, n
            telling = {word for word in stated if rarity.get(word, _TELLING) >= _TELLING}
            denied = _denies(clause, telling) or _corrects(clause, question)
            if about_it and presumes and denied:
                return Notice.FALSE_PREMISE, n
    return None


def _denies_anything(text: str) -> bool:
    return any(w in _DENIALS or w.endswith("n't") for w in words(text))


def _denies(text: str, stated: set[str]) -> bool:
    """Whether a denial stands shortly before one of the words that is no mere name."""
    found = words(text)
    names = {stem(w.lower()) for w in re.findall(r"\b[A-Z][\w'’-]*", text)}
    predicates = stated - names
    return any(
        (word in _DENIALS or word.endswith("n't"))
        and not _RELATIVE & set(found[max(0, n - 2) : n])  # "those who do not accept it"
        and any(stem(w) in predicates for w in found[n + 1 : n + 1 + _REACH])
        for n, word in enumerate(found)
    )


def _corrects(text: str, question: str) -> bool:
    """Whether the sentence calls a date or figure of the question mistaken."""
    stems = {stem(w) for w in words(text)}
    return bool(stems & _MISTAKES) and bool(numbers(text) & numbers(question))
