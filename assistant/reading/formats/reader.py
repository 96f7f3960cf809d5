"""Files of strangers are read in a process of their own, which may die of them.

The process is kept for many files, ended with everything it started when a file takes too long,
and replaced when it has died. What it sends is checked before it is believed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import assistant
from assistant.reading.formats.converted import Converted
from assistant.reading.formats.frames import BrokenFrameError, read_frame, write_frame
from assistant.reading.formats.job import OnPages
from assistant.reading.formats.limits import Limits
from assistant.reading.formats.problems import DocumentError, Reason

_START_S = 60.0  # for the interpreter on a busy machine
_LAST_MOMENT_S = 5.0
_FILES_PER_WORKER = 500  # then a fresh one: parsers leak
_BYTES_PER_CHARACTER = 15  # of a text as JSON, with its spans
_ENVIRONMENT = frozenset(
    "PATH LD_LIBRARY_PATH DYLD_LIBRARY_PATH SYSTEMROOT TEMP TMP TESSDATA_PREFIX VIRTUAL_ENV".split()
)


class DocumentReader:
    """Reads files one at a time in a worker; use one for each thread that reads.

    ``ocr`` recognises scanned pages with Tesseract where it is installed; ``ocr_languages`` are
    named as Tesseract names them: "eng+deu". ``converter`` is another function for the worker,
    as "module:name"; tests give one.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        ocr: bool = True,
        ocr_languages: str = "eng",
        converter: str = "",
    ) -> None:
        self.limits = limits or Limits()
        self._ocr_languages = ocr_languages
        self._ocr = ocr
        self._converter = converter
        self._worker: _Worker | None = None
        self._cancelled = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def granted(self) -> tuple[str, ...]:
        """What the worker gave up for good, after the first file: "memory", "network", "files"."""
        return () if self._worker is None else self._worker.granted

    def close(self) -> None:
        """End the worker; the next file starts another."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    def cancel(self) -> None:
        """End the reading of the file at hand, from another thread: it is refused as cancelled."""
        self._cancelled = True
        if (worker := self._worker) is not None:
            worker.end()

    def read(self, name: str, content: bytes, *, on_pages: OnPages | None = None) -> Converted:
        """Return the normal form of a file.

        Raises DocumentError when it is refused, and when its reader crashed, hung or ate memory.
        """
        found: dict[str, Any] = {}
        for answer, _ in self._answers({"name": name}, content, on_pages):
            found = answer.get("converted") or {}
        try:
            return Converted.from_json(found)
        except (ValueError, TypeError, KeyError, AttributeError) as cause:
            self.close()
            raise _strange(cause) from cause

    def unpack(self, name: str, content: bytes) -> Iterator[tuple[str, bytes | DocumentError]]:
        """Yield the name of each file in a ZIP archive with its bytes, or why it is refused.

        Raises DocumentError when the archive cannot be opened at all. Names are relative and
        lead nowhere else; see ``archives.safe_name``. Read everything before the next file.
        """
        for answer, member in self._answers({"name": name, "unpack": True}, content, None):
            if "member" in answer:
                refused = answer.get("refused")
                problem = None if refused is None else DocumentError.from_json(refused)
                yield str(answer["member"]), member if problem is None else problem

    def _answers(
        self, request: dict[str, Any], content: bytes, on_pages: OnPages | None
    ) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Send a request and yield what comes back until it is done; progress is passed on."""
        if len(content) > self.limits.file_bytes:
            raise DocumentError(
                Reason.TOO_LARGE, f"It is larger than {self.limits.file_bytes // 1_000_000:,} MB."
            )
        with self._lock:
            self._cancelled = False
            worker = self._ready_worker()
            done = False
            worker.set_deadline(self.limits.seconds)
            try:
                worker.send(self._request(request), content)
                for answer, member in worker.answers(self.limits):
                    if "progress" in answer:
                        stage, pages, total = answer["progress"]
                        if stage == "recognising":
                            worker.set_deadline(self.limits.ocr_seconds)
                        if on_pages is not None:
                            on_pages(stage, int(pages), int(total))
                        continue
                    if "problem" in answer:
                        done = not answer.get("last")
                        raise DocumentError.from_json(answer["problem"])
                    done = "converted" in answer or "unpacked" in answer
                    yield answer, member
                    if done:
                        break
                else:
                    raise self._death(worker)
            except (BrokenFrameError, KeyError, TypeError, ValueError) as cause:
                raise _strange(cause) from cause
            finally:
                worker.set_deadline(None)
                if not done or worker.timed_out or worker.is_spent:
                    self.close()

    def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        return {
            **request,
            "limits": self.limits.to_json(),
            "ocr_languages": self._ocr_languages,
        }

    def _ready_worker(self) -> _Worker:
        if self._worker is None or not self._worker.is_alive:
            tesseract = found_tesseract() if self._ocr else None
            self._worker = _Worker(self.limits, tesseract, self._converter)
        return self._worker

    def _death(self, worker: _Worker) -> DocumentError:
        """Return why the worker is no more."""
        if self._cancelled:
            return DocumentError(Reason.CANCELLED, "Its reading was cancelled.")
        if worker.timed_out:
            return DocumentError(
                Reason.TOO_SLOW, f"Reading it takes more than {worker.allowed_s:,.0f} s."
            )
        memory = f"more than {self.limits.memory_bytes // 1_000_000:,} MB of memory"
        code = worker.ended()
        if code == -getattr(signal, "SIGKILL", 9):
            return DocumentError(Reason.TOO_MUCH_MEMORY, f"Reading it needs {memory}.")
        return DocumentError(
            Reason.CRASHED,
            f"Its reader crashed ({_signal_name(code)}): it is damaged, or needs {memory}.",
        )


class _Worker:
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
        return self._process.poll() is None

    @property
    def is_spent(self) -> bool:
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


def found_tesseract() -> Path | None:
    """Return the program Tesseract where it is installed."""
    found = shutil.which("tesseract")
    return None if found is None else Path(found)


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


def _signal_name(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"code {code}"


def _strange(cause: BaseException) -> DocumentError:
    return DocumentError(
        Reason.CRASHED, f"Its reader sent what is no text ({type(cause).__name__})."
    )
