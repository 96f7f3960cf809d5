"""Open the web chat: ``uv run app.py``. The same as ``assistant serve``, with the same options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from functools import partial

from assistant.errors import AssistantError, SettingsError
from assistant.settings import Settings


def launch(settings: Settings, *, port_required: bool = False) -> None:
    """Serve the web chat until it is interrupted; raises PortInUseError."""
    from assistant.web import server

    server.launch(settings, port_required=port_required)


def _flags(arguments: Sequence[str] | None) -> dict[str, object]:
    parser = argparse.ArgumentParser(prog="app.py", description="Whose Value? in the browser.")
    for field in fields(Settings):
        if field.name == "open_browser":
            add = partial(parser.add_argument, dest=field.name, default=None)
            add("--open", "--open-browser", action="store_true", help="open the page at once")
            add("--no-open", "--no-browser", action="store_false")
        else:
            parser.add_argument("--" + field.name.replace("_", "-"), metavar=field.name.upper())
    parser.add_argument("--no-write", action="store_true", help="quotations only: --model none")
    flags = vars(parser.parse_args(arguments))
    if flags.pop("no_write"):
        if flags["model"] not in (None, "none"):
            parser.error("--no-write excludes --model; give one of them.")
        flags["model"] = "none"
    return flags


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code: 2 for a wrong setting, 1 for any other failure."""
    flags = _flags(arguments)
    try:
        settings = Settings.load(flags)
        standard = next(f.default for f in fields(Settings) if f.name == "port")
        chosen = flags["port"] is not None or settings.port != standard
        launch(settings, port_required=chosen)
    except AssistantError as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, SettingsError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
