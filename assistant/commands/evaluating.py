"""``assistant eval``: how good are search, evidence, answers and checks on known sets?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.commands.asking import print_json
from assistant.commands.options import ANSWERED, Run
from assistant.commands.showing import notes, printable, results, show, tell
from assistant.errors import SettingsError
from assistant.evaluation.cases import Form

if TYPE_CHECKING:
    from assistant.evaluation.comparing import Comparison
    from assistant.evaluation.forms import LoadedSet
    from assistant.evaluation.measuring import Bench
    from assistant.evaluation.results import Results
    from assistant.records import Progress

WORSE = 4  # exit code: something got worse beyond noise

Sets = Annotated[
    list[Path] | None, typer.Argument(metavar="SET…", help="Files or folders of questions.")
]
Forms = Annotated[
    Form | None, typer.Option("--form", help="Their form; recognised where it is not named.")
]
Split = Annotated[
    str | None, typer.Option("--split", help="Only the questions of this split: dev, test.")
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", min=1, help="N questions spread evenly; a conversation counts as one."),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="Write results, samples, a report and plots there."),
]
Against = Annotated[
    Path | None,
    typer.Option("--against", metavar="OLD", help="Earlier results.json, or their folder."),
]
Report = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Write all results below --out as one report."),
]
Work = Annotated[
    Path | None,
    typer.Option("--work", help="Folder for the libraries of sets; the user's cache else."),
]
PassageTokens = Annotated[
    int | None,
    typer.Option("--passage-tokens", min=4, max=500, help="Cut passages at N tokens, as a trial."),
]
Plots = Annotated[bool, typer.Option("--plots/--no-plots", help="Whether --out gets plots.")]
Ablations = Annotated[
    bool, typer.Option("--ablations", help="Measure the choices of search and evidence instead.")
]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What to do with what is measured."""

    out: Path | None
    against: Path | None
    report: Path | None
    plots: bool
    several: bool  # sets, each in a folder of its own


def evaluate(
    run: Run,
    sets: Sets = None,
    form: Forms = None,
    split: Split = None,
    limit: Limit = None,
    out: Out = None,
    against: Against = None,
    report: Report = None,
    work: Work = None,
    passage_tokens: PassageTokens = None,
    plots: Plots = True,
    ablations: Ablations = False,
) -> int:
    """Measure search, evidence, answers or checks on sets whose answers are known.

    Answers are quotations only; with --model a model writes as well. Exit code 0: measured,
    4: worse than --against beyond noise, 2: usage, 1: failure.
    """
    if report is not None and out is None:
        raise typer.BadParameter("--report collects what lies below --out; give both.")
    if not sets:
        if report is None or out is None:
            raise typer.BadParameter("Give a set, or --out and --report to collect results.")
        _write_report(out, report)
        return ANSWERED
    loaded = _loaded(sets, form, split, limit)
    wanted = _Wanted(out, against, report, plots and out is not None, len(loaded) > 1)
    if wanted.plots and not ablations:
        from assistant.evaluation.plotting import require_matplotlib

        require_matplotlib()
    bench = _bench(run, work, passage_tokens)
    if ablations:
        return _ablate(run, loaded, bench, wanted)
    return _measure(run, loaded, bench, wanted)


def _loaded(
    sets: list[Path], form: Form | None, split: str | None, limit: int | None
) -> list[LoadedSet]:
    from assistant.evaluation.forms import limited, load_sets

    found = [one for path in sets for one in load_sets(path, form=form, split=split)]
    names = [one.name for one in found]
    if len(set(names)) < len(names):
        raise SettingsError(
            f"Two sets are called {max(names, key=names.count)}.", remedy="Measure them apart."
        )
    return [replace(one, records=limited(one.records, limit)) for one in found]


def _bench(run: Run, work: Path | None, passage_tokens: int | None) -> Bench:
    """Return what is measured with; a language model only where one was asked for."""
    import platformdirs

    from assistant.evaluation.measuring import Bench
    from assistant.evaluation.splitting import APPS_OWN
    from assistant.models.wiring import open_embedder, open_language_model, open_trained

    settings = run.settings
    if not run.model_was_named:
        settings = replace(settings, model="none")
    cache = Path(platformdirs.user_cache_dir("whose-value", appauthor=False))
    splitting = APPS_OWN
    if passage_tokens is not None:
        splitting = replace(APPS_OWN, max_tokens=passage_tokens)
    with _progress() as update:
        embedder = open_embedder(settings, update)
        trained = open_trained(settings, update)
        model = open_language_model(settings, update)
        if model is not None:
            model.load()
    return Bench(
        settings=settings,
        embedder=embedder,
        work=work or cache / "evaluation",
        model=model,
        trained=trained,
        splitting=splitting,
    )


