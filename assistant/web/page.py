"""The page: a few Gradio components that hold our own HTML, and the events between them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Template
from typing import Any

import gradio as gr
from fastapi import FastAPI

from assistant.debate.claims import MAX_CHARACTERS
from assistant.records import Perspective
from assistant.web import talk
from assistant.web.backstage import Backstage
from assistant.web.markup import chip, esc
from assistant.web.routes import STATIC
from assistant.web.session import Session, asked_from, serial_from
from assistant.web.talk import View
from assistant.web.testing import FILE_SUFFIXES, MOST_FILE_BYTES
from assistant.web.verdicts import NOTE, legend_html
from assistant.web.words import what_leaves

TITLE = "Whose Value?"
_TEMPLATES = Path(__file__).parent / "templates"
_KEEP_SESSION_S = 24 * 3600
_ASKING_AT_ONCE = 8

EXAMPLES = (
    "Who defines value in CSR, and who in shared value?",
    "What is the difference between CSR and shared value?",
    "What can go wrong when the company judges value itself?",
    "What do critics say about shared value?",
)

CLAIMS = (
    "In customer strategy the customer defines what is valuable.",
    "Organisations can be certified under ISO 26000.",
    "Shared value raises the profit of every company that adopts it.",
)

# Our script takes ``trigger`` from here; Gradio learns the names of the events from the text.
_BRIDGE = """
window.whoseValue = { trigger: (name, data) => trigger(name, data) };
window.dispatchEvent(new CustomEvent("whose-value-ready"));
// 'ask' 'stop' 'clear' 'undo'
"""


def mount_page(app: FastAPI, backstage: Backstage) -> None:
    """Put the page beneath the routes of an application."""
    gr.mount_gradio_app(
        app,
        build_page(backstage),
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        theme=_theme(),
        head=_head(),
    )


def build_page(backstage: Backstage) -> gr.Blocks:
    """Return the page for one assistant; each browser tab has its own conversation."""
    leaves = esc(what_leaves(backstage.settings))
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        session = gr.State(Session(), time_to_live=_KEEP_SESSION_S)
        _html("header")
        with gr.Column(elem_id="chat"):
            with gr.Column(elem_id="conversation"):
                _html("welcome", examples=_examples(EXAMPLES), leaves=leaves)
                finished = _html("finished")
                running = _html("running")
                draft = _html("draft")
            _html("claims", **_claim_words())
            bridge = _html("composer", filters=_filters(), **_file_words(), js_on_load=_BRIDGE)
        _html("side")
        _html("help", leaves=leaves)
        _connect(backstage, bridge, session, [session, finished, running, draft])
    return page


def _html(name: str, *, js_on_load: str | None = None, **values: str) -> gr.HTML:
    """Return a component with the template of that name; empty where there is none."""
    path = _TEMPLATES / f"{name}.html"
    value = Template(path.read_text(encoding="utf-8")).substitute(values) if path.exists() else ""
    return gr.HTML(
        value, elem_id=f"zone-{name}", js_on_load=js_on_load, apply_default_css=False, padding=False
    )


def _connect(backstage: Backstage, bridge: gr.HTML, session: gr.State, outputs: list[Any]) -> None:
    def asked(session: Session, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        for view in talk.ask(backstage, session, asked_from(event._data)):
            yield session, *_updates(view)

    def stopped(session: Session, event: gr.EventData) -> None:
        talk.stop(session, serial_from(event._data))

    def cleared(session: Session, event: gr.EventData) -> tuple[Any, ...]:
        return session, *_updates(talk.clear(session, serial_from(event._data)))

    def undone(session: Session) -> tuple[Any, ...]:
        return session, *_updates(talk.undo_clear(session))

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    bridge.ask(
        asked,
        session,
        outputs,
        concurrency_limit=_ASKING_AT_ONCE,
        trigger_mode="multiple",  # what was cleared may still be ending
        **quiet,
    )
    bridge.stop(stopped, session, None, queue=False, **quiet)
    bridge.clear(cleared, session, outputs, queue=False, **quiet)
    bridge.undo(undone, session, outputs, queue=False, **quiet)


def _updates(view: View) -> tuple[Any, ...]:
    return tuple(
        gr.skip() if html is None else html for html in (view.finished, view.running, view.draft)
    )


def _examples(texts: Iterable[str]) -> str:
    return "".join(
        f'<li><button type="button" class="example">{esc(text)}</button></li>' for text in texts
    )


def _claim_words() -> dict[str, str]:
    return _file_words() | {
        "legend": legend_html(),
        "note": esc(NOTE),
        "examples": _examples(CLAIMS),
        "most_characters": f"{MAX_CHARACTERS:,}",
    }


def _file_words() -> dict[str, str]:
    return {
        "formats": " ".join(FILE_SUFFIXES),
        "accept": ",".join((*FILE_SUFFIXES, ".htm", ".markdown")),
        "most": str(MOST_FILE_BYTES),
        "most_mb": str(MOST_FILE_BYTES // 1_000_000),
    }


def _filters() -> str:
    return "".join(
        f'<label class="pick"><input type="checkbox" name="perspective" value="{esc(p.value)}">'
        f"{chip(p)}</label>"
        for p in Perspective
    )


def _head() -> str:
    """Return what goes into the page's head: our own style and script, from this server."""
    version = hashlib.sha256(
        b"".join(path.read_bytes() for path in sorted(STATIC.glob("*.*")))
    ).hexdigest()[:12]
    return (
        f'<link rel="stylesheet" href="/web/page.css?{version}">'
        f'<link rel="stylesheet" href="/web/reading.css?{version}">'
        '<link rel="icon" href="/web/icon.svg" type="image/svg+xml">'
        '<script src="/web/theme.js"></script>'
        f'<script type="module" src="/web/main.js?{version}"></script>'
    )


def _theme() -> gr.themes.Base:
    """Return Gradio's plainest theme with fonts that are on the machine already."""
    plain = gr.themes.Base(font=["sans-serif"], font_mono=["monospace"])
    # The colours of page.css, for the moment before it is there.
    return plain.set(
        body_background_fill="#faf8f4",
        body_text_color="#20262b",
        body_background_fill_dark="#15181b",
        body_text_color_dark="#e7e3da",
    )
