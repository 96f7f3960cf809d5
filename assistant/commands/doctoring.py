"""``assistant doctor``: is everything there, and does it really work?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from assistant.commands.asking import print_json
from assistant.commands.options import ANSWERED, FAILED, Run
from assistant.commands.showing import printable, results, show
from assistant.doctor import Finding, Health, examine
from assistant.settings import Settings

_MARKS = {Health.OK: "ok      ", Health.WARNING: "warning ", Health.FAILURE: "FAILURE "}


def doctor(
    run: Run,
    port: Annotated[int | None, typer.Option(help="Port the web chat would listen on.")] = None,
) -> int:
    """Check Python, packages, models, index, folders and port; say what to do.

    Exit code 0 unless a check failed.
    """
    settings = Settings.load({**run.flags, "port": port})
    checks: list[Finding] = []
    for check in examine(settings):
        checks.append(check)
        if not run.as_json:
            show(results(), *_lines(check))
    failed = sum(c.health is Health.FAILURE for c in checks)
    if run.as_json:
        print_json({"healthy": not failed, "checks": [asdict(c) for c in checks]})
    else:
        show(results(), "", _closing(checks))
    return FAILED if failed else ANSWERED


def _lines(check: Finding) -> list[str]:
    lines = [f"{_MARKS[check.health]} {check.name}: {printable(check.words)} ({check.ms:.0f} ms)"]
    if check.remedy:
        lines.append(f"          → {printable(check.remedy)}")
    return lines


def _closing(checks: list[Finding]) -> str:
    failed = [c.name for c in checks if c.health is Health.FAILURE]
    warned = sum(c.health is Health.WARNING for c in checks)
    if failed:
        return f"{len(failed)} of {len(checks)} checks failed: {', '.join(failed)}."
    if warned:
        return f"Ready. {warned} of {len(checks)} checks gave a warning."
    return f"Ready: all {len(checks)} checks passed."
