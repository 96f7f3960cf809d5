"""Assistant: the one object that the web chat, the command line and programs use."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.answering.checking import LiteralChecker
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
from assistant.errors import LibraryOutdatedError, ModelError, QuestionError
from assistant.library.database import Library, Snapshot
from assistant.library.indexing import build
from assistant.library.vectors import StoreOfGeneration
from assistant.models.wiring import open_embedder, open_language_model
from assistant.ports import Checker, Embedder, LanguageModel
from assistant.records import (
    Answer,
    AnswerReady,
    AnswerSentence,
    BuildReport,
    Document,
    DocumentCard,
    Event,
    Evidence,
    EvidenceFound,
    Filters,
    Hit,
    Notice,
    Outcome,
    Progress,
    Reference,
    Searching,
    SentenceChecked,
    Turn,
    Verdict,
)
from assistant.retrieval.answerability import answerability, signs
from assistant.retrieval.evidence import choose_evidence
from assistant.retrieval.scoring import SentenceVectors, SimilarityScorer, rarities
from assistant.retrieval.search import search
from assistant.retrieval.spelling import corrected
from assistant.retrieval.terms import looks_english, spelt_out
from assistant.settings import Settings

log = logging.getLogger(__name__)

MAX_QUESTION_CHARACTERS = 2_000
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]"
)


@dataclass(frozen=True, slots=True)
class Status:
    """The library in figures."""

    generation: int
    documents: int
    passages: int
    embedder: str
    built_at: str


class Stopwatch:
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


class Assistant:
    """Answers questions from a library, every sentence with its proof.

    >>> from assistant import Assistant            # doctest: +SKIP
    >>> answer = Assistant.open().ask("Who defines value in CSR?")
    >>> print(answer.text)
    """

    def __init__(self, settings: Settings, embedder: Embedder, model: LanguageModel | None) -> None:
        self.settings = settings
        self.library = Library(settings.index)
        self._embedder = embedder
        self._model = model
        self._stores = StoreOfGeneration(settings.index)
        self._vectors = SentenceVectors(embedder)
        self._scorer = SimilarityScorer(self._vectors, embedder)
        self._checker: Checker = LiteralChecker(self._vectors)
        self._writing = threading.Lock()  # one draft at a time: two would both be slow

    @classmethod
    def open(
        cls,
        settings: Settings | None = None,
        *,
        on_progress: Callable[[str], None] | None = None,
        **flags: Any,  # noqa: ANN401 - the fields of Settings
    ) -> Assistant:
        """Open the assistant with the settings in force; ``flags`` are fields of Settings.

        Prepares the embedder at the first start. Raises SettingsError or ModelError.
        """
        settings = settings or Settings.load(flags)
        embedder = open_embedder(settings, on_progress)
        return cls(settings, embedder, open_language_model(settings, on_progress))

    @property
    def model_name(self) -> str:
        """The language model in words; "none" when answers are quotations only."""
        return self._model.name if self._model else "none"

    def load_model(self) -> None:
        """Load the language model now instead of at the first draft; raises ModelError."""
        if self._model is not None:
            self._model.load()

    def build(self, on_progress: Callable[[Progress], None] = lambda _: None) -> BuildReport:
        """Make the library agree with the corpus folder; see ``library.indexing.build``."""
        return build(self.library, self.settings.corpus, self._embedder, on_progress=on_progress)

    def status(self) -> Status:
        """Return the library in figures; raises LibraryMissingError before the first build."""
        with self.library.reading() as snapshot:
            meta = snapshot.meta
            return Status(
                generation=snapshot.generation,
                documents=snapshot.count("documents"),
                passages=snapshot.count("passages"),
                embedder=meta.get("embedder", ""),
                built_at=meta.get("built_at", ""),
            )

    def documents(self) -> tuple[DocumentCard, ...]:
        """Return the cards of all documents, by slug."""
        with self.library.reading() as snapshot:
            return snapshot.cards()

    def literature(self) -> dict[str, Reference]:
        """Return the works behind the sentences, by key, in the order of the bibliography."""
        with self.library.reading() as snapshot:
            return {reference.key: reference for reference in snapshot.literature()}

    def document(self, slug: str) -> Document | None:
        """Return a document with its text; None when there is none of that name."""
        with self.library.reading() as snapshot:
            return snapshot.document(slug)

    def search(
        self, question: str, *, top_k: int | None = None, filters: Filters | None = None
    ) -> list[Hit]:
        """Return the passages nearest to a question, best first."""
        question = cleaned(question)
        with self.library.reading() as snapshot:
            question = corrected(question, snapshot, self._embedder)
            return self._hits(snapshot, question, top_k or self.settings.top_k, filters)

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
    ) -> Answer:
        """Return the finished answer; see ``stream``."""
        for event in self.stream(question, history, filters):
            if isinstance(event, AnswerReady):
                return event.answer
        raise AssertionError("a stream ends with AnswerReady")

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        *,
        stop: threading.Event | None = None,
    ) -> Iterator[Event]:
        """Yield the events of an answer: the quoted answer first, then the model's sentences.

        The only answering path. Ends with AnswerReady, also when ``stop`` is set: then the
        answer is what stood at that moment. Raises QuestionError and LibraryError; a model
        that fails leaves the quoted answer standing, with a warning.
        """
        watch = Stopwatch()
        question = cleaned(question)
        if is_small_talk(question):
            yield Searching(question)
            yield AnswerReady(self._help(question, watch))
            return
        typed, complete = self._understood(question, history)
        yield Searching(complete)
        quoted = self._quoted(question, complete, filters, watch)
        if complete == typed and (other := in_context(typed, history)):
            beside = self._quoted(question, other, filters, watch)
            quoted = max(quoted, beside, key=lambda answer: answer.answerability)
        yield EvidenceFound(quoted)
        if quoted.outcome is Outcome.ABSTAINED or self._model is None:
            yield AnswerReady(quoted)
            return
        yield from self._written(quoted, stop or threading.Event(), watch)

    def _understood(self, question: str, history: Sequence[Turn]) -> tuple[str, str]:
        """Return the question with its slips put right, and completed from the history."""
        with self.library.reading() as snapshot:
            typed = corrected(question, snapshot, self._embedder)
        return typed, standalone(typed, history)

    def _help(self, question: str, watch: Stopwatch) -> Answer:
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

    def _hits(
        self, snapshot: Snapshot, question: str, k: int, filters: Filters | None
    ) -> list[Hit]:
        made_with = snapshot.meta.get("embedder", "")
        if made_with != self._embedder.fingerprint:
            raise LibraryOutdatedError(
                f"The index was made with another embedder ({made_with or 'none'}).",
                remedy="Run: assistant index build. Only the vectors are made anew.",
            )
        return search(
            snapshot,
            self._stores.get(snapshot),
            question,
            self._embedder.embed_question(spelt_out(question)),
            k=k,
            dense_weight=self.settings.dense_weight,
            filters=filters,
        )

    def _quoted(
        self, question: str, complete: str, filters: Filters | None, watch: Stopwatch
    ) -> Answer:
        """Return the answer in the sources' own words, or the abstention."""
        with self.library.reading() as snapshot:
            generation = snapshot.generation
            hits = self._hits(snapshot, complete, self.settings.top_k, filters)
            rarity = rarities(complete, snapshot)
        watch.lap("search")
        evidence = choose_evidence(complete, hits, scorer=self._scorer, vectors=self._vectors)
        seen = signs(complete, hits, evidence, rarity)
        found = answerability(seen)
        answer = Answer(
            question=question,
            standalone_question=complete,
            outcome=Outcome.ABSTAINED,
            sentences=(),
            evidence=(),
            notice=Notice.NOT_COVERED,
            message=NOT_COVERED if looks_english(complete) else NOT_ENGLISH,
            nearest=tuple(hits[:3]),
            model=self.model_name,
            generation=generation,
            signs=seen,
            answerability=found,
        )
        if evidence and found >= self.settings.abstain_below:
            answer = _composed(answer, evidence, rarity)
        watch.lap("evidence")
        return replace(answer, timings=dict(watch.timings))

    def _written(self, quoted: Answer, stop: threading.Event, watch: Stopwatch) -> Iterator[Event]:
        """Let the model write from the evidence, and merge what stands with the quotations."""
        written: list[AnswerSentence] = []
        warning = ""
        try:
            for event in self._draft(quoted, stop, watch):
                if isinstance(event, SentenceChecked):
                    written.append(event.sentence)
                yield event
        except ModelError as error:
            log.warning("the model failed: %s", type(error).__name__)
            warning = str(error)
        watch.lap("writing")
        sentences, evidence = renumbered(merged(written, quoted.sentences), quoted.evidence)
        yield AnswerReady(
            replace(
                quoted,
                sentences=sentences,
                evidence=evidence,
                struck=tuple(s for s in written if s.verdict is Verdict.UNSUPPORTED),
                warning=warning,
                timings=dict(watch.timings),
            )
        )

    def _draft(self, quoted: Answer, stop: threading.Event, watch: Stopwatch) -> Iterator[Event]:
        model = self._model
        assert model is not None  # stream() has seen to it
        most = self.settings.max_answer_tokens
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
            for n, event in enumerate(checked_sentences(pieces, self._checker, quoted.evidence)):
                if n == 0:
                    watch.lap("first_word")
                yield event
        finally:
            self._writing.release()


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


def cleaned(question: str) -> str:
    """Return the question without control characters; raises QuestionError when unusable."""
    whole = question.encode("utf-8", "replace").decode()  # a lone surrogate is no text
    text = " ".join(_CONTROL.sub(" ", whole).split())
    if not any(c.isalnum() for c in text):
        raise QuestionError("The question is empty.", remedy="Type a question in words.")
    if len(text) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(
            f"The question has {len(text):,} characters; {MAX_QUESTION_CHARACTERS:,} are allowed.",
            remedy="Ask it in a few sentences.",
        )
    return text


def turn_of(answer: Answer) -> Turn:
    """Return what a later question has to know of an answer."""
    documents = dict.fromkeys(
        e.document.id
        for e in answer.evidence
        for s in answer.sentences
        for c in s.citations
        if c.evidence == e.number
    )
    return Turn(
        question=answer.question,
        standalone_question=answer.standalone_question,
        answer=answer.text if answer.sentences else "",
        documents=tuple(documents),
    )


__all__ = ["Assistant", "Evidence", "Status", "cleaned", "turn_of"]
