"""``assistant eval``: how good are the answers on questions whose answers are known?"""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant import __version__
from assistant.commands.asking import opened, print_json
from assistant.commands.options import ANSWERED, Run
from assistant.commands.showing import notes, results, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.evaluation.figures import Measured
    from assistant.evaluation.questions import GoldQuestion
    from assistant.evaluation.reporting import Results
    from assistant.service import Assistant


def evaluate(
    run: Run,
    questions: Annotated[Path, typer.Argument(help="A file of questions with gold evidence.")],
    split: Annotated[
        str | None, typer.Option("--split", help="Only the questions of this split: dev, test.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write results.json and results.md there.")
    ] = None,
) -> int:
    """Ask every question of a set and print what the answers are worth."""
    from assistant.evaluation.questions import load_questions
    from assistant.evaluation.reporting import as_json, as_markdown
    from assistant.evaluation.running import measure

    gold = load_questions(questions, split=split)[:limit]
    assistant = opened(run, writes=False)
    with notes().status("Asking") as status:
        rows = measure(
            assistant,
            gold,
            on_progress=lambda done, total: status.update(f"Asked {done} of {total}"),
        )
    name = questions.name if split is None else f"{questions.name}, {split}"
    found = _results(assistant, name, gold, rows)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(as_json(found), ensure_ascii=False, indent=1)
        (out / "results.json").write_text(text + "\n", encoding="utf-8")
        (out / "results.md").write_text(as_markdown(found), encoding="utf-8")
    if run.as_json:
        print_json(as_json(found))
    else:
        show(results(), as_markdown(found))
    return ANSWERED


def _results(
    assistant: Assistant, name: str, gold: Sequence[GoldQuestion], rows: Sequence[Measured]
) -> Results:
    from assistant.evaluation.figures import figures, mean
    from assistant.evaluation.reporting import Results, failures
    from assistant.evaluation.running import own_questions

    status = assistant.status()
    return Results(
        set=name,
        form="questions",
        n=len(rows),
        figures={**figures(rows), "own question, first three": mean(own_questions(assistant))},
        failures=failures(gold, rows),
        versions={"whose-value": __version__, "python": platform.python_version()},
        fingerprints={"embedder": status.embedder, "generation": str(status.generation)},
    )
