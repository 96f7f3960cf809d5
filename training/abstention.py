"""Fit the abstention weights on the dev questions: `uv run training/abstention.py`.

Once without the trained scorer and once with it. Each dev question is asked of an index of the
corpus, and each answerable one once more with its gold documents hidden: what is then found is
what a question meets that the library does not cover. A logistic regression over the signs of
answerability (Platt 1999) learns to tell the two apart. Prints the weights for
assistant/retrieval/answerability.py and what they do when each topic is left out of the training
in turn. The test split is not looked at.

Questions that the sources answer with an objection (see answering/premises.py) are left out:
they are found, and abstained from, another way.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from assistant import Assistant, Filters
from assistant.evaluation.questions import GoldQuestion, load_questions
from assistant.records import Notice, Signs

QUESTIONS = Path(__file__).resolve().parent.parent / "evaluation" / "questions.jsonl"
_REGULARISATION = 3.0  # C: weak, the signs are few and bounded
_REAL_WEIGHT = 3.0  # of an unanswerable question that a person wrote
# Share of the answerable questions that may be refused, by strictness.
_FALSE_REFUSALS = {"strict": 0.10, "balanced": 0.04, "open": 0.015}


@dataclass(frozen=True, slots=True)
class Example:
    """A question with the signs that were found for it."""

    question: GoldQuestion
    signs: Signs
    answerable: bool
    hidden: bool  # whether its gold documents were


def main() -> None:
    """Fit and print, without the trained scorer and with it."""
    for scorer in ("none", "embedded"):
        print(f"\nscorer: {scorer}")
        _fit(scorer)


def _fit(scorer: str) -> None:
    questions = [q for q in load_questions(QUESTIONS, split="dev") if not q.before]
    examples = list(_examples(questions, scorer))
    known = [f.name for f in fields(Signs) if getattr(examples[0].signs, f.name) is not None]
    signs = np.array([[getattr(e.signs, name) for name in known] for e in examples])  # (n, signs)
    labels = np.array([e.answerable for e in examples])
    weights = np.array([1.0 if e.answerable or e.hidden else _REAL_WEIGHT for e in examples])
    topics = np.array([e.question.topic for e in examples])
    left_out = np.zeros(len(examples))
    for topic in sorted(set(topics)):
        rest = topics != topic
        left_out[~rest] = _fitted(signs[rest], labels[rest], weights[rest]).predict_proba(
            signs[~rest]
        )[:, 1]
    model = _fitted(signs, labels, weights)
    for name, weight in zip(known, model.coef_[0], strict=True):
        print(f"  {name:20} {weight:6.2f}")
    print(f"  {'bias':20} {model.intercept_[0]:6.2f}\n")
    _report(examples, left_out)


def _fitted(signs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> LogisticRegression:
    model = LogisticRegression(C=_REGULARISATION, max_iter=5000)
    return model.fit(signs, labels, sample_weight=weights)


def _examples(questions: Sequence[GoldQuestion], scorer: str) -> Iterator[Example]:
    with tempfile.TemporaryDirectory() as folder:
        assistant = Assistant.open(index=folder, model="none", strictness="off", scorer=scorer)
        assistant.build()
        everything = frozenset(card.id for card in assistant.documents())
        for question in questions:
            answer = assistant.ask(question.question)
            if answer.notice is Notice.FALSE_PREMISE or answer.signs is None:
                continue
            yield Example(question, answer.signs, question.answerable, hidden=False)
            if question.answerable:
                others = Filters(documents=everything - question.documents)
                without = assistant.ask(question.question, filters=others)
                if without.signs is not None:
                    yield Example(question, without.signs, answerable=False, hidden=True)


def _report(examples: Sequence[Example], left_out: np.ndarray) -> None:
    """Print what thresholds do, with each topic judged by a model that did not see it."""
    answerable = np.array([e.answerable for e in examples])
    hidden = np.array([e.hidden for e in examples])
    real = ~answerable & ~hidden
    fitting = {
        name: round(float(np.quantile(left_out[answerable], share)), 2)
        for name, share in _FALSE_REFUSALS.items()
    }
    print(", ".join(f"{name} {threshold:.2f}" for name, threshold in fitting.items()))
    for threshold in sorted({0.1, 0.2, 0.3, 0.4, 0.5, *fitting.values()}):
        refused = left_out < threshold
        print(
            f"threshold {threshold:.2f}: refuses {(refused & real).sum()} of {real.sum()}"
            f" unanswerable, {(refused & hidden).sum()} of {hidden.sum()} with gold hidden,"
            f" {(refused & answerable).sum()} of {answerable.sum()} answerable"
        )
    print()
    for example, probability in zip(examples, left_out, strict=True):
        refused = probability < fitting["balanced"]
        if not example.hidden and refused == example.answerable:
            question = example.question
            print(f"{probability:.2f} {question.id} {question.kind}: {question.question}")


if __name__ == "__main__":
    main()
