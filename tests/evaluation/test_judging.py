"""Judges of citations and points: what they pass and what they stop."""

import pytest
from fakes import HashEmbedder

from assistant.evaluation.judging import ContainmentJudge, cited_sentences, needed
from assistant.evaluation.points import PointsRule
from assistant.records import (
    AnswerSentence,
    Citation,
    DocumentCard,
    Evidence,
    Hit,
    Passage,
    Perspective,
    ScoredSentence,
    Sentence,
    Verdict,
)
from assistant.retrieval.scoring import SentenceVectors

SOURCE = "Michael Porter and Mark Kramer described creating shared value in 2011."
OTHER = "Archie Carroll drew the pyramid of corporate social responsibility in 1991."


@pytest.mark.parametrize(
    ("sentence", "carried"),
    [
        (SOURCE, True),
        ("Porter and Kramer described shared value in 2011.", True),
        ("Porter and Kramer described shared value in 2006.", False),
        ("Porter and Carroll described shared value in 2011.", False),
        ("Porter and Kramer never described shared value in 2011.", False),
        ("Porter and Kramer grew tomatoes and cucumbers near Boston in 2011.", False),
        ("", False),
    ],
)
def test_a_sentence_is_carried_by_what_it_contains(sentence, carried):
    assert ContainmentJudge().carries(sentence, [SOURCE]) is carried


def test_no_sources_carry_nothing():
    assert not ContainmentJudge().carries(SOURCE, [])


def test_precise_citations_after_alce():
    judge = ContainmentJudge()
    both = "Porter and Kramer described shared value in 2011, Archie Carroll the pyramid in 1991."
    assert needed(judge, SOURCE, [SOURCE, OTHER]) == 1  # the second adds nothing
    assert needed(judge, both, [SOURCE, OTHER]) == 2  # neither does it alone
    assert needed(judge, SOURCE, [OTHER]) == 0  # what is not carried has no precise citation


def test_a_citation_is_followed_to_its_words():
    text = "One thing is so. It is this way."
    sentences = (Sentence(0, 16), Sentence(17, 32))
    card = DocumentCard("d", "d.md", "D", Perspective.CSR, "")
    passage = Passage("d", (), 100, 132, text, tuple(_moved(s, 100) for s in sentences))
    chosen = (ScoredSentence(passage.sentences[1], "It is this way.", 1.0),)
    evidence = [Evidence(1, Hit(passage, card, 1.0, 1.0, 1.0), chosen)]
    sentence = AnswerSentence("…", Verdict.QUOTED, 1.0, (Citation(1, 117, 132, 1.0),))
    assert cited_sentences(sentence, evidence) == ("It is this way.",)
    unknown = AnswerSentence("…", Verdict.QUOTED, 1.0, (Citation(7, 117, 132, 1.0),))
    assert cited_sentences(unknown, evidence) == ()


def _moved(sentence: Sentence, by: int) -> Sentence:
    return Sentence(sentence.start + by, sentence.end + by)


def test_points_are_counted_once_each():
    rule = PointsRule(SentenceVectors(HashEmbedder()))
    points = ["Porter and Kramer, 2011", "the pyramid of Carroll", "elephants paint ceilings"]
    assert rule.covered(points, [SOURCE]) == 1
    assert rule.covered(points, [SOURCE, OTHER]) == 2
    assert rule.covered(points, []) == 0
    assert rule.covered([], [SOURCE]) == 0
