"""What an answer tells of its sources, before the library is asked: from records or from JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.errors import PackError
from assistant.exchange import literature_of
from assistant.exporting.fields import Fields
from assistant.exporting.pack import (
    PackedDocument,
    PackedSentence,
    PackedSource,
    PackedTurn,
    Quotation,
)
from assistant.records import (
    Answer,
    AnswerSentence,
    Citation,
    DocumentCard,
    Notice,
    Outcome,
    Passage,
    Perspective,
    Verdict,
)

_DIGITS = 4  # of a score
_REMEDY = "Export answers as `assistant ask --json` prints them."


@dataclass(frozen=True, slots=True)
class Told:
    """A turn with the documents that it cites, as the answer itself knows them."""

    turn: PackedTurn
    documents: Mapping[str, PackedDocument]


@dataclass(frozen=True, slots=True)
class _Passage:
    """A passage that may be cited."""

    number: int
    document: PackedDocument
    heading: tuple[str, ...]
    page: int | None
    start: int
    end: int
    text: str

    def citation(self, start: int, end: int, score: float) -> Citation:
        """Return the citation of a span; of the whole passage where it does not lie within."""
        if not self.start <= start < end <= self.end:
            start, end = self.start, self.end
        return Citation(self.number, start, end, round(score, _DIGITS))

    def quotation(self, citation: Citation, literature: Sequence[str]) -> Quotation:
        """Return the words of a citation of this passage."""
        words = self.text[citation.start - self.start : citation.end - self.start]
        return Quotation(citation.start, citation.end, words, tuple(literature))

    def source(self, quotations: Sequence[Quotation]) -> PackedSource:
        """Return the passage with what is quoted of it."""
        return PackedSource(
            self.number, self.document.id, self.heading, self.page, tuple(quotations)
        )


_Passages = Mapping[int, _Passage]


def told_of(answer: Answer) -> Told:
    """Return what an answer tells."""
    passages = {e.number: _passage(e.number, e.document, e.passage) for e in answer.evidence}
    turn = PackedTurn(
        question=answer.question,
        standalone_question=answer.standalone_question,
        outcome=answer.outcome,
        notice=answer.notice,
        message=answer.message,
        warning=answer.warning,
        model=answer.model,
        generation=answer.generation,
        sentences=tuple(_sentence(s, passages) for s in answer.sentences),
        struck=tuple(_sentence(s, passages) for s in answer.struck),
        sources=(),
    )
    literature = [literature_of(s, answer.evidence) for s in answer.sentences]
    nearest = [_passage(0, h.document, h.passage) for h in answer.nearest]
    return _with_sources(turn, passages, literature, nearest)


def told_of_json(answer: object) -> Told:
    """Return what an answer tells that was written by ``exchange.answer_json``.

    Where the JSON names no spans, a quoted sentence is looked for in its passage, and a written
    one points to the whole passage. Raises PackError when it has another form.
    """
    fields = Fields.of(answer, "An answer")
    if not fields.has("question"):
        raise PackError('An answer has no "question".', remedy=_REMEDY)
    numbered = ((f.number("number"), f) for f in fields.each("evidence"))
    passages = {n: _passage_json(f, n) for n, f in numbered}
    told = fields.each("sentences")
    sentences = tuple(_sentence_json(f, passages) for f in told)
    question = fields.text("question")
    turn = PackedTurn(
        question=question,
        standalone_question=fields.text("standalone_question", question),
        outcome=fields.choice("outcome", Outcome),
        notice=fields.choice("notice", Notice, ""),
        message=_message(fields, sentences),
        warning=fields.text("warning", ""),
        model=fields.text("model", "none"),
        generation=fields.number("generation", 0),
        sentences=sentences,
        struck=tuple(_sentence_json(f, passages) for f in fields.each("struck")),
        sources=(),
    )
    nearest = [_passage_json(f, 0) for f in fields.each("nearest")]
    return _with_sources(turn, passages, [f.texts("literature") for f in told], nearest)


def _with_sources(
    turn: PackedTurn,
    passages: _Passages,
    literature: Sequence[Sequence[str]],
    nearest: Sequence[_Passage],
) -> Told:
    """Add the quotations to which the sentences point; where none does, what comes nearest."""
    found: dict[int, dict[tuple[int, int], Quotation]] = {}
    for sentence, keys in zip(turn.sentences, literature, strict=True):
        for c in sentence.citations:
            quotation = passages[c.evidence].quotation(c, keys)
            found.setdefault(c.evidence, {}).setdefault((c.start, c.end), quotation)
    sources = tuple(
        passages[n].source([found[n][span] for span in sorted(found[n])]) for n in sorted(found)
    )
    # Help is no search that found nothing, and has no passages that come nearest.
    near = () if sources or turn.notice is Notice.HELP else nearest
    told = {p.document.id: p.document for p in (*(passages[n] for n in found), *near)}
    whole = tuple(p.source([p.quotation(p.citation(p.start, p.end, 0.0), ())]) for p in near)
    return Told(replace(turn, sources=sources, nearest=whole), told)


def _passage(number: int, card: DocumentCard, passage: Passage) -> _Passage:
    document = PackedDocument(
        card.id, card.title, card.path, card.perspective.value, card.sha256, text_sha256=""
    )
    return _Passage(
        number=number,
        document=document,
        heading=passage.heading,
        page=passage.page,
        start=passage.start,
        end=passage.end,
        text=passage.text,
    )


def _sentence(sentence: AnswerSentence, passages: _Passages) -> PackedSentence:
    return PackedSentence(
        text=sentence.text,
        verdict=sentence.verdict,
        score=round(float(sentence.score), _DIGITS),
        citations=tuple(
            passages[c.evidence].citation(c.start, c.end, float(c.score))
            for c in sentence.citations
            if c.evidence in passages
        ),
        reason=sentence.reason,
        group=sentence.group.label if sentence.group is not None else "",
    )


def _passage_json(fields: Fields, number: int) -> _Passage:
    document = PackedDocument(
        id=fields.text("document"),
        title=fields.text("title"),
        path=fields.text("path", ""),
        perspective=fields.text("perspective", ""),
        file_sha256="",
        text_sha256="",
    )
    return _Passage(
        number=number,
        document=document,
        heading=fields.texts("heading"),
        page=fields.number("page") if fields.has("page") else None,
        start=fields.number("start"),
        end=fields.number("end"),
        text=fields.text("text"),
    )


def _sentence_json(fields: Fields, passages: _Passages) -> PackedSentence:
    text = fields.text("text")
    return PackedSentence(
        text=text,
        verdict=fields.choice("verdict", Verdict),
        score=round(fields.score("score"), _DIGITS),
        citations=tuple(_citations_json(fields, text, passages)),
        reason=fields.text("reason", ""),
        group=_group(fields.text("group", "") if fields.has("group") else ""),
    )


def _citations_json(fields: Fields, text: str, passages: _Passages) -> Iterable[Citation]:
    """Yield the spans that the JSON names; for a number without one, the best there is."""
    spans = [
        (f.number("evidence"), f.number("start"), f.number("end"), f.score("score"))
        for f in fields.each("spans")
    ]
    spanned = {number for number, *_ in spans}
    spans += [
        (number, 0, 0, 0.0) for number in fields.numbers("citations") if number not in spanned
    ]
    for number, start, end, score in spans:
        if number not in passages:
            raise PackError(
                f"A sentence of the answer cites [{number}], which is not in its evidence.",
                remedy=_REMEDY,
            )
        passage = passages[number]
        at = passage.text.find(text) if start == end else -1
        if at >= 0 and text:
            start = passage.start + at
            end = start + len(text)
        yield passage.citation(start, end, score)


def _group(name: str) -> str:
    """Return the label of a perspective; any other heading as it is."""
    return {p.value: p.label for p in Perspective}.get(name, name)


def _message(fields: Fields, sentences: Sequence[PackedSentence]) -> str:
    """Return the fixed words of an answer; older JSON has them before the sentences only."""
    if fields.has("message"):
        return fields.text("message")
    answer = fields.text("answer", "")
    at = answer.find(sentences[0].text) if sentences else len(answer)
    return answer[: max(at, 0)].strip()
