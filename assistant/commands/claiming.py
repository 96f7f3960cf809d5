"""``assistant claim``: a sentence, a paragraph or an essay laid beside the library."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from assistant.commands.asking import opened, print_json
from assistant.commands.options import ABSTAINED, ANSWERED, Run
from assistant.commands.showing import notes, printable, results, show, tell
from assistant.errors import QuestionError
from assistant.exchange import ledger_json, whole
from assistant.records import Progress

if TYPE_CHECKING:
    from assistant.debate.claims import JudgedClaim, Ledger, Witness

ClaimWords = Annotated[
    list[str] | None, typer.Argument(metavar="CLAIM", help="A sentence or more, in quotes.")
]
EssayFile = Annotated[
    Path | None,
    typer.Option(
        "--file",
        metavar="FILE",
        help="A text to test claim by claim: .txt .md .pdf .docx .odt .html …; - for stdin.",
    ),
]
_SIGNS = {"supported": "+", "contradicted": "-", "disputed": "±", "not in the sources": "?"}
_LOOKS = {"supported": "green", "contradicted": "red", "disputed": "yellow"}
_NOTE = "This says whether the texts of this library support a claim, not whether it is true."


def claim(run: Run, words: ClaimWords = None, file: EssayFile = None) -> int:
    """Test a claim of your own: what speaks for it, against it and beside it in the library.

    Exit code 0: every claim is supported, 3: one is not, 2: usage, 1: failure.
    """
    if (words is None or not words) == (file is None):
        raise typer.BadParameter("Give a claim or --file, one of the two.")
    text = whole(" ".join(words or ())) if file is None else _text_of(file)
    assistant = opened(_without_model(run))
    with _testing() as on_progress:
        ledger = assistant.claim(text, run.filters, on_progress)
    if run.as_json:
        print_json(ledger_json(ledger))
    else:
        show(results(), *_view(ledger))
    if ledger.warning:
        tell(f"warning: {printable(ledger.warning)}")
    from assistant.debate.claims import Standing

    fine = (Standing.SUPPORTED, Standing.NO_CLAIM)
    return ANSWERED if all(c.standing in fine for c in ledger.claims) else ABSTAINED


def _without_model(run: Run) -> Run:
    """Return the run without a language model: none is needed to test a claim."""
    return replace(run, flags={**run.flags, "model": "none"})


@contextmanager
def _testing() -> Iterator[Callable[[Progress], None]]:
    """Show how far the test is, in a terminal only."""
    console = notes()
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("Testing …") as status:

        def on_progress(progress: Progress) -> None:
            words = f"{progress.stage}: {progress.done:,} of {progress.total:,}"
            left = f", about {progress.eta_s:.0f} s left" if progress.eta_s else ""
            status.update(f"{words}{left} …")

        yield on_progress


def _text_of(file: Path) -> str:
    """Return the text of an essay; raises QuestionError when it cannot be read."""
    if str(file) == "-":
        return sys.stdin.buffer.read().decode("utf-8-sig", "replace")
    from assistant.reading.formats import DocumentError, read_file

    try:
        return read_file(file).text
    except DocumentError as error:
        raise QuestionError(f"{file}: {error.cause}", remedy=error.remedy) from error


def _view(ledger: Ledger) -> Iterator[RenderableType]:
    for claim in ledger.claims:
        if claim.standing.value in _SIGNS:
            yield from _claim_view(claim)
            yield Text()
    yield Text(printable(ledger.summary), "bold")
    yield Text(_NOTE, "dim")


def _claim_view(claim: JudgedClaim) -> Iterator[RenderableType]:
    standing = claim.standing.value
    line = Text(f"{_SIGNS[standing]} ", _LOOKS.get(standing, "dim"))
    line.append(printable(claim.text))
    yield line
    tail = "; it names a fact: give a source" if claim.needs_source else ""
    yield Text(f"  {claim.standing.label}{tail}", _LOOKS.get(standing, "dim"))
    for label, witnesses in (
        ("for", claim.supporting),
        ("against", claim.contradicting),
        ("beside", () if claim.supporting or claim.contradicting else claim.beside),
    ):
        for witness in witnesses:
            yield Padding(_witness_line(label, witness), (0, 0, 0, 4), expand=False)


def _witness_line(label: str, witness: Witness) -> Text:
    line = Text(f"{label}: ", "bold").append(f"“{printable(witness.text)}”", "none")
    place = " › ".join((witness.document.title, *witness.heading))
    return line.append(f" — {printable(place)}, {witness.document.perspective.label}", "dim")
