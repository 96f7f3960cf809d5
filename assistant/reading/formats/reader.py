"""Files of strangers are read in a process of their own, which may die of them.

The process is kept for many files, ended with everything it started when a file takes too long,
and replaced when it has died. What it sends is checked before it is believed.
"""

from __future__ import annotations

import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from assistant.reading.formats.converted import Converted
from assistant.reading.formats.frames import BrokenFrameError
from assistant.reading.formats.job import OnPages
from assistant.reading.formats.limits import Limits
from assistant.reading.formats.problems import DocumentError, Reason
from assistant.reading.formats.process import WorkerProcess, signal_name


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
        self._worker: WorkerProcess | None = None
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

    def start(self) -> tuple[str, ...]:
        """Start the worker before the first file comes; return what it gave up for good.

        Raises DocumentError when it does not start.
        """
        with self._lock:
            return self._ready_worker().granted

    @property
    def granted(self) -> tuple[str, ...]:
        """What the worker gave up for good: "memory", "network", "files"; empty before it runs."""
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

    def _ready_worker(self) -> WorkerProcess:
        if self._worker is None or not self._worker.is_alive:
            tesseract = found_tesseract() if self._ocr else None
            self._worker = WorkerProcess(self.limits, tesseract, self._converter)
        return self._worker

    def _death(self, worker: WorkerProcess) -> DocumentError:
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
            f"Its reader crashed ({signal_name(code)}): it is damaged, or needs {memory}.",
        )


def found_tesseract() -> Path | None:
    """Return the program Tesseract where it is installed."""
    found = shutil.which("tesseract")
    return None if found is None else Path(found)


def _strange(cause: BaseException) -> DocumentError:
    return DocumentError(
        Reason.CRASHED, f"Its reader sent what is no text ({type(cause).__name__})."
    )
