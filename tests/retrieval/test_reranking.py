from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from retrieval_samples import hit

from assistant.ports import Floats1d
from assistant.retrieval.reranking import CANDIDATES, SENTENCES, CarefulScorer, reranked


class ByWord:
    """Scores a text by how often it says a word; remembers what it has read."""

    def __init__(self, word: str) -> None:
        self.fingerprint = f"says {word}"
        self.word = word
        self.read: list[str] = []

    def score(self, question: str, texts: Sequence[str]) -> Floats1d:
        self.read += texts
        return np.array([min(1.0, t.split().count(self.word) / 2) for t in texts], np.float32)


def test_what_answers_rises_and_what_is_far_below_does_not():
    hits = [hit(1, "a b", score=0.9), hit(2, "yes yes", score=0.8), hit(3, "yes", score=0.1)]
    found = reranked("?", hits, ByWord("yes"), 3)
    assert [h.passage.id for h in found] == [2, 1, 3]
    assert found[0].score > found[1].score > found[2].score


def test_equals_keep_their_order():
    hits = [hit(n, "same", score=0.5) for n in range(1, 5)]
    assert [h.passage.id for h in reranked("?", hits, ByWord("yes"), 4)] == [1, 2, 3, 4]


def test_what_was_not_read_again_stays_behind_what_was():
    hits = [hit(n, "yes yes", score=1 - n / 100) for n in range(CANDIDATES + 10)]
    scorer = ByWord("no")  # says nothing for any of them
    found = reranked("?", hits, scorer, len(hits))
    assert [h.passage.id for h in found] == [h.passage.id for h in hits]
    assert len(scorer.read) == CANDIDATES
    assert reranked("?", [], scorer, 5) == []


@given(st.lists(st.floats(0, 1, width=32), max_size=40))
def test_scores_fall_and_stay_within_0_and_1(scores):
    hits = [
        hit(n, "yes" if n % 3 else "no", score=s)
        for n, s in enumerate(sorted(scores, reverse=True))
    ]
    found = [h.score for h in reranked("?", hits, ByWord("yes"), 40)]
    assert found == sorted(found, reverse=True)
    assert all(0 <= s <= 1 for s in found)


def test_only_the_sentences_that_the_quick_one_likes_are_read_carefully():
    quick, careful = ByWord("near"), ByWord("yes")
    texts = [f"far {n}" for n in range(50)] + [f"near {n}" for n in range(SENTENCES - 1)]
    scores = CarefulScorer(quick, careful).score("?", [*texts, "near yes yes"])
    assert scores.argmax() == len(texts)
    assert sorted(careful.read) == sorted([*texts[50:], "near yes yes"])
    assert scores.dtype == np.float32
    assert scores[:50] == pytest.approx(np.zeros(50))


def test_a_careful_score_keeps_the_order_of_the_texts():
    scores = CarefulScorer(ByWord("a"), ByWord("b")).score("?", ["b b", "a a", "a a b b", "c"])
    assert list(np.argsort(-scores)) == [2, 0, 1, 3]
    assert CarefulScorer(ByWord("a"), ByWord("b")).score("?", []).shape == (0,)