def _measure(run: Run, loaded: list[LoadedSet], bench: Bench, wanted: _Wanted) -> int:
    from assistant.evaluation.comparing import compared, old_results
    from assistant.evaluation.measuring import measured
    from assistant.evaluation.reporting import as_markdown
    from assistant.evaluation.results import as_json

    old = old_results(wanted.against) if wanted.against is not None else None
    found = []
    for one in loaded:
        with _progress() as update:
            result = measured(one, bench, lambda p: update(in_words(p)))
        found.append(result)
        _keep(result, wanted)
        if not run.as_json:
            show(results(), as_markdown(result))
    comparisons = compared(found, old) if old is not None else ()
    if run.as_json:
        rows = [as_json(result) for result in found]
        print_json(rows[0] if len(rows) == 1 else {"sets": rows})
    _finish(found, comparisons, wanted, quiet=run.as_json)
    return WORSE if any(c.worse for c in comparisons) else ANSWERED


def _keep(result: Results, wanted: _Wanted) -> None:
    """Write what one set gave as soon as it is there."""
    from assistant.evaluation.plotting import draw
    from assistant.evaluation.results import write_results

    if wanted.out is None:
        return
    folder = wanted.out / _folder_name(result.set) if wanted.several else wanted.out
    write_results(result, folder)
    if wanted.plots:
        draw(result, folder)


def _finish(
    found: list[Results],
    comparisons: tuple[Comparison, ...],
    wanted: _Wanted,
    *,
    quiet: bool,
) -> None:
    """Write the reports, and tell what changed."""
    from assistant.evaluation.comparing import as_markdown as changes
    from assistant.evaluation.reporting import as_markdown

    tables = [changes(comparison) for comparison in comparisons]
    if wanted.out is not None:
        text = "\n".join([*(as_markdown(result) for result in found), *tables])
        (wanted.out / "report.md").write_text(text, encoding="utf-8")
    if wanted.out is not None and wanted.report is not None:
        _write_report(wanted.out, wanted.report)
    for comparison, table in zip(comparisons, tables, strict=True):
        if not quiet:
            show(results(), table)
        for change in comparison.worse:
            d = change.difference
            tell(
                f"worse: {comparison.set}: {change.name} {d.old:.3f} -> {d.new:.3f} "
                f"({d.low:+.3f} to {d.high:+.3f}, n = {d.n})"
            )


def _ablate(run: Run, loaded: list[LoadedSet], bench: Bench, wanted: _Wanted) -> int:
    from assistant.evaluation.ablating import ablated
    from assistant.evaluation.ablation_tables import as_json, as_markdown, write_ablation

    found = []
    for one in loaded:
        with _progress() as update:
            ablation = ablated(one, bench, lambda p: update(in_words(p)))
        found.append(ablation)
        if wanted.out is not None:
            folder = wanted.out / _folder_name(one.name) if wanted.several else wanted.out
            write_ablation(ablation, folder)
        if not run.as_json:
            show(results(), as_markdown(ablation))
    if run.as_json:
        print_json({"ablations": [as_json(ablation) for ablation in found]})
    if wanted.out is not None and wanted.report is not None:
        _write_report(wanted.out, wanted.report)
    return ANSWERED


def _write_report(out: Path, report: Path) -> None:
    from assistant.evaluation.collecting import TARGETS_NAME, collected

    text = collected(out, targets=report.parent / TARGETS_NAME)
    try:
        report.write_text(text, encoding="utf-8")
    except OSError as cause:
        raise SettingsError(
            f"{report} cannot be written: {cause.strerror}.", remedy="Choose another --report."
        ) from cause
    tell(f"Written to {printable(str(report))}.")


def _folder_name(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in name.replace(", ", "-"))


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Give what shows how far a long task is, in a terminal only."""
    console = notes()
    if not console.is_terminal:
        yield lambda words: None
        return
    with console.status("Beginning") as status:
        yield lambda words: status.update(printable(words))


def in_words(progress: Progress) -> str:
    """Return "Asking: 12 of 145, about 30 s left"."""
    words = f"{progress.stage}: {progress.done:,} of {progress.total:,}"
    return words if progress.eta_s is None else f"{words}, about {progress.eta_s:.0f} s left"
