"""A small shelf of documents, and answers that quote them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from assistant.exporting.pack import Pack
from assistant.exporting.packing import pack_of
from assistant.records import (
    Answer,
    AnswerSentence,
    Citation,
    Document,
    DocumentCard,
    Evidence,
    Hit,
    Notice,
    Outcome,
    Passage,
    Perspective,
    Reference,
    Sentence,
    Verdict,
)

MADE = datetime(2026, 11, 23, 16, 53, 7, tzinfo=UTC)
HOSTILE = (
    "</script><script>alert(1)</script> <img src=x onerror=alert(1)> --> ]]> & &amp; \u202egnp.exe"
    ' "it\'s" *b* _i_ [l](http://e.org) `c` | $x$ @me ![p](q) {{y}} \\ # \x00\x1b[31m \ud800 \ufffe'
)


@dataclass
class MemoryShelf:
    """The library at one moment, kept in memory."""

    held: dict[str, Document] = field(default_factory=dict)
    works: tuple[Reference, ...] = ()
    generation: int = 7
    headings: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def meta(self) -> dict[str, str]:
        return {"library": "0123456789abcdef" * 2, "generation": str(self.generation)}

    def cards(self) -> tuple[DocumentCard, ...]:
        return tuple(document.card for document in self.held.values())

    def document(self, slug: str) -> Document | None:
        return self.held.get(slug)

    def passages_of(self, slug: str) -> tuple[Passage, ...]:
        """Return each document as one passage."""
        document = self.held.get(slug)
        if document is None:
            return ()
        return (passage_of(document, self.headings.get(slug, ("In short",))),)

    def literature(self) -> tuple[Reference, ...]:
        return self.works

    def holding(self, *documents: Document) -> MemoryShelf:
        """Return the shelf with documents put in the place of those of their names."""
        held = self.held | {d.card.id: d for d in documents}
        return replace(self, held=held, generation=self.generation + 1)

    def without(self, slug: str) -> MemoryShelf:
        held = {name: document for name, document in self.held.items() if name != slug}
        return replace(self, held=held, generation=self.generation + 1)


def document(
    slug: str,
    *sentences: tuple[str, tuple[str, ...]],
    perspective: Perspective = Perspective.CRM,
    title: str = "",
) -> Document:
    """Return a document of one paragraph."""
    text, spans = "", []
    for words, keys in sentences:
        text += " " if text else ""
        spans.append(Sentence(len(text), len(text) + len(words), keys))
        text += words
    card = DocumentCard(slug, f"{slug}.md", title or f"On {slug}", perspective, "f" * 64)
    return Document(card, text, (), tuple(spans))


def passage_of(document: Document, heading: tuple[str, ...] = ("In short",)) -> Passage:
    return Passage(
        document.card.id, heading, 0, len(document.text), document.text, document.sentences, page=3
    )


JUDGE = "The customer defines what is valuable."
LISTENS = "A firm that listens learns what its customers would miss."
SOCIETY = "Government and civil society define what is valuable."
CUSTOMERS = document("customers", (JUDGE, ("payne2005",)), (LISTENS, ()), title="The customer")
SOCIETIES = document(
    "society", (SOCIETY, ("eu2011", "carroll1991")), perspective=Perspective.CSR, title="Society"
)
WORKS = (
    Reference(
        "payne2005",
        "Payne, A. (2005). Handbook of CRM. Elsevier.",
        '@book{payne2005,\n    author = "Payne, A.",\n    title = "Handbook of {CRM}"\n}',
        verified="mixed",
    ),
    Reference(
        "eu2011",
        "European Commission (2011). A renewed strategy.",
        '@techreport{eu2011,\n    author = "{European Commission}"\n}',
        verified="verified",
    ),
)
SHELF = MemoryShelf({"customers": CUSTOMERS, "society": SOCIETIES}, WORKS)


def evidence(number: int, document: Document) -> Evidence:
    hit = Hit(passage_of(document), document.card, 1.0, 0.9, 1.0)
    return Evidence(number, hit, ())


def quoted(
    document: Document, words: str, number: int, group: Perspective | None = None
) -> AnswerSentence:
    start = document.text.index(words)
    citation = Citation(number, start, start + len(words), 0.91234)
    return AnswerSentence(words, Verdict.QUOTED, 1.0, (citation,), group=group)


def written(document: Document, text: str, words: str, number: int) -> AnswerSentence:
    """Return a sentence of a model's that points to words of a document."""
    return replace(quoted(document, words, number), text=text, verdict=Verdict.SUPPORTED)


STRUCK = AnswerSentence(
    "The company decides in 1950.", Verdict.UNSUPPORTED, 0.2, reason="the number 1950 is not there"
)
ANSWER = Answer(
    question="And in CRM?",
    standalone_question="Who defines value in CRM?",
    outcome=Outcome.ANSWERED,
    sentences=(
        quoted(CUSTOMERS, JUDGE, 1),
        written(CUSTOMERS, "Listening firms learn what customers would miss.", LISTENS, 1),
        quoted(SOCIETIES, SOCIETY, 2, Perspective.CSR),
    ),
    evidence=(evidence(1, CUSTOMERS), evidence(2, SOCIETIES)),
    struck=(STRUCK,),
    model="a-model",
    generation=6,
)
SILENT = Answer(
    question="What is the capital of Peru?",
    standalone_question="What is the capital of Peru?",
    outcome=Outcome.ABSTAINED,
    sentences=(),
    evidence=(),
    notice=Notice.NOT_COVERED,
    message="The sources do not say. The passages below come nearest.",
    nearest=(evidence(1, SOCIETIES).hit,),
)


def pack(*answers: Answer, shelf: MemoryShelf = SHELF, title: str = "") -> Pack:
    return pack_of(answers or (ANSWER, SILENT), shelf, title=title, made_at=MADE)


def hostile_document(words: str = HOSTILE) -> Document:
    """Return a document that is one hostile sentence, under a hostile title."""
    return document("hostile", (words, ("payne2005",)), title=words)


def hostile_answer(words: str = HOSTILE) -> tuple[Answer, MemoryShelf]:
    """Return an answer of which every text is hostile, and the shelf that it quotes."""
    source = hostile_document(words)
    shelf = replace(SHELF.holding(source), headings={"hostile": (words, words)})
    found = evidence(1, source)
    hit = replace(found.hit, passage=replace(found.passage, heading=(words, words)))
    sentence = AnswerSentence(words, Verdict.QUOTED, 1.0, (Citation(1, 0, len(words), 0.9),))
    answer = Answer(
        question=words,
        standalone_question=words,
        outcome=Outcome.ANSWERED,
        sentences=(sentence, replace(sentence, verdict=Verdict.SUPPORTED)),
        evidence=(replace(found, hit=hit),),
        struck=(replace(STRUCK, text=words, reason=words),),
        message=words,
        warning=words,
        model=words,
    )
    return answer, shelf


def changed(document: Document, change: Callable[[str], str]) -> Document:
    """Return a document with another text; its sentences are one."""
    text = change(document.text)
    return replace(document, text=text, sentences=(Sentence(0, len(text)),))
