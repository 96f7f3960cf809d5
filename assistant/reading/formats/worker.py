"""The process that reads files of strangers; run as ``python -m assistant.reading.formats.worker``.

It is given bytes on its standard input and gives back the normal form or a refusal on its
standard output. It knows no path, and after the first message it has no network, no files to
write and no more memory than it was granted.
"""

from __future__ import annotations

import faulthandler
import importlib
import logging
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from assistant.reading.formats.confinement import confined
from assistant.reading.formats.frames import read_frame, write_frame
from assistant.reading.formats.job import Job, Stage
from assistant.reading.formats.limits import Limits
from assistant.reading.formats.problems import DocumentError, Reason

_STDERR = 2
_GRACE_S = 10.0  # the parent ends a slow worker first; this is for when there is no parent left


def main() -> None:
    """Serve jobs until the parent closes the pipe, or until one goes wrong beyond naming."""
    requests, answers = _private_pipes()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)  # parsers talk of every oddity of a file
    greeting = read_frame(requests)
    if greeting is None:
        return
    settings = greeting[0]
    program = settings.get("tesseract")
    tesseract = Path(program) if program else None
    # Tests plug in parsers that hang, crash and eat memory.
    convert = _named(settings.get("converter") or "assistant.reading.formats.converting:converted")
    granted = confined(int(settings["memory_bytes"]), tesseract)
    write_frame(answers, {"ready": True, "granted": granted})
    while (request := read_frame(requests)) is not None:
        job = _job(*request, tesseract, answers)
        seconds = job.limits.ocr_seconds if tesseract else job.limits.seconds
        faulthandler.dump_traceback_later(seconds + _GRACE_S, exit=True, file=_STDERR)
        if request[0].get("unpack"):
            answer = _answer(lambda job: _unpacked(job, answers), job)
        else:
            answer = _answer(lambda job: {"converted": convert(job).to_json()}, job)
        faulthandler.cancel_dump_traceback_later()
        write_frame(answers, answer)
        if answer.get("last"):
            return


def _unpacked(job: Job, answers: BinaryIO) -> dict[str, Any]:
    """Send the members of an archive one by one; return the message that ends them."""
    from assistant.reading.formats.archives import members

    for member in members(job):
        refused = None if member.problem is None else member.problem.to_json()
        write_frame(answers, {"member": member.name, "refused": refused}, member.content)
    return {"unpacked": True}


def _answer(work: Callable[[Job], dict[str, Any]], job: Job) -> dict[str, Any]:
    """Return the message for a file; "last" where the process is not to be trusted any more."""
    try:
        return work(job)
    except DocumentError as problem:
        return {"problem": problem.to_json()}
    except MemoryError:
        memory = f"{job.limits.memory_bytes // 1_000_000:,} MB of memory"
        refusal = DocumentError(Reason.TOO_MUCH_MEMORY, f"Reading it needs more than {memory}.")
    except Exception as cause:  # noqa: BLE001 - a parser may raise anything on a broken file
        name = type(cause).__name__
        refusal = DocumentError(Reason.BROKEN, f"It is damaged: its reader stopped ({name}).")
    return {"problem": refusal.to_json(), "last": True}


def _job(request: dict[str, Any], content: bytes, tesseract: Path | None, answers: BinaryIO) -> Job:
    def on_pages(stage: Stage, done: int, total: int) -> None:
        write_frame(answers, {"progress": [stage, done, total]})

    return Job(
        name=str(request["name"]),
        content=content,
        limits=Limits.from_json(request["limits"]),
        tesseract=tesseract,
        ocr_languages=str(request["ocr_languages"]),
        on_pages=on_pages,
    )


def _named(converter: str) -> Any:  # noqa: ANN401
    module, _, name = converter.partition(":")
    return getattr(importlib.import_module(module), name)


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return the pipes to the parent; nobody else can read from or print into them."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(requests, os.O_BINARY)
        msvcrt.setmode(answers, os.O_BINARY)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


if __name__ == "__main__":
    main()
