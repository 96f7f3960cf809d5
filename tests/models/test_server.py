from __future__ import annotations

import json
import socket
import threading
import time

import pytest

from assistant.errors import ModelError
from assistant.models.server import ServerModel

DONE = b"data: [DONE]\n\n"


def _event(text: str | None, finish: str | None = None) -> bytes:
    event = {"choices": [{"delta": {"content": text}, "finish_reason": finish}]}
    return b"data: " + json.dumps(event).encode() + b"\n\n"


def _write(model: ServerModel, stop: threading.Event | None = None):
    return model.write("system", "user", max_tokens=30, stop=stop or threading.Event())


def test_a_good_stream(serve):
    chunks = [
        b": thinking\n\n",
        b"event: chunk\nid: 4\n" + _event(None),
        _event("Shared "),
        _event("value — ")[:20],
        _event("value — ")[20:],
        _event("counts.", "stop"),
        b'data: {"choices": [], "usage": {"total_tokens": 9}}\n\n',
        DONE,
    ]
    script = serve(chunks=chunks)
    model = ServerModel(script.url)
    assert "".join(_write(model)) == "Shared value — counts."
    assert script.asked == [
        {
            "path": "/v1/chat/completions",
            "model": "tiny-chat",
            "messages": [
                {"role": "system", "content": "system"},
                {"role": "user", "content": "user"},
            ],
            "max_tokens": 30,
            "temperature": 0,
            "stream": True,
        }
    ]
    assert model.name == "tiny-chat"


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
def test_the_address_may_end_as_it_likes(serve, ending):
    script = serve(chunks=[_event("yes", "stop")])
    model = ServerModel(script.url + ending, "mine")
    model.load()
    assert "".join(_write(model)) == "yes"
    assert (script.asked[0]["path"], script.asked[0]["model"]) == ("/v1/chat/completions", "mine")


def test_a_stop_ends_a_silent_stream(serve):
    pause = threading.Event()
    script = serve(chunks=[_event("one "), _event("two", "stop")], pause=pause)
    stop = threading.Event()
    pieces = _write(ServerModel(script.url), stop)
    assert next(pieces) == "one "
    stop.set()
    started = time.monotonic()
    assert list(pieces) == []
    assert time.monotonic() - started < 1.0
    pause.set()


def test_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    model = ServerModel(address, "mine")
    for use in (model.load, lambda: list(_write(model))):
        started = time.monotonic()
        with pytest.raises(ModelError, match=r"No server can be reached.*--model"):
            use()
        assert time.monotonic() - started < 6.0


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ({"status": 404}, r"status 404 for /v1/chat/completions.*no such model.*--model-name"),
        ({"status": 500}, r"status 500"),
        ({"chunks": [_event("half")], "cut": True}, "broke off"),
        ({"chunks": [_event("half")]}, "broke off in the middle"),
        ({"chunks": []}, "broke off in the middle"),
        ({"chunks": [b"data: {nonsense\n\n"]}, "its stream cannot be read"),
        ({"chunks": [b"data: [1]\n\n"]}, "its stream cannot be read"),
        ({"chunks": [b'data: {"choices": [{"delta": {"content": 7}}]}\n\n']}, "cannot be read"),
        ({"chunks": [b'data: {"error": {"message": "too long"}}\n\n']}, "it says: too long"),
    ],
    ids=["404", "500", "cut", "no end", "empty", "no JSON", "no event", "no text", "error"],
)
def test_what_goes_wrong_is_told(serve, script, words):
    model = ServerModel(serve(**script).url, "mine")
    with pytest.raises(ModelError, match=words):
        list(_write(model))


@pytest.mark.parametrize(
    ("models", "words"),
    [
        (b"<html>", "its list of models cannot be read"),
        (b'{"models": []}', "its list of models cannot be read"),
        (b'{"data": null}', "has no language model"),
        (b'{"data": [{"id": "bge-embed"}]}', "has no language model"),
    ],
)
def test_a_server_without_models_is_told(serve, models, words):
    with pytest.raises(ModelError, match=words):
        ServerModel(serve(models=models).url).load()


def test_a_silent_server_is_told(serve):
    pause = threading.Event()
    script = serve(chunks=[_event("one", "stop")], pause=pause)
    model = ServerModel(script.url, "mine", read_timeout_s=0.3)
    with pytest.raises(ModelError, match="silent for too long"):
        list(_write(model))
    pause.set()


def test_proxies_are_passed_by_and_passwords_not_told(serve, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    script = serve(status=404)
    address = script.url.replace("http://", "http://me:secret@")
    with pytest.raises(ModelError, match="status 404") as caught:
        ServerModel(address).load()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("address", ["http://", "http://here:port", "https:///v1"])
def test_no_address_is_told(address):
    with pytest.raises(ModelError, match="is not an address"):
        ServerModel(address)


def test_tokens_are_estimated_from_above():
    model = ServerModel("http://127.0.0.1:1")
    assert [model.count_tokens(text) for text in ("", "a", "value", "Wörter")] == [0, 1, 2, 3]
