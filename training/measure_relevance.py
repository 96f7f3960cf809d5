"""What the relevance adapter does where nothing was trained: rows of the target table."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from assistant.models.scoring import OnnxScorer
from training.calibrate import calibration_error
from training.relevance_data import is_measured, sentences_of, squad_groups
from training.relevance_own import own_groups, textbook_groups
from training.row import Row, sampled
from training.sets import relevant_abstracts, rows, squad_articles

_CANDIDATES = 24
_JOINED = 3


def relevance_rows(scorer: OnnxScorer, home: Path, *, most: int) -> Iterator[Row]:
    """Yield the rows that the data allow; ``most`` questions of each set, 0 for all."""
    measured = [g for g in squad_groups(home, measured=True) if g.ranked]
    if measured:
        chosen = sampled(measured, most)
        right = [_first_is_right(scorer, g.question, g.texts, g.answers) for g in chosen]
        yield Row(
            "answering sentence in its SQuAD paragraph, top 1",
            float(np.mean(right)),
            0.93,
            len(right),
        )
        yield from _answerability(scorer, home, most)
    yield from _scifact(scorer, home, most)
    for name, groups in (
        ("own questions, gold sentence first among similar ones, test", own_groups(split="test")),
        (
            "business textbook, silver sentence first",
            textbook_groups(home, "openstax-introduction-business"),
        ),
    ):
        chosen = sampled([g for g in groups if g.ranked], most)
        if chosen:
            right = [_first_is_right(scorer, g.question, g.texts, g.answers) for g in chosen]
            yield Row(name, float(np.mean(right)), None, len(right))
    yield from relevance_costs(scorer)


def _first_is_right(
    scorer: OnnxScorer, question: str, texts: Sequence[str], answers: Sequence[bool]
) -> bool:
    return answers[int(scorer.score(question, texts).argmax())]


def _answerability(scorer: OnnxScorer, home: Path, most: int) -> Iterator[Row]:
    """Yield SQuAD v2 with the best sentences joined, as the app joins them."""
    asked = [
        (qa["question"].strip(), paragraph["context"], not qa["is_impossible"])
        for title, paragraphs in squad_articles(home)
        if is_measured(title)
        for paragraph in paragraphs
        for qa in paragraph["qas"]
    ]
    chosen = sampled(asked, most)
    found = np.array([joined_answerability(scorer, q, sentences_of(c)) for q, c, _ in chosen])
    answers = np.array([a for _, _, a in chosen])
    accuracy = float(balanced_accuracy_score(answers, found >= 0.5))
    yield Row("SQuAD v2 answerability, balanced accuracy", accuracy, 0.75, len(chosen))
    yield Row(
        "  the same, area under the curve", float(roc_auc_score(answers, found)), None, len(chosen)
    )
    error = calibration_error(found, answers)
    yield Row("  the same, expected calibration error", error, None, len(chosen))


def joined_answerability(scorer: OnnxScorer, question: str, sentences: Sequence[str]) -> float:
    """Return the probability that the best sentences together answer a question."""
    best = np.argsort(-scorer.score(question, sentences), kind="stable")[:_JOINED]
    joined = " ".join(sentences[i] for i in sorted(best.tolist()))
    return float(scorer.answerability(question, [joined])[0])


def _scifact(scorer: OnnxScorer, home: Path, most: int) -> Iterator[Row]:
    """Yield SciFact's test claims: BM25, and its best reranked."""
    wanted = relevant_abstracts(home, "test")
    queries = [r for r in rows(home, "scifact/queries") if r["_id"] in wanted]
    abstracts = {r["_id"]: f"{r['title']} {r['text']}" for r in rows(home, "scifact/corpus")}
    if not queries:
        return
    ids, texts = list(abstracts), list(abstracts.values())
    bm25 = Bm25(texts)
    plain, reranked, mixed = [], [], []
    for query in sampled(queries, most):
        found, first = bm25.best(query["text"], 100)
        head = found[:_CANDIDATES]
        second = scorer.score(query["text"], [texts[i] for i in head])
        orders = {
            "plain": found,
            "reranked": [head[i] for i in np.argsort(-second, kind="stable")] + found[len(head) :],
            "mixed": [
                head[i] for i in np.argsort(-_mixed(first[: len(head)], second), kind="stable")
            ]
            + found[len(head) :],
        }
        relevant = wanted[query["_id"]]
        for name, into in (("plain", plain), ("reranked", reranked), ("mixed", mixed)):
            into.append(ndcg([ids[i] in relevant for i in orders[name]], len(relevant)))
    yield Row("SciFact nDCG@10, BM25 alone", float(np.mean(plain)), None, len(plain))
    yield Row("SciFact nDCG@10, 24 reranked", float(np.mean(reranked)), None, len(plain))
    yield Row(
        "SciFact nDCG@10, 24 reranked, mixed with BM25", float(np.mean(mixed)), 0.70, len(plain)
    )


