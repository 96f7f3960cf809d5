"""Fit the abstention weights on the dev questions: `uv run training/abstention.py`.

Asks every dev question of an index of the corpus, fits a logistic regression over the signs
of answerability (Platt 1999), and prints the weights for assistant/retrieval/answerability.py
with what they do: accuracy when each topic is left out in turn, and the questions they get
wrong. The test split is not looked at. Questions that the sources answer with an objection
(see answering/premises.py) are left out: they are found, and abstained from, another way.
"""

from __future__ import annotations

import tempfile
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from assistant import Assistant
from assistant.evaluation.questions import GoldQuestion, load_questions
from assistant.records import Answer, Notice, Signs

QUESTIONS = Path(__file__).resolve().parent.parent / "evaluation" / "questions.jsonl"
_REGULARISATION = 3.0  # C: weak, the signs are few and bounded


def main() -> None:
    """Fit and print."""
    questions = [q for q in load_questions(QUESTIONS, split="dev") if not q.before]
    rows = [(q, *_signs_of(q, answer)) for q, answer in _asked(questions)]
    rows = [row for row in rows if row[2] is not Notice.FALSE_PREMISE]
    signs = np.array([astuple(found) for _, found, _ in rows])  # (n, 7)
    answerable = np.array([q.answerable for q, _, _ in rows])
    topics = np.array([q.topic for q, _, _ in rows])
    model = LogisticRegression(C=_REGULARISATION, max_iter=5000)
    left_out = cross_val_predict(
        model, signs, answerable, groups=topics, cv=LeaveOneGroupOut(), method="predict_proba"
    )[:, 1]
    model.fit(signs, answerable)
    print(f"{len(rows)} questions, {answerable.sum()} answerable")
    for field, weight in zip(fields(Signs), model.coef_[0], strict=True):
        print(f"  {field.name:18} {weight:6.2f}")
    print(f"  {'bias':18} {model.intercept_[0]:6.2f}\n")
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        refused = left_out < threshold
        print(
            f"threshold {threshold}: refuses {(refused & ~answerable).sum()} of"
            f" {(~answerable).sum()} unanswerable, {(refused & answerable).sum()} of"
            f" {answerable.sum()} answerable (topic left out)"
        )
    print()
    for (question, _, _), probability in zip(rows, left_out, strict=True):
        if (probability >= 0.5) != question.answerable:
            print(f"{probability:.2f} {question.id} {question.kind}: {question.question}")


def _asked(questions: list[GoldQuestion]) -> list[tuple[GoldQuestion, Answer]]:
    with tempfile.TemporaryDirectory() as folder:
        assistant = Assistant.open(index=folder, model="none", abstain_below=0.0)
        assistant.build()
        return [(q, assistant.ask(q.question)) for q in questions]


def _signs_of(question: GoldQuestion, answer: Answer) -> tuple[Signs, Notice]:
    if answer.signs is None:
        raise ValueError(f"{question.id} was not searched for")
    return answer.signs, answer.notice


if __name__ == "__main__":
    main()
