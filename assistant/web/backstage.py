"""What goes on behind the page: opening, first build, loading the language model.

The server answers at once; a thread brings the assistant up and the page looks at
``Backstage.state`` until everything has settled.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum

from assistant.errors import (
    AssistantError,
    LibraryDamagedError,
    LibraryMissingError,
    LibraryOutdatedError,
    LibraryVersionError,
    ModelError,
)
from assistant.records import Progress
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.web.catalogue import Catalogue, size_words
from assistant.web.words import count, progress_words, where_it_runs

log = logging.getLogger(__name__)

_TO_BUILD = (LibraryMissingError, LibraryOutdatedError, LibraryVersionError, LibraryDamagedError)


class Phase(StrEnum):
    """How far the assistant is."""

    OPENING = "opening"
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


class ModelPhase(StrEnum):
    """How far the language model is."""

    NONE = "none"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class State:
    """Everything the page shows of it, in words."""

    phase: Phase = Phase.OPENING
    headline: str = "Opening the library"
    detail: str = "Loading the search model."
    done: int = 0
    total: int = 0
    library: str = ""
    size: str = ""  # the library for readers: how many texts
    model_phase: ModelPhase = ModelPhase.LOADING
    model: str = ""
    model_problem: str = ""  # why there is none, and what to do
    problems: tuple[str, ...] = ()
    perspectives: dict[str, int] = field(default_factory=dict)  # documents of each

    @property
    def settled(self) -> bool:
        """Whether nothing will change any more by itself."""
        ready = self.phase is Phase.READY and self.model_phase is not ModelPhase.LOADING
        return ready or self.phase is Phase.FAILED


Opener = Callable[..., Assistant]


class Backstage:
    """Brings the assistant up, once, and says how far it is."""

    def __init__(self, settings: Settings, opener: Opener = Assistant.open) -> None:
        self.settings = settings
        self.state = State()
        self.assistant: Assistant | None = None
        self.catalogue = Catalogue()
        self._opener = opener
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, or begin again after a failure; does nothing while it is under way."""
        with self._starting:
            if self._thread is not None and self._thread.is_alive():
                return
            if self.state.phase is Phase.READY:
                return
            self.state = State()
            self._thread = threading.Thread(target=self._run, name="backstage", daemon=True)
            self._thread.start()

    def refresh(self) -> None:
        """Look at the library again: another process may have changed it."""
        if self.assistant is not None and self.state.phase is Phase.READY:
            try:
                self._describe_library(self.assistant)
            except AssistantError as error:
                log.warning("the library cannot be described: %s", type(error).__name__)

    def _run(self) -> None:
        try:
            assistant = self._opened()
            self._made_searchable(assistant)
            self._load_trained(assistant)
            self._describe_library(assistant)
            self.assistant = assistant
            self._update(phase=Phase.READY, headline="", detail="", done=0, total=0)
            self._load_model(assistant)
            with suppress(AssistantError):  # the page asks again, and says what is wrong
                self.catalogue.page(assistant)  # a large library takes a second the first time
                assistant.find_tensions()  # some seconds, when the texts have changed
        except AssistantError as error:
            self._fail(str(error.args[0]), error.remedy)
        except Exception as error:  # the page must say something, whatever it is
            log.exception("opening failed")
            self._fail(
                f"Something unexpected went wrong ({type(error).__name__}).",
                "The terminal shows what it was. Run: assistant doctor.",
            )

    def _opened(self) -> Assistant:
        """Return the assistant; without its language model when only that cannot be opened."""
        try:
            return self._opener(self.settings, on_progress=self._preparing)
        except ModelError as error:
            without = replace(self.settings, model="none")
            if self.settings.model == "none":
                raise
            assistant = self._opener(without, on_progress=self._preparing)
            self._model_failed(error)
            return assistant

    def _preparing(self, words: str) -> None:
        sentence = f"{words[:1].upper()}{words[1:].rstrip('.')}."
        patience = "This is done once, and may take a minute."
        self._update(headline="Preparing the models", detail=f"{sentence} {patience}")

    def _made_searchable(self, assistant: Assistant) -> None:
        """Build what is missing or out of date; a first search also warms everything up."""
        try:
            assistant.search("value", top_k=1)
        except _TO_BUILD as error:
            log.info("building, because of %s", type(error).__name__)
            why = "" if isinstance(error, LibraryMissingError) else str(error.args[0])
            self._build(assistant, why)

    def _build(self, assistant: Assistant, why: str) -> None:
        self._update(phase=Phase.BUILDING, headline="Building the library", detail=why)
        report = assistant.build(self._building)
        problems = tuple(f"{p.path}: {p.reason} {p.remedy}" for p in report.problems)
        self._update(problems=problems)

    def _building(self, progress: Progress) -> None:
        self._update(detail=progress_words(progress), done=progress.done, total=progress.total)

    def _load_trained(self, assistant: Assistant) -> None:
        """Load what ranks and checks: the first question would wait for it, long at first."""
        words = "Loading what ranks passages and checks claims."
        self._update(phase=Phase.OPENING, headline="Opening the library", detail=words)
        self._update(done=0, total=0)
        assistant.load_trained()

    def _describe_library(self, assistant: Assistant) -> None:
        status = assistant.status()
        library = f"{count(status.documents, 'document')}, {count(status.passages, 'passage')}"
        cards = self.catalogue.cards(assistant).values()
        perspectives = Counter(card.perspective.value for card in cards)
        self._update(library=library, size=size_words(cards), perspectives=dict(perspectives))

    def _load_model(self, assistant: Assistant) -> None:
        if self.state.model_phase is ModelPhase.FAILED:
            return
        if assistant.model_name == "none":
            words = "answers are quotations only, no language model"
            self._update(model_phase=ModelPhase.NONE, model=words)
            return
        self._update(model=f"quotations only until {assistant.model_name} is loaded")
        try:
            assistant.load_model()
        except ModelError as error:
            self._model_failed(error)
            return
        words = f"answers written by {assistant.model_name}, {where_it_runs(self.settings)}"
        self._update(model_phase=ModelPhase.READY, model=words)

    def _model_failed(self, error: ModelError) -> None:
        words = "quotations only, no language model"
        self._update(model_phase=ModelPhase.FAILED, model=words, model_problem=str(error))
        sys.stderr.write(f"The language model is not used. {error}\n")

    def _fail(self, what: str, remedy: str) -> None:
        self._update(phase=Phase.FAILED, headline=what, detail=remedy)
        sys.stderr.write(f"{what} {remedy}\n")

    def _update(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
