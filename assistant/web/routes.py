"""The server's own routes: reader, status, files; and what a browser may do with the page."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles

from assistant.errors import AssistantError
from assistant.service import Assistant
from assistant.web.backstage import Backstage
from assistant.web.literature import bibtex_of, keys_of_document
from assistant.web.markup import esc
from assistant.web.reader import document_html, missing_html, request_from

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
_NOT_KEPT = ("/web/", "/reader", "/library", "/bibliography", "/status")
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

    app.middleware("http")(_with_headers)
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
    except AssistantError as error:
        return HTMLResponse(f"<p>{esc(str(error))}</p>", status_code=503)
    return HTMLResponse(document_html(document, wanted.passage, wanted.mark, works, cards))


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


async def _with_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    response.headers.update(_HEADERS)
    if request.url.path.startswith(_NOT_KEPT):
        response.headers["Cache-Control"] = "no-cache"
    return response
