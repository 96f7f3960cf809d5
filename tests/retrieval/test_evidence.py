from __future__ import annotations

from dataclasses import astuple, fields, replace

import numpy as np
import pytest
from fakes import HashEmbedder
from hypothesis import given
from hypothesis import strategies as st
from retrieval_samples import hit

from assistant.records import Signs
from assistant.retrieval.answerability import answerability, signs
from assistant.retrieval.evidence import choose_evidence
from assistant.retrieval.scoring import SentenceVectors, SimilarityScorer, coverage
from assistant.retrieval.terms import stem


class CountingEmbedder(HashEmbedder):
    """Remembers every text that it was asked for as a question."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[str] = []

    def embed_question(self, text):
        self.questions.append(text)
        return super().embed_question(text)


EMBEDDER = HashEmbedder()
VECTORS = SentenceVectors(EMBEDDER)
SCORER = SimilarityScorer(VECTORS, EMBEDDER)


def choose(question: str, *hits, **more):
    return choose_evidence(question, hits, scorer=SCORER, vectors=VECTORS, **more)


ANSWER = hit(
    1,
    "The weather was mild in spring.",
    "Peter Drucker coined the phrase knowledge worker.",
    "Nothing else happened that year.",
    score=0.9,
)


def test_the_answering_sentence_is_chosen_with_its_place():
    evidence = choose("Who coined the phrase knowledge worker?", ANSWER)
    assert [s.text for s in evidence[0].chosen] == [
        "Peter Drucker coined the phrase knowledge worker."
    ]
    sentence = evidence[0].chosen[0].sentence
    assert ANSWER.passage.text[sentence.start : sentence.end] == evidence[0].chosen[0].text


def test_evidence_is_numbered_from_one_and_by_rank():
    other = hit(2, "Peter Drucker coined many a phrase about work.", score=0.8, document="e")
    evidence = choose("Who coined the phrase knowledge worker?", other, ANSWER)
    assert (evidence[0].number, evidence[0].passage.id) == (1, 1)
    assert [e.number for e in evidence] == list(range(1, len(evidence) + 1))


def test_the_same_sentence_is_not_chosen_twice():
    again = hit(2, "Peter Drucker coined the phrase knowledge worker.", score=0.9, document="e")
    evidence = choose("Who coined the phrase knowledge worker?", ANSWER, again)
    assert sum(len(e.chosen) for e in evidence) == 1


def test_questions_pointers_and_scraps_are_no_answers():
    useless = hit(3, "Who coined the phrase?", "See the phrase coined here.", "Not so.")
    assert choose("Who coined the phrase?", useless) == ()


def test_no_hits_no_evidence():
    assert choose("Who?") == ()


def test_no_more_than_asked_for_and_two_a_passage():
    texts = [f"Value in case {n} is defined by judge {n}." for n in range(6)]
    hits = [hit(n, *texts, score=0.9, document=f"d{n}") for n in range(3)]
    evidence = choose("Who defines value in each case?", *hits, max_sentences=4)
    assert sum(len(e.chosen) for e in evidence) <= 4
    assert all(len(e.chosen) <= 2 for e in evidence)


def test_scores_are_between_0_and_1_and_the_answer_is_best():
    texts = ["Drucker coined the phrase.", "It rained.", "A phrase of Drucker."]
    scores = SCORER.score("Who coined the phrase?", texts)
    assert scores.shape == (3,)
    assert int(scores.argmax()) == 0
    assert ((scores >= 0) & (scores <= 1)).all()
    assert SCORER.score("Who?", []).shape == (0,)


def test_vectors_are_embedded_once():
    embedder = HashEmbedder()
    vectors = SentenceVectors(embedder)
    first = vectors.of(["a", "b", "a"])
    again = vectors.of(["b", "a"])
    assert embedder.embedded == ["a", "b"]
    assert (first[[1, 0]] == again).all() and (first[0] == first[2]).all()


def test_coverage_is_the_weighted_share():
    weights = {"a": 1.0, "b": 3.0}
    assert coverage(["a", "b"], frozenset({"b"}), weights) == 0.75
    assert coverage([], frozenset({"b"}), weights) == 0.0


shares = st.builds(Signs, *(st.floats(0, 1) for _ in fields(Signs)))


@given(shares, st.integers(0, len(fields(Signs)) - 1), st.floats(0, 1))
def test_answerability_never_falls_when_a_sign_grows(found: Signs, place: int, value: float):
    name = fields(Signs)[place].name
    more = replace(found, **{name: max(value, getattr(found, name))})
    assert 0.0 <= answerability(found) <= answerability(more) <= 1.0


def test_signs_on_a_hand_made_case():
    question = "Who coined the phrase knowledge worker?"
    evidence = choose(question, ANSWER)
    rarity = {stem(w): weight for w, weight in (("coined", 3.0), ("zebra", 1.0))}
    found = signs(question, [ANSWER], evidence, rarity)
    assert found.covered_at_once == found.covered_in_sentence == pytest.approx(0.75)
    assert found.best_cosine == pytest.approx(0.9)
    assert found.on_subject == 1.0
    strange = signs("Who coined zebras in Peru?", [replace(ANSWER, cosine=-0.2)], evidence, rarity)
    assert (strange.best_cosine, strange.on_subject, strange.named_at_once) == (0.0, 0.0, 0.0)
    assert answerability(strange) < answerability(found)


def test_signs_without_evidence_are_nothing():
    found = signs("Who was Drucker?", [], (), {"drucker": 1.0})
    assert set(astuple(found)) == {0.0, None}
    assert found.answers is None  # nobody judged


def test_a_question_is_embedded_once_for_searching_and_scoring():
    embedder = CountingEmbedder()
    vectors = SentenceVectors(embedder)
    scorer = SimilarityScorer(vectors, embedder)
    spelt_out = "What does NPS (net promoter score) measure?"
    query = vectors.of_question(spelt_out)
    scores = scorer.score("What does NPS measure?", ["NPS measures loyalty.", "It rained."])
    assert embedder.questions.count(spelt_out) == 1
    assert scores[0] > scores[1]
    assert np.array_equal(query, HashEmbedder().embed_question(spelt_out))


def test_sentences_are_embedded_once_and_come_back_in_order(monkeypatch):
    monkeypatch.setattr("assistant.retrieval.scoring._REMEMBERED", 3)
    embedder = HashEmbedder()
    vectors = SentenceVectors(embedder)
    expected = HashEmbedder().embed_passages(["a b", "c d", "e f", "g h", "a b"])
    assert np.array_equal(vectors.of(["a b", "c d"]), expected[:2])
    assert np.array_equal(vectors.of(["a b", "c d", "e f", "g h", "a b"]), expected)
    assert embedder.embedded == ["a b", "c d", "e f", "g h"]
    assert vectors.of([]).shape == (0, embedder.dimension)
