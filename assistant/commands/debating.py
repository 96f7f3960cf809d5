"""``assistant tensions``: where the texts contradict or answer each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from assistant.commands.asking import opened, print_json
from assistant.commands.indexing import find_tensions_shown
from assistant.commands.options import ANSWERED, INTERRUPTED, Run
from assistant.commands.showing import printable, results, show, tell
from assistant.errors import QuestionError
from assistant.exchange import Json

if TYPE_CHECKING:
    from assistant.debate.tensions import Place, Tension
    from assistant.service import Assistant

DocumentName = Annotated[
    str | None, typer.Argument(metavar="DOCUMENT", help="Only those of this text, by its slug.")
]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many to list.")]
_NOTE = "A sign that the texts disagree, found by rules and a small model; not who is right."


def tensions(run: Run, document: DocumentName = None, limit: Limit = 20) -> int:
    """List where two texts contradict or answer each other, the strongest first."""
    from assistant.debate.tensions import of_document

    assistant = opened(run, writes=False)
    if document is not None:
        _refuse_unknown(assistant, document)
    findings = find_tensions_shown(assistant, silent=True)
    if findings is None:
        return INTERRUPTED
    wanted = run.filters.perspectives
    found = [
        t
        for t in of_document(findings.tensions, document)
        if not wanted or {t.one.document.perspective, t.other.document.perspective} & wanted
    ]
    warning = " ".join(filter(None, (findings.note, assistant.load_trained())))
    if run.as_json:
        print_json(
            {
                "tensions": [tension_json(t) for t in found[:limit]],
                "found": len(found),
                "waiting": findings.waiting,
                "generation": findings.generation,
                "warning": warning,
            }
        )
    else:
        show(results(), *_view(found, limit))
        if findings.waiting:
            tell(f"{findings.waiting:,} pairs of passages wait. → Run the same again to go on.")
    if warning:
        tell(f"warning: {printable(warning)}")
    return ANSWERED


def tension_json(tension: Tension) -> Json:
    """Return one tension as it is printed by ``assistant tensions --json``."""
    return {
        "kind": tension.kind.value,
        "strength": round(tension.strength, 4),
        "one": _place_json(tension.one),
        "other": _place_json(tension.other),
    }


def _place_json(place: Place) -> Json:
    return {
        "document": place.document.id,
        "title": place.document.title,
        "perspective": place.document.perspective.value,
        "heading": list(place.heading),
        "start": place.start,
        "end": place.end,
        "text": place.text,
    }


def _refuse_unknown(assistant: Assistant, slug: str) -> None:
    """Raise QuestionError when there is no text of that name."""
    if all(card.id != slug for card in assistant.documents()):
        raise QuestionError(
            f"There is no text named {slug!r} in the index.",
            remedy='Give its slug, as "document" has it in: assistant search … --json',
        )


def _view(found: Sequence[Tension], limit: int) -> Iterator[RenderableType]:
    for number, tension in enumerate(found[:limit], start=1):
        head = Text(f"{number}. ", "cyan").append(tension.kind.label, "bold")
        yield head.append(f" ({tension.strength:.2f})", "dim")
        for place in (tension.one, tension.other):
            yield Padding(_line(place), (0, 0, 0, 3), expand=False)
        yield Text()
    if not found:
        yield Text("No tensions were found.")
        return
    more = f" {len(found) - limit} more: --limit {len(found)}." if len(found) > limit else ""
    yield Text(f"{_NOTE}{more}", "dim")


def _line(place: Place) -> Text:
    line = Text(f"“{printable(place.text)}”")
    where = " › ".join((place.document.title, *place.heading))
    return line.append(f" — {printable(where)}, {place.document.perspective.label}", "dim")
