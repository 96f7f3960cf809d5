"""Answers, hits and notes for a terminal. Nothing from a text can steer the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from assistant.records import (
    Answer,
    AnswerSentence,
    DocumentCard,
    Evidence,
    Hit,
    Notice,
    Passage,
    Verdict,
)

_EXCERPT_CHARACTERS = 300
_UNBROKEN = 100_000  # columns: as wide as no line is


def printable(text: str) -> str:
    """Return text in one line, without anything a terminal would obey instead of show."""
    kept = (c if c.isprintable() else "" if unicodedata.category(c) == "Cf" else " " for c in text)
    return " ".join("".join(kept).split())


def notes() -> Console:
    """Return the console of standard error, for what is not the result itself."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def tell(words: str = "") -> None:
    """Print a line on standard error."""
    notes().print(words, soft_wrap=True)


def results() -> Console:
    """Return the console of standard output; only a terminal's lines are broken."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _UNBROKEN
    return console


def show(console: Console, *views: RenderableType) -> None:
    """Print views, each on lines of its own."""
    for view in views:
        console.print(view)


def answer_view(answer: Answer) -> Group:
    """Return a whole answer: completed question, sentences, sources, who wrote it."""
    parts: list[RenderableType] = []
    if answer.standalone_question != answer.question:
        parts += [Text(f"Understood as: {printable(answer.standalone_question)}", "dim"), Text()]
    if not answer.sentences:
        parts += [Text(printable(answer.message)), *_nearest(answer)]
        return Group(*parts)
    if answer.message:  # the sources object, and these are their words
        parts += [Text(printable(answer.message)), Text()]
    parts += [sentences_view(answer.sentences), Text(), Text("Sources", "bold")]
    parts += sources(answer)
    parts += [Text(), Text(byline(answer), "dim")]
    return Group(*parts)


def sentences_view(sentences: Sequence[AnswerSentence]) -> Group:
    """Return sentences as paragraphs, each group under its perspective."""
    parts: list[RenderableType] = []
    for group, members in groupby(sentences, key=lambda s: s.group):
        if group is not None:
            parts.append(Text(group.label, "bold"))
        line = Text(" ").join(_sentence(s) for s in members)
        parts.append(line if group is None else Padding(line, (0, 0, 0, 2), expand=False))
    return Group(*parts)


def _sentence(sentence: AnswerSentence) -> Text:
    words = printable(sentence.text)
    shown = Text(f"“{words}”" if sentence.verdict is Verdict.QUOTED else words)
    for number in sorted({c.evidence for c in sentence.citations}):
        shown.append(f" [{number}]", "cyan")
    return shown


def sources(answer: Answer) -> Iterator[Text]:
    """Yield a line for each passage that the answer cites."""
    cited = {c.evidence for s in answer.sentences for c in s.citations}
    for evidence in answer.evidence:
        if evidence.number in cited:
            yield _source(evidence)


def _source(evidence: Evidence) -> Text:
    line = Text().append(f"[{evidence.number}] ", "cyan")
    return line.append_text(_place(evidence.document, evidence.passage))


def _place(document: DocumentCard, passage: Passage) -> Text:
    place = Text().append(printable(document.title), "bold")
    for heading in passage.heading:
        place.append(f" › {printable(heading)}")
    if passage.page is not None:
        place.append(f", p. {passage.page}")
    return place.append(f" — {document.perspective.label}; {printable(document.path)}", "dim")


def byline(answer: Answer) -> str:
    """Return who wrote the answer, and how long it took."""
    written = sum(s.verdict is Verdict.SUPPORTED for s in answer.sentences)
    seconds = answer.timings.get("total", 0.0) / 1000
    if written:
        who = f"Written by {answer.model}, {written} checked; quotations stand in “…”."
    else:
        who = "Quoted word for word from the sources."
    return f"{who} {answer.ledger}. {seconds:.1f} s"


def _nearest(answer: Answer) -> Iterator[RenderableType]:
    if answer.notice is Notice.NOT_COVERED and answer.nearest:
        yield Text()
        yield Text("Nearest passages", "bold")
        for hit in answer.nearest:
            yield hit_view(hit)


def hits_view(hits: Iterable[Hit]) -> Iterator[RenderableType]:
    """Yield what a search found, best first."""
    for number, hit in enumerate(hits, start=1):
        yield hit_view(hit, number=number)


def hit_view(hit: Hit, *, number: int | None = None) -> Group:
    """Return a passage that was found, cut short."""
    head = Text().append(f"{number}. " if number else "· ", "cyan")
    head.append_text(_place(hit.document, hit.passage))
    head.append(f" ({hit.score:.2f})", "dim")
    words = printable(hit.passage.text)
    if len(words) > _EXCERPT_CHARACTERS:
        words = words[:_EXCERPT_CHARACTERS].rsplit(" ", 1)[0] + " …"
    return Group(head, Padding(Text(words), (0, 0, 0, 3), expand=False))
