"""Open the web chat: ``uv run app.py``. The same as ``assistant serve``, with the same options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from functools import partial

from assistant.errors import AssistantError, SettingsError
from assistant.settings import Settings

_HELP = {
    "corpus": "Folder of the texts.",
    "index": "Folder of the index.",
    "model": "What writes: embedded, none, a folder or hub id, or http://…",
    "embedder": "What searches: embedded, a folder or hub id.",
    "model_name": "Which model of a server; else its first.",
    "device": "auto, cpu, cuda or mps.",
    "dtype": "Numbers of the model: auto, float32, bfloat16 or float16.",
    "host": "Address to listen on.",
    "port": "Port to listen on.",
    "top_k": "How many passages to look at.",
    "max_answer_tokens": "How much the model may write.",
    "dense_weight": "Share of meaning in the search, 0 to 1; the rest is words.",
    "strictness": "How soon it says that the sources do not: strict, balanced, open or off.",
    "scorer": "What ranks answers: embedded, none, a folder or hub id of a CrossEncoder.",
    "entailer": "What checks claims: embedded, none, a folder or hub id of a CrossEncoder.",
    "cache": "Folder of prepared models.",
}


def launch(settings: Settings, *, port_required: bool = False) -> None:
    """Serve the web chat until it is interrupted; raises PortInUseError."""
    from assistant.web import server

    server.launch(settings, port_required=port_required)


def _flags(arguments: Sequence[str] | None) -> dict[str, object]:
    parser = argparse.ArgumentParser(prog="app.py", description="Whose Value? in the browser.")
    for name, words in _HELP.items():
        parser.add_argument("--" + name.replace("_", "-"), help=words)
    add = partial(parser.add_argument, dest="open_browser", default=None)
    add("--open-browser", action="store_true", help="Open the page at once.")
    add("--no-browser", action="store_false", help="Open no page; the default.")
    words = "Quotations only; the same as --model none."
    parser.add_argument("--no-write", action="store_true", help=words)
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
