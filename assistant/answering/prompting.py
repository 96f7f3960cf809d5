"""What the language model is told: the question and the notes, never a document's instructions."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.ports import LanguageModel
from assistant.records import AnswerSentence

# Small models write best what they may copy; of several wordings this one left the largest
# share of sentences standing with the embedded model (10 of 21 questions, others 1 to 3).
SYSTEM = "You copy the sentences of a text that answer a question."
_TASK = "Copy the sentences of the text that answer the question."
_CHAT_TOKENS = 64  # room for the template's own marks
_MOST_NOTES = 4


def prompt_for(
    question: str, quoted: Sequence[AnswerSentence], model: LanguageModel, *, max_tokens: int
) -> str:
    """Return the user's part of the prompt, with as many quotations as fit, best first.

    ``max_tokens`` is the length of the answer, for which the model's context leaves room.
    """
    room = model.context_tokens - max_tokens - _CHAT_TOKENS - model.count_tokens(SYSTEM)
    notes = [" ".join(sentence.text.split()) for sentence in quoted[:_MOST_NOTES]]
    while len(notes) > 1 and model.count_tokens(_joined(question, notes)) > room:
        notes.pop()
    return _joined(question, notes)


def _joined(question: str, notes: Sequence[str]) -> str:
    return f"Question: {question}\n\nText: {' '.join(notes)}\n\n{_TASK}"
