"""What one open page remembers: its last turns, and how to stop the one that runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event

from assistant.records import Perspective, Turn

MOST_TURNS = 50
_MOST_DOCUMENTS = 50
_LONGEST_SLUG = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came from the page, made safe."""

    question: str
    perspectives: frozenset[Perspective] = frozenset()
    documents: tuple[str, ...] = ()  # slugs
    titles: tuple[str, ...] = ()  # of the documents, as the library has them
    again: bool = False  # put the last question once more, in its place
    serial: int = 0  # how the page counts its questions, from 1; 0 where it does not


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with what became of it."""

    number: int
    asked: Asked
    html: str
    turn: Turn | None  # None where an error stood in the way: nothing to follow up


class Session:
    """The conversation of one page; lives in ``gr.State`` and is changed in place.

    Not a dataclass: Gradio would take one apart to copy it into the page.
    """

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.cleared: list[Exchange] = []
        self.next_number = 1
        self.stop = Event()
        self.stopped_serial = 0  # the page has stopped its questions up to this one
        self.cleared_serial = 0  # and cleared them up to this one, even if they arrive later
        self._replaced: Exchange | None = None  # what a running retry is to replace

    def __deepcopy__(self, memo: object) -> Session:
        # Gradio copies the first value for every page that opens: each gets its own.
        return Session()

    @property
    def history(self) -> list[Turn]:
        """The answered turns, oldest first."""
        return [e.turn for e in self.exchanges if e.turn is not None]

    def is_cleared(self, asked: Asked) -> bool:
        """Whether the page has cleared a question, which may arrive after that news."""
        return 0 < asked.serial <= self.cleared_serial

    def begin(self, asked: Asked) -> tuple[int, Event]:
        """End whatever runs, and return the number of the new turn and its stop."""
        self.stop.set()
        self.stop = Event()
        if 0 < asked.serial <= self.stopped_serial:
            self.stop.set()
        self.cleared = []
        self._replaced = self.exchanges.pop() if asked.again and self.exchanges else None
        number, self.next_number = self.next_number, self.next_number + 1
        return number, self.stop

    def keep(self, exchange: Exchange) -> None:
        """Remember a finished exchange; the oldest gives way beyond the bound."""
        self._replaced = None
        self.exchanges.append(exchange)
        del self.exchanges[:-MOST_TURNS]

    def end(self, serial: int = 0) -> None:
        """Stop the writing, also of a question that is still on its way here."""
        self.stopped_serial = max(self.stopped_serial, serial)
        self.stop.set()

    def clear(self, serial: int = 0) -> None:
        """Empty the conversation in a way that can be undone."""
        self.cleared_serial = max(self.cleared_serial, serial)
        self.stop.set()
        self.stop = Event()  # what still runs belongs to no conversation any more
        if self._replaced is not None:
            self.keep(self._replaced)
        if self.exchanges:
            self.cleared, self.exchanges = self.exchanges, []

    def undo_clear(self) -> None:
        """Bring back what was cleared, unless a new conversation has begun."""
        if self.cleared and not self.exchanges:
            self.exchanges, self.cleared = self.cleared, []


def asked_from(payload: object) -> Asked:
    """Return the question in an event of the page; the payload is not trusted."""
    given = payload if isinstance(payload, dict) else {}
    question = given.get("question")
    known = {p.value: p for p in Perspective}
    return Asked(
        question=question if isinstance(question, str) else "",
        perspectives=frozenset(known[n] for n in _words(given, "perspectives") if n in known),
        documents=tuple(dict.fromkeys(_words(given, "documents")))[:_MOST_DOCUMENTS],
        again=given.get("again") is True,
        serial=serial_from(payload),
    )


def serial_from(payload: object) -> int:
    """Return up to which of its questions the page means; 0 where it does not say."""
    serial = payload.get("serial") if isinstance(payload, dict) else None
    return serial if isinstance(serial, int) and serial is not True and serial > 0 else 0


def _words(given: Mapping[str, object], name: str) -> list[str]:
    values = given.get(name)
    listed = values if isinstance(values, list) else []
    return [v for v in listed if isinstance(v, str) and 0 < len(v) <= _LONGEST_SLUG]
