"""The events of the page: ask, stop, clear, undo. Events in, HTML out; no markup here."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from threading import Event

import assistant.answering.answerer
import assistant.answering.checking  # noqa: F401 - at the start, not at the first question
from assistant.errors import AssistantError, LibraryError, QuestionError
from assistant.records import (
    AnswerReady,
    EvidenceFound,
    Filters,
    Outcome,
    Searching,
    SentenceChecked,
    TextDelta,
)
from assistant.service import Assistant, turn_of
from assistant.web.backstage import Backstage, ModelPhase
from assistant.web.draft import Draft
from assistant.web.literature import Works
from assistant.web.session import Asked, Exchange, Session
from assistant.web.turns import (
    cleared_html,
    failed_html,
    final_html,
    quoted_html,
    searching_html,
)

log = logging.getLogger(__name__)

_BETWEEN_DRAFTS_S = 0.08  # faster than the eye needs, slow enough for a weak machine
_MOST_KEPT_CHARACTERS = 4_000  # of a question that is refused for its length
_NOT_LOADED = {
    ModelPhase.LOADING: "Quotations only: the language model is still being loaded.",
    ModelPhase.FAILED: "Quotations only: there is no language model.",
}


@dataclass(frozen=True, slots=True)
class View:
    """What the three HTML components show; None leaves one as it is."""

    finished: str | None = None
    running: str | None = None
    draft: str | None = None


def ask(backstage: Backstage, session: Session, asked: Asked) -> Iterator[View]:
    """Answer a question, view by view; ends with a turn that is kept, unless it was cleared."""
    if session.is_cleared(asked):
        yield _standing(session)
        return
    if asked.again and session.exchanges:
        asked = replace(session.exchanges[-1].asked, again=True, serial=asked.serial)
    number, stop = session.begin(asked)
    finished = "".join(e.html for e in session.exchanges)
    yield View(finished=finished, running=searching_html(number, asked), draft="")
    answered = _Answering(backstage, session, asked, number, stop)
    try:
        yield from answered.views()
    except AssistantError as error:
        if answered.is_current():
            yield answered.failed(error)
    except Exception as error:  # a traceback helps no student
        log.exception("answering failed")
        if answered.is_current():
            yield answered.failed(
                AssistantError(
                    f"Something unexpected went wrong ({type(error).__name__}).",
                    remedy="The terminal shows what it was. Ask again, or run: assistant doctor.",
                )
            )
    finally:
        stop.set()  # the page was closed: nothing goes on writing
    if not answered.is_current() and number + 1 == session.next_number:
        yield _standing(session)  # a view of ours may have come in after the clearing


def stop(session: Session, serial: int = 0) -> None:
    """End the draft; the answer so far stays."""
    session.end(serial)


def clear(session: Session, serial: int = 0) -> View:
    """Empty the conversation, with a way back."""
    session.clear(serial)
    return View(finished="", running=cleared_html(), draft="")


def _standing(session: Session) -> View:
    """Return what there is after a clearing, undone or not."""
    finished = "".join(e.html for e in session.exchanges)
    return View(finished=finished, running="" if finished else cleared_html(), draft="")


def undo_clear(session: Session) -> View:
    """Bring the cleared conversation back."""
    session.undo_clear()
    return View(finished="".join(e.html for e in session.exchanges), running="", draft="")


class _Answering:
    """One question on its way."""

    def __init__(
        self, backstage: Backstage, session: Session, asked: Asked, number: int, stop: Event
    ) -> None:
        self._backstage = backstage
        self._session = session
        self._asked = asked
        self._number = number
        self._stop = stop
        self._draft = Draft()
        self._shown_at = 0.0

    def views(self) -> Iterator[View]:
        """Yield what to show for each event of the stream."""
        assistant = self._assistant()
        # Until the model stands nobody waits for it: a stream that is stopped only quotes.
        note = _NOT_LOADED.get(self._backstage.state.model_phase, "")
        stop = Event() if note else self._stop
        if note:
            stop.set()
        self._asked = replace(self._asked, titles=self._titles(assistant))
        works = assistant.literature()
        filters = Filters(self._asked.perspectives, frozenset(self._asked.documents))
        events = assistant.stream(self._asked.question, self._session.history, filters, stop=stop)
        for event in events:
            if not self.is_current():
                stop.set()
                return
            match event:
                case Searching(standalone):
                    yield View(running=searching_html(self._number, self._asked, standalone))
                case EvidenceFound(quoted) if quoted.outcome is Outcome.ANSWERED:
                    draft = "" if note or assistant.model_name == "none" else self._draft.html()
                    page = quoted_html(self._number, self._asked, quoted, works)
                    yield View(running=page, draft=draft)
                case TextDelta(text):
                    self._draft.add(text)
                    if self._is_time():
                        yield View(draft=self._draft.html())
                case SentenceChecked(sentence):
                    self._draft.check(sentence)
                    yield View(draft=self._draft.html())
                case AnswerReady():
                    yield self._final(event, works, note)

    def is_current(self) -> bool:
        """Whether the conversation was neither cleared nor taken on meanwhile."""
        return self._stop is self._session.stop

    def failed(self, error: AssistantError) -> View:
        """Keep the question with its error and return what to show."""
        page = failed_html(self._number, self._asked, error)
        self._keep(page, None)
        return View(running=page, draft="")

    def _assistant(self) -> Assistant:
        if self._backstage.assistant is None:
            raise LibraryError(
                "The library is not open yet.", remedy="Wait until it is, then try again."
            )
        return self._backstage.assistant

    def _titles(self, assistant: Assistant) -> tuple[str, ...]:
        """Return the titles of the documents to which the question is put."""
        if not self._asked.documents:
            return ()
        cards = self._backstage.catalogue.cards(assistant)
        if any(slug not in cards for slug in self._asked.documents):
            raise QuestionError(
                "The document that is to be asked is not in the library now.",
                remedy="Remove it beside the question, or choose another one in the library.",
            )
        return tuple(cards[slug].title for slug in self._asked.documents)

    def _final(self, event: AnswerReady, works: Works, note: str) -> View:
        stopped = self._stop.is_set()
        page = final_html(
            self._number, self._asked, event.answer, works, stopped=stopped, note=note
        )
        self._keep(page, event)
        self._backstage.refresh()
        return View(running=page, draft="")

    def _keep(self, page: str, event: AnswerReady | None) -> None:
        asked = replace(self._asked, question=self._asked.question[:_MOST_KEPT_CHARACTERS])
        turn = turn_of(event.answer) if event is not None else None
        self._session.keep(Exchange(self._number, asked, page, turn))

    def _is_time(self) -> bool:
        now = time.monotonic()
        if now - self._shown_at < _BETWEEN_DRAFTS_S:
            return False
        self._shown_at = now
        return True
