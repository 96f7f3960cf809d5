"""Plots of a run as SVG: risk against coverage, milliseconds by stage, bars by kind.

matplotlib is optional: ``pip install 'whose-value[eval]'``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.errors import SettingsError
from assistant.evaluation.definitions import PART
from assistant.evaluation.figures import Figure, Sample, risk_coverage
from assistant.evaluation.results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _HEIGHT = 6.4, 4.0  # inches
_BAR = 0.14  # inches a bar, where there are many
_DPI = 100


def require_matplotlib() -> None:
    """Raise SettingsError, with the command that installs it, when matplotlib is missing."""
    if find_spec("matplotlib") is None:
        raise SettingsError(
            "The plots need matplotlib, which is not installed.",
            remedy="Run: pip install 'whose-value[eval]', or leave them out with --no-plots.",
        )


def draw(results: Results, folder: Path) -> list[Path]:
    """Write the plots that the results have samples for; return their files."""
    require_matplotlib()
    drawn = []
    if rows := results.samples.get("risk-coverage area"):
        drawn.append(_saved(folder / "risk-coverage.svg", lambda axes: _risk(axes, rows)))
    stages = _stages(results.figures)
    if stages:
        drawn.append(_saved(folder / "latency.svg", lambda axes: _latency(axes, stages)))
    if results.kinds:
        bars = len(results.kinds) * (len(_named(results.kinds)) + 1)
        drawn.append(
            _saved(
                folder / "kinds.svg",
                lambda axes: _kinds(axes, results.kinds),
                height=max(_HEIGHT, 1.0 + _BAR * bars),
            )
        )
    return drawn


def _saved(path: Path, paint: Callable[[Axes], None], *, height: float = _HEIGHT) -> Path:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas

    with rc_context({"svg.hashsalt": path.stem, "svg.fonttype": "none"}):  # the same each time
        canvas = Canvas(figsize=(_WIDTH, height), dpi=_DPI, layout="constrained")
        FigureCanvasSVG(canvas)
        axes = canvas.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        paint(axes)
        canvas.savefig(path, metadata={"Date": None})
    return path


def _risk(axes: Axes, samples: Mapping[str, Sample]) -> None:
    rows = np.array(list(samples.values()), dtype=np.float64)
    curve = risk_coverage(rows)  # (n, 2)
    axes.plot(curve[:, 0], curve[:, 1], color="#1f4e79", label="by the assistant's confidence")
    axes.axhline(rows[:, 1].mean(), color="#999999", linestyle="--", label="without any confidence")
    axes.set(
        xlabel="coverage: share of questions answered",
        ylabel="risk: share of these answers that are wrong",
        xlim=(0, 1),
        ylim=(0, max(0.05, 1.1 * float(curve[:, 1].max()))),
    )
    axes.legend(frameon=False)


def _stages(figures: Mapping[str, Figure]) -> dict[str, tuple[float, float]]:
    """Return stage -> (p50, p95) in milliseconds."""
    found = {}
    for name, median in figures.items():
        base, _, stage = name.partition(PART)
        high = figures.get(f"ms p95{PART}{stage}" if stage else "ms p95")
        if base == "ms p50" and high:
            found[stage or "whole"] = (median.value, high.value)
    return dict(sorted(found.items(), key=lambda stage: stage[0] == "whole"))  # the sum last


def _latency(axes: Axes, stages: Mapping[str, tuple[float, float]]) -> None:
    places = np.arange(len(stages))
    axes.barh(places, [p95 for _, p95 in stages.values()], color="#c6d5e6", label="p95")
    axes.barh(places, [p50 for p50, _ in stages.values()], color="#1f4e79", label="p50")
    axes.set_yticks(places, list(stages))
    axes.invert_yaxis()
    axes.set_xlabel("milliseconds")
    axes.legend(frameon=False)


def _kinds(axes: Axes, kinds: Mapping[str, Mapping[str, Figure]]) -> None:
    names = _named(kinds)
    height = 0.8 / len(names)
    for n, name in enumerate(names):
        shown = [(k, found[name]) for k, found in enumerate(kinds.values()) if name in found]
        places = [k + n * height for k, _ in shown]
        values = [f.value for _, f in shown]
        low = [f.value - f.low for _, f in shown]
        high = [f.high - f.value for _, f in shown]
        axes.barh(places, values, height=0.9 * height, label=name)
        axes.errorbar(values, places, xerr=(low, high), fmt="none", ecolor="#444444", lw=0.8)
    axes.set_yticks(np.arange(len(kinds)) + 0.4 - height / 2, list(kinds))
    axes.invert_yaxis()
    axes.set_xlim(0, 1.02)
    axes.legend(
        frameon=False, fontsize="small", ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0)
    )


def _named(kinds: Mapping[str, Mapping[str, Figure]]) -> list[str]:
    return list(dict.fromkeys(name for found in kinds.values() for name in found))
