"""The assistant as a whole, on the real texts with the real embedder and a scripted model."""

import threading

import pytest

from assistant.errors import LibraryMissingError, LibraryOutdatedError, ModelError, QuestionError
from assistant.records import (
    AnswerReady,
    EvidenceFound,
    Filters,
    Notice,
    Outcome,
    Perspective,
    Searching,
    SentenceChecked,
    TextDelta,
    Verdict,
)
from assistant.service import Assistant, cleaned, turn_of

QUESTION = "Who defines value in CSR, and who in shared value?"


class ScriptedModel:
    """Writes what it was told to, in small pieces."""

    name = "scripted"
    context_tokens = 2048

    def __init__(self, text: str = "", error: ModelError | None = None) -> None:
        self.text, self.error = text, error
        self.prompts: list[str] = []

    def load(self) -> None:
        if self.error is not None:
            raise self.error

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def write(self, system, user, *, max_tokens, stop):
        self.prompts.append(user)
        for n in range(0, len(self.text), 7):
            if stop.is_set():
                return
            yield self.text[n : n + 7]


@pytest.fixture
def writing(assistant_none):
    """Return a function that gives the session's library to an assistant with a model."""

    def make(model: ScriptedModel) -> Assistant:
        return Assistant(
            assistant_none.settings,
            assistant_none._embedder,
            model,
            assistant_none._open_trained,
        )

    return make


def test_every_sentence_of_an_answer_is_a_quotation_that_stands_in_its_document(assistant_none):
    answer = assistant_none.ask(QUESTION)
    assert answer.outcome is Outcome.ANSWERED
    assert answer.sentences
    by_number = {e.number: e for e in answer.evidence}
    for sentence in answer.sentences:
        assert sentence.verdict is Verdict.QUOTED
        (citation,) = sentence.citations
        document = assistant_none.document(by_number[citation.evidence].document.id)
        assert document.text[citation.start : citation.end] == sentence.text


def test_the_question_of_the_essay_is_answered_from_the_essay(assistant_none):
    text = assistant_none.ask(QUESTION).text.lower()
    assert "government and civil society" in text
    assert "company" in text


def test_events_come_in_order_and_the_quoted_answer_first(writing):
    model = ScriptedModel("Nobody knows anything about the moon. ")
    events = list(writing(model).stream(QUESTION))
    kinds = [type(e) for e in events]
    assert kinds[:2] == [Searching, EvidenceFound]
    assert kinds[-1] is AnswerReady
    assert TextDelta in kinds
    assert kinds.index(EvidenceFound) < kinds.index(TextDelta)
    assert kinds.count(SentenceChecked) == 1


def test_a_false_sentence_is_struck_and_the_quotation_stands(writing, assistant_none):
    quoted = assistant_none.ask(QUESTION)
    false = "In 1987 Milton Friedman proved that CSR makes every company rich."
    answer = writing(ScriptedModel(false + " ")).ask(QUESTION)
    assert [s.text for s in answer.struck] == [false]
    assert answer.struck[0].reason
    assert [s.text for s in answer.sentences] == [s.text for s in quoted.sentences]


def test_a_true_sentence_is_kept_with_its_citation(writing, assistant_none):
    lead = assistant_none.ask(QUESTION).sentences[0]
    answer = writing(ScriptedModel(lead.text + " ")).ask(QUESTION)
    assert answer.struck == ()
    assert answer.sentences[0].verdict is Verdict.SUPPORTED
    assert answer.sentences[0].citations[0].evidence == 1


def test_a_model_that_fails_leaves_the_quoted_answer(writing, assistant_none):
    broken = ScriptedModel(error=ModelError("The server is gone.", remedy="Start it again."))
    answer = writing(broken).ask(QUESTION)
    assert [s.text for s in answer.sentences] == [
        s.text for s in assistant_none.ask(QUESTION).sentences
    ]
    assert answer.warning == "The server is gone. Start it again."


def test_stop_keeps_what_stood(writing):
    stop = threading.Event()
    assistant = writing(ScriptedModel("Value is defined by somebody in the end. " * 50))
    seen = []
    for event in assistant.stream(QUESTION, stop=stop):
        seen.append(event)
        if isinstance(event, TextDelta):
            stop.set()
    assert sum(isinstance(e, TextDelta) for e in seen) == 1
    assert isinstance(seen[-1], AnswerReady)
    assert seen[-1].answer.outcome is Outcome.ANSWERED


