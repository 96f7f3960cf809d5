"""Text that is made in a thread and read by an iterator that can stop at any moment."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator

_POLL_S = 0.1  # how soon a stop is noticed while nothing comes

Emit = Callable[[str], None]


def stream_from_thread(
    produce: Callable[[Emit, threading.Event], None], stop: threading.Event, *, daemon: bool
) -> Generator[str, None, None]:
    """Yield what ``produce(emit, halt)`` emits in a thread of its own; raise what it raises.

    ``halt`` is set when ``stop`` was set or the iterator was closed; ``produce`` should then
    end soon. Nobody waits for it.
    """
    pieces: queue.Queue[str | None] = queue.Queue()
    halt = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            produce(pieces.put, halt)
        except BaseException as failure:  # noqa: BLE001 - raised again by the reader
            failures.append(failure)
        finally:
            pieces.put(None)

    threading.Thread(target=run, name="writing", daemon=daemon).start()
    try:
        while not stop.is_set():
            try:
                piece = pieces.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if piece is None:
                if failures:
                    raise failures[0]
                return
            if piece:
                yield piece
    finally:
        halt.set()
