"""The way from a question to an answer: quotations first, then what a model writes from them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answering.composing import compose_quoted, renumbered
from assistant.answering.conversation import in_context, standalone
from assistant.answering.premises import objection
from assistant.answering.prompting import SYSTEM, prompt_for
from assistant.answering.smalltalk import (
    FALSE_PREMISE,
    HELP,
    NOT_COVERED,
    NOT_ENGLISH,
    SAID_TO_BE_MISSING,
    is_small_talk,
)
from assistant.answering.writing import checked_sentences, merged
from assistant.errors import ModelError
from assistant.ports import AnswerScorer, Checker, LanguageModel, Scorer
from assistant.records import (
    Answer,
    AnswerReady,
    AnswerSentence,
    Event,
    Evidence,
    EvidenceFound,
    Filters,
    Hit,
    Notice,
    Outcome,
    Searching,
    SentenceChecked,
    Turn,
)
from assistant.retrieval.answerability import answerability, signs, threshold
from assistant.retrieval.evidence import choose_evidence
from assistant.retrieval.reranking import CANDIDATES, reranked
from assistant.retrieval.scoring import SentenceVectors
from assistant.retrieval.searcher import Found, Searcher
from assistant.retrieval.terms import looks_english
from assistant.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Means:
    """What an answer is made with."""

    searcher: Searcher
    vectors: SentenceVectors
    scorer: Scorer
    checker: Checker
    model: LanguageModel | None  # None: quotations only
    trained: AnswerScorer | None = None  # reads what was found again; None: it does not
    warning: str = ""  # what an answer has to do without


class Answerer:
    """Answers questions that have been cleaned; see ``service.Assistant.stream``."""

    def __init__(self, means: Means, settings: Settings) -> None:
        self._means = means
        self._settings = settings
        self._writing = threading.Lock()  # one draft at a time: two would both be slow

    def stream(
        self,
        question: str,
        history: Sequence[Turn],
        filters: Filters | None,
        stop: threading.Event,
    ) -> Iterator[Event]:
        """Yield the events of an answer; ends with AnswerReady."""
        watch = _Stopwatch()
        if is_small_talk(question):
            yield Searching(question)
            yield AnswerReady(_help(question, watch))
            return
        typed = self._means.searcher.corrected(question)
        complete = standalone(typed, history)
        yield Searching(complete)
        quoted = self._quoted(question, complete, filters, watch)
        if complete == typed and (other := in_context(typed, history)):
            beside = self._quoted(question, other, filters, watch)
            quoted = max(quoted, beside, key=lambda answer: answer.answerability)
        yield EvidenceFound(quoted)
        if quoted.outcome is Outcome.ABSTAINED or self._means.model is None:
            yield AnswerReady(quoted)
            return
        yield from self._written(quoted, self._means.model, stop, watch)

    def _quoted(
        self, question: str, complete: str, filters: Filters | None, watch: _Stopwatch
    ) -> Answer:
        """Return the answer in the sources' own words, or the abstention."""
        means = self._means
        found, hits = self._found(complete, filters, watch)
        evidence = choose_evidence(complete, hits, scorer=means.scorer, vectors=means.vectors)
        seen = signs(complete, hits, evidence, found.rarity, means.trained)
        answerable = answerability(seen)
        answer = Answer(
            question=question,
            standalone_question=complete,
            outcome=Outcome.ABSTAINED,
            sentences=(),
            evidence=(),
            notice=Notice.NOT_COVERED,
            message=NOT_COVERED if looks_english(complete) else NOT_ENGLISH,
            nearest=tuple(hits[:3]),
            model=means.model.name if means.model else "none",
            generation=found.generation,
            signs=seen,
            answerability=answerable,
            warning=means.warning,
        )
        if evidence and answerable >= threshold(self._settings.strictness):
            answer = _composed(answer, evidence, found.rarity)
        watch.lap("evidence")
        return replace(answer, timings=dict(watch.timings))

    def _found(
        self, question: str, filters: Filters | None, watch: _Stopwatch
    ) -> tuple[Found, list[Hit]]:
        """Return what was searched out, and the passages that remain after a second look."""
        means, k = self._means, self._settings.top_k
        if means.trained is None:
            found = means.searcher.found(question, k, filters)
            watch.lap("search")
            return found, found.hits
        found = means.searcher.found(question, max(k, CANDIDATES), filters)
        watch.lap("search")
        hits = reranked(question, found.hits, means.trained, k)
        watch.lap("rerank")
        return found, hits

    def _written(
        self, quoted: Answer, model: LanguageModel, stop: threading.Event, watch: _Stopwatch
    ) -> Iterator[Event]:
        """Let the model write from the evidence, and merge what stands with the quotations."""
        written: list[AnswerSentence] = []
        warning = quoted.warning
        try:
            for event in self._draft(quoted, model, stop, watch):
                if isinstance(event, SentenceChecked):
                    written.append(event.sentence)
                yield event
        except ModelError as error:
            log.warning("the model failed: %s", type(error).__name__)
            warning = " ".join(filter(None, (warning, str(error))))
        watch.lap("writing")
        sentences, evidence = renumbered(merged(written, quoted.sentences), quoted.evidence)
        yield AnswerReady(
            replace(
                quoted,
                sentences=sentences,
                evidence=evidence,
                struck=tuple(s for s in written if not s.verdict.stands),
                warning=warning,
                timings=dict(watch.timings),
            )
        )

    def _draft(
        self, quoted: Answer, model: LanguageModel, stop: threading.Event, watch: _Stopwatch
    ) -> Iterator[Event]:
        most = self._settings.max_answer_tokens
        while not self._writing.acquire(timeout=0.1):
            if stop.is_set():  # while another draft is still being written
                return
        try:
            if stop.is_set():  # nobody waits for the model to be loaded
                return
            model.load()
            prompt = prompt_for(
                quoted.standalone_question, quoted.sentences, model, max_tokens=most
            )
            pieces = model.write(SYSTEM, prompt, max_tokens=most, stop=stop)
            checked = checked_sentences(pieces, self._means.checker, quoted.evidence)
            for n, event in enumerate(checked):
                if n == 0:
                    watch.lap("first_word")
                yield event
        finally:
            self._writing.release()


