"""``assistant ask`` and ``assistant search``: one question, or a file of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from assistant.commands.options import ABSTAINED, ANSWERED, FAILED, Run
from assistant.commands.showing import hits_view, notes, printable, results, show, tell
from assistant.errors import AssistantError, QuestionError, WeightsMissingError
from assistant.exchange import (
    Json,
    Question,
    answer_json,
    line_values,
    question_of,
    search_json,
    whole,
)
from assistant.records import Outcome

if TYPE_CHECKING:
    from assistant.service import Assistant

QuestionWords = Annotated[
    list[str] | None, typer.Argument(metavar="QUESTION", help="The question, in words.")
]
QuestionFile = Annotated[
    Path | None,
    typer.Option(
        "--file",
        metavar="JSONL",
        help='Many questions: one {"question": …} a line, answered as JSON lines; - for stdin.',
    ),
]

SaveAs = Annotated[
    Path | None,
    typer.Option(
        "--save",
        metavar="FILE",
        help="Also save the answer with its quotations: .html .md .docx .bib .json",
    ),
]


def ask(
    run: Run, question: QuestionWords = None, file: QuestionFile = None, save: SaveAs = None
) -> int:
    """Answer a question from the texts, every sentence with its citation.

    Exit code 0: answered, 3: the sources do not say, 2: usage, 1: failure.
    """
    text = _question_text(question, file)
    if save is not None:
        _refuse_save(save, file)
    assistant = opened(run)
    assistant.status()  # an index that is missing is told before a model is loaded
    if run.model_was_named or file is not None:
        load_model(assistant)
    if file is not None:
        return _each_line(
            file, lambda q: answer_json(assistant.ask(q.text, q.history, run.filters))
        )
    if run.as_json:
        answer = assistant.ask(text, filters=run.filters)
        print_json(answer_json(answer))
        if answer.warning:
            tell(f"warning: {printable(answer.warning)}")
    else:
        from assistant.commands.streaming import stream

        answer = stream(assistant, text, filters=run.filters)
    if save is not None:
        from assistant.commands.exporting import save_answers

        save_answers([answer], run, save)
    return ANSWERED if answer.outcome is Outcome.ANSWERED else ABSTAINED


def _refuse_save(target: Path, file: Path | None) -> None:
    """Say what is wrong with a file to save to before a question costs half a minute."""
    from assistant.commands.exporting import refuse_target

    if file is not None:
        raise typer.BadParameter("Give --save or --file, one of the two.")
    refuse_target(target)


def search(run: Run, question: QuestionWords = None, file: QuestionFile = None) -> int:
    """Find the passages nearest to a question. No language model is used."""
    text = _question_text(question, file)
    assistant = opened(run, writes=False)
    if file is not None:
        assistant.status()
        return _each_line(file, lambda q: _search(assistant, run, q))
    hits = assistant.search(text, filters=run.filters)
    if run.as_json:
        print_json(search_json(text, hits))
    else:
        show(results(), *hits_view(hits))
        if not hits:
            tell("Nothing was found. Try other words, or fewer --perspective filters.")
    return ANSWERED


def _search(assistant: Assistant, run: Run, question: Question) -> Json:
    return search_json(question.text, assistant.search(question.text, filters=run.filters))


def opened(run: Run, *, writes: bool = True) -> Assistant:
    """Return the assistant of a run; without ``writes`` no language model is looked for.

    Where nobody asked for a model and the packaged one is not installed, it quotes only.
    """
    from assistant.service import Assistant

    settings = run.settings if writes else replace(run.settings, model="none")
    try:
        return Assistant.open(settings, on_progress=_note)
    except WeightsMissingError as error:
        if run.model_was_named or not writes:
            raise
        assistant = Assistant.open(replace(settings, model="none"), on_progress=_note)
        tell(f"note: answers are quotations only. {printable(str(error))}")
        return assistant


def load_model(assistant: Assistant) -> None:
    """Load the language model; raises ModelError soon when it cannot be had."""
    if assistant.model_name != "none":
        with waiting(f"Loading {assistant.model_name}"):
            assistant.load_model()


@contextmanager
def waiting(words: str) -> Iterator[None]:
    """Show that something takes a moment, in a terminal only."""
    console = notes()
    if not console.is_terminal:
        yield
        return
    with console.status(f"{words} …"):
        yield


def print_json(values: Json) -> None:
    """Print one line of JSON on standard output."""
    sys.stdout.write(json.dumps(values, ensure_ascii=True, allow_nan=False) + "\n")
    sys.stdout.flush()


def _note(words: str) -> None:
    tell(f"{printable(words)} …")


def _question_text(question: list[str] | None, file: Path | None) -> str:
    if (question is None or not question) == (file is None):
        raise typer.BadParameter("Give a question or --file, one of the two.")
    if file is not None:
        with _lines(file):  # a file that cannot be read is told before a model is loaded
            pass
    return whole(" ".join(question or ()))


def _each_line(file: Path, reply: Callable[[Question], Json]) -> int:
    """Answer every line of a file as a line of JSON; a bad one is told and passed over."""
    failed = count = 0
    with _lines(file) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            count += 1
            values = _reply_to(line, reply)
            if "error" in values:
                failed += 1
                values = {"line": number, **values}
            print_json(values)
    if failed:
        tell(f'{failed} of {count} lines failed; each says why under "error".')
    return FAILED if failed else ANSWERED


def _reply_to(line: bytes, reply: Callable[[Question], Json]) -> Json:
    carried: dict[str, Any] = {}
    try:
        values = line_values(_decoded(line))
        carried = {"id": values["id"]} if "id" in values else {}
        return {**carried, **reply(question_of(values))}
    except AssistantError as error:
        return {**carried, "error": str(error.args[0]), "remedy": error.remedy}
    except (ArithmeticError, LookupError, OSError, RuntimeError, TypeError, ValueError) as error:
        return {
            **carried,
            "error": f"Unexpected {type(error).__name__}: {error}",
            "remedy": "Ask this question alone, with --debug, to see where it happens.",
        }


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise QuestionError(
            f"The line is not UTF-8 text (byte {cause.start}).",
            remedy="Save the file with the encoding UTF-8.",
        ) from cause


@contextmanager
def _lines(file: Path) -> Iterator[BinaryIO]:
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        handle = file.open("rb")
    except OSError as cause:
        raise QuestionError(
            f"{file} cannot be read: {cause.strerror}.", remedy="Give a file of questions."
        ) from cause
    with handle:
        yield handle
