from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from types import SimpleNamespace

import pytest
from web_samples import WORKS, answer, card, said, text_of

from assistant.errors import LibraryMissingError, ModelError, QuestionError
from assistant.records import (
    AnswerReady,
    EvidenceFound,
    Filters,
    Outcome,
    Perspective,
    Searching,
    SentenceChecked,
    TextDelta,
    Verdict,
)
from assistant.web import talk
from assistant.web.backstage import Backstage, ModelPhase, Phase, State
from assistant.web.session import MOST_TURNS, Asked, Session, asked_from


class Scripted:
    """An assistant that says what it is told, and remembers what it was asked."""

    def __init__(self, *, model_name: str = "Tiny", error: Exception | None = None) -> None:
        self.model_name = model_name
        self.error = error
        self.calls: list[SimpleNamespace] = []

    def stream(self, question, history, filters, *, stop: Event) -> Iterator[object]:
        self.calls.append(SimpleNamespace(question=question, history=history, filters=filters))
        yield Searching(question)
        if self.error:
            raise self.error
        quoted = answer(question=question, standalone_question=question)
        yield EvidenceFound(quoted)
        for piece in ("The customer ", "judges. ", "Unicorns "):
            if stop.is_set():
                break
            yield TextDelta(piece)
        else:
            yield SentenceChecked(said("The customer judges.", 1, verdict=Verdict.SUPPORTED))
        yield AnswerReady(quoted)

    def status(self):
        return SimpleNamespace(documents=1, passages=2)

    def documents(self):
        return (card(),)

    def literature(self):
        return WORKS


def backstage(assistant: Scripted | None, phase: ModelPhase = ModelPhase.READY) -> Backstage:
    behind = Backstage(SimpleNamespace(model="none"))
    behind.assistant = assistant
    behind.state = State(phase=Phase.READY, model_phase=phase)
    return behind


def views(behind: Backstage, session: Session, question: str, **values: object):
    return list(talk.ask(behind, session, Asked(question, **values)))


def test_quotations_come_first_then_the_draft_then_the_answer():
    session = Session()
    shown = views(backstage(Scripted()), session, "Who judges?")
    states = [v.running.split('data-state="')[1].split('"')[0] for v in shown if v.running]
    assert states == ["searching", "searching", "writing", "done"]
    drafts = [text_of(v.draft) for v in shown if v.draft]
    assert drafts[0] == "Writing … not yet checked"
    assert "The customer judges. ✓ kept" in drafts[-1]
    assert shown[-1].draft == ""


def test_while_the_model_writes_only_the_draft_is_sent():
    shown = views(backstage(Scripted()), Session(), "Who judges?")
    drafting = [v for v in shown if v.draft and not v.running]
    assert drafting
    assert all(v.finished is None for v in shown[1:])


def test_a_follow_up_knows_the_turns_before():
    session, assistant = Session(), Scripted()
    views(backstage(assistant), session, "Who judges in CSR?")
    views(backstage(assistant), session, "And CRM?")
    assert [t.question for t in assistant.calls[1].history] == ["Who judges in CSR?"]
    assert len(session.exchanges) == 2


def test_until_the_model_stands_answers_are_quotations_and_say_so():
    shown = views(backstage(Scripted(), ModelPhase.LOADING), Session(), "Who?")
    assert not any(v.draft for v in shown)
    assert "the language model is still being loaded" in text_of(shown[-1].running)
    assert "Stopped" not in shown[-1].running


def test_stop_keeps_the_answer_so_far():
    session = Session()
    stream = talk.ask(backstage(Scripted()), session, Asked("Who?"))
    for view in stream:
        if view.draft:
            talk.stop(session)
            break
    rest = list(stream)
    assert "Stopped: this is the answer so far" in text_of(rest[-1].running)
    assert len(session.exchanges) == 1


@pytest.mark.parametrize(
    "error",
    [
        QuestionError("The question is empty.", remedy="Type one."),
        LibraryMissingError("There is no index.", remedy="Type one."),
        ModelError("The model fell over.", remedy="Type one."),
    ],
)
def test_an_error_becomes_a_message_in_the_turn(error):
    session = Session()
    last = views(backstage(Scripted(error=error)), session, "Who?")[-1]
    assert str(error.args[0]) in text_of(last.running)
    assert "Type one." in text_of(last.running)
    assert session.history == []
    assert len(session.exchanges) == 1


def test_an_unforeseen_error_shows_no_traceback():
    last = views(backstage(Scripted(error=ZeroDivisionError("secret"))), Session(), "Who?")[-1]
    assert "unexpected" in text_of(last.running)
    assert "secret" not in last.running


def test_a_question_before_the_library_is_open_is_answered_in_words():
    last = views(backstage(None), Session(), "Who?")[-1]
    assert "The library is not open yet." in text_of(last.running)


