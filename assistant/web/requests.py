"""What comes in over HTTP, checked before it is believed; and how it is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from assistant.errors import AssistantError, LibraryError, QuestionError
from assistant.records import Filters, Perspective
from assistant.service import Assistant
from assistant.web.backstage import Backstage

MOST_BYTES = 1_000_000  # of a question with its history, or of a text that is tested


def refused(error: AssistantError) -> JSONResponse:
    """Return an error: 400 where what was asked is to blame, 503 where the library is."""
    status = 400 if isinstance(error, QuestionError) else 503
    return JSONResponse({"error": str(error.args[0]), "remedy": error.remedy}, status_code=status)


def opened(backstage: Backstage) -> Assistant:
    """Return the assistant; raises LibraryError while it is not open."""
    if backstage.assistant is None:
        raise LibraryError(
            "The library is not open yet.", remedy="Try again when GET /status says ready."
        )
    return backstage.assistant


async def body_of(request: Request, most: int = MOST_BYTES) -> bytes:
    """Return the body of a request, no more of it than is looked at: one byte beyond ``most``."""
    body = bytearray()
    async for piece in request.stream():
        body += piece[: most + 1 - len(body)]
        if len(body) > most:
            break
    return bytes(body)


def json_object(body: bytes, wanted: str, *, usage: str) -> dict[str, Any]:
    """Return the JSON object of a request that has the text ``wanted``; raises QuestionError."""
    if len(body) > MOST_BYTES:
        raise QuestionError("The request is too long.", remedy="Send less at once.")
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as cause:
        raise QuestionError(f"The request is not JSON: {cause}.", remedy=usage) from cause
    if not isinstance(given, dict) or not isinstance(given.get(wanted), str):
        raise QuestionError(f'The request has no "{wanted}".', remedy=usage)
    return given


def texts_in(given: Mapping[str, Any], name: str, *, usage: str) -> list[str]:
    """Return a list of texts in a JSON object, empty where it has none; raises QuestionError."""
    values = given.get(name, [])
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise QuestionError(f'"{name}" is not a list of texts.', remedy=usage)
    return values


def filters_from(perspectives: Iterable[str], documents: Iterable[str]) -> Filters:
    """Return the part of the library that is asked for; raises QuestionError."""
    known = {p.value: p for p in Perspective}
    wanted = list(perspectives)
    if unknown := [name for name in wanted if name not in known]:
        raise QuestionError(
            f"There is no perspective {unknown[0]!r}.", remedy=f"Known are: {', '.join(known)}."
        )
    return Filters(frozenset(known[name] for name in wanted), frozenset(documents))


def refuse_unknown(given: Iterable[str], known: frozenset[str]) -> None:
    """Raise QuestionError where a name is given that nobody looks at."""
    if unknown := sorted(set(given) - known):
        raise QuestionError(
            f"Unknown in the request: {', '.join(unknown)}.",
            remedy=f"Known are: {', '.join(sorted(known))}.",
        )
