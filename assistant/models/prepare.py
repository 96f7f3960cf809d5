"""Prepares models in a process of its own, so that the app's never pays for torch here.

``prepared`` is the app's side; ``python -m assistant.models.prepare TASK`` the other. They
talk in lines of JSON: ``{"progress": words}`` and, at the end of a failure,
``{"error": message, "remedy": words}``.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from assistant.errors import ModelError
from assistant.models.cache import Report, is_sound, prepare_once
from assistant.models.machine import ENVIRONMENT

log = logging.getLogger(__name__)

_SOURCES_HOME = Path(__file__).resolve().parents[2]
_SETTINGS_REMEDY = "Give another with --model or --embedder; the log names the details."


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be prepared, from where, and where to."""

    kind: Literal["embedder", "language-model", "adapter"]
    name: str
    source: str  # a folder, or a GGUF file
    target: str  # the prepared folder
    precision: Literal["int8", "float32", "bfloat16"]
    packaged: bool = False  # the weights come from the package and must be the known ones

    @property
    def source_bytes(self) -> int:
        """The size of what it is made from."""
        source = Path(self.source)
        files = [source] if source.is_file() else source.glob("*.safetensors")
        return sum(file.stat().st_size for file in files)


def prepared(task: Task, on_progress: Report | None = None) -> Path:
    """Return the prepared folder of ``task``, made first where it is missing or damaged.

    Raises ModelError when it cannot be made.
    """
    report = on_progress or _ignore
    target = Path(task.target)
    if not is_sound(target):
        report(f"preparing {task.name} (once)")
        run_aside(json.dumps(asdict(task)), report)
        if not is_sound(target):
            raise ModelError(
                f"{task.name} was prepared in {target}, but the files are not whole.",
                remedy="Check the disk, or give another folder: --cache FOLDER.",
            )
    return target


def run_aside(argument: str, report: Report, *, offline: bool = True) -> None:
    """Run ``python -m assistant.models.prepare ARGUMENT`` to its end, passing its words on."""
    paths = [str(_SOURCES_HOME), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | ENVIRONMENT
    environment |= {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONUTF8": "1"}
    environment |= {"HF_HUB_OFFLINE": "1"} if offline else {}
    command = [sys.executable, "-W", "ignore", "-m", "assistant.models.prepare", argument]
    with tempfile.TemporaryFile() as chatter:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=chatter,
            env=environment,
            encoding="utf-8",
        )
        try:
            _listen(process, report)
        except BaseException:  # the user's Ctrl-C, or an error in the callback
            process.terminate()
            raise
        finally:
            process.wait()
        if process.returncode:
            chatter.seek(0)
            details = chatter.read().decode("utf-8", "replace")[-2000:]
            log.error("preparation ended with %d: %s", process.returncode, details)
            raise ModelError(
                f"The preparation of the model was ended (code {process.returncode}).",
                remedy="Try again; it begins anew. If it was out of memory, close other programs.",
            )


def _listen(process: subprocess.Popen[str], report: Report) -> None:
    """Pass the other side's words on; raise its error."""
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            try:
                said = json.loads(line)
            except ValueError:
                continue  # a library that prints
            if "error" in said:
                process.wait()
                raise ModelError(said["error"], remedy=said["remedy"])
            report(said["progress"])


def _ignore(_: str) -> None:
    """Tell nobody."""


def run(task: Task, report: Report) -> None:
    """Prepare ``task`` in this process."""

    def make(folder: Path) -> None:
        if task.kind == "embedder":
            from assistant.models.export import export_embedder

            export_embedder(task, folder, report)
        elif task.kind == "adapter":
            from assistant.models.merging import export_scorer
            from assistant.models.weights import embedder_weights

            export_scorer(Path(task.source), embedder_weights(), folder, report)
        else:
            from assistant.models.convert import convert_language_model

            convert_language_model(task, folder, report)

    prepare_once(Path(task.target), make, report=report, needed_bytes=4 * task.source_bytes)


def main(argument: str) -> int:
    """Do one task given as JSON and say how it goes on standard output."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever libraries print goes to the log, not between our lines

    def say(**words: str) -> None:
        out.write(json.dumps(words) + "\n")
        out.flush()

    def work() -> None:
        wanted = json.loads(argument)
        if "download" in wanted:
            from assistant.models.hub import download

            download(wanted["download"])
        else:
            run(Task(**wanted), lambda words: say(progress=words))

    return _guarded(work, say)


def _guarded(work: Callable[[], None], say: Callable[..., None]) -> int:
    """Run ``work``; tell a failure in words and return the exit status."""
    try:
        work()
    except ModelError as error:
        say(error=error.args[0], remedy=error.remedy)
        return 1
    except Exception as error:  # the last line of this process
        logging.exception("preparation failed")
        say(error=f"The model could not be prepared: {error!r}.", remedy=_SETTINGS_REMEDY)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
