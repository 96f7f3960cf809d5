"""Small values to draw: a document, its evidence, and answers made from it."""

from __future__ import annotations

import html
import re
from dataclasses import replace

from assistant.records import (
    Answer,
    AnswerSentence,
    Block,
    Citation,
    Document,
    DocumentCard,
    Evidence,
    Hit,
    Outcome,
    Passage,
    Perspective,
    Reference,
    ScoredSentence,
    Sentence,
    Verdict,
)

HOSTILE = (
    """<script>alert(1)</script><img src=x onerror="alert(1)"> 'it' "said" & \u202e`${x}`{{y}}"""
)

PARTS: tuple[tuple[str, str, int], ...] = (
    ("heading", "Who judges", 2),
    ("paragraph", "The customer judges. Others doubt it <b>loudly</b>.", 0),
    ("heading", "In detail", 3),
    ("item", "One choice", 1),
    ("item", "Another & more", 2),
    ("row", "Judge: society; Means: law", 0),
    ("quote", "Value lies in use.", 0),
    ("code", "a < b", 0),
)
TEXT = "\n\n".join(text for _, text, _ in PARTS)


def card(slug: str = "who-judges", *, perspective: Perspective = Perspective.CRM) -> DocumentCard:
    title = "Who judges?"
    return DocumentCard(slug, f"{slug}.md", title, perspective, "0" * 64, period="2011")


def document() -> Document:
    blocks, position = [], 0
    for kind, text, level in PARTS:
        blocks.append(Block(kind, position, position + len(text), level))  # type: ignore[arg-type]
        position += len(text) + 2
    first = TEXT.index("The customer")
    second = TEXT.index("Others")
    sentences = (
        Sentence(first, second - 1, ("payne2005",)),
        Sentence(second, TEXT.index("</b>") + 5, ("crane2014", "payne2005")),
    )
    return Document(card(), TEXT, tuple(blocks), sentences)


BIBTEX = """@book{payne2005,
    author = "Payne, A.",
    title = "Handbook <of> {CRM}",
    year = "2005"
}"""
WORKS = {
    "payne2005": Reference(
        "payne2005", "Payne, A. (2005). Handbook <of> CRM. Elsevier.", BIBTEX, verified="mixed"
    )
}


def evidence(
    number: int, text: str = "The customer judges.", perspective: Perspective = Perspective.CRM
) -> Evidence:
    start = 100 * number
    sentence = Sentence(start, start + len(text))
    passage = Passage(
        f"doc-{number}", ("Part", "Section"), start, start + len(text), text, (sentence,), id=number
    )
    hit = Hit(passage, card(f"doc-{number}", perspective=perspective), 1.0, 0.9, 1.0)
    return Evidence(number, hit, (ScoredSentence(sentence, text, 0.9),))


def sourced(number: int, *keys: str) -> Evidence:
    """Return evidence whose sentence cites literature."""
    found = evidence(number)
    start, text = found.passage.start, found.passage.text
    sentence = Sentence(start, start + len(text), keys or ("payne2005",))
    passage = replace(found.passage, sentences=(sentence,))
    chosen = (ScoredSentence(sentence, text, 0.9),)
    return Evidence(number, replace(found.hit, passage=passage), chosen)


def said(
    text: str,
    *numbers: int,
    verdict: Verdict = Verdict.QUOTED,
    group: Perspective | None = None,
    reason: str = "",
) -> AnswerSentence:
    citations = tuple(Citation(n, 100 * n, 100 * n + 20, 0.9) for n in numbers)
    return AnswerSentence(text, verdict, 1.0, citations, reason, group)


def answer(*sentences: AnswerSentence, **values: object) -> Answer:
    found = tuple(evidence(n) for n in range(1, 4))
    given: dict[str, object] = {
        "question": "Who judges?",
        "standalone_question": "Who judges?",
        "outcome": Outcome.ANSWERED,
        "sentences": sentences or (said("The customer judges.", 1),),
        "evidence": found,
    }
    return Answer(**(given | values))  # type: ignore[arg-type]


def text_of(page: str) -> str:
    """Return the text that a browser would show for a piece of HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))
