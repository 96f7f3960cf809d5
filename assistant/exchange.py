"""Records as JSON and questions from JSON: one form for the command line, the web and evaluation.

Pure: nothing is read, searched or printed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.errors import QuestionError
from assistant.records import (
    Answer,
    AnswerSentence,
    DocumentCard,
    Evidence,
    Hit,
    Passage,
    Turn,
)

if TYPE_CHECKING:
    from assistant.debate.claims import JudgedClaim, Ledger, Witness

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it came in, and the conversation before it."""

    text: str
    history: tuple[Turn, ...] = ()


def answer_json(answer: Answer) -> Json:
    """Return an answer as it is printed by ``assistant ask --json``."""
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "outcome": answer.outcome.value,
        "answer": answer.text,
        "sentences": [sentence_json(s, answer.evidence) for s in answer.sentences],
        "evidence": [evidence_json(e) for e in answer.evidence],
        "model": answer.model,
        "generation": answer.generation,
        "timings": dict(answer.timings),  # stage -> milliseconds
        "struck": [
            {**sentence_json(s, answer.evidence), "reason": s.reason} for s in answer.struck
        ],
        "notice": answer.notice.value,
        "nearest": [hit_json(h) for h in answer.nearest],
        "warning": answer.warning,
        "message": answer.message,
        "ledger": answer.ledger,
    }


def ledger_json(ledger: Ledger) -> Json:
    """Return a tested text as it is printed by ``assistant claim --json``."""
    return {
        "summary": ledger.summary,
        "claims": [claim_json(claim) for claim in ledger.claims],
        "generation": ledger.generation,
        "warning": ledger.warning,
    }


def claim_json(claim: JudgedClaim) -> Json:
    """Return one claim with its witnesses; start and end are offsets in the tested text."""
    return {
        "claim": claim.text,
        "start": claim.start,
        "end": claim.end,
        "verdict": claim.standing.value,
        "score": _rounded(claim.score),
        "needs_source": claim.needs_source,
        "for": [_witness_json(w) for w in claim.supporting],
        "against": [_witness_json(w) for w in claim.contradicting],
        "beside": [_witness_json(w) for w in claim.beside],
    }


def _witness_json(witness: Witness) -> Json:
    return {
        "document": witness.document.id,
        "title": witness.document.title,
        "perspective": witness.document.perspective.value,
        "heading": list(witness.heading),
        "start": witness.start,
        "end": witness.end,
        "text": witness.text,
        "probability": _rounded(witness.probability),
    }


def sentence_json(sentence: AnswerSentence, evidence: Sequence[Evidence]) -> Json:
    """Return one sentence with the numbers of its evidence and the literature behind it."""
    return {
        "text": sentence.text,
        "citations": sorted({c.evidence for c in sentence.citations}),
        "verdict": sentence.verdict.value,
        "score": _rounded(sentence.score),
        "spans": [
            {"evidence": c.evidence, "start": c.start, "end": c.end, "score": _rounded(c.score)}
            for c in sentence.citations
        ],
        "group": sentence.group.value if sentence.group else "",
        "literature": list(literature_of(sentence, evidence)),
    }


def literature_of(sentence: AnswerSentence, evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Return the keys of the literature that the cited sentences themselves cite."""
    by_number = {e.number: e for e in evidence}
    keys = [
        key
        for citation in sentence.citations
        if citation.evidence in by_number
        for source in by_number[citation.evidence].passage.sentences
        if source.start < citation.end and citation.start < source.end
        for key in source.literature
    ]
    return tuple(dict.fromkeys(keys))


def evidence_json(evidence: Evidence) -> Json:
    """Return the passage that a number stands for."""
    return {"number": evidence.number, **_place(evidence.document, evidence.passage)}


def search_json(question: str, hits: Iterable[Hit]) -> Json:
    """Return what a search found as it is printed by ``assistant search --json``."""
    return {"question": question, "hits": [hit_json(h) for h in hits]}


def hit_json(hit: Hit) -> Json:
    """Return one passage that was found, with its score."""
    return {**_place(hit.document, hit.passage), "score": _rounded(hit.score)}


def line_values(line: str) -> Json:
    """Return the JSON object of one line of questions.

    Raises QuestionError when the line is not a JSON object.
    """
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as cause:
        raise QuestionError(f"The line is not JSON: {cause}.", remedy=_LINE_REMEDY) from cause
    if not isinstance(values, dict):
        raise QuestionError("The line is not a JSON object.", remedy=_LINE_REMEDY)
    return values


def question_of(values: Mapping[str, Any]) -> Question:
    """Return the question in ``values``: "question", and perhaps "history".

    Raises QuestionError when either has another form.
    """
    text = values.get("question")
    if not isinstance(text, str):
        found = "no" if text is None else "no text as"
        raise QuestionError(f'The line has {found} "question".', remedy=_LINE_REMEDY)
    return Question(whole(text), history_of(values.get("history")))


def history_of(earlier: object) -> tuple[Turn, ...]:
    """Return the turns of [{"question", "answer"}, …] or ["question", …], oldest first.

    Raises QuestionError when it has another form.
    """
    from assistant.answering.conversation import standalone  # numpy comes with it

    turns: list[Turn] = []
    if earlier is not None and not isinstance(earlier, list):
        raise QuestionError('"history" is not a list.', remedy=_HISTORY_REMEDY)
    for item in earlier or ():
        item = {"question": item} if isinstance(item, str) else item
        question = item.get("question") if isinstance(item, dict) else None
        answer = item.get("answer", "") if isinstance(item, dict) else ""
        if not isinstance(question, str) or not isinstance(answer, str):
            raise QuestionError('"history" has an item of another form.', remedy=_HISTORY_REMEDY)
        turns.append(Turn(whole(question), standalone(whole(question), turns), whole(answer)))
    return tuple(turns)


def whole(text: str) -> str:
    """Return text without half characters (lone surrogates), which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


_LINE_REMEDY = 'Write it as {"id": "1", "question": "Who defines value in CSR?"}.'
_HISTORY_REMEDY = 'Write it as [{"question": "…", "answer": "…"}] or as a list of questions.'


def _place(document: DocumentCard, passage: Passage) -> Json:
    return {
        "document": document.id,
        "title": document.title,
        "perspective": document.perspective.value,
        "heading": list(passage.heading),
        "page": passage.page,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
    }


def _rounded(score: float) -> float:
    return round(float(score), 4)
