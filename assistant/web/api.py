"""The server for programs: GET /api/search and POST /api/ask, JSON as on the command line.

A search keeps a core busy, so as many run at once as there are cores, each on a thread with
its own connection to the library; the rest wait their turn. Writing takes seconds and must
not stand in their way: it has threads of its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import QueryParams

from assistant.errors import AssistantError, LibraryError, QuestionError
from assistant.exchange import Json, answer_json, history_of, search_json, whole
from assistant.records import AnswerReady, Filters, Perspective, Turn
from assistant.service import Assistant
from assistant.web.backstage import Backstage, ModelPhase

log = logging.getLogger(__name__)

_MOST_PASSAGES = 100
_MOST_BYTES = 1_000_000  # of a question with its history
_SEARCH_KEYS = frozenset({"q", "k", "perspective", "document"})
_ASK_KEYS = frozenset({"question", "history", "perspectives", "documents", "write"})
_WAITING_TO_WRITE = 8  # answers that wait for the model, which writes one at a time
_LOOK_EVERY_S = 0.5  # whether whoever asked is still there
_USAGE = 'Write it as {"question": "Who defines value in CSR?"}.'


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as a program put it."""

    question: str
    history: tuple[Turn, ...]
    filters: Filters
    writes: bool


def add_api(app: FastAPI, backstage: Backstage) -> None:
    """Put the two routes into an application."""
    searching = ThreadPoolExecutor(_cores(), thread_name_prefix="search")
    writing = ThreadPoolExecutor(_WAITING_TO_WRITE, thread_name_prefix="write")

    @app.get("/api/search")
    async def search(request: Request) -> JSONResponse:
        def work() -> Json:
            return _searched(_opened(backstage), request.query_params)

        return await asyncio.get_running_loop().run_in_executor(searching, _told, work)

    @app.post("/api/ask")
    async def ask(request: Request) -> JSONResponse:
        try:
            asking = _asking(await _body(request))
        except QuestionError as error:
            return _refused(error)
        stop = threading.Event()
        threads = writing
        if not asking.writes or backstage.state.model_phase is not ModelPhase.READY:
            threads = searching
            stop.set()  # a stream that is stopped beforehand only quotes

        def work() -> Json:
            return _answered(_opened(backstage), asking, stop)

        task = asyncio.get_running_loop().run_in_executor(threads, _told, work)
        while not (await asyncio.wait({task}, timeout=_LOOK_EVERY_S))[0]:
            if await request.is_disconnected():
                stop.set()  # nobody reads on: the model is free for the next
        return task.result()


def _told(work: Callable[[], Json]) -> JSONResponse:
    """Return what ``work`` gives, or its error with cause and remedy."""
    try:
        return JSONResponse(work())
    except AssistantError as error:
        return _refused(error)
    except Exception as error:  # whoever asked gets JSON, whatever happens
        log.exception("a request failed")
        words = f"Something unexpected went wrong ({type(error).__name__})."
        remedy = "The server's terminal shows what it was. Run: assistant doctor."
        return JSONResponse({"error": words, "remedy": remedy}, status_code=500)


def _refused(error: AssistantError) -> JSONResponse:
    """Return an error: 400 where the question is to blame, 503 where the library is."""
    status = 400 if isinstance(error, QuestionError) else 503
    return JSONResponse({"error": str(error.args[0]), "remedy": error.remedy}, status_code=status)


def _opened(backstage: Backstage) -> Assistant:
    if backstage.assistant is None:
        raise LibraryError(
            "The library is not open yet.", remedy="Try again when GET /status says ready."
        )
    return backstage.assistant


def _searched(assistant: Assistant, given: QueryParams) -> Json:
    _refuse_unknown(given, _SEARCH_KEYS)
    question = whole(given.get("q", ""))
    filters = _filters(given.getlist("perspective"), given.getlist("document"))
    top_k = _number(given["k"]) if "k" in given else None
    return search_json(question, assistant.search(question, top_k=top_k, filters=filters))


def _answered(assistant: Assistant, asking: Asking, stop: threading.Event) -> Json:
    events = assistant.stream(asking.question, asking.history, asking.filters, stop=stop)
    *_, last = events
    assert isinstance(last, AnswerReady)
    return answer_json(last.answer)


async def _body(request: Request) -> bytes:
    """Return the body of a request, no more of it than is looked at."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            break
    return body


def _asking(body: bytes) -> Asking:
    """Return the question in the body of a request; raises QuestionError."""
    if len(body) > _MOST_BYTES:
        raise QuestionError("The request is too long.", remedy="Send the last turns only.")
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as cause:
        raise QuestionError(f"The request is not JSON: {cause}.", remedy=_USAGE) from cause
    if not isinstance(given, dict) or not isinstance(given.get("question"), str):
        raise QuestionError('The request has no "question".', remedy=_USAGE)
    _refuse_unknown(given, _ASK_KEYS)
    if not isinstance(given.get("write", True), bool):
        raise QuestionError('"write" is neither true nor false.', remedy=_USAGE)
    return Asking(
        question=whole(given["question"]),
        history=history_of(given.get("history")),
        filters=_filters(_texts(given, "perspectives"), _texts(given, "documents")),
        writes=given.get("write", True),
    )


def _texts(given: Mapping[str, Any], name: str) -> list[str]:
    values = given.get(name, [])
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise QuestionError(f'"{name}" is not a list of texts.', remedy=_USAGE)
    return values


def _filters(perspectives: Iterable[str], documents: Iterable[str]) -> Filters:
    known = {p.value: p for p in Perspective}
    wanted = list(perspectives)
    if unknown := [name for name in wanted if name not in known]:
        raise QuestionError(
            f"There is no perspective {unknown[0]!r}.", remedy=f"Known are: {', '.join(known)}."
        )
    return Filters(frozenset(known[name] for name in wanted), frozenset(documents))


def _refuse_unknown(given: Iterable[str], known: frozenset[str]) -> None:
    if unknown := sorted(set(given) - known):
        raise QuestionError(
            f"Unknown in the request: {', '.join(unknown)}.",
            remedy=f"Known are: {', '.join(sorted(known))}.",
        )


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= _MOST_PASSAGES:
        raise QuestionError(
            f"k = {text[:20]!r} is no number of passages.",
            remedy=f"Give a whole number from 1 to {_MOST_PASSAGES}.",
        )
    return int(text)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
