"""The collection finds itself: facts about the landed texts, questions and index."""

from collections import Counter
from pathlib import Path

import pytest

from assistant.evaluation.answers import (
    asked,
    cites_gold_document,
    observed,
    own_questions,
    quotes_gold_sentence,
)
from assistant.evaluation.corpora import Shelf
from assistant.evaluation.gold import gold_passages, passages_by_document
from assistant.evaluation.judging import ContainmentJudge
from assistant.evaluation.questions import load_questions
from assistant.records import Outcome

QUESTIONS = Path(__file__).resolve().parents[2] / "evaluation" / "questions.jsonl"


@pytest.fixture(scope="module")
def questions():
    return load_questions(QUESTIONS)


def test_nearly_every_document_is_found_by_its_own_question(assistant_none):
    assert sum(own_questions(assistant_none).values()) >= 59  # of the essay and sixty documents


def test_the_question_set_is_what_it_says(questions):
    single = [q for q in questions if not q.id.startswith("c")]
    assert len(single) == 225
    assert sum(not q.answerable for q in single) / len(single) == pytest.approx(0.2, abs=0.01)
    assert Counter(q.split for q in questions).keys() == {"dev", "test"}
    assert len({q.id for q in questions}) == len(questions)
    assert len({q.id.split("/")[0] for q in questions if q.before}) == 30
    topics = {split: {q.topic for q in questions if q.split == split} for split in ("dev", "test")}
    assert topics["dev"] & topics["test"] <= {"none"}


def test_every_gold_sentence_stands_in_its_document(assistant_none, questions):
    texts = {}
    for card in assistant_none.documents():
        texts[card.id] = " ".join(assistant_none.document(card.id).text.split())
    for question in questions:
        for evidence in question.evidence:
            for quote in evidence.quotes:
                assert " ".join(quote.split()) in texts[evidence.document], question.id


def test_every_answerable_question_has_a_gold_passage(assistant_none, questions):
    passages = passages_by_document(assistant_none)
    for question in questions:
        if question.answerable:
            assert gold_passages(question, passages), question.id


@pytest.fixture(scope="module")
def examples(assistant_none, questions):
    names = {card.id: card.id for card in assistant_none.documents()}
    shelf = Shelf(assistant_none, assistant_none._embedder, names)
    return shelf, asked(shelf, [q for q in questions if q.id.startswith("q")], lambda _: None)


def test_the_clients_questions_are_answered_from_the_right_documents(examples):
    _, rows = examples
    answerable = [r for r in rows if r.question.answerable]
    assert len(answerable) == 65
    for row in answerable:
        assert row.answer.outcome is Outcome.ANSWERED, row.question.id
        assert cites_gold_document(row.question, row.answer), row.question.id
    refused = [r for r in rows if r.answer.outcome is Outcome.ABSTAINED]
    assert sum(not r.question.answerable for r in refused) >= 12  # of 15


def test_figures_agree_with_what_happened(examples):
    shelf, rows = examples
    seen = observed(shelf, rows, ContainmentJudge())
    answered = [r for r in rows if r.answer.outcome is Outcome.ANSWERED]
    quoting = {
        r.question.id: float(quotes_gold_sentence(r.question, r.answer))
        for r in answered
        if r.question.answerable
    }
    assert {k: v for k, (v, _) in seen.samples["quotes gold sentence"].items()} == quoting
    # Quotations are their sources' own words: the judge has nothing to say against them.
    cited = seen.samples["citation recall"].values()
    assert (
        sum(n for n, _ in cited)
        == sum(d for _, d in cited)
        == sum(len(r.answer.sentences) for r in answered)
    )
    assert len(seen.failures) == sum(
        (r.answer.outcome is Outcome.ANSWERED) != r.question.answerable
        or (r.question.answerable and not quoting[r.question.id])
        for r in rows
    )


def test_a_false_premise_is_answered_with_the_sentence_that_corrects_it(assistant_none):
    answer = assistant_none.ask("How do we get our firm certified under ISO 26000?")
    assert answer.outcome is Outcome.ABSTAINED
    assert "not certifiable" in answer.text
    assert answer.sentences[0].citations
