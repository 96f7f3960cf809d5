"""Assistant: the one object that the web chat, the command line and programs use."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from assistant.errors import QuestionError
from assistant.library.database import Library
from assistant.models.wiring import open_embedder, open_language_model, open_trained
from assistant.ports import Checker, Embedder, LanguageModel, TrainedModels
from assistant.records import (
    Answer,
    AnswerReady,
    BuildReport,
    Document,
    DocumentCard,
    Event,
    Filters,
    Hit,
    Progress,
    Reference,
    Turn,
)
from assistant.retrieval.scoring import SentenceVectors, SimilarityScorer
from assistant.retrieval.searcher import Searcher
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.answering.answerer import Answerer
    from assistant.debate.claims import JudgedClaim, Ledger
    from assistant.debate.tension_finder import Findings, TensionFinder
    from assistant.debate.tensions import Dispute, Tension

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


@dataclass(frozen=True, slots=True)
class _Working:
    """What is needed to answer and to test, not to search."""

    answerer: Answerer
    checker: Checker
    trained: TrainedModels


class Assistant:
    """Answers questions from a library, every sentence with its proof.

    >>> from assistant import Assistant            # doctest: +SKIP
    >>> answer = Assistant.open().ask("Who defines value in CSR?")
    >>> print(answer.text)
    """

    def __init__(
        self,
        settings: Settings,
        embedder: Embedder,
        model: LanguageModel | None,
        open_trained: Callable[[], TrainedModels] = TrainedModels,
    ) -> None:
        """``open_trained`` gives what ranks and checks answers, when the first is asked for."""
        self.settings = settings
        self.library = Library(settings.index)
        self._embedder = embedder
        self._model = model
        self._vectors = SentenceVectors(embedder)
        self._searcher = Searcher(
            self.library, embedder, self._vectors, dense_weight=settings.dense_weight
        )
        self._open_trained = open_trained
        self._opened: _Working | None = None
        self._opening = threading.Lock()

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
        model = open_language_model(settings, on_progress)
        return cls(settings, embedder, model, partial(open_trained, settings, on_progress))

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
        from assistant.library.indexing import build  # readers of files: no search needs them

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
        self,
        question: str,
        *,
        top_k: int | None = None,
        filters: Filters | None = None,
        twice: bool = False,
    ) -> list[Hit]:
        """Return the passages nearest to a question, best first.

        ``twice``: the first of them are read again by the trained scorer, as for an answer.
        """
        from assistant.retrieval.reranking import CANDIDATES, reranked

        k = top_k or self.settings.top_k
        scorer = self._working().trained.scorer if twice else None
        depth = max(k, CANDIDATES) if scorer else k
        hits = self._searcher.search(cleaned(question), depth, filters)
        return reranked(question, hits, scorer, k) if scorer else hits

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
        stop = stop or threading.Event()
        yield from self._working().answerer.stream(cleaned(question), history, filters, stop)

    def claim(
        self,
        text: str,
        filters: Filters | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
        *,
        on_claim: Callable[[JudgedClaim], None] = lambda _: None,
        stop: threading.Event | None = None,
    ) -> Ledger:
        """Return how each claim of a text stands in this library; see ``debate.claims``.

        ``on_claim`` is told each claim as soon as it is judged. When ``stop`` is set, the
        ledger is what stood at that moment. Raises QuestionError when there is nothing to
        test, and LibraryError.
        """
        from assistant.answering.checking import LiteralChecker
        from assistant.debate.claims import ClaimJudge

        trained = self._working().trained
        judge = ClaimJudge(self._searcher, LiteralChecker(self._vectors), trained.entailer)
        ledger = judge.judge(text, filters, on_progress, on_claim=on_claim, stop=stop)
        return replace(ledger, warning=trained.warning)

    def tensions(self, document: str | None = None) -> tuple[Tension, ...]:
        """Return where documents contradict or answer each other, the strongest first.

        Of one ``document``, or of all. What is not known of the present library is found first,
        which takes some seconds for a changed text and half a minute for 700 passages.
        """
        from assistant.debate.tensions import of_document

        return of_document(self.find_tensions().tensions, document)

    def find_tensions(
        self,
        on_progress: Callable[[Progress], None] = lambda _: None,
        stop: threading.Event | None = None,
    ) -> Findings:
        """Find what is not known of the tensions and keep it: the last stage of a build.

        The library is searchable before and meanwhile. When ``stop`` is set, soon returns what
        was found until then; the next call goes on. Raises LibraryError.
        """
        return self._finder.find(self._working().trained.entailer, on_progress, stop)

    def disputes(self, document: str) -> tuple[Dispute, ...]:
        """Return the disputed spans of a document, as far as they are known: nothing is sought."""
        from assistant.debate.tensions import disputes_of

        known = self._finder.known(self._working().trained.entailer)
        return disputes_of(known.tensions, document) if known else ()

    @cached_property
    def _finder(self) -> TensionFinder:
        from assistant.debate.tension_finder import TensionFinder

        return TensionFinder(self.library, self._vectors)

    def checker(self) -> Checker:
        """Return the check in force."""
        return self._working().checker

    def load_trained(self) -> str:
        """Open what ranks and checks answers now; return what is missing of it, in words."""
        return self._working().trained.warning

    def _working(self) -> _Working:
        """Return what answers, opened at the first question: a search alone needs none of it."""
        from assistant.answering.answerer import Answerer, Means
        from assistant.answering.entailing import checker_of
        from assistant.retrieval.reranking import CarefulScorer

        with self._opening:
            if self._opened is None:
                trained = self._open_trained()
                quick = SimilarityScorer(self._vectors, self._embedder)
                means = Means(
                    searcher=self._searcher,
                    vectors=self._vectors,
                    scorer=CarefulScorer(quick, trained.scorer) if trained.scorer else quick,
                    checker=checker_of(self._vectors, trained.entailer),
                    model=self._model,
                    trained=trained.scorer,
                    warning=trained.warning,
                )
                self._opened = _Working(Answerer(means, self.settings), means.checker, trained)
            return self._opened


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