def _mixed(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the mean of both scores, each brought to 0…1."""
    parts = [(s - s.min()) / (np.ptp(s) or 1.0) for s in (first, second)]
    mixed: np.ndarray = (parts[0] + parts[1]) / 2
    return mixed


def ndcg(relevant: Sequence[bool], total: int, k: int = 10) -> float:
    """Return nDCG@k of a ranking of which ``total`` texts are relevant."""
    gains = sum(1 / np.log2(n + 2) for n, hit in enumerate(relevant[:k]) if hit)
    ideal = sum(1 / np.log2(n + 2) for n in range(min(k, total)))
    return float(gains / ideal)


class Bm25:
    """BM25 (k1 0.9, b 0.4, as in Anserini) over stemmed words."""

    def __init__(self, texts: Sequence[str]) -> None:
        from snowballstemmer import stemmer

        self._stem = stemmer("english").stemWord
        self._counter = CountVectorizer(tokenizer=self._words, token_pattern=None)
        counts = self._counter.fit_transform(texts).astype(np.float64).tocsc()  # (n, words)
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        frequency = np.diff(counts.indptr)
        inverse = np.log(1 + (len(texts) - frequency + 0.5) / (frequency + 0.5))
        damped = 0.9 * (1 - 0.4 + 0.4 * lengths / lengths.mean())
        rows_of = counts.indices
        counts.data = counts.data * 1.9 / (counts.data + damped[rows_of])
        counts.data *= np.repeat(inverse, frequency)
        self._weights = counts.tocsr()

    def _words(self, text: str) -> list[str]:
        kept = "".join(c if c.isalnum() else " " for c in text.lower())
        return [self._stem(w) for w in kept.split() if w not in ENGLISH_STOP_WORDS]

    def best(self, query: str, k: int) -> tuple[list[int], np.ndarray]:
        """Return the rows of the ``k`` best texts and their scores, best first."""
        asked = (self._counter.transform([query]) > 0).astype(np.float64)
        scores = (self._weights @ asked.T).toarray().ravel()  # (n,)
        order = np.argsort(-scores, kind="stable")[:k]
        return order.tolist(), scores[order]


def relevance_costs(scorer: OnnxScorer) -> Iterator[Row]:
    """Yield the milliseconds of what the app does for a question, warm, p50."""
    words = "A firm that listens to its customers learns what they miss, says the essay of 2011. "
    question = "Who defines what is valuable in customer strategy?"
    for name, text, count, limit in (
        ("rerank 24 passages of about 190 tokens, ms", words * 9, 24, 300.0),
        ("score 30 sentences of about 40 tokens, ms", words + words[:60], 30, 120.0),
    ):
        spent = []
        for _ in range(9):
            began = time.perf_counter()
            scorer.score(question, [text] * count)
            spent.append((time.perf_counter() - began) * 1000)
        yield Row(name, float(np.median(spent)), limit, 9, lower_is_better=True)
