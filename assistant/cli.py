"""The command line: ``assistant ask | search | chat | serve | index … | corpus … | eval | doctor``.

This module only names the commands; nothing heavy is imported before one runs.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from assistant import __version__
from assistant.commands import asking, chatting, curating, doctoring, evaluating, indexing
from assistant.commands.options import INTERRUPTED, register, register_group

_SETTINGS = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    name="assistant",
    add_completion=False,
    context_settings=_SETTINGS,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
index = typer.Typer(
    context_settings=_SETTINGS,
    no_args_is_help=True,
    help="Build, show and check the index of the texts.",
)
app.add_typer(index, name="index")
corpus = typer.Typer(
    context_settings=_SETTINGS, no_args_is_help=True, help="Check the texts of the collection."
)
app.add_typer(corpus, name="corpus")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"whose-value {__version__}")
        raise typer.Exit


@register_group(app)
def whose_value(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Whose Value? Answers on CSR, customer strategy and shared value, every sentence cited."""


@register_group(index)
def index_group() -> None:
    """Build, show and check the index of the texts."""


@register_group(corpus)
def corpus_group() -> None:
    """Check the texts of the collection."""


register(app)(asking.ask)
register(app)(asking.search)
register(app)(chatting.chat)
register(app)(chatting.serve)
register(app)(doctoring.doctor)
register(app, "eval")(evaluating.evaluate)
register(index)(indexing.build)
register(index)(indexing.status)
register(index)(indexing.verify)
register(corpus)(curating.check)


def main() -> None:
    """Run ``assistant``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks “ shows ? and goes on
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
