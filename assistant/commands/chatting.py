"""``assistant chat`` in the terminal and ``assistant serve`` in the browser."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.commands.asking import load_model, opened, print_json
from assistant.commands.indexing import build_shown
from assistant.commands.options import ANSWERED, FAILED, Run, complain
from assistant.commands.showing import printable, tell
from assistant.errors import LibraryMissingError, QuestionError
from assistant.exchange import answer_json
from assistant.records import Answer, Turn
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.service import Assistant

_COMMANDS = "/new begins again, /quit (or Ctrl-D) leaves."
_WELCOME = (
    "Ask in your own words; follow-ups such as “And CRM?” work. Ctrl-C ends the writing.\n"
    f"{_COMMANDS}"
)
_LEAVING = frozenset({"/quit", "/exit", "/bye", "/q", "quit", "exit", "bye"})


def chat(run: Run) -> int:
    """Talk with the texts in the terminal; builds the index when there is none."""
    assistant = opened(run)
    if not _has_index(assistant, silent=run.as_json):
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


def _has_index(assistant: Assistant, *, silent: bool) -> bool:
    """Whether there is an index that can answer; made now when the user does not object."""
    try:
        assistant.status()
    except LibraryMissingError as error:
        tell(printable(str(error.args[0])))
        if sys.stdin.isatty() and not typer.confirm("Build it now?", default=True, err=True):
            tell(f"→ {error.remedy}")
            return False
        build_shown(assistant, silent=silent)
    return True


def _converse(assistant: Assistant, run: Run) -> None:
    from assistant.service import turn_of

    history: list[Turn] = []
    while (question := _next_question()) is not None:
        command = question.casefold()
        if command in _LEAVING:
            return
        if command == "/new":
            history.clear()
            continue
        if command.startswith("/"):
            tell(f"There is no command {printable(question.split()[0])}. {_COMMANDS}")
            continue
        if not question:
            continue
        try:
            answer = _answered(assistant, question, history, run)
        except QuestionError as error:
            complain(error)
        else:
            history.append(turn_of(answer))


def _answered(assistant: Assistant, question: str, history: Sequence[Turn], run: Run) -> Answer:
    """Answer a question on the screen, or as a line of JSON; raises QuestionError."""
    if not run.as_json:
        from assistant.commands.streaming import stream

        return stream(assistant, question, history, filters=run.filters)
    answer = assistant.ask(question, history, run.filters)
    print_json(answer_json(answer))
    if answer.warning:
        tell(f"warning: {printable(answer.warning)}")
    return answer


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
