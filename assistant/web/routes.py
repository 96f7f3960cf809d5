"""The server's own routes: reader, status, files; and what a browser may do with the page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from assistant.errors import AssistantError
from assistant.web.backstage import Backstage
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
    except AssistantError as error:
        return HTMLResponse(f"<p>{esc(str(error))}</p>", status_code=503)
    return HTMLResponse(document_html(document, wanted.passage, wanted.mark, works))


async def _with_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    response.headers.update(_HEADERS)
    if request.url.path.startswith(("/web/", "/reader", "/status")):
        response.headers["Cache-Control"] = "no-cache"
    return response
