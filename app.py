"""Open the web chat: ``uv run app.py``. The same as ``assistant web``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields

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
            parser.add_argument("--open", action=argparse.BooleanOptionalAction, dest=field.name)
        else:
            parser.add_argument("--" + field.name.replace("_", "-"), metavar=field.name.upper())
    return vars(parser.parse_args(arguments))


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
