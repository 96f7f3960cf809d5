"""A run as JSON for programs and as Markdown for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from assistant.evaluation.figures import Figure, Measured
from assistant.evaluation.questions import GoldQuestion

DEFINITIONS: Mapping[str, str] = {
    "nDCG@10": "discounted gain of the passages that hold a gold sentence (ir_measures)",
    "success@1": "questions with such a passage in first place (ir_measures)",
    "success@5": "questions with such a passage among the first five (ir_measures)",
    "MRR@10": "one over the rank of the first such passage (ir_measures)",
    "recall@5, capped": "such passages among the first five, of as many as five places can hold",
    "answered": "answerable questions that were answered",
    "cites gold document": "of these, answers that cite a document with a gold sentence",
    "quotes gold sentence": "of these, answers that quote a gold sentence word for word",
    "abstention precision": "refusals that were right",
    "abstention recall": "unanswerable questions that were refused",
    "follow-up answered from gold": "answerable follow-ups answered from a gold document",
    "own question, first three": "documents among the first three for their own question",
    "milliseconds p50": "from question to quoted answer, median",
    "milliseconds p95": "the same, 95th percentile",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A question that went wrong, and how."""

    id: str
    question: str
    what: str


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that a run on one set gives."""

    set: str
    form: str
    n: int
    figures: Mapping[str, Figure]
    failures: tuple[Failure, ...]
    versions: Mapping[str, str]
    fingerprints: Mapping[str, str]


def failures(questions: Sequence[GoldQuestion], rows: Sequence[Measured]) -> tuple[Failure, ...]:
    """Return what went wrong, the worst sort first."""
    found = [
        (rank, Failure(question.id, question.question, what))
        for question, row in zip(questions, rows, strict=True)
        for rank, what in _faults(row)
    ]
    return tuple(failure for _, failure in sorted(found, key=lambda pair: pair[0]))


def _faults(row: Measured) -> list[tuple[int, str]]:
    if not row.answerable:
        return [(0, "answered, though the collection does not say")] if row.answered else []
    if not row.answered:
        return [(1, "refused, though the collection answers")]
    if not row.cites_gold_document:
        return [(2, "answered from other documents than those that answer")]
    if not row.quotes_gold_sentence:
        return [(3, "answered from the right document with another sentence")]
    return []


def as_json(results: Results) -> dict[str, object]:
    """Return results for ``results.json``."""
    return asdict(results)


def as_markdown(results: Results, *, most_failures: int = 10) -> str:
    """Return results as a table with definitions, and the first failures below."""
    lines = [
        f"## {results.set}",
        "",
        f"{results.n} questions of the form `{results.form}`.",
        "",
        "| figure | value | 95 % interval | n | what it is |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, figure in results.figures.items():
        digits = 0 if "milliseconds" in name else 3
        lines.append(
            f"| {name} | {figure.value:.{digits}f} | {figure.low:.{digits}f}–"
            f"{figure.high:.{digits}f} | {figure.n} | {DEFINITIONS.get(name, '')} |"
        )
    if results.failures:
        lines += ["", f"What went wrong ({len(results.failures)}, the worst first):", ""]
        lines += [f"- `{f.id}` {f.question} – {f.what}" for f in results.failures[:most_failures]]
    return "\n".join(lines) + "\n"
