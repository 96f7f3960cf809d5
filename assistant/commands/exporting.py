"""``assistant export`` and ``assistant verify-pack``: answers to hand on, and their check."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.commands.asking import print_json
from assistant.commands.options import ANSWERED, USAGE, Run, complain
from assistant.commands.showing import printable, results, show, tell

if TYPE_CHECKING:
    from assistant.exporting.pack import Pack, Shelf
    from assistant.exporting.verified import VerifiedPack
    from assistant.library.database import Snapshot
    from assistant.ports import Checker
    from assistant.records import Answer

CHANGED = 4
_STDIN = Path("-")

Source = Annotated[
    Path,
    typer.Argument(
        metavar="SOURCE",
        help="Answers as `assistant ask --json` prints them, one or many; an exported file; "
        "- for stdin.",
    ),
]
Target = Annotated[
    Path, typer.Argument(metavar="TARGET", help="File to make: .html .md .docx .bib .json")
]
Title = Annotated[str, typer.Option("--title", help="Title; else the first question.")]
PackFile = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="An exported .html, .md, .docx or .json; - for stdin."),
]


def export(run: Run, source: Source, target: Target, title: Title = "") -> int:
    """Write answers with their quotations to a file that can be handed on and verified.

    Exit code 0: written, 2: a file cannot be used, 1: failure.
    """
    from assistant.errors import PackError

    try:
        refuse_target(target)
        content = _content(source)
        with _library(run) as shelf:
            pack = _pack(content, shelf, title)
        save_pack(pack, target)
    except PackError as error:
        complain(error)
        return USAGE
    return ANSWERED


def verify_pack(run: Run, file: PackFile) -> int:
    """Check an exported file: was it changed, and does the library still say all of it?

    Exit code 0: all verified, 4: something has changed, 2: no pack in the file, 1: failure.
    """
    from assistant.errors import PackError
    from assistant.exporting.findings import verified_json
    from assistant.exporting.verifying import verify

    try:
        content = _content(file)
        with _library(run) as shelf:
            found = verify(content, shelf, checker=lambda: _checker(run))
    except PackError as error:
        complain(error)
        return USAGE
    if run.as_json:
        print_json(verified_json(found))
    else:
        _tell_found(found)
    return ANSWERED if found.is_verified else CHANGED


def refuse_target(target: Path) -> None:
    """Raise PackError where a file cannot be made: before a question costs half a minute."""
    from assistant.errors import PackError
    from assistant.exporting.writing import format_of

    format_of(target)
    if target.exists() or target.is_symlink():
        raise PackError(
            f"{target} is there already.", remedy="Choose another name, or move that file away."
        )
    if not target.parent.is_dir():
        raise PackError(
            f"There is no folder {target.parent}.", remedy="Make it, or choose another."
        )


def save_answers(answers: Sequence[Answer], run: Run, target: Path) -> None:
    """Write answers to a new file in the format of its ending; raises PackError."""
    from assistant.exporting.packing import pack_of

    with _library(run) as shelf:
        pack = pack_of(answers, shelf)
    save_pack(pack, target)


def save_pack(pack: Pack, target: Path) -> None:
    """Write a pack to a new file, whole or not at all, and say so; raises PackError."""
    from assistant.errors import PackError
    from assistant.exporting.writing import format_of, written

    content = written(pack, format_of(target))
    try:
        with target.open("xb") as file:  # x: nothing is ever written over
            try:
                file.write(content)
            except OSError:
                target.unlink(missing_ok=True)
                raise
    except OSError as cause:
        raise PackError(
            f"{target} cannot be written: {cause.strerror}.", remedy="Choose another place."
        ) from cause
    tell(f"Saved {printable(str(target))}.")


def _pack(content: bytes, shelf: Shelf, title: str) -> Pack:
    """Return the pack of answers in JSON, or the one in an exported file as it is."""
    from assistant.errors import PackError
    from assistant.exporting.opening import opened
    from assistant.exporting.pack_json import FORMAT, read_pack
    from assistant.exporting.packing import pack_of_json

    answers = _answers(content)
    if answers is None or (isinstance(answers[0], dict) and answers[0].get("format") == FORMAT):
        read = read_pack(opened(content).pack)
        if not read.intact:
            raise PackError(
                "The pack in the file was changed: its digest differs.",
                remedy="See what it was with: assistant verify-pack FILE",
            )
        return replace(read.pack, title=title) if title else read.pack
    return pack_of_json(answers, shelf, title=title)


def _answers(content: bytes) -> list[Any] | None:
    """Return the objects in JSON or in lines of JSON; None where the text is something else."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    with suppress(ValueError, RecursionError):
        whole = json.loads(text)
        return whole or None if isinstance(whole, list) else [whole]
    with suppress(ValueError, RecursionError):
        return [json.loads(line) for line in text.splitlines() if line.strip()] or None
    return None


def _content(file: Path) -> bytes:
    from assistant.errors import PackError
    from assistant.exporting.opening import MOST_BYTES

    try:
        if file == _STDIN:
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with file.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as cause:
        raise PackError(
            f"{file} cannot be read: {cause.strerror}.", remedy="Give an exported file."
        ) from cause


def _library(run: Run) -> AbstractContextManager[Snapshot]:
    from assistant.library.database import Library

    return Library(run.settings.index).reading()


def _checker(run: Run) -> Checker:
    """Return what checked the written sentences at first; raises ModelError."""
    from assistant.answering.checking import LiteralChecker
    from assistant.models.wiring import open_embedder
    from assistant.retrieval.scoring import SentenceVectors

    return LiteralChecker(SentenceVectors(open_embedder(run.settings)))


def _tell_found(found: VerifiedPack) -> None:
    from assistant.exporting.findings import conclusion, findings_of, heading_words

    lines = [heading_words(found)]
    lines += [f"{'✓' if f.is_well else '✗'} {f.words}" for f in findings_of(found)]
    lines += [f"note: {words}" for words in found.notes]
    show(results(), *map(printable, (*lines, conclusion(found))))
