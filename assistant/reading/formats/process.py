"""One worker as seen from the program: started, spoken to, and ended with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import assistant
from assistant.reading.formats.frames import read_frame, write_frame
from assistant.reading.formats.limits import Limits
from assistant.reading.formats.problems import DocumentError, Reason

_START_S = 60.0  # for the interpreter on a busy machine
_LAST_MOMENT_S = 5.0
_FILES_PER_WORKER = 500  # then a fresh one: parsers leak
_BYTES_PER_CHARACTER = 15  # of a text as JSON, with its spans
_ENVIRONMENT = frozenset(
    "PATH LD_LIBRARY_PATH DYLD_LIBRARY_PATH SYSTEMROOT TEMP TMP TESSDATA_PREFIX VIRTUAL_ENV".split()
)


class WorkerProcess:
    """One process of ``assistant.reading.formats.worker``."""

    def __init__(self, limits: Limits, tesseract: Path | None, converter: str) -> None:
        self.timed_out = False
        self.allowed_s = _START_S
        self._served = 0
        self._timer: threading.Timer | None = None
        self._deadline_lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "assistant.reading.formats.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        self.set_deadline(_START_S)
        greeting = {
            "memory_bytes": limits.memory_bytes,
            "tesseract": None if tesseract is None else str(tesseract),
            "converter": converter,
        }
        self.send(greeting, b"")
        answer = next(self.answers(limits), None)
        self.set_deadline(None)
        if answer is None or not answer[0].get("ready"):
            code = self.end()
            raise DocumentError(
                Reason.NO_WORKER, f"The process that reads files does not start (code {code})."
            )
        self.granted: tuple[str, ...] = tuple(answer[0]["granted"])

    @property
    def is_alive(self) -> bool:
        """Whether it can be given a file."""
        return self._process.poll() is None

    @property
    def is_spent(self) -> bool:
        """Whether it has read so many files that a fresh one is better."""
        return self._served >= _FILES_PER_WORKER

    def send(self, message: dict[str, Any], content: bytes) -> None:
        """Send a message; where the process has died, ``answers`` will find it."""
        self._served += 1
        try:
            write_frame(_pipe(self._process.stdin), message, content)
        except (BrokenPipeError, OSError, ValueError):
            return

    def answers(self, limits: Limits) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Yield what comes until the process ends."""
        most = max(limits.characters * _BYTES_PER_CHARACTER, limits.file_bytes) + 10_000_000
        while True:
            try:
                answer = read_frame(_pipe(self._process.stdout), most=most)
            except (OSError, ValueError):  # closed by end() in another thread
                return
            if answer is None:
                return
            yield answer

    def set_deadline(self, seconds: float | None) -> None:
        """End the process after so many seconds from now; None: leave it alone."""
        with self._deadline_lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
            if seconds is not None:
                self.allowed_s = seconds
                self._timer = threading.Timer(seconds, self._time_out)
                self._timer.daemon = True
                self._timer.start()

    def _time_out(self) -> None:
        with self._deadline_lock:
            if self._timer is not threading.current_thread():
                return  # another deadline was set while this one was running out
            self.timed_out = True
        self.end()

    def ended(self) -> int:
        """Return how the process ended by itself, which takes it a moment after its last word."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_MOMENT_S)
        return self.end()

    def end(self) -> int:
        """End the process and all that it started; return how it ended."""
        if self._process.poll() is None:
            try:
                if sys.platform == "win32":
                    self._process.kill()
                else:
                    os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self._process.kill()
        code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                _pipe(pipe).close()
            except OSError:  # what was not sent has nowhere to go
                continue
        return code


def _pipe(stream: Any) -> BinaryIO:  # noqa: ANN401 - subprocess says Optional
    opened: BinaryIO = stream
    return opened


def _environment() -> dict[str, str]:
    """Return an environment without secrets: keys of services are none of a parser's business."""
    kept = {k: v for k, v in os.environ.items() if k.upper() in _ENVIRONMENT}
    here = str(Path(assistant.__file__).parent.parent)
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    one_thread = {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"}
    return {**kept, **one_thread, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}


def signal_name(code: int) -> str:
    """Return "SIGSEGV" for -11, "code 1" for 1."""
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"code {code}"
