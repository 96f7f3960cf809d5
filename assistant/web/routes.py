"""The server's own routes: reader, status, files; and what a browser may do with the page."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.errors import AssistantError
from assistant.service import Assistant
from assistant.web.api import add_api
from assistant.web.backstage import Backstage
from assistant.web.literature import bibtex_of, keys_of_document
from assistant.web.markup import esc
from assistant.web.reader import document_html, missing_html, request_from
from assistant.web.testing import add_testing

STATIC = Path(__file__).parent / "static"

# Nothing may be fetched from, or sent to, another machine: the browser enforces it. Gradio
# compiles its templates in the page ('unsafe-eval'); handlers in attributes never run.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "script-src-attr 'none'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
_NOT_KEPT = ("/web/", "/reader", "/library", "/bibliography", "/status", "/claims", "/api/")
_ASK_AGAIN = {"Cache-Control": "no-cache"}
_PLAIN_NAME = re.compile(r"[a-z0-9-]{1,80}")
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def build_routes(backstage: Backstage) -> FastAPI:
    """Return the application without the page, which is mounted beneath it."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/web", StaticFiles(directory=STATIC), name="web")

    @app.get("/reader")
    def reader(request: Request) -> HTMLResponse:
        return _read(backstage, request)

    @app.get("/library")
    def library() -> JSONResponse:
        return _library(backstage)

    @app.get("/bibliography")
    def bibliography(request: Request) -> Response:
        return _bibliography(backstage, request)

    @app.get("/status")
    def status() -> JSONResponse:
        state = backstage.state
        return JSONResponse(asdict(state) | {"settled": state.settled})

    @app.post("/status")
    def begin_again() -> JSONResponse:
        backstage.start()
        return status()

    add_api(app, backstage)
    add_testing(app, backstage)
    app.add_middleware(_WithHeaders)
    return app


def _read(backstage: Backstage, request: Request) -> HTMLResponse:
    wanted = request_from(request.query_params)
    assistant = backstage.assistant
    try:
        document = assistant.document(wanted.document) if assistant else None
        if assistant is None or document is None:
            return HTMLResponse(missing_html(wanted.document), status_code=404)
        works = assistant.literature()
        cards = backstage.catalogue.cards(assistant)
        disputes = assistant.disputes(document.card.id)
    except AssistantError as error:
        return HTMLResponse(f"<p>{esc(str(error))}</p>", status_code=503)
    return HTMLResponse(
        document_html(document, wanted.passage, wanted.mark, works, cards, disputes)
    )


def _library(backstage: Backstage) -> JSONResponse:
    assistant = backstage.assistant
    if assistant is None:
        return JSONResponse({"problem": "The library is not open yet."}, status_code=503)
    try:
        return JSONResponse(backstage.catalogue.page(assistant))
    except AssistantError as error:
        return JSONResponse({"problem": str(error)}, status_code=503)


def _bibliography(backstage: Backstage, request: Request) -> Response:
    """Return the literature of a document as a .bib file; nothing of the request comes back."""
    slug = request_from(request.query_params).document
    try:
        entries = _entries(backstage.assistant, slug)
    except AssistantError:
        return PlainTextResponse("The library cannot be read now.\n", status_code=503)
    if entries is None:
        return PlainTextResponse("There is no such document.\n", status_code=404)
    name = slug if _PLAIN_NAME.fullmatch(slug) else "literature"
    return Response(
        entries,
        media_type="application/x-bibtex; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.bib"'},
    )


def _entries(assistant: Assistant | None, slug: str) -> str | None:
    document = assistant.document(slug) if assistant else None
    if assistant is None or document is None:
        return None
    return bibtex_of(keys_of_document(document), assistant.literature())


class _WithHeaders:
    """Adds the headers to every answer, at the cost of a function call."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = _HEADERS | (_ASK_AGAIN if scope["path"].startswith(_NOT_KEPT) else {})

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)
