"""A language model behind any server that speaks OpenAI's chat completions over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from assistant.errors import ModelError
from assistant.models.streaming import Emit, stream_from_thread

_CONNECT_TIMEOUT_S = 5.0
_LIST_TIMEOUT_S = 10.0
_READ_TIMEOUT_S = 180.0  # a server on two cores may read a long prompt for minutes
_BYTES_PER_TOKEN = 3  # fewer than any common tokenizer makes of prose: the estimate is high


class ServerModel:
    """Writes with a model that a server holds; satisfies ``ports.LanguageModel``."""

    def __init__(
        self,
        url: str,
        model_name: str = "",
        *,
        context_tokens: int = 4096,  # what Ollama allows unless told otherwise
        read_timeout_s: float = _READ_TIMEOUT_S,
    ) -> None:
        try:
            parsed = httpx.URL(url.rstrip("/"))
            if not parsed.host:
                raise httpx.InvalidURL("it names no host")
        except httpx.InvalidURL as cause:
            raise ModelError(
                f"{url} is not an address: {cause}.", remedy="Give one like http://127.0.0.1:11434."
            ) from cause
        if not parsed.path.strip("/"):
            parsed = parsed.copy_with(path="/v1")
        self._base = str(parsed)
        self._shown = str(parsed.copy_with(username=None, password=None))
        self._model = model_name
        self._timeout = httpx.Timeout(read_timeout_s, connect=_CONNECT_TIMEOUT_S)
        self.name = model_name or f"the model of {parsed.host}"
        self.context_tokens = context_tokens

    def load(self) -> None:
        """Choose the model; raises ModelError when the server is not there."""
        with self._client() as client:
            if self._model:  # not every server lists its models; that it answers is enough
                client.get(f"{self._base}/models", timeout=_LIST_TIMEOUT_S)
            self._chosen(client)

    def count_tokens(self, text: str) -> int:
        """Return an estimate that is rather too high."""
        return -(-len(text.encode()) // _BYTES_PER_TOKEN)

    def write(
        self, system: str, user: str, *, max_tokens: int, stop: threading.Event
    ) -> Iterator[str]:
        """Yield the answer in pieces; end soon after ``stop`` is set or the iterator is closed.

        Raises ModelError when the server cannot be reached, refuses, or breaks off.
        """
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]

        def produce(emit: Emit, halt: threading.Event) -> None:
            with self._client() as client:
                body = {
                    "model": self._chosen(client),
                    "messages": messages,
                    "max_tokens": max_tokens,
                    "temperature": 0,
                    "stream": True,
                }
                path = f"{self._base}/chat/completions"
                with client.stream("POST", path, json=body) as answer:
                    self._require_ok(answer)
                    self._read(answer, emit, halt)

        yield from stream_from_thread(produce, stop, daemon=True)

    def _chosen(self, client: httpx.Client) -> str:
        """Return the model's name: the given one, else the first that the server lists."""
        if not self._model:
            answer = client.get(f"{self._base}/models", timeout=_LIST_TIMEOUT_S)
            self._require_ok(answer)
            try:
                listed = [str(model["id"]) for model in answer.json()["data"] or ()]
            except (ValueError, KeyError, TypeError) as cause:
                raise self._malformed("its list of models") from cause
            writers = [name for name in listed if "embed" not in name.lower()]
            if not writers:
                raise ModelError(
                    f"The server at {self._shown} has no language model.",
                    remedy="Load one there (for Ollama: ollama pull qwen3:0.6b), then ask again.",
                )
            self._model = self.name = writers[0]
        return self._model

    def _read(self, answer: httpx.Response, emit: Emit, halt: threading.Event) -> None:
        """Emit the text of a stream of server-sent events."""
        finished = False
        for line in answer.iter_lines():
            if halt.is_set():
                return
            field, _, content = line.partition(":")
            if field != "data":
                continue  # a comment that keeps the line open, an event's name, an empty line
            if content.strip() == "[DONE]":
                return
            text, ended = self._delta(content)
            finished = finished or ended
            emit(text)
        if not finished:
            raise ModelError(
                f"The server at {self._shown} broke off in the middle of the answer.",
                remedy="Ask again; if it happens again, look at the server's log.",
            )

    def _delta(self, content: str) -> tuple[str, bool]:
        """Return the text of one event and whether it is the last."""
        try:
            event: Any = json.loads(content)
            if error := event.get("error"):
                words = error.get("message") if isinstance(error, dict) else error
                raise self._refused(f"it says: {str(words)[:300]}")
            if not event["choices"]:
                return "", False  # some servers close with an event of figures only
            choice = event["choices"][0]
            text = (choice.get("delta") or {}).get("content") or ""
            if not isinstance(text, str):
                raise TypeError(f"content is {type(text).__name__}")
            return text, bool(choice.get("finish_reason"))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as cause:
            raise self._malformed("its stream") from cause

    def _require_ok(self, answer: httpx.Response) -> None:
        if answer.status_code == httpx.codes.OK:
            return
        answer.read()
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise self._refused(
                f"status 404 for {answer.url.path}: {answer.text[:300].strip() or 'not found'}"
            )
        raise self._refused(f"status {answer.status_code}: {answer.text[:300].strip()}")

    def _refused(self, why: str) -> ModelError:
        return ModelError(
            f"The server at {self._shown} does not answer as asked; {why}.",
            remedy="Check the address (--model) and the model's name there (--model-name).",
        )

    def _malformed(self, what: str) -> ModelError:
        return ModelError(
            f"The server at {self._shown} does not speak OpenAI's language: {what} cannot be read.",
            remedy="Give the address of an OpenAI-compatible server, such as "
            "http://127.0.0.1:11434/v1 for Ollama.",
        )

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        """Talk to the server, past any proxy, and translate what httpx says."""
        try:
            with httpx.Client(trust_env=False, timeout=self._timeout) as client:
                yield client
        except httpx.TimeoutException as cause:
            raise ModelError(
                f"The server at {self._shown} was silent for too long ({type(cause).__name__}).",
                remedy="Is it still loading the model? Ask again, or choose a smaller one.",
            ) from cause
        except httpx.ConnectError as cause:
            raise ModelError(
                f"No server can be reached at {self._shown}: {cause}.",
                remedy="Start it (for Ollama: ollama serve) or check its address (--model).",
            ) from cause
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as cause:
            raise ModelError(
                f"The server at {self._shown} broke off: {cause}.",
                remedy="Ask again; if it happens again, look at the server's log.",
            ) from cause
