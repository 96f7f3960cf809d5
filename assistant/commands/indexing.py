"""``assistant index build``, ``status`` and ``verify``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from assistant.commands.asking import opened, print_json
from assistant.commands.options import ANSWERED, FAILED, Run
from assistant.commands.showing import notes, printable, results, show, tell
from assistant.errors import CorpusError, ModelError
from assistant.exchange import Json
from assistant.records import BuildReport, FileProblem, Perspective, Progress

if TYPE_CHECKING:
    from assistant.debate.tension_finder import Findings
    from assistant.library.database import Library
    from assistant.library.planning import Plan
    from assistant.ports import Embedder
    from assistant.service import Assistant
    from assistant.settings import Settings


def build(
    run: Run,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 when a text was left out.")
    ] = False,
) -> int:
    """Make the index agree with the corpus; only what changed is read and embedded."""
    assistant = opened(run, writes=False)
    report = build_shown(assistant, silent=run.as_json)
    if run.as_json:
        print_json(asdict(report))
    find_tensions_shown(assistant, silent=run.as_json)
    return FAILED if report.problems and strict else ANSWERED


def build_shown(assistant: Assistant, *, silent: bool = False) -> BuildReport:
    """Build with a progress bar and tell in words what was done."""
    with _bar() as bar:
        report = assistant.build(bar.show)
    if not silent:
        show(results(), in_words(report))
    for problem in report.problems:
        complain_of(problem)
    return report


def find_tensions_shown(assistant: Assistant, *, silent: bool = False) -> Findings | None:
    """Find where texts contradict or answer each other, with a progress bar; None when stopped.

    The library is complete and searchable already, so Ctrl-C ends only this.
    """
    try:
        with _bar() as bar:
            findings = assistant.find_tensions(bar.show)
    except KeyboardInterrupt:
        tell("The search for tensions was stopped; the index is complete.")
        tell("→ Run: assistant tensions. It goes on where this stopped.")
        return None
    if not silent:
        tell(tensions_in_words(findings))
    return findings


def tensions_in_words(findings: Findings) -> str:
    """Return what was found as one line."""
    count = len(findings.tensions)
    found = "1 tension" if count == 1 else f"{count} tensions"
    listed = " (assistant tensions lists them)" if count else ""
    rest = (
        f" {findings.waiting:,} pairs of passages wait for the next call."
        if findings.waiting
        else ""
    )
    note = f" {findings.note}" if findings.note else ""
    return f"{found} between the texts{listed}.{rest}{note}"


def in_words(report: BuildReport) -> str:
    """Return a report as one line.

    >>> in_words(BuildReport((), ("a",), (), 60, (), 670, 7, 3, 0.4))
    '1 changed, 60 unchanged; 7 texts embedded of 670; 0.4 s'
    """
    counts = {
        "added": len(report.added),
        "changed": len(report.changed),
        "removed": len(report.removed),
        "unchanged": report.unchanged,
        "left out": len(report.problems),
    }
    documents = ", ".join(f"{n} {word}" for word, n in counts.items() if n) or "no texts"
    texts = "text" if report.embedded == 1 else "texts"
    return (
        f"{documents}; {report.embedded} {texts} embedded of {report.passages}; "
        f"{report.seconds:.1f} s"
    )


def complain_of(problem: FileProblem) -> None:
    """Say on standard error which file was left out and what to do."""
    tell(f"warning: {printable(problem.path)} was left out: {printable(problem.reason)}")
    tell(f"→ {printable(problem.remedy)}")


def status(run: Run) -> int:
    """Show what the index holds and what a build would change."""
    from assistant.library.database import Library
    from assistant.library.indexing import pending

    settings = run.settings
    library = Library(settings.index)
    known = {"index": str(settings.index), "corpus": str(settings.corpus), **_figures(library)}
    plan, reason = None, ""
    try:
        plan = pending(library, settings.corpus, _embedder(settings))
    except (CorpusError, ModelError) as error:
        reason = str(error)
    if run.as_json:
        print_json({**known, "pending": _plan_json(plan), "warning": reason})
        return ANSWERED
    show(results(), *_status_lines(known), _plan_in_words(plan))
    for problem in plan.problems if plan else ():
        complain_of(problem)
    if reason:
        tell(f"warning: the corpus could not be compared. {printable(reason)}")
    return ANSWERED


def _figures(library: Library) -> Json:
    with library.reading() as snapshot:
        meta = snapshot.meta
        views = Counter(card.perspective.value for card in snapshot.cards())
        return {
            "generation": snapshot.generation,
            "documents": snapshot.count("documents"),
            "passages": snapshot.count("passages"),
            "perspectives": {p.value: views[p.value] for p in Perspective if views[p.value]},
            "embedder": meta.get("embedder", ""),
            "built_at": meta.get("built_at", ""),
        }


def _status_lines(known: Json) -> Iterator[str]:
    views = ", ".join(f"{Perspective(v).label} {n}" for v, n in known["perspectives"].items())
    yield f"Index       {printable(known['index'])}, generation {known['generation']}"
    yield f"Texts       {known['documents']}: {views}"
    yield f"Passages    {known['passages']}"
    yield f"Embedder    {printable(known['embedder'])}"
    yield f"Built       {known['built_at'] or 'never finished'}"
    yield f"Corpus      {printable(known['corpus'])}"


def _plan_in_words(plan: Plan | None) -> str:
    """Return how the corpus differs from the index."""
    if plan is None:
        return "Differences unknown"
    if plan.refingerprinted:
        return "Differences the embedder, reader or splitter is another: run assistant index build"
    parts = {"new": plan.added, "changed": plan.changed, "gone": plan.removed}
    told = [f"{len(names)} {word} ({_some(names)})" for word, names in parts.items() if names]
    if not told:
        return "Differences none: the index agrees with the corpus"
    return f"Differences {', '.join(told)}: run assistant index build"


def _some(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return printable(", ".join(names[:most])) + more


def _plan_json(plan: Plan | None) -> Json | None:
    if plan is None:
        return None
    return {
        "added": plan.added,
        "changed": plan.changed,
        "removed": plan.removed,
        "unchanged": plan.unchanged,
        "all_anew": plan.refingerprinted,
        "problems": [asdict(p) for p in plan.problems],
    }


def verify(run: Run) -> int:
    """Check that the index holds what it promises; exit code 1 when it does not."""
    from assistant.library.database import Library
    from assistant.library.verifying import verify as findings_of

    settings = run.settings
    fingerprint, reason = None, ""
    try:
        fingerprint = _embedder(settings).fingerprint
    except ModelError as error:
        reason = str(error)
    findings = findings_of(Library(settings.index), fingerprint)
    if run.as_json:
        print_json({"index": str(settings.index), "sound": not findings, "findings": findings})
    elif findings:
        show(results(), *(f"· {printable(f)}" for f in findings))
        tell("→ Run: assistant index build. Texts and vectors that are whole are kept.")
    else:
        show(results(), f"The index in {printable(str(settings.index))} is sound.")
    if reason:
        tell(f"warning: the embedder could not be compared. {printable(reason)}")
    return FAILED if findings else ANSWERED


def _embedder(settings: Settings) -> Embedder:
    from assistant.models.wiring import open_embedder

    return open_embedder(settings)


class _Bar:
    """A bar for each stage of a build, with the time it still takes."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task: TaskID | None = None
        self._stage = ""

    def show(self, progress: Progress) -> None:
        """Show how far the build is."""
        if progress.stage != self._stage:
            if self._task is not None:
                self._bars.remove_task(self._task)
            self._stage = progress.stage
            self._task = self._bars.add_task(progress.stage, total=progress.total, eta="")
            if self._bars.disable and progress.done < progress.total:
                tell(f"{progress.stage} …")
        assert self._task is not None
        eta = "" if progress.eta_s is None else f"about {progress.eta_s:.0f} s left"
        self._bars.update(self._task, completed=progress.done, total=progress.total, eta=eta)


@contextmanager
def _bar() -> Iterator[_Bar]:
    console = notes()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[eta]}"),
    )
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        yield _Bar(bars)