def test_a_stream_that_is_stopped_beforehand_only_quotes_and_loads_nothing(writing):
    stop = threading.Event()
    stop.set()
    must_not_load = ScriptedModel(error=ModelError("loaded", remedy=""))
    *_, ready = writing(must_not_load).stream(QUESTION, stop=stop)
    assert ready.answer.outcome is Outcome.ANSWERED
    assert ready.answer.warning == ""


def test_instructions_in_a_document_only_ever_reach_the_model_as_notes(writing):
    model = ScriptedModel("")
    writing(model).ask(QUESTION)
    assert QUESTION in model.prompts[0]


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of Mongolia?",
        "How do I keep a sourdough starter alive?",
        "Write me a Python function that sorts a list.",
        "Wer gewinnt die nächste Weltmeisterschaft im Fußball, bitte?",
        "'; DROP TABLE passages; --",
        "NEAR(a b) AND * OR ^text:x",
        "<script>alert(1)</script>",
        "zxqv wvut ponm",
    ],
)
def test_what_the_sources_do_not_say_is_not_said(assistant_none, question):
    answer = assistant_none.ask(question)
    assert answer.outcome is Outcome.ABSTAINED
    assert answer.sentences == ()
    assert answer.text.startswith("The sources do not say")


def test_another_language_is_told_so(assistant_none):
    answer = assistant_none.ask("Wer bestimmt eigentlich, was für Kunden wertvoll ist?")
    assert answer.outcome is Outcome.ABSTAINED
    assert "English" in answer.message


def test_small_talk_gets_the_fixed_text(assistant_none):
    answer = assistant_none.ask("Hello, what can you do?")
    assert answer.notice is Notice.HELP
    assert "fixed text" in answer.message


def test_a_follow_up_is_completed_and_answered(assistant_none):
    first = assistant_none.ask("Who defines value in CSR?")
    second = assistant_none.ask("And CRM?", [turn_of(first)])
    assert second.standalone_question == "Who defines value in CRM?"
    assert "customer" in second.text


def test_filters_let_only_their_documents_through(assistant_none):
    only = Filters(perspectives=frozenset({Perspective.CRM}))
    hits = assistant_none.search(QUESTION, filters=only)
    assert hits
    assert {h.document.perspective for h in hits} == {Perspective.CRM}
    one = Filters(documents=frozenset({"seed-essay"}))
    assert {h.document.id for h in assistant_none.search(QUESTION, filters=one)} == {"seed-essay"}


@pytest.mark.parametrize("question", ["", "   ", "?!", "\x00\x07", "\u202e"])
def test_an_empty_question_says_so(assistant_none, question):
    with pytest.raises(QuestionError, match="empty"):
        assistant_none.ask(question)


def test_an_endless_question_says_so(assistant_none):
    with pytest.raises(QuestionError, match="20,000 characters"):
        assistant_none.ask("value " * 3333 + "v?")


def test_control_characters_are_taken_out():
    assert cleaned("Who\x00 defines\u202e value?\n") == "Who defines value?"


def test_no_index_says_what_to_do(assistant_none, tmp_path):
    settings = assistant_none.settings.updated({"index": tmp_path / "none"}, origin="test")
    with pytest.raises(LibraryMissingError, match="assistant index build"):
        Assistant(settings, assistant_none._embedder, None).ask(QUESTION)


def test_another_embedder_says_what_to_do(assistant_none):
    class Other:
        fingerprint = "another"
        dimension = 384

        def embed_question(self, text):
            raise AssertionError("must not be asked")

    assistant = Assistant(assistant_none.settings, Other(), None)
    with pytest.raises(LibraryOutdatedError, match="assistant index build"):
        assistant.ask(QUESTION)


def test_the_same_question_gets_the_same_answer(assistant_none):
    once, twice = assistant_none.ask(QUESTION), assistant_none.ask(QUESTION)
    assert once.sentences == twice.sentences
    assert once.evidence == twice.evidence
