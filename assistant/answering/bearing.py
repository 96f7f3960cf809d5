"""Which sentences of some evidence bear on a claim: those are what a claim is judged by."""

from __future__ import annotations

import re
from collections.abc import Sequence

EVIDENCE_WORDS = 80
_WORD = re.compile(r"[^\W_]{3,}")


def bearing(claim: str, sentences: Sequence[str], *, words: int = EVIDENCE_WORDS) -> list[int]:
    """Return the sentences that share most words with a claim, in their order.

    At most ``words`` words; one sentence at least. Whole evidence that is short stays whole.
    """
    sizes = [len(s.split()) for s in sentences]
    if sum(sizes) <= words:
        return list(range(len(sentences)))
    asked = _words(claim)
    likeness = [len(found & asked) / (4 + len(found)) ** 0.5 for found in map(_words, sentences)]
    kept: list[int] = []
    for at in sorted(range(len(sentences)), key=lambda i: -likeness[i]):
        if not kept or sum(sizes[i] for i in kept) + sizes[at] <= words:
            kept.append(at)
    return sorted(kept)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))
