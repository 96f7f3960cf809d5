"""What the adapters are trained on: questions with texts, and evidence with claims."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

Part = Literal["train", "validation", "measure"]

SUPPORTED, CONTRADICTED, NOT_IN_SOURCES = 0, 1, 2
UNSUPPORTED = 3  # of sets that do not tell the two kinds apart: contradicted or not in sources
VERDICTS = ("supported", "contradicted", "not-in-sources")


@dataclass(frozen=True, slots=True)
class Group:
    """A question with texts, some of which may answer it.

    ``ranked`` groups teach which text is better; the others only whether a text answers.
    """

    source: str  # the name of the set
    article: str  # what must not stand on both sides of a split
    question: str
    texts: tuple[str, ...]
    answers: tuple[bool, ...]  # one for each text
    ranked: bool = True


@dataclass(frozen=True, slots=True)
class Pair:
    """Evidence and a claim, with one of the labels above."""

    source: str
    article: str
    evidence: str
    claim: str
    label: int
    change: str = ""  # what a generator did to the claim


def share_of(name: str, *, salt: str = "1") -> float:
    """Return a number in 0…1 that depends on ``name`` alone: the same split on all machines."""
    digest = hashlib.sha256(f"{salt}\0{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def is_validation(article: str, *, share: float = 0.06) -> bool:
    """Say whether an article of a training set is held out to choose the best step."""
    return share_of(article, salt="v4") < share
