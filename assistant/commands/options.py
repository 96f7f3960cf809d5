"""What all commands share: their options, and how errors and interruptions end them."""

from __future__ import annotations

import functools
import inspect
import logging
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.commands.showing import printable, tell
from assistant.errors import AssistantError, PackError, QuestionError, SettingsError
from assistant.records import Filters, Perspective
from assistant.settings import Settings

ANSWERED, FAILED, USAGE, ABSTAINED, INTERRUPTED = 0, 1, 2, 3, 130
_PANEL = "Options of every command"
_NOT_SETTINGS = ("perspective", "json", "no_write", "debug")


def _option(*names: str, help: str, **more: Any) -> Any:  # noqa: ANN401 - typer's words
    return typer.Option(*names, help=help, rich_help_panel=_PANEL, show_default=False, **more)


def _shared(
    index: Annotated[Path | None, _option("--index", help="Folder of the index.")] = None,
    corpus: Annotated[Path | None, _option("--corpus", help="Folder of the texts.")] = None,
    model: Annotated[
        str | None,
        _option("--model", help="What writes: embedded, none, a folder or hub id, or http://…"),
    ] = None,
    model_name: Annotated[
        str | None, _option("--model-name", help="Which model of a server; else its first.")
    ] = None,
    no_write: Annotated[
        bool, _option("--no-write", help="Quotations only; the same as --model none.")
    ] = False,
    embedder: Annotated[
        str | None, _option("--embedder", help="What searches: embedded, a folder or hub id.")
    ] = None,
    strictness: Annotated[
        str | None,
        _option("--strictness", help="How soon it says no: strict, balanced, open or off."),
    ] = None,
    scorer: Annotated[
        str | None, _option("--scorer", help="What ranks answers: embedded, none, folder or id.")
    ] = None,
    entailer: Annotated[
        str | None, _option("--entailer", help="What checks claims: embedded, none, folder or id.")
    ] = None,
    device: Annotated[str | None, _option("--device", help="auto, cpu, cuda or mps.")] = None,
    cache: Annotated[Path | None, _option("--cache", help="Folder of prepared models.")] = None,
    top_k: Annotated[int | None, _option("--top-k", help="How many passages to look at.")] = None,
    perspective: Annotated[
        list[Perspective] | None,
        _option(
            "--perspective",
            metavar="VIEW",
            help=f"Only texts of this view; repeatable. Views: {', '.join(Perspective)}.",
            case_sensitive=False,
        ),
    ] = None,
    json: Annotated[bool, _option("--json", help="Print JSON and nothing else.")] = False,
    debug: Annotated[bool, _option("--debug", help="Show the log and full errors.")] = False,
) -> None:
    """Carry the options that every command takes, in the order of the help text."""


_SHARED = inspect.signature(_shared, eval_str=True).parameters


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: what was chosen on the command line."""

    flags: Mapping[str, Any]
    perspectives: tuple[Perspective, ...] = ()
    as_json: bool = False
    debug: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Run:
        """Return the run for options as they were given; raises BadParameter."""
        flags = {k: v for k, v in given.items() if k not in _NOT_SETTINGS}
        if given.get("no_write"):
            if flags.get("model") not in (None, "none"):
                raise typer.BadParameter("--no-write excludes --model; give one of them.")
            flags["model"] = "none"
        return cls(
            flags=flags,
            perspectives=tuple(given.get("perspective") or ()),
            as_json=bool(given.get("json")),
            debug=bool(given.get("debug")),
        )

    @property
    def settings(self) -> Settings:
        """The settings in force; raises SettingsError."""
        return Settings.load(self.flags)

    @property
    def filters(self) -> Filters:
        """The part of the library that was asked for."""
        return Filters(perspectives=frozenset(self.perspectives))

    @property
    def model_was_named(self) -> bool:
        """Whether the user asked for a language model by name, and so wants that or none."""
        return self.settings.model != "embedded" or "model" in self.flags


def register(app: typer.Typer, name: str | None = None) -> Callable[[Callable[..., int]], None]:
    """Make a function ``(run, …) -> exit code`` a command that takes the shared options too."""

    def decorate(function: Callable[..., int]) -> None:
        app.command(name)(_with_shared_options(function))

    return decorate


def register_group(app: typer.Typer) -> Callable[[Callable[..., None]], None]:
    """Let a group take the shared options as well, before the name of the command."""

    def decorate(function: Callable[..., None]) -> None:
        def call(ctx: typer.Context, **values: Any) -> None:  # noqa: ANN401
            shared, own = _parted(values)
            ctx.obj = _joined(ctx, shared)
            function(**own)

        app.callback()(_signed(call, function))

    return decorate


def _with_shared_options(function: Callable[..., int]) -> Callable[..., None]:
    def call(ctx: typer.Context, **values: Any) -> None:  # noqa: ANN401
        shared, own = _parted(values)
        run = Run.of(_joined(ctx, shared))
        if run.debug:
            logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", force=True)
        code = _guarded(lambda: function(run, **own), debug=run.debug)
        if code:
            raise typer.Exit(code)

    return _signed(call, function)


def _signed(call: Callable[..., None], function: Callable[..., Any]) -> Callable[..., None]:
    """Give ``call`` the parameters of ``function``, after the context and before the shared."""
    own = [
        p for p in inspect.signature(function, eval_str=True).parameters.values() if p.name != "run"
    ]
    context = inspect.Parameter(
        "ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
    )
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own, *_SHARED.values())]
    functools.update_wrapper(call, function)
    del call.__wrapped__  # type: ignore[attr-defined]
    call.__signature__ = inspect.Signature([context, *parameters])  # type: ignore[attr-defined]
    call.__annotations__ = {p.name: p.annotation for p in (context, *parameters)}
    return call


def _parted(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    shared = {
        k: v for k, v in values.items() if k in _SHARED and not (v is None or v is False or v == [])
    }
    return shared, {k: v for k, v in values.items() if k not in _SHARED}


def _joined(ctx: typer.Context, shared: Mapping[str, Any]) -> dict[str, Any]:
    """Add what was given before the command's name; what is given later wins."""
    return {**(ctx.obj or {}), **shared}


def _guarded(work: Callable[[], int], *, debug: bool) -> int:
    """Run a command to its exit code; no error leaves it as a traceback."""
    try:
        code = work()
        sys.stdout.flush()
        return code
    except AssistantError as error:
        if debug:
            traceback.print_exc()
        complain(error)
        return USAGE if isinstance(error, SettingsError | QuestionError | PackError) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has gone; Python must not complain at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as error:  # noqa: BLE001 - the last line of every command
        if debug:
            traceback.print_exc()
        tell(f"error: unexpected {type(error).__name__}: {printable(str(error))}")
        tell("→ Run the same with --debug to see where, and please report it.")
        return FAILED


def complain(error: AssistantError) -> None:
    """Say what went wrong and what to do next, on standard error."""
    tell(f"error: {printable(str(error.args[0]))}")
    if error.remedy:
        tell(f"→ {printable(error.remedy)}")
