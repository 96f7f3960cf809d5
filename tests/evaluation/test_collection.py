"""The collection finds itself: facts about the landed texts, questions and index."""

from collections import Counter
from pathlib import Path

import pytest

from assistant.evaluation.questions import load_questions
from assistant.evaluation.running import gold_passages, measure, own_questions
from assistant.records import Outcome

QUESTIONS = Path(__file__).resolve().parents[2] / "evaluation" / "questions.jsonl"


@pytest.fixture(scope="module")
def questions():
    return load_questions(QUESTIONS)


def test_nearly_every_document_is_found_by_its_own_question(assistant_none):
    assert sum(own_questions(assistant_none)) >= 59  # of the essay and sixty documents


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
    with assistant_none.library.reading() as snapshot:
        passages = {c.id: snapshot.passages_of(c.id) for c in snapshot.cards()}
    for question in questions:
        if question.answerable:
            assert gold_passages(question, passages), question.id


def test_the_clients_questions_are_answered_from_the_right_documents(assistant_none, questions):
    examples = [q for q in questions if q.id.startswith("q")]
    rows = measure(assistant_none, examples)
    answerable = [r for r in rows if r.answerable]
    assert len(answerable) == 65
    assert all(r.answered and r.cites_gold_document for r in answerable)
    assert sum(not r.answered for r in rows if not r.answerable) >= 12  # of 15


def test_a_false_premise_is_answered_with_the_sentence_that_corrects_it(assistant_none):
    answer = assistant_none.ask("How do we get our firm certified under ISO 26000?")
    assert answer.outcome is Outcome.ABSTAINED
    assert "not certifiable" in answer.text
    assert answer.sentences[0].citations
