"""Slips of the keyboard, put right by the words of the library.

A word is taken for a slip when the library does not have it and the embedder's tokenizer
does not know it whole, as it knows common English: "prahlad" is one, "pizza" is not.
"""

from __future__ import annotations

import re

from rapidfuzz.distance import OSA

from assistant.library.database import Snapshot
from assistant.ports import TokenCounter
from assistant.retrieval.terms import STOP_WORDS, words

_SHORTEST = 5  # letters: shorter words are too near to too many others
_LONG = 8  # letters, from which two slips are forgiven
_LETTERS = re.compile(r"[^\W\d_]+")


def corrected(question: str, snapshot: Snapshot, counter: TokenCounter) -> str:
    """Return the question with its slips put right; all else stays as it was typed.

    A slip is one letter too many, too few, wrong or swapped with its neighbour: one in a
    short word, two in a long one (optimal string alignment distance).
    """
    typed = [w for w in dict.fromkeys(_LETTERS.findall(question)) if len(w) >= _SHORTEST]
    suspects = [w for w in typed if _folded(w) not in STOP_WORDS]
    known, _ = snapshot.document_frequencies([_folded(w) for w in suspects])
    replacements = {}
    for word in suspects:
        if known[_folded(word)] or len(counter.token_spans(word.lower())) == 1:
            continue
        if meant := _nearest(_folded(word), snapshot):
            replacements[word] = meant.capitalize() if word[0].isupper() else meant
    if not replacements:
        return question
    return _LETTERS.sub(lambda m: replacements.get(m.group(), m.group()), question)


def _nearest(word: str, snapshot: Snapshot) -> str:
    """Return the library's word that is nearest, the more frequent of two; "" if none is near."""
    most = 2 if len(word) >= _LONG else 1
    candidates = (
        (OSA.distance(word, known, score_cutoff=most), -count, known)
        for known, count in snapshot.words_beginning(word[0])
        if abs(len(known) - len(word)) <= most
    )
    near = min((c for c in candidates if c[0] <= most), default=None)
    return near[2] if near else ""


def _folded(word: str) -> str:
    return "".join(words(word))
