"""Ranked lists against the documents that answer: the measures of ir_measures, by question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.evaluation.figures import Sample

RANKING_FIGURES = ("nDCG@10", "recall@1", "recall@5", "hit@1", "hit@5", "MRR@10")


def ranking_samples(
    relevant: Mapping[str, Mapping[str, int]], ranked: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, Sample]]:
    """Return figure -> question -> sample for lists of names, best first.

    ``relevant`` gives the grade of each name that answers, by question; each question has one.
    """
    import ir_measures
    from ir_measures import RR, Measure, R, Success, nDCG

    measures: Mapping[str, Measure] = {
        "nDCG@10": nDCG @ 10,
        "recall@1": R @ 1,
        "recall@5": R @ 5,
        "hit@1": Success @ 1,
        "hit@5": Success @ 5,
        "MRR@10": RR @ 10,
    }
    qrels = {id_: dict(grades) for id_, grades in relevant.items()}
    run = {
        id_: {name: float(-n) for n, name in enumerate(ranked[id_])} or {"": 0.0} for id_ in qrels
    }
    names = {str(measure): name for name, measure in measures.items()}
    samples: dict[str, dict[str, Sample]] = {name: {} for name in RANKING_FIGURES}
    if qrels:
        for metric in ir_measures.iter_calc(list(measures.values()), qrels, run):
            samples[names[str(metric.measure)]][metric.query_id] = (metric.value, 1.0)
    return samples
