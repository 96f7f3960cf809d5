"""Ablations as tables: every row beside the app's own, with the interval of the difference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.errors import SettingsError
from assistant.evaluation.definitions import definition_of
from assistant.evaluation.figures import Difference, Figure, Sample, difference, figure

ABLATION_NAME = "ablation.json"
APP = "as in the app"

ByFigure = dict[str, dict[str, Sample]]


@dataclass(frozen=True, slots=True)
class Variant:
    """One choice made another way, and what that changes."""

    choice: str
    name: str
    figures: Mapping[str, Figure]
    changes: Mapping[str, Difference]  # from the app


@dataclass(frozen=True, slots=True)
class Ablation:
    """All variants on one set."""

    set: str
    n: int
    variants: tuple[Variant, ...]


def variants_of(rows: Sequence[tuple[str, str, ByFigure]]) -> Iterator[Variant]:
    """Yield the variants beside the app's own row of their figures."""
    for choice, name, samples in rows:
        own = next(s for _, n, s in rows if n == APP and s.keys() == samples.keys())
        figures, changes = {}, {}
        for figure_name, sample in samples.items():
            statistic = definition_of(figure_name).statistic
            if found := figure(statistic, sample):
                figures[figure_name] = found
            change = difference(statistic, own[figure_name], sample)
            if change is not None and name != APP:
                changes[figure_name] = change
        yield Variant(choice, name, figures, changes)


def as_markdown(ablation: Ablation) -> str:
    """Return a table for each set of figures; * marks a difference beyond noise."""
    lines = [f"## Ablations on {ablation.set}", "", f"{ablation.n} answerable questions."]
    shown: list[str] = []
    for variant in ablation.variants:
        names = list(variant.figures)
        if names != shown:
            shown = names
            lines += ["", f"| choice | variant | {' | '.join(names)} |"]
            lines += [f"| --- | --- |{' --- |' * len(names)}"]
        cells = [_cell(variant, name) for name in names]
        lines.append(f"| {variant.choice} | {variant.name} | {' | '.join(cells)} |")
    lines += ["", "In brackets the difference from the app; * is beyond noise (95 %)."]
    return "\n".join(lines) + "\n"


def _cell(variant: Variant, name: str) -> str:
    digits = definition_of(name).digits
    value = f"{variant.figures[name].value:.{digits}f}"
    change = variant.changes.get(name)
    if change is None:
        return value
    star = "*" if change.low > 0 or change.high < 0 else ""
    return f"{value} ({change.value:+.{digits}f}{star})"


def as_json(ablation: Ablation) -> dict[str, Any]:
    """Return an ablation for ``ablation.json``."""
    return asdict(ablation)


def write_ablation(ablation: Ablation, folder: Path) -> None:
    """Write ``ablation.json`` and ``ablation.md``."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(as_json(ablation), ensure_ascii=False, indent=1)
    (folder / ABLATION_NAME).write_text(text + "\n", encoding="utf-8")
    (folder / "ablation.md").write_text(as_markdown(ablation), encoding="utf-8")


def read_ablation(path: Path) -> Ablation:
    """Return the ablation in a file; raises SettingsError when it is none."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Ablation(
            values["set"],
            values["n"],
            tuple(
                Variant(
                    v["choice"],
                    v["name"],
                    {name: Figure(**f) for name, f in v["figures"].items()},
                    {name: Difference(**d) for name, d in v["changes"].items()},
                )
                for v in values["variants"]
            ),
        )
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise SettingsError(
            f"{path} is no ablation: {cause!r}.",
            remedy="Make it with: assistant eval --ablations SET --out FOLDER",
        ) from cause
