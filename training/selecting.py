"""Long evidence is cut for training as the app cuts it before it judges a claim."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answering.bearing import EVIDENCE_WORDS, bearing


def bearing_on(claim: str, sentences: Sequence[str], *, words: int = EVIDENCE_WORDS) -> str:
    """Return the sentences that bear on a claim as one text."""
    return " ".join(sentences[at] for at in bearing(claim, sentences, words=words))
