"""``assistant chat`` in the terminal and ``assistant serve`` in the browser."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.commands.asking import load_model, opened
from assistant.commands.indexing import build_shown
from assistant.commands.options import ANSWERED, FAILED, Run, complain
from assistant.commands.showing import printable, tell
from assistant.errors import LibraryMissingError, QuestionError
from assistant.records import Turn
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.service import Assistant

_WELCOME = (
    "Ask in your own words; follow-ups such as “And CRM?” work. Ctrl-C ends the writing.\n"
    "/new begins again, /quit (or Ctrl-D) leaves."
)


def chat(run: Run) -> int:
    """Talk with the texts in the terminal; builds the index when there is none."""
    assistant = opened(run)
    if not _has_index(assistant):
        return FAILED
    if run.model_was_named:
        load_model(assistant)
    if sys.stdin.isatty():
        tell(_WELCOME)
    _converse(assistant, run)
    return ANSWERED


def serve(
    run: Run,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    open_browser: Annotated[
        bool | None, typer.Option("--open-browser/--no-browser", help="Open the page at once.")
    ] = None,
) -> int:
    """Open the web chat, as `uv run app.py` does; builds the index when there is none."""
    flags = {**run.flags, "host": host, "port": port, "open_browser": open_browser}
    settings = Settings.load(flags)
    from assistant.web.server import launch

    standard = next(f.default for f in fields(Settings) if f.name == "port")
    launch(settings, port_required=port is not None or settings.port != standard)
    return ANSWERED


def _has_index(assistant: Assistant) -> bool:
    """Whether there is an index that can answer; made now when the user does not object."""
    try:
        assistant.status()
    except LibraryMissingError as error:
        tell(printable(str(error.args[0])))
        if sys.stdin.isatty() and not typer.confirm("Build it now?", default=True, err=True):
            tell(f"→ {error.remedy}")
            return False
        build_shown(assistant)
    return True


def _converse(assistant: Assistant, run: Run) -> None:
    from assistant.commands.streaming import stream
    from assistant.service import turn_of

    history: list[Turn] = []
    while (question := _next_question()) is not None:
        if question in {"/quit", "/exit", "/q"}:
            return
        if question == "/new":
            history.clear()
            continue
        if not question:
            continue
        try:
            answer = stream(assistant, question, history, filters=run.filters)
        except QuestionError as error:
            complain(error)
        else:
            history.append(turn_of(answer))


def _next_question() -> str | None:
    """Return the next line; None at the end, or after Ctrl-C at the prompt."""
    if not sys.stdin.isatty():
        return line.strip() if (line := sys.stdin.readline()) else None
    with suppress(ImportError):  # Windows has its own
        import readline  # noqa: F401 - gives input() a history and cursor keys
    try:
        return input("\n› ").strip()
    except (EOFError, KeyboardInterrupt):
        tell()
        return None
