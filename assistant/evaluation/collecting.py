"""All results below a folder as one report, which is how evaluation/RESULTS.md is made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from assistant.errors import SettingsError
from assistant.evaluation.ablation_tables import ABLATION_NAME, as_markdown, read_ablation
from assistant.evaluation.definitions import Better, definition_of
from assistant.evaluation.reporting import as_markdown as results_as_markdown
from assistant.evaluation.reporting import failure_lines
from assistant.evaluation.results import RESULTS_NAME, Results, read_results

TARGETS_NAME = "targets.json"
_CLAIM_FIGURES = (
    "balanced accuracy",
    "three-way balanced accuracy",
    "supported kept",
    "unsupported struck",
    "balanced accuracy · judge",
)
_MOST_CLAIMS = 3  # failures of each set of claims: there are many such sets
_HEAD = """\
# Present state

Made by the commands in [README.md](README.md#how-resultsmd-is-made); no line is written by
hand. Intervals are 95 % bootstraps over questions (2,000 resamples, seed 0); n is what was
counted: questions, sentences, citations or claims.
"""


def collected(folder: Path, *, targets: Path | None = None) -> str:
    """Return the report of all results and ablations below a folder, in the order of its names.

    ``targets`` is a file of [{"set", "figure", "at_least"}, …]; they are laid beside what was
    measured. Raises SettingsError when there are no results, or the file is of another form.
    """
    files = sorted(p for name in (RESULTS_NAME, ABLATION_NAME) for p in folder.rglob(name))
    if not files:
        raise SettingsError(
            f"There are no results in {folder}.",
            remedy="Make some with: assistant eval SET --out FOLDER",
        )
    found = [read_results(file) for file in files if file.name == RESULTS_NAME]
    claims = [results for results in found if "supported kept" in results.figures]
    claims += [r for r in found if "unsupported struck" in r.figures and r not in claims]
    tables = [as_markdown(read_ablation(f)) for f in files if f.name == ABLATION_NAME]
    return "\n".join(
        [
            _HEAD,
            *_targets(targets, found),
            *(results_as_markdown(results) for results in found if results not in claims),
            *_claims(claims),
            *tables,
            *_made(found),
        ]
    )


def _targets(path: Path | None, found: Sequence[Results]) -> Iterator[str]:
    """Yield the table of what was asked for and what was reached."""
    if path is None or not path.exists():
        return
    by_set = {results.set: results.figures for results in found}
    yield "## What was asked for\n"
    yield "| set | figure | asked | reached | 95 % interval | n | |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for target in _read_targets(path):
        name, asked = str(target["figure"]), float(str(target["at_least"]))
        figure = by_set.get(str(target["set"]), {}).get(name)
        start = f"| {target['set']} | {name} | {asked:.3f} |"
        if figure is None:
            yield f"{start} | | | not measured |"
            continue
        higher = definition_of(name).better is Better.HIGHER
        reached = figure.value >= asked if higher else figure.value <= asked
        verdict = "reached" if reached else f"missed by {abs(asked - figure.value):.3f}"
        yield (
            f"{start} {figure.value:.3f} | {figure.low:.3f}–{figure.high:.3f} | {figure.n:,} | "
            f"{verdict} |"
        )
    yield ""


def _read_targets(path: Path) -> list[Mapping[str, object]]:
    try:
        targets = json.loads(path.read_text(encoding="utf-8"))
        for target in targets:
            definition_of(target["figure"])
            float(target["at_least"])
            str(target["set"])
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise SettingsError(
            f"{path} is no list of targets: {cause!r}.",
            remedy='Write it as [{"set": "…", "figure": "hit@5", "at_least": 0.9}].',
        ) from cause
    return list(targets)


def _claims(claims: Sequence[Results]) -> Iterator[str]:
    """Yield all sets of claims as one table, and the worst failures of each."""
    if not claims:
        return
    yield "## Claims beside their evidence: the check\n"
    yield f"| set | n | {' | '.join(_CLAIM_FIGURES)} |"
    yield f"| --- | --- |{' --- |' * len(_CLAIM_FIGURES)}"
    for results in claims:
        cells = [_cell(results, name) for name in _CLAIM_FIGURES]
        yield f"| {results.set} | {results.n:,} | {' | '.join(cells)} |"
    yield ""
    for name in _CLAIM_FIGURES[:-1]:
        yield f"- {name}: {definition_of(name).what}"
    yield "- judge: the rule that judges citations, on the same claims"
    yield "\nThe worst failures of each:\n"
    for results in claims:
        yield from failure_lines(results.failures[:_MOST_CLAIMS], origin=f"{results.set}, ")
    yield ""


def _cell(results: Results, name: str) -> str:
    figure = results.figures.get(name)
    if figure is None:
        return ""
    return f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"


def _made(found: Sequence[Results]) -> Iterator[str]:
    by_means: dict[str, list[str]] = {}
    for results in found:
        named = {**results.versions, **results.fingerprints}
        means = "; ".join(f"{name} {value}" for name, value in named.items() if name != "set")
        by_means.setdefault(means, []).append(results.set)
    yield "## Made with\n"
    for means, sets in by_means.items():
        yield f"- {', '.join(sets)}: {means}"
    yield ""