def test_retry_takes_the_place_of_the_last_turn():
    session, assistant = Session(), Scripted()
    chosen = frozenset({Perspective.CSR})
    views(backstage(assistant), session, "Who judges?", perspectives=chosen)
    views(backstage(assistant), session, "", again=True)
    assert [e.asked.question for e in session.exchanges] == ["Who judges?"]
    assert assistant.calls[1].question == "Who judges?"
    assert assistant.calls[1].filters == Filters(perspectives=chosen)
    assert assistant.calls[1].history == []


def test_clear_can_be_undone():
    session = Session()
    views(backstage(Scripted()), session, "Who judges?")
    cleared = talk.clear(session)
    assert (cleared.finished, session.exchanges) == ("", [])
    assert "Undo" in cleared.running
    assert "Who judges?" in talk.undo_clear(session).finished
    assert len(session.exchanges) == 1


def test_what_runs_when_the_conversation_is_cleared_comes_to_nothing():
    session = Session()
    stream = talk.ask(backstage(Scripted()), session, Asked("Who?"))
    next(stream)
    talk.clear(session)
    rest = list(stream)
    assert [("Undo" in v.running, v.finished, v.draft) for v in rest] == [(True, "", "")]
    assert session.exchanges == []


def test_an_error_after_the_clearing_is_not_kept():
    session = Session()
    stream = talk.ask(
        backstage(Scripted(error=ModelError("Gone.", remedy="x"))), session, Asked("?")
    )
    next(stream)
    next(stream)
    talk.clear(session)
    assert "Undo" in [v.running for v in stream][-1]
    assert session.exchanges == []


def test_a_question_that_arrives_after_its_clearing_is_not_asked():
    session, assistant = Session(), Scripted()
    views(backstage(assistant), session, "Who judges?", serial=1)
    talk.clear(session, 2)
    late = views(backstage(assistant), session, "Late?", serial=2)
    assert "Undo" in late[-1].running
    assert len(assistant.calls) == 1
    assert "Who judges?" in talk.undo_clear(session).finished
    assert "Late?" in views(backstage(assistant), session, "Late?", serial=3)[-1].running


def test_the_end_of_a_cleared_question_leaves_the_next_one_alone():
    session, behind = Session(), backstage(Scripted())
    old = talk.ask(behind, session, Asked("Old?", serial=1))
    next(old)
    talk.clear(session, 1)
    new = talk.ask(behind, session, Asked("New?", serial=2))
    next(new)
    assert list(old) == []
    assert "New?" in list(new)[-1].running


def test_a_stop_that_arrives_before_its_question_holds():
    session = Session()
    talk.stop(session, 1)
    last = views(backstage(Scripted()), session, "Who?", serial=1)[-1]
    assert "Stopped: this is the answer so far" in text_of(last.running)
    assert "Stopped" not in views(backstage(Scripted()), session, "Who?", serial=2)[-1].running


def test_a_retry_that_is_cleared_gives_back_what_it_replaced():
    session, behind = Session(), backstage(Scripted())
    views(behind, session, "Who judges?", serial=1)
    retry = talk.ask(behind, session, Asked("", again=True, serial=2))
    assert 'data-serial="2"' in next(retry).running
    talk.clear(session, 2)
    list(retry)
    assert "Who judges?" in talk.undo_clear(session).finished


def test_the_conversation_is_bounded():
    session, behind = Session(), backstage(Scripted())
    for n in range(MOST_TURNS + 5):
        views(behind, session, f"Question {n}?")
    assert len(session.exchanges) == MOST_TURNS
    assert session.exchanges[0].asked.question == "Question 5?"


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "x",
        {},
        {"question": 7},
        {"perspectives": "csr"},
        {"perspectives": [1, "nope"]},
        {"documents": "x"},
        {"serial": True},
        {"serial": -1},
        {"serial": "1"},
        {"documents": [1, "", None, "x" * 301]},
    ],
)
def test_what_the_page_sends_is_not_trusted(payload):
    assert asked_from(payload) == Asked("")


def test_a_sound_question_is_taken():
    payload = {"question": "Who?", "perspectives": ["csr", "csr", "x"], "again": "yes"}
    assert asked_from(payload) == Asked("Who?", frozenset({Perspective.CSR}))


def test_one_document_alone_is_asked_and_named():
    session, assistant = Session(), Scripted()
    shown = views(backstage(assistant), session, "Who?", documents=("who-judges",))
    assert assistant.calls[0].filters == Filters(documents=frozenset({"who-judges"}))
    assert "Searched only: “Who judges?”" in text_of(shown[-1].running)


def test_a_document_that_is_gone_cannot_be_asked():
    assistant = Scripted()
    shown = views(backstage(assistant), Session(), "Who?", documents=("who-judges", "gone"))
    assert "is not in the library now" in shown[-1].running
    assert assistant.calls == []


def test_an_abstention_is_shown_without_a_draft():
    class Silent(Scripted):
        def stream(self, question, history, filters, *, stop):
            silent = answer(sentences=(), outcome=Outcome.ABSTAINED, message="Not said.")
            yield EvidenceFound(silent)
            yield AnswerReady(silent)

    shown = views(backstage(Silent()), Session(), "Mongolia?")
    assert not any(v.draft for v in shown)
    assert "Not said." in shown[-1].running
