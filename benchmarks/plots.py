"""Draw what ``report`` gives on standard input; runs in the environment that has matplotlib."""

from __future__ import annotations

import json
import sys
from typing import Any

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "benchmarks"  # the same measurements, the same file

from matplotlib import pyplot  # noqa: E402 - the backend is chosen first

_OURS = "Whose Value?"


def draw(title: str, file: str, lines: dict[str, list[list[float]]]) -> None:
    """Write one plot, both axes logarithmic."""
    figure, axes = pyplot.subplots(figsize=(6.4, 3.8), layout="constrained")
    for name, points in lines.items():
        sizes, values = zip(*points, strict=True)
        width = 2.6 if name == _OURS else 1.2
        axes.plot(sizes, values, marker="o", markersize=4, linewidth=width, label=name)
    axes.set(xscale="log", yscale="log", xlabel="texts", title=title)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    plots: list[dict[str, Any]] = json.load(sys.stdin)
    for plot in plots:
        draw(**plot)
