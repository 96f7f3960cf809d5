"""What each choice is worth: the halves of search, ways of joining them, passages, evidence.

Every row differs from the app in one choice; its figures stand beside those of the app, with
the interval of the paired difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from assistant.errors import SettingsError
from assistant.evaluation.ablation_tables import APP, Ablation, ByFigure, variants_of
from assistant.evaluation.answers import harmonic
from assistant.evaluation.cases import SearchQuestion, SearchSet
from assistant.evaluation.corpora import Shelf
from assistant.evaluation.forms import GoldSet, LoadedSet
from assistant.evaluation.gold import (
    folded,
    gold_passages,
    matching,
    passage_name,
    passages_by_document,
)
from assistant.evaluation.measuring import Bench, shelf_of
from assistant.evaluation.observed import OnProgress, Samples, told
from assistant.evaluation.points import PointsRule
from assistant.evaluation.questions import GoldQuestion
from assistant.evaluation.ranking import ranking_samples
from assistant.evaluation.searching import DEPTH
from assistant.evaluation.splitting import APPS_OWN, Splitting, split_anew
from assistant.records import Hit
from assistant.retrieval.scoring import SentenceVectors
from assistant.service import Assistant

_WEIGHTS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_RANK_CONSTANTS = (10, 60)  # of reciprocal rank fusion; 60 is the one of Cormack et al. 2009
_SIZES = (100, 150, 200)
_WORDS = 750  # of a prompt: smaller passages may be more in the same room

Lists = dict[str, list[Hit]]  # question -> hits, best first


def ablated(one: LoadedSet, bench: Bench, on_progress: OnProgress = lambda _: None) -> Ablation:
    """Return what each choice is worth on a set that is searched."""
    asked, scored = _task(one)
    shelf = shelf_of(one, bench, on_progress)
    rows: list[tuple[str, str, ByFigure]] = []
    for choice, name, other, lists in _searches(shelf, asked, bench, on_progress):
        rows.append((choice, name, scored(other, lists)))
    if isinstance(one.records, GoldSet):
        rows += _evidence(shelf, one.records.questions, on_progress)
    return Ablation(one.name, len(asked), tuple(variants_of(rows)))


def _task(one: LoadedSet) -> tuple[list[tuple[str, str]], Callable[[Shelf, Lists], ByFigure]]:
    """Return the questions to search for, and what makes samples of what was found."""
    match one.records:
        case GoldSet(questions):
            answerable = tuple(q for q in questions if q.answerable)
            return [(q.id, q.standalone) for q in answerable], partial(_gold_samples, answerable)
        case SearchSet(questions=asked):
            return [(q.id, q.question) for q in asked], partial(_document_samples, asked)
    raise SettingsError(
        f"{one.name} is not searched, so that there is nothing to choose.",
        remedy="Give questions with gold evidence, a BEIR folder or a textbook.",
    )


def _searches(
    shelf: Shelf, asked: Sequence[tuple[str, str]], bench: Bench, on_progress: OnProgress
) -> Iterator[tuple[str, str, Shelf, Lists]]:
    """Yield choice, variant, library and what was found; the app comes first."""

    def lists(other: Shelf, assistant: Assistant, name: str) -> Lists:
        return {
            id_: assistant.search(question, top_k=DEPTH)
            for id_, question in told(asked, f"Searching, {name}", on_progress)
        }

    yield "search", APP, shelf, lists(shelf, shelf.assistant, APP)
    lexical = lists(shelf, shelf.again(dense_weight=0.0), "BM25 only")
    dense = lists(shelf, shelf.again(dense_weight=1.0), "dense only")
    yield "search", "BM25 only", shelf, lexical
    yield "search", "dense only", shelf, dense
    for constant in _RANK_CONSTANTS:
        joined = {id_: by_reciprocal_rank(lexical[id_], dense[id_], constant) for id_, _ in asked}
        yield "search", f"reciprocal ranks, c = {constant}", shelf, joined
    for weight in _WEIGHTS:
        name = f"normalised scores, dense weight {weight}"
        yield "search", name, shelf, lists(shelf, shelf.again(dense_weight=weight), name)
    for choice, name, splitting in (
        ("heading path", "without", Splitting(headings=False)),
        *(
            ("passage size", f"{size} tokens", Splitting(max_tokens=size))
            for size in _SIZES
            if size != APPS_OWN.max_tokens
        ),
    ):
        other = split_anew(shelf, splitting, home=bench.work, on_progress=on_progress)
        yield choice, name, other, lists(other, other.assistant, f"{choice} {name}")


def by_reciprocal_rank(one: Sequence[Hit], other: Sequence[Hit], constant: int) -> list[Hit]:
    """Return the hits of both lists by the sum of 1 / (constant + rank), ties by id.

    Cormack, Clarke and Büttcher 2009, "Reciprocal Rank Fusion Outperforms Condorcet".
    """
    scores: dict[int, float] = {}
    hits: dict[int, Hit] = {}
    for ranked in (one, other):
        for rank, hit in enumerate(ranked, start=1):
            id_ = hit.passage.id
            hits[id_] = hit
            scores[id_] = scores.get(id_, 0.0) + 1.0 / (constant + rank)
    return [hits[id_] for id_ in sorted(scores, key=lambda id_: (-scores[id_], id_))]


def _document_samples(questions: Sequence[SearchQuestion], shelf: Shelf, lists: Lists) -> ByFigure:
    ranked = {
        id_: list(dict.fromkeys(shelf.names[h.document.id] for h in hits))
        for id_, hits in lists.items()
    }
    found = ranking_samples({q.id: q.relevant for q in questions}, ranked)
    return {name: found[name] for name in ("nDCG@10", "hit@1", "hit@5", "MRR@10")}


def _gold_samples(questions: Sequence[GoldQuestion], shelf: Shelf, lists: Lists) -> ByFigure:
    passages = passages_by_document(shelf.assistant)
    gold = {q.id: gold_passages(q, passages) for q in questions}
    relevant = {id_: dict.fromkeys(names, 1) for id_, names in gold.items() if names}
    ranked = {id_: [passage_name(h.passage) for h in lists[id_]] for id_ in relevant}
    found = ranking_samples(relevant, ranked)
    samples = {name: found[name] for name in ("nDCG@10", "hit@1", "MRR@10")}
    samples["gold evidence recall@5"] = found["hit@5"]
    samples["gold evidence in 750 words"] = {
        q.id: (float(_in_first_words(q, lists[q.id])), 1.0) for q in questions
    }
    return samples


def _in_first_words(question: GoldQuestion, hits: Sequence[Hit]) -> bool:
    room, kept = _WORDS, ""
    for hit in hits:
        words = hit.passage.text.split()
        kept += folded(" ".join(words[:room])) + " "
        room -= len(words)
        if room <= 0:
            break
    return any(folded(quote) in kept for e in question.evidence for quote in e.quotes)


def _evidence(
    shelf: Shelf, questions: Sequence[GoldQuestion], on_progress: OnProgress
) -> list[tuple[str, str, ByFigure]]:
    """Return the choice of evidence: its sentences, or its passages whole."""
    sentences, passages = Samples(), Samples()
    rule = PointsRule(SentenceVectors(shelf.embedder))
    unguarded = shelf.again(strictness="off")
    answerable = [q for q in questions if q.answerable]
    for question in told(answerable, "Choosing evidence", on_progress):
        evidence = unguarded.ask(question.standalone).evidence
        chosen = [s.text for e in evidence for s in e.chosen]
        whole = [
            e.passage.text[s.start - e.passage.start : s.end - e.passage.start]
            for e in evidence
            for s in e.passage.sentences
        ]
        for samples, texts in ((sentences, chosen), (passages, whole)):
            _add_evidence(samples, question, texts, rule)
    return [
        ("evidence", APP, sentences.by_name),
        ("evidence", "whole passages", passages.by_name),
    ]


def _add_evidence(
    samples: Samples, question: GoldQuestion, texts: Sequence[str], rule: PointsRule
) -> None:
    gold = [quote for e in question.evidence for quote in e.quotes]
    right, reached = matching(gold, texts)
    id_ = question.id
    samples.add("evidence precision", id_, right, len(texts))
    samples.add("evidence recall", id_, reached, len(gold))
    samples.add("evidence F1", id_, harmonic(right, len(texts), reached, len(gold)))
    covered = rule.covered(question.expected_points, texts)
    samples.add("expected points covered", id_, covered, len(question.expected_points))
    samples.add("words of evidence", id_, sum(len(t.split()) for t in texts))
