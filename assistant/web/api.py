"""The server for programs: GET /api/search, POST /api/ask and /api/claim.

It speaks the JSON of the command line. A search keeps a core busy, so as many run at once as
there are cores, each on a thread with its own connection to the library; the rest wait their
turn. Writing and testing take seconds and must not stand in their way: they have threads of
their own.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import QueryParams

from assistant.errors import AssistantError, QuestionError
from assistant.exchange import Json, answer_json, history_of, ledger_json, search_json, whole
from assistant.records import AnswerReady, Filters, Turn
from assistant.service import Assistant
from assistant.web.backstage import Backstage, ModelPhase
from assistant.web.requests import (
    body_of,
    filters_from,
    json_object,
    opened,
    refuse_unknown,
    refused,
    texts_in,
)

log = logging.getLogger(__name__)

_MOST_PASSAGES = 100
_SEARCH_KEYS = frozenset({"q", "k", "perspective", "document"})
_ASK_KEYS = frozenset({"question", "history", "perspectives", "documents", "write"})
_CLAIM_KEYS = frozenset({"claim", "perspectives", "documents"})
_WAITING_TO_WRITE = 8  # answers that wait for the model, which writes one at a time
_LOOK_EVERY_S = 0.5  # whether whoever asked is still there
_USAGE = 'Write it as {"question": "Who defines value in CSR?"}.'
_CLAIM_USAGE = 'Write it as {"claim": "In CSR the company defines value."}.'


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as a program put it."""

    question: str
    history: tuple[Turn, ...]
    filters: Filters
    writes: bool


def add_api(app: FastAPI, backstage: Backstage) -> None:
    """Put the routes into an application."""
    searching = ThreadPoolExecutor(_cores(), thread_name_prefix="search")
    writing = ThreadPoolExecutor(_WAITING_TO_WRITE, thread_name_prefix="write")

    async def search(request: Request) -> JSONResponse:
        def work() -> Json:
            return _searched(opened(backstage), request.query_params)

        return await asyncio.get_running_loop().run_in_executor(searching, _told, work)

    # Starlette's own route: what FastAPI does for one costs as much as a tenth of the search.
    app.add_route("/api/search", search, methods=["GET"])
    _add_claim(app, backstage, writing)

    @app.post("/api/ask")
    async def ask(request: Request) -> JSONResponse:
        try:
            asking = _asking(await body_of(request))
        except QuestionError as error:
            return refused(error)
        stop = threading.Event()
        threads = writing
        if not asking.writes or backstage.state.model_phase is not ModelPhase.READY:
            threads = searching
            stop.set()  # a stream that is stopped beforehand only quotes

        def work() -> Json:
            return _answered(opened(backstage), asking, stop)

        return await _awaited(request, threads, work, stop)


def _add_claim(app: FastAPI, backstage: Backstage, threads: ThreadPoolExecutor) -> None:
    @app.post("/api/claim")
    async def claim(request: Request) -> JSONResponse:
        try:
            text, filters = _claiming(await body_of(request))
        except QuestionError as error:
            return refused(error)
        stop = threading.Event()

        def work() -> Json:
            return ledger_json(opened(backstage).claim(text, filters, stop=stop))

        return await _awaited(request, threads, work, stop)


async def _awaited(
    request: Request, threads: ThreadPoolExecutor, work: Callable[[], Json], stop: threading.Event
) -> JSONResponse:
    """Return what ``work`` gives; ``stop`` is set when nobody waits for it any more."""
    task = asyncio.get_running_loop().run_in_executor(threads, _told, work)
    while not (await asyncio.wait({task}, timeout=_LOOK_EVERY_S))[0]:
        if await request.is_disconnected():
            stop.set()  # nobody reads on: the machine is free for the next
    return task.result()


def _told(work: Callable[[], Json]) -> JSONResponse:
    """Return what ``work`` gives, or its error with cause and remedy."""
    try:
        return JSONResponse(work())
    except AssistantError as error:
        return refused(error)
    except Exception as error:  # whoever asked gets JSON, whatever happens
        log.exception("a request failed")
        words = f"Something unexpected went wrong ({type(error).__name__})."
        remedy = "The server's terminal shows what it was. Run: assistant doctor."
        return JSONResponse({"error": words, "remedy": remedy}, status_code=500)


def _searched(assistant: Assistant, given: QueryParams) -> Json:
    refuse_unknown(given, _SEARCH_KEYS)
    question = whole(given.get("q", ""))
    filters = filters_from(given.getlist("perspective"), given.getlist("document"))
    top_k = _number(given["k"]) if "k" in given else None
    return search_json(question, assistant.search(question, top_k=top_k, filters=filters))


def _answered(assistant: Assistant, asking: Asking, stop: threading.Event) -> Json:
    events = assistant.stream(asking.question, asking.history, asking.filters, stop=stop)
    *_, last = events
    assert isinstance(last, AnswerReady)
    return answer_json(last.answer)


def _asking(body: bytes) -> Asking:
    """Return the question in the body of a request; raises QuestionError."""
    given = json_object(body, "question", usage=_USAGE)
    refuse_unknown(given, _ASK_KEYS)
    if not isinstance(given.get("write", True), bool):
        raise QuestionError('"write" is neither true nor false.', remedy=_USAGE)
    return Asking(
        question=whole(given["question"]),
        history=history_of(given.get("history")),
        filters=_filters(given, _USAGE),
        writes=given.get("write", True),
    )


def _claiming(body: bytes) -> tuple[str, Filters]:
    """Return the text to be tested in the body of a request; raises QuestionError."""
    given = json_object(body, "claim", usage=_CLAIM_USAGE)
    refuse_unknown(given, _CLAIM_KEYS)
    return whole(given["claim"]), _filters(given, _CLAIM_USAGE)


def _filters(given: Mapping[str, Any], usage: str) -> Filters:
    perspectives = texts_in(given, "perspectives", usage=usage)
    return filters_from(perspectives, texts_in(given, "documents", usage=usage))


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