class _Stopwatch:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self.timings: dict[str, float] = {}
        self._began = self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Give the time since the last lap to a stage."""
        now = time.perf_counter()
        self.timings[stage] = round((now - self._last) * 1000, 1)
        self.timings["total"] = round((now - self._began) * 1000, 1)
        self._last = now


def _help(question: str, watch: _Stopwatch) -> Answer:
    watch.lap("help")
    return Answer(
        question=question,
        standalone_question=question,
        outcome=Outcome.ABSTAINED,
        sentences=(),
        evidence=(),
        notice=Notice.HELP,
        message=HELP,
        timings=watch.timings,
    )


def _composed(answer: Answer, evidence: Sequence[Evidence], rarity: Mapping[str, float]) -> Answer:
    """Return the answer with its quotations, or the objection that the sources make."""
    quoted = compose_quoted(answer.standalone_question, evidence)
    if found := objection(answer.standalone_question, quoted, rarity):
        notice, n = found
        sentences, numbered = renumbered([replace(quoted[n], group=None)], evidence)
        message = FALSE_PREMISE if notice is Notice.FALSE_PREMISE else SAID_TO_BE_MISSING
        return replace(
            answer, sentences=sentences, evidence=numbered, notice=notice, message=message
        )
    sentences, numbered = renumbered(quoted, evidence)
    return replace(
        answer,
        outcome=Outcome.ANSWERED,
        sentences=sentences,
        evidence=numbered,
        notice=Notice.NONE,
        message="",
        nearest=(),
    )
