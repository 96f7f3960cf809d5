"""An answer as it comes: the quotations at once, then the writing, then what stood the check."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from assistant.commands.showing import answer_view, printable, results, sentences_view, show, tell
from assistant.records import (
    Answer,
    AnswerReady,
    EvidenceFound,
    Filters,
    SentenceChecked,
    TextDelta,
    Turn,
    Verdict,
)

if TYPE_CHECKING:
    from assistant.service import Assistant

_DRAFT_CHARACTERS = 600  # of the draft on screen: the newest


def stream(
    assistant: Assistant,
    question: str,
    history: Sequence[Turn] = (),
    *,
    filters: Filters | None = None,
) -> Answer:
    """Ask, show the answer as it comes, and return it. Ctrl-C ends the writing, not the answer."""
    console = results()
    stop = threading.Event()
    with _stopped_by_ctrl_c(stop):
        events = assistant.stream(question, history, filters, stop=stop)
        draft = _Draft(console)
        for event in events:
            match event:
                case EvidenceFound(quoted=quoted) if quoted.sentences:
                    draft.begin(quoted, writer=assistant.model_name)
                case TextDelta(text=text):
                    draft.grow(text)
                case SentenceChecked(sentence=sentence):
                    draft.judge(sentence.verdict)
                case AnswerReady(answer=answer):
                    draft.end()
                    show(console, answer_view(answer))
                    if answer.warning:
                        tell(f"warning: {printable(answer.warning)}")
                    return answer
    raise AssertionError("a stream ends with AnswerReady")


class _Draft:
    """What is on a terminal while the model writes; it gives way to the finished answer."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, transient=True, auto_refresh=False)
        self._shown = console.is_terminal
        self._quoted: RenderableType = Text()
        self._text = ""
        self._kept = self._struck = 0
        self._writer = "none"

    def begin(self, quoted: Answer, *, writer: str) -> None:
        """Show the quotations."""
        if self._shown and writer != "none":
            self._quoted = sentences_view(quoted.sentences)
            self._writer = writer
            self._live.start()
            self._refresh()

    def grow(self, text: str) -> None:
        """Add a piece of the draft."""
        self._text += text
        self._refresh()

    def judge(self, verdict: Verdict) -> None:
        """Count a sentence of the draft as kept or struck."""
        self._kept += verdict.stands
        self._struck += not verdict.stands
        self._refresh()

    def end(self) -> None:
        """Take the draft off the screen."""
        self._live.stop()

    def _refresh(self) -> None:
        if not self._live.is_started:
            return
        head = f"{self._writer} writes … {self._kept} checked, {self._struck} struck"
        draft = printable(self._text)[-_DRAFT_CHARACTERS:]
        self._live.update(
            Group(self._quoted, Text(), Text(head, "bold"), Text(draft, "dim italic")),
            refresh=True,
        )


@contextmanager
def _stopped_by_ctrl_c(stop: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C set ``stop``; the second interrupts as always."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set() and callable(before):
            before(number, frame)
        stop.set()

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
