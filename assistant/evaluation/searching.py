"""Putting the questions of a search set to its collection, fused and by each half alone."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.evaluation.cases import SearchQuestion, SearchSet
from assistant.evaluation.corpora import Shelf
from assistant.evaluation.figures import Sample, Statistic, figure
from assistant.evaluation.observed import (
    Failure,
    Observed,
    OnProgress,
    Samples,
    peak_memory_mb,
    shortened,
    told,
    worst_first,
)
from assistant.evaluation.ranking import ranking_samples
from assistant.evaluation.whole_documents import WholeDocuments
from assistant.records import Hit
from assistant.service import Assistant

DEPTH = 100  # passages: a long document has many, and ten documents must come out
FUSED, BM25, DENSE = "", "BM25 only", "dense only"
RERANKED = "read twice"
WHOLE = "BM25 over whole documents"
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave for a question."""

    ranked: tuple[str, ...]  # documents by their best passage, best first
    best: tuple[Hit, ...]  # the best passage of each of the first documents
    milliseconds: float


def halves(shelf: Shelf) -> dict[str, Assistant]:
    """Return the assistant, and the same with one half of its search: BM25, and vectors."""
    return {
        FUSED: shelf.assistant,
        BM25: shelf.again(dense_weight=0.0),
        DENSE: shelf.again(dense_weight=1.0),
    }


def searched(shelf: Shelf, records: SearchSet, on_progress: OnProgress) -> Observed:
    """Return the ranking figures of the fused search, of its halves and of plain BM25."""
    samples = Samples()
    questions = records.questions
    answers: dict[str, Found] = {}
    parts: dict[str, dict[str, dict[str, Sample]]] = {}
    for part, assistant in halves(shelf).items():
        seen = found(shelf, assistant, questions, on_progress, stage=f"Searching {part}".strip())
        parts[part] = search_samples(questions, seen)
        samples.update(parts[part], part)
        if part is FUSED:
            answers = seen
            for id_, one in seen.items():
                samples.add("ms p50", id_, one.milliseconds)
                samples.add("ms p95", id_, one.milliseconds)
    if shelf.trained.scorer:
        stage = f"Searching, {RERANKED}"
        seen = found(shelf, shelf.assistant, questions, on_progress, stage=stage, twice=True)
        parts[RERANKED] = search_samples(questions, seen)
        samples.update(parts[RERANKED], RERANKED)
        samples.update(over_once(parts))
        for id_, one in seen.items():
            samples.add(f"ms p50 · {RERANKED}", id_, one.milliseconds)
    samples.add("peak memory MB", "process", peak_memory_mb())
    samples.update(over_better_half(parts))
    samples.update(_over_whole_documents(shelf, questions), WHOLE)
    return Observed(
        asked=tuple(q.id for q in questions),
        samples=samples.by_name,
        failures=_failures(questions, answers),
        kinds={q.id: q.kind for q in questions},
    )


def found(
    shelf: Shelf,
    assistant: Assistant,
    questions: Sequence[SearchQuestion],
    on_progress: OnProgress,
    *,
    stage: str = "Searching",
    twice: bool = False,
) -> dict[str, Found]:
    """Return what is found for each question, by its id."""
    answers: dict[str, Found] = {}
    for question in told(questions, stage, on_progress):
        began = time.perf_counter()
        hits = assistant.search(question.question, top_k=DEPTH, twice=twice)
        milliseconds = (time.perf_counter() - began) * 1000
        answers[question.id] = Found(*_by_document(shelf, hits), milliseconds)
    return answers


def _by_document(shelf: Shelf, hits: Sequence[Hit]) -> tuple[tuple[str, ...], tuple[Hit, ...]]:
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(shelf.names[hit.document.id], hit)
    return tuple(best), tuple(best.values())[:_SHOWN]


def search_samples(
    questions: Sequence[SearchQuestion], found_by: Mapping[str, Found]
) -> dict[str, dict[str, Sample]]:
    """Return the ranking figures' samples."""
    relevant = {q.id: q.relevant for q in questions}
    return ranking_samples(relevant, {id_: f.ranked for id_, f in found_by.items()})


def over_better_half(
    parts: Mapping[str, Mapping[str, Mapping[str, Sample]]],
) -> dict[str, dict[str, Sample]]:
    """Return for each figure how much fused is above its better half, question by question.

    Which half is better is what the whole set says.
    """
    gains: dict[str, dict[str, Sample]] = {}
    for name, fused in parts[FUSED].items():
        half = max((BM25, DENSE), key=lambda part: _value(parts[part][name]))
        other = parts[half][name]
        gains[f"{name} · fused over {half}"] = {
            id_: (value - other[id_][0], 1.0) for id_, (value, _) in fused.items()
        }
    return gains


def over_once(
    parts: Mapping[str, Mapping[str, Mapping[str, Sample]]],
) -> dict[str, dict[str, Sample]]:
    """Return for each figure how much reading the best passages twice brings, by question."""
    return {
        f"{name} · {RERANKED} over once": {
            id_: (value - once[id_][0], 1.0) for id_, (value, _) in parts[RERANKED][name].items()
        }
        for name, once in parts[FUSED].items()
    }


def _value(samples: Mapping[str, Sample]) -> float:
    found = figure(Statistic.RATIO, samples)
    return found.value if found else 0.0


def _over_whole_documents(
    shelf: Shelf, questions: Sequence[SearchQuestion]
) -> dict[str, dict[str, Sample]]:
    texts = {}
    with shelf.assistant.library.reading() as snapshot:
        for slug, name in shelf.names.items():
            if document := snapshot.document(slug):
                texts[name] = f"{document.card.title}\n{document.text}"
    index = WholeDocuments(texts)
    relevant = {q.id: q.relevant for q in questions}
    return ranking_samples(relevant, {q.id: index.ranked(q.question)[:DEPTH] for q in questions})


def _failures(
    questions: Sequence[SearchQuestion], answers: Mapping[str, Found]
) -> tuple[Failure, ...]:
    """Return the questions whose document is not in first place, the lowest ranks first."""
    failures = []
    for question in questions:
        found = answers[question.id]
        ranks = [n for n, name in enumerate(found.ranked, start=1) if name in question.relevant]
        if ranks[:1] == [1]:
            continue
        what = f"found at rank {ranks[0]}" if ranks else f"not among {len(found.ranked)} documents"
        failures.append(
            Failure(
                question.id,
                question.question,
                question.kind,
                what,
                wanted=tuple(question.relevant),
                found=tuple(
                    f"{found.ranked[n]}: {shortened(hit.passage.text)}"
                    for n, hit in enumerate(found.best)
                ),
                badness=float(ranks[0] if ranks else DEPTH + 1),
            )
        )
    return worst_first(failures)
