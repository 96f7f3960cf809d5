"""What is written of a run, and read again: results.json, with samples.json beside it.

``results.json`` is {"set", "form", "n", "figures": {NAME: {"value", "low", "high", "n"}},
"failures", "versions", "fingerprints", "kinds", "notes"}; ``samples.json`` holds what every
question gave, so that two runs can be compared question by question.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import SettingsError
from assistant.evaluation.definitions import definition_of
from assistant.evaluation.figures import Figure, Sample, figure
from assistant.evaluation.observed import Failure, Observed

RESULTS_NAME, SAMPLES_NAME = "results.json", "samples.json"
_DIGITS = 6
_BY_KIND = (  # as far as a form has them
    "gold evidence recall@5",
    "hit@5",
    "best sentence is gold",
    "expected points covered",
    "answered",
    "abstention recall",
    "supported kept",
    "unsupported struck",
)


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that a run on one set gives."""

    set: str
    form: str
    n: int
    figures: Mapping[str, Figure]
    failures: tuple[Failure, ...]
    versions: Mapping[str, str]
    fingerprints: Mapping[str, str]
    kinds: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict)  # kind -> figures
    notes: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()  # not in results.json
    samples: Mapping[str, Mapping[str, Sample]] = field(default_factory=dict)  # not there either


def results_of(
    name: str,
    form: str,
    seen: Observed,
    *,
    versions: Mapping[str, str],
    fingerprints: Mapping[str, str],
) -> Results:
    """Return the figures of what was seen; those without a single sample are left out."""
    return Results(
        set=name,
        form=form,
        n=len(seen.asked),
        figures=_figures(seen.samples),
        failures=seen.failures,
        versions=versions,
        fingerprints=fingerprints,
        kinds=_by_kind(seen),
        notes=seen.notes,
        asked=seen.asked,
        samples=seen.samples,
    )


def _figures(samples: Mapping[str, Mapping[str, Sample]]) -> dict[str, Figure]:
    found = {name: figure(definition_of(name).statistic, rows) for name, rows in samples.items()}
    return {name: one for name, one in found.items() if one is not None}


def _by_kind(seen: Observed) -> dict[str, dict[str, Figure]]:
    kinds = sorted({kind for kind in seen.kinds.values() if kind})
    if len(kinds) < 2:
        return {}
    samples = {name: seen.samples[name] for name in _BY_KIND if name in seen.samples}
    return {
        kind: _figures(
            {
                name: {id_: row for id_, row in rows.items() if seen.kinds.get(id_) == kind}
                for name, rows in samples.items()
            }
        )
        for kind in kinds
    }


def write_results(results: Results, folder: Path) -> None:
    """Write both files; raises SettingsError when the folder cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / RESULTS_NAME, as_json(results), indent=1)
        rows = {"asked": results.asked, "samples": results.samples}
        _write(folder / SAMPLES_NAME, rows, indent=None)
    except OSError as cause:
        raise SettingsError(
            f"{folder} cannot be written: {cause.strerror}.", remedy="Choose another --out."
        ) from cause


def as_json(results: Results) -> dict[str, Any]:
    """Return results for ``results.json``."""
    values = asdict(results)
    for name in ("samples", "asked"):
        del values[name]
    return values


def read_results(path: Path) -> Results:
    """Return the results in a file, with their samples where these lie beside it.

    Raises SettingsError when it is not one of our results.json.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        beside = path.with_name(SAMPLES_NAME)
        rows = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
        return _results(values, rows)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as cause:
        raise SettingsError(
            f"{path} is no results.json of assistant eval: {cause!r}.",
            remedy="Make one with: assistant eval SET --out FOLDER",
        ) from cause


def found_results(path: Path) -> list[tuple[Path, Results]]:
    """Return all results at or below a path, by place; raises SettingsError where none is."""
    files = sorted(path.rglob(RESULTS_NAME)) if path.is_dir() else [path]
    if not files:
        raise SettingsError(
            f"There is no {RESULTS_NAME} in {path}.",
            remedy="Make one with: assistant eval SET --out FOLDER",
        )
    return [(file, read_results(file)) for file in files]


def _results(values: dict[str, Any], rows: dict[str, Any]) -> Results:
    return Results(
        set=values["set"],
        form=values["form"],
        n=values["n"],
        figures=_read_figures(values["figures"]),
        failures=tuple(
            Failure(**{**f, "wanted": tuple(f["wanted"]), "found": tuple(f["found"])})
            for f in values["failures"]
        ),
        versions=values["versions"],
        fingerprints=values["fingerprints"],
        kinds={kind: _read_figures(found) for kind, found in values.get("kinds", {}).items()},
        notes=tuple(values.get("notes", ())),
        asked=tuple(rows.get("asked", ())),
        samples={
            name: {id_: tuple(row) for id_, row in found.items()}
            for name, found in rows.get("samples", {}).items()
        },
    )


def _read_figures(values: Mapping[str, Mapping[str, float]]) -> dict[str, Figure]:
    return {
        name: Figure(f["value"], f["low"], f["high"], int(f["n"])) for name, f in values.items()
    }


def _write(path: Path, values: object, *, indent: int | None) -> None:
    text = json.dumps(_rounded(values), ensure_ascii=False, indent=indent, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _rounded(values: object) -> object:
    if isinstance(values, float):
        return round(values, _DIGITS)
    if isinstance(values, Mapping):
        return {key: _rounded(value) for key, value in values.items()}
    if isinstance(values, Sequence) and not isinstance(values, str):
        return [_rounded(value) for value in values]
    return values
