"""The server for programs, on the real texts: what it answers, refuses, and does all at once."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from assistant.exchange import answer_json, ledger_json, search_json
from assistant.records import Filters, Perspective, Turn
from assistant.service import Assistant
from assistant.web.backstage import Backstage, ModelPhase, Phase
from assistant.web.routes import build_routes

QUESTION = "Who defines value in corporate social responsibility?"
OTHERS = [
    "What is greenwashing?",
    "Who coined the phrase shared value?",
    "What do critics say about shared value?",
    "How is customer lifetime value computed?",
    "What is the triple bottom line?",
    "Why do loyalty cards fail?",
    "When was the Friedman doctrine published?",
    "What is the capital of Mongolia?",
]


class SlowModel:
    """Writes one sentence for ever, until it is stopped."""

    name = "slow"
    context_tokens = 2048

    def __init__(self) -> None:
        self.began, self.ended = threading.Event(), threading.Event()

    def load(self) -> None:
        pass

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def write(self, system, user, *, max_tokens, stop):
        self.began.set()
        while not stop.is_set():
            time.sleep(0.01)
            yield "value "
        self.ended.set()


def served(assistant, model_phase: ModelPhase = ModelPhase.NONE) -> TestClient:
    behind = Backstage(assistant.settings)
    behind.assistant = assistant
    behind.state = replace(behind.state, phase=Phase.READY, model_phase=model_phase)
    return TestClient(build_routes(behind))


@pytest.fixture(scope="module")
def client(assistant_none):
    return served(assistant_none)


def without_times(answer: dict) -> dict:
    return {key: value for key, value in answer.items() if key != "timings"}


def test_a_search_is_that_of_the_command_line(client, assistant_none):
    reply = client.get("/api/search", params={"q": QUESTION, "k": 3})
    assert reply.status_code == 200
    assert reply.json() == search_json(QUESTION, assistant_none.search(QUESTION, top_k=3))
    assert len(client.get("/api/search", params={"q": QUESTION}).json()["hits"]) == 8


def test_a_search_keeps_to_perspectives_and_documents(client):
    views = {"q": "value", "perspective": ["crm", "csv"]}
    found = client.get("/api/search", params=views).json()["hits"]
    assert {h["perspective"] for h in found} == {"crm", "csv"}
    one = client.get("/api/search", params={"q": "value", "document": "seed-essay"}).json()
    assert {h["document"] for h in one["hits"]} == {"seed-essay"}


def test_an_answer_is_that_of_the_command_line(client, assistant_none):
    reply = client.post("/api/ask", json={"question": QUESTION, "perspectives": ["csr"]})
    filters = Filters(perspectives=frozenset({Perspective.CSR}))
    expected = answer_json(assistant_none.ask(QUESTION, filters=filters))
    assert reply.status_code == 200
    assert without_times(reply.json()) == without_times(expected)


CLAIM = "ISO 26000 is guidance only, and no organisation can be certified under it. Why not?"


def test_a_claim_is_that_of_the_command_line(client, assistant_none):
    reply = client.post("/api/claim", json={"claim": CLAIM, "perspectives": ["regulation"]})
    filters = Filters(perspectives=frozenset({Perspective.REGULATION}))
    assert reply.status_code == 200
    assert reply.json() == ledger_json(assistant_none.claim(CLAIM, filters))
    claims = reply.json()["claims"]
    assert [CLAIM[c["start"] : c["end"]] for c in claims] == [c["claim"] for c in claims]
    assert claims[1]["verdict"] == "no claim"
    for witness in (*claims[0]["for"], *claims[0]["against"], *claims[0]["beside"]):
        text = assistant_none.document(witness["document"]).text
        assert text[witness["start"] : witness["end"]] == witness["text"]
        assert witness["perspective"] == "regulation"


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"{", "The request is not JSON"),
        (b'{"question": "value"}', 'The request has no "claim".'),
        (b'{"claim": ""}', "There is no claim."),
        (b'{"claim": "' + b"x" * 200_001 + b'"}', "The text has 200,001 characters; 200,000 are"),
        (b'{"claim": "It is so.", "documents": [1]}', '"documents" is not a list of texts.'),
        (b'{"claim": "It is so.", "write": true}', "Unknown in the request: write."),
    ],
)
def test_a_claim_that_is_none_is_refused_with_its_remedy(client, body, cause):
    reply = client.post("/api/claim", content=body)
    assert reply.status_code == 400
    assert reply.json()["error"].startswith(cause)
    assert reply.json()["remedy"]
    assert '"question"' not in reply.json()["remedy"]


def test_a_follow_up_brings_its_history(client, assistant_none):
    history = [{"question": "Who defines value in CSR?", "answer": "Society."}]
    reply = client.post("/api/ask", json={"question": "And CRM?", "history": history}).json()
    assert reply["standalone_question"] == "Who defines value in CRM?"
    turn = Turn("Who defines value in CSR?", "Who defines value in CSR?", "Society.")
    expected = answer_json(assistant_none.ask("And CRM?", [turn]))
    assert without_times(reply) == without_times(expected)


@pytest.mark.parametrize(
    ("params", "cause"),
    [
        ({}, "The question is empty."),
        ({"q": "?!"}, "The question is empty."),
        ({"q": "x" * 2001}, "The question has 2,001 characters; 2,000 are allowed."),
        ({"q": "value", "k": "0"}, "k = '0' is no number of passages."),
        ({"q": "value", "k": "many"}, "k = 'many' is no number of passages."),
        ({"q": "value", "k": "9" * 5000}, f"k = '{'9' * 20}' is no number of passages."),
        ({"q": "value", "perspective": "csx"}, "There is no perspective 'csx'."),
        ({"q": "value", "top_k": "3"}, "Unknown in the request: top_k."),
    ],
)
def test_a_search_that_is_none_is_refused_with_its_remedy(client, params, cause):
    reply = client.get("/api/search", params=params)
    assert reply.status_code == 400
    assert reply.json()["error"] == cause
    assert reply.json()["remedy"]


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "The request is not JSON"),
        (b"{", "The request is not JSON"),
        (b"\xff", "The request is not JSON"),
        (b"[" * 100_000, "The request is not JSON"),
        (b'"value"', 'The request has no "question".'),
        (b'{"question": 1}', 'The request has no "question".'),
        (b'{"question": ""}', "The question is empty."),
        (b'{"question": "value", "history": "x"}', '"history" is not a list.'),
        (b'{"question": "value", "perspectives": "csr"}', '"perspectives" is not a list of texts.'),
        (b'{"question": "value", "perspectives": ["x"]}', "There is no perspective 'x'."),
        (b'{"question": "value", "write": 1}', '"write" is neither true nor false.'),
        (b'{"question": "value", "model": "x"}', "Unknown in the request: model."),
        (b'{"question": "' + b"x" * 1_000_000 + b'"}', "The request is too long."),
    ],
)
def test_a_question_that_is_none_is_refused_with_its_remedy(client, body, cause):
    reply = client.post("/api/ask", content=body)
    assert reply.status_code == 400
    assert reply.json()["error"].startswith(cause)
    assert reply.json()["remedy"]


def test_a_library_that_cannot_be_read_is_told_with_its_remedy(assistant_none, tmp_path):
    settings = assistant_none.settings.updated({"index": tmp_path / "none"}, origin="test")
    client = served(Assistant(settings, assistant_none._embedder, None))
    for reply in (
        client.get("/api/search?q=value"),
        client.post("/api/ask", json={"question": "value"}),
        client.post("/api/claim", json={"claim": "Customers define value alone."}),
    ):
        assert reply.status_code == 503
        assert reply.json()["error"].startswith("There is no index")
        assert "assistant index build" in reply.json()["remedy"]


def test_before_the_library_is_open_it_says_so(assistant_none):
    client = TestClient(build_routes(Backstage(assistant_none.settings)))
    reply = client.get("/api/search?q=value")
    assert (reply.status_code, reply.json()["error"]) == (503, "The library is not open yet.")


def test_what_goes_wrong_unexpectedly_is_json_too(assistant_none):
    class Broken:
        def search(self, *_, **__):
            raise ZeroDivisionError

    behind = Backstage(assistant_none.settings)
    behind.assistant = Broken()
    reply = TestClient(build_routes(behind)).get("/api/search?q=value")
    assert reply.status_code == 500
    assert reply.json()["error"] == "Something unexpected went wrong (ZeroDivisionError)."


def test_many_at_once_get_what_each_gets_alone(client):
    def both(question: str) -> tuple[dict, dict]:
        found = client.get("/api/search", params={"q": question}).json()
        return found, without_times(client.post("/api/ask", json={"question": question}).json())

    alone = {question: both(question) for question in OTHERS}
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(both, OTHERS * 3))
    assert together == [alone[question] for question in OTHERS * 3]


def test_who_wants_quotations_waits_for_no_model(assistant_none):
    model = SlowModel()
    writing = Assistant(assistant_none.settings, assistant_none._embedder, model)
    client = served(writing, ModelPhase.READY)
    reply = client.post("/api/ask", json={"question": QUESTION, "write": False}).json()
    assert {s["verdict"] for s in reply["sentences"]} == {"quoted"}
    loading = served(writing, ModelPhase.LOADING)
    assert loading.post("/api/ask", json={"question": QUESTION}).json()["outcome"] == "answered"
    assert not model.began.is_set()


def test_whoever_leaves_frees_the_model(assistant_none):
    import socket

    import uvicorn

    model = SlowModel()
    writing = Assistant(assistant_none.settings, assistant_none._embedder, model)
    app = served(writing, ModelPhase.READY).app
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    body = json.dumps({"question": QUESTION}).encode()
    head = f"POST /api/ask HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    try:
        with socket.create_connection(listener.getsockname()) as asking:
            asking.sendall(head + body)
            assert model.began.wait(20)
        assert model.ended.wait(20)
    finally:
        server.should_exit = True
        thread.join(20)


def test_a_reply_may_not_be_kept_and_carries_the_policy(client):
    headers = client.get("/api/search?q=value").headers
    assert headers["Cache-Control"] == "no-cache"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
