"""What a question set holds, whatever form it came in: frozen records, one task each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Form(StrEnum):
    """The forms of question sets."""

    QUESTIONS = "questions"
    BEIR = "beir"
    TEXTBOOK = "textbook"
    GROUNDED = "grounded"
    ONE_SCHEMA = "one-schema"


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a set, to be put into a corpus folder: ``body`` is plain, parted by lines."""

    id: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class SearchQuestion:
    """A question and the documents that answer it, with their grades (1, 2, …)."""

    id: str
    question: str
    relevant: Mapping[str, int]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class SearchSet:
    """Find the document: questions over a collection of their own."""

    texts: tuple[Text, ...]  # empty where ``corpus`` is a folder of texts already
    questions: tuple[SearchQuestion, ...]
    corpus: Path | None = None  # its documents are named by their path below it


@dataclass(frozen=True, slots=True)
class GivenQuestion:
    """A question put to one text alone, which answers it or does not."""

    id: str
    question: str
    text: str  # id of the Text
    answerable: bool
    gold: tuple[str, ...] = ()  # sentences that answer; empty where the set does not say
    kind: str = ""


@dataclass(frozen=True, slots=True)
class GivenSet:
    """Answer from the given text or abstain, and say from which sentence."""

    texts: tuple[Text, ...]
    questions: tuple[GivenQuestion, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence and the evidence it is laid beside; the label is the set's own word."""

    id: str
    claim: str
    evidence: tuple[str, ...]  # sentences or paragraphs
    label: str  # supported | unsupported | entailment | neutral | contradiction | not_entailment

    @property
    def supported(self) -> bool:
        """Whether the evidence carries the claim."""
        return self.label in ("supported", "entailment")


@dataclass(frozen=True, slots=True)
class ClaimSet:
    """Is the claim carried by its evidence?"""

    claims: tuple[Claim, ...]
