"""What the page says in words: counts, announcements, the state of things, the copied text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from assistant.records import (
    Answer,
    AnswerSentence,
    Citation,
    Evidence,
    Notice,
    Outcome,
    Perspective,
    Progress,
    Verdict,
)
from assistant.settings import Settings


def count(n: int, noun: str) -> str:
    """Return "1 citation", "2 citations"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def citations_of(sentence: AnswerSentence) -> list[Citation]:
    """Return one citation for each evidence number, in the order of the numbers."""
    first: dict[int, Citation] = {}
    for citation in sentence.citations:
        first.setdefault(citation.evidence, citation)
    return [first[number] for number in sorted(first)]


def cited_numbers(answer: Answer) -> set[int]:
    """Return the numbers of the evidence that the answer cites."""
    return {c.evidence for s in answer.sentences for c in s.citations}


def tally(answer: Answer) -> str:
    """Return "3 sentences quoted, 1 written and checked, 2 struck"; none are left out."""
    quoted = sum(s.verdict is Verdict.QUOTED for s in answer.sentences)
    written = len(answer.sentences) - quoted
    parts = [count(quoted, "sentence") + " quoted"] if quoted else []
    if written:
        noun = f"{written:,}" if quoted else count(written, "sentence")
        parts.append(f"{noun} written and checked")
    if answer.struck:
        parts.append(f"{len(answer.struck):,} struck")
    return ", ".join(parts)


def announcement(answer: Answer, *, stopped: bool = False) -> str:
    """Return what a screen reader says when the answer stands."""
    if answer.notice is Notice.HELP:
        return "Help text, not an answer from the sources"
    cited = sum(len(citations_of(s)) for s in answer.sentences)
    if answer.outcome is Outcome.ABSTAINED:
        parts = [answer.message.split(".")[0].rstrip(": ")]
        parts += [count(cited, "citation")] if cited else []
        if answer.nearest and not cited:
            parts.append(count(len(answer.nearest), "nearest passage"))
        return ", ".join(parts)
    parts = ["Stopped, answer so far" if stopped else "Answer complete", count(cited, "citation")]
    if answer.struck:
        parts.append(f"{count(len(answer.struck), 'sentence')} struck")
    return ", ".join(parts)


def filter_words(perspectives: Iterable[Perspective], titles: Iterable[str] = ()) -> str:
    """Return the filter in force: perspectives in their fixed order, then documents."""
    chosen = set(perspectives)
    labels = [p.label for p in Perspective if p in chosen]
    return ", ".join([*labels, *(f"“{title}”" for title in titles)])


def progress_words(progress: Progress) -> str:
    """Return "Embedding the passages: 128 of 692, about 3 seconds left"."""
    words = progress.stage
    if progress.total > 1:
        words += f": {progress.done:,} of {progress.total:,}"
    if progress.eta_s is not None:
        words += f", about {count(max(1, round(progress.eta_s)), 'second')} left"
    return words


def where_it_runs(settings: Settings) -> str:
    """Return where the language model works: on this machine, or at an address."""
    if not settings.model.startswith(("http://", "https://")):
        return "on this machine"
    host = urlsplit(settings.model).hostname or ""
    local = host == "localhost" or host == "::1" or host.startswith("127.")
    return "by a server on this machine" if local else f"by the server {host}"


def what_leaves(settings: Settings) -> str:
    """Return what is sent to another machine: nothing, unless a model is asked there."""
    where = where_it_runs(settings)
    if where.endswith("on this machine"):
        return "Nothing leaves this machine."
    return f"Answers are written {where}: questions and found passages go there, nothing else."


def source_line(evidence: Evidence) -> str:
    """Return a source as a line of plain text."""
    path = " › ".join((evidence.document.title, *evidence.passage.heading))
    return f"[{evidence.number}] {path} ({evidence.document.perspective.label})"


def copied_text(answer: Answer, references: Sequence[str] = ()) -> str:
    """Return the answer for the clipboard: sentences with [n], sources, and their literature."""
    lines = [answer.standalone_question, ""]
    if answer.message:
        lines += [answer.message]
    group: Perspective | None = None
    for sentence in answer.sentences:
        if sentence.group is not group and sentence.group is not None:
            lines += ["", f"{sentence.group.label}:"]
        group = sentence.group
        lines.append(_plain_sentence(sentence))
    sources = _source_lines(answer)
    lines += ["", "Sources", *sources] if sources else []
    lines += ["", "References", *references] if references else []
    return "\n".join(lines)


def _plain_sentence(sentence: AnswerSentence) -> str:
    text = f"“{sentence.text}”" if sentence.verdict is Verdict.QUOTED else sentence.text
    return text + "".join(f" [{c.evidence}]" for c in citations_of(sentence))


def _source_lines(answer: Answer) -> Sequence[str]:
    cited = cited_numbers(answer)
    return [source_line(e) for e in answer.evidence if e.number in cited]
