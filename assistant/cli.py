"""The command line: ``assistant ask | search | claim | chat | serve | index … | export | …``.

This module only names the commands. A command's own module is imported when its name is the
first word of the call, and all of them when it is not: to list them, or to say what is known.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated

import typer

from assistant import __version__
from assistant.commands.options import INTERRUPTED, register, register_group

_SETTINGS = {"help_option_names": ["-h", "--help"]}
_COMMANDS: Mapping[str, str] = {
    "ask": "asking.ask",
    "search": "asking.search",
    "claim": "claiming.claim",
    "tensions": "debating.tensions",
    "chat": "chatting.chat",
    "serve": "chatting.serve",
    "doctor": "doctoring.doctor",
    "eval": "evaluating.evaluate",
    "export": "exporting.export",
    "verify-pack": "exporting.verify_pack",
}
_GROUPS: Mapping[str, Mapping[str, str]] = {
    "index": {
        "build": "indexing.build",
        "status": "indexing.status",
        "verify": "indexing.verify",
    },
    "corpus": {"check": "curating.check"},
}


def program(word: str = "") -> typer.Typer:
    """Return the command line; of a ``word`` that names a command or group, only that."""
    app = typer.Typer(
        name="assistant",
        add_completion=False,
        context_settings=_SETTINGS,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    register_group(app)(whose_value)
    known = {*_COMMANDS, *_GROUPS}
    chosen = {word} & known or known
    for name, where in _COMMANDS.items():
        if name in chosen:
            _register(app, name, where)
    for name, about in _ABOUT.items():
        if name in chosen:
            app.add_typer(_group(name, about), name=name)
    return app


def _group(name: str, about: Callable[[], None]) -> typer.Typer:
    group = typer.Typer(context_settings=_SETTINGS, no_args_is_help=True)
    register_group(group)(about)
    for command, where in _GROUPS[name].items():
        _register(group, command, where)
    return group


def _register(app: typer.Typer, name: str, where: str) -> None:
    module, _, function = where.partition(".")
    register(app, name)(getattr(import_module(f"assistant.commands.{module}"), function))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"whose-value {__version__}")
        raise typer.Exit


def whose_value(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Whose Value? Answers on CSR, customer strategy and shared value, every sentence cited."""


def index_group() -> None:
    """Build, show and check the index of the texts."""


def corpus_group() -> None:
    """Check the texts of the collection."""


_ABOUT: Mapping[str, Callable[[], None]] = {"index": index_group, "corpus": corpus_group}


def main() -> None:
    """Run ``assistant``."""
    # Threads of NumPy's own for products as small as ours cost more than they bring: they wait
    # by spinning, some 30 ms of processor time at every start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(50_000, 20, 20)  # what imports bring stays: looking through it costs 40 ms
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks “ shows ? and goes on
    try:
        program(sys.argv[1] if len(sys.argv) > 1 else "")()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        gc.freeze()  # what is there at the end goes as a whole: looking through it costs 70 ms


if __name__ == "__main__":
    main()
