"""Whose Value? – a local-first study assistant for the debate among CSR, CRM and CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.records import Answer, Filters, Turn
    from assistant.service import Assistant
    from assistant.settings import Settings

__version__ = "0.1.0"
__all__ = ["Answer", "Assistant", "Filters", "Settings", "Turn", "__version__"]

_HOME = {
    "Answer": "assistant.records",
    "Assistant": "assistant.service",
    "Filters": "assistant.records",
    "Settings": "assistant.settings",
    "Turn": "assistant.records",
}


def __getattr__(name: str) -> object:
    """Import on first use: `import assistant` alone has to stay light (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
