"""RESULTS.md, made from the measurements."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from checkpoint import Step
from environments import HERE, SYSTEMS, surroundings
from figures import (
    COSTS,
    QUALITY,
    Figure,
    Records,
    Spread,
    inside,
    judged_once,
    served,
    shares,
)
from processes import Record
from rounds import CLIENTS, SERVED, Plan
from targets import Target, record_of, targets

_NAMES = tuple(system.name for system in SYSTEMS)
_TITLES = {system.name: system.title for system in SYSTEMS}

METHOD = """\
Every measurement is a process of its own, each system in an environment of its own with pinned
packages, the verbs and rounds interleaved: all systems do one verb, then the next, then the
next round begins. The same MiniLM weights and the same texts everywhere: {stored:,} passages of
at most 195 MiniLM tokens, SQuAD's 1,204 paragraphs first (longer ones cut after a sentence),
then paragraphs of the textbooks, SciFact, FEVER and other data sets, no sentence twice. Everything
but the server runs on one core with one thread of numerics; byte code is compiled everywhere.
Memory is the peak of the whole process as the operating system counts it.

- **build**: {built:,} passages read, embedded, indexed and persisted from nothing. Imports and the
  loading of the model are not counted; for us reading the files is, the others get texts.
- **store**: {stored:,} passages, their vectors ready: what the index itself costs.
- **start**: a process from its start to the first hybrid search answered in {stored:,} passages
  (Chroma: dense), the second of two; ours is `assistant search`. Python, imports, model, index.
- **search**: SQuAD questions one after the other, embedding included, ten passages wanted. Quality
  is judged on the {asked:,} questions of round 1, or as many as {budget:.0f} s allow (at least 50).
- **add**: 50 new passages embedded, added to the open index, persisted, and findable again.
- **rebuild**: the same {stored:,} texts once more, model and index open; nothing has changed.
- **server**: each client asks again as soon as it is answered, no question twice, over HTTP on the
  same two cores. Ours is `assistant serve --no-write`, hybrid, all its page behind it; the plain
  parts are dense only, behind FastAPI and uvicorn, whatever waits embedded as one batch.
- **ratios** are taken within a round; median (smallest–largest) over the rounds."""

NOT_EQUAL = """\
- We embed with the same weights quantised to 8-bit integers; the rivals in 32-bit floats. The
  quality rows say what that costs. Our passages are embedded under a title, here a bare number.
- The rivals that fuse join ranks (txtai: scores); each half gives 30 candidates where that can be
  chosen. LangChain's BM25 gets lower-case words instead of its default, which finds less.
- LangChain and Haystack do not persist BM25: it is made when the index is opened, and by LangChain
  whenever passages are added. Haystack's two halves are two stores, the faster choice.
- txtai and Chroma cannot tell that nothing changed: they would embed everything again, so they have
  no figure for the rebuild. Haystack's is a comparison of ids that its user has to write.
- Chroma has no hybrid search on one machine. txtai's cells are approximate, Chroma's graph is.
- For `store` and the cost over size a lookup takes the place of the embedding: the rivals' vectors
  are computed by onnxruntime in 32-bit floats (equal to 1e-6), ours by our own build.
- "plain parts" (sentence-transformers, FAISS, bm25s, a JSON file) is what one would write by hand;
  it is a yardstick, not one of the rivals of the ratios, but for the server.
- PyTorch comes from the plain registry, with its CUDA libraries, which are not used: a build for
  processors alone would need less disk and some megabytes less memory."""


def write_report(records: Records, plan: Plan, target: Path, plots_python: str) -> None:
    """Write the results and, beside them, the plots."""
    drawn = _draw(records, plan, target.parent / "plots", plots_python)
    method = METHOD.format(
        stored=plan.stored, built=plan.built, asked=plan.asked, budget=plan.budget_s
    )
    sections = [
        "# Benchmark results",
        "Made by `uv run benchmarks/run.py`; do not edit by hand.",
        _conditions(records),
        "## Targets",
        _target_table(targets(records, plan)),
        "## Costs",
        _cost_table(records, plan),
        "## Our share",
        "Ours divided by each system's; below 1 is better, but for the rows marked ↑.",
        _ratio_table(records, plan),
        "## Quality",
        _quality_table(records, plan),
        "## Cost over size",
        _size_table(records, plan),
        *(f"![{alt}](plots/{name})" for name, alt in drawn),
        "## Search alone",
        _million_words(records, plan),
        "## How it was measured",
        method,
        "## What is not equal",
        NOT_EQUAL,
        "## Versions",
        _versions(records),
    ]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n\n".join(filter(None, sections)) + "\n", encoding="utf-8")


def _conditions(records: Records) -> str:
    machines = sorted({record["machine"] for record in records.values()})
    days = sorted(record["when"][:10] for record in records.values())
    rounds = sorted({step.round for step in records})
    loads = [record["process"]["load_before"] for record in records.values()]
    if not days:
        return "Nothing was measured yet."
    when = days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    load = Spread.of(loads)
    assert load is not None
    words = f"{'; '.join(machines)}. {when}, {len(rounds)} round{'s' * (len(rounds) > 1)}."
    words += f" Load before a measurement: {load.median:.1f} ({load.least:.1f}–{load.most:.1f})."
    if load.median > 1.6:
        words += " **Other work ran beside it: seconds and milliseconds are indicative only.**"
    return words


def _target_table(lines: Sequence[Target]) -> str:
    rows = [
        (
            line.title,
            f"{'at least' if line.at_least else 'at most'} {line.bound:g} {line.unit}".strip(),
            _shown(line.got, line.digits, line.unit),
            line.verdict,
        )
        for line in lines
    ]
    return _table(("figure", "to reach", "got", "verdict"), rows)


def _cost_table(records: Records, plan: Plan) -> str:
    figures = (*COSTS, *map(served, CLIENTS))
    rows = []
    for figure in figures:
        size = _size(figure, plan)
        cells = []
        for name in _NAMES:
            if figure.verb == "serve" and name not in SERVED:
                cells.append("")
                continue
            spread = Spread.of(figure.by_round(records, name, size).values())
            cells.append(_shown(spread, figure.digits))
        rows.append((f"{figure.title}{_arrow(figure)}", *cells))
    return _table(("", *(_TITLES[name] for name in _NAMES)), rows)


def _ratio_table(records: Records, plan: Plan) -> str:
    rivals = [name for name in _NAMES if name != "ours"]
    rows = []
    for figure in COSTS:
        ours = figure.by_round(records, "ours", _size(figure, plan))
        theirs = (figure.by_round(records, name, _size(figure, plan)) for name in rivals)
        spreads = [Spread.of(shares(ours, [other], higher_is_better=True)) for other in theirs]
        if any(spreads):
            rows.append((figure.title + _arrow(figure), *(_shown(s, 2) for s in spreads)))
    return _table(("ours / theirs", *(_TITLES[name] for name in rivals)), rows)


def _quality_table(records: Records, plan: Plan) -> str:
    rows = []
    for figure in QUALITY:
        values = (judged_once(figure, records, name, plan.stored) for name in _NAMES)
        rows.append((figure.title, *("" if v is None else f"{v:.3f}" for v in values)))
    asked = [
        min(
            (m["asked"] for m in record_of(records, _searched(name, plan)).values() if _asked(m)),
            default=None,
        )
        for name in _NAMES
    ]
    rows.append(("questions asked", *("" if n is None else f"{n:,}" for n in asked)))
    return _table(("", *(_TITLES[name] for name in _NAMES)), rows)


def _searched(name: str, plan: Plan) -> Step:
    return Step(name, "search", plan.stored, 1)


def _asked(value: object) -> bool:
    return isinstance(value, dict) and "asked" in value


def _size_table(records: Records, plan: Plan) -> str:
    """Return store and search times of short texts at each size."""
    rows = []
    for title, verb, read in _SIZE_FIGURES:
        for size in plan.sizes:
            found = [Figure("", verb, read).by_round(records, n, size).get(1) for n in _NAMES]
            cells = ("" if value is None else f"{value:.1f}" for value in found)
            rows.append((f"{title}, {size:,} short texts", *cells))
    return _table(("", *(_TITLES[name] for name in _NAMES)), rows)


def _peak(record: Record) -> float:
    return record["process"]["peak_mb"]


_SIZE_FIGURES = (
    ("store ready vectors, s", "store-short", inside("wall_s")),
    ("size on disk, MB", "store-short", inside("disk_mb")),
    ("hybrid search, p50 ms", "search-short", inside("hybrid", "p50_ms")),
    ("dense search, p50 ms", "search-short", inside("dense", "p50_ms")),
    ("peak memory searching, MB", "search-short", _peak),
)


def _million_words(records: Records, plan: Plan) -> str:
    made = record_of(records, Step("million", "prepare", plan.grown, 1))
    built = record_of(records, Step("million", "build", plan.grown, 1))
    if not made or not built:
        return "Not measured."
    rows = []
    for title, verb, k in (
        ("ours, 10 wanted", "search", "top_10"),
        ("ours, 100 wanted, as hybrid search wants", "search", "top_100"),
        ("flat index of 32-bit floats", "flat", "top_10"),
    ):
        readings = [inside(k, "p50_ms"), inside(k, "p95_ms"), inside(k, "recall_10")]
        readings.append(inside("vectors_mb"))
        spreads = [
            Spread.of(Figure("", verb, read).by_round(records, "million", plan.grown).values())
            for read in readings
        ]
        digits = (2, 2, 3, 0)
        rows.append((title, *(_shown(s, n) for s, n in zip(spreads, digits, strict=True))))
    header = (f"{plan.grown:,} vectors of 384", "p50 ms", "p95 ms", "recall@10", "memory, MB")
    words = (
        f"{made['real']:,} vectors are embedded sentences of the data sets; the others grow from "
        "them: x + t (y − x) + noise of length 0.7, normalised, x a random real vector, y one of "
        "its ten nearest neighbours, t uniform in 0…1. The median cosine to the nearest one is "
        f"{made['nearest_cosine_real']:.2f} among the real ones, {made['nearest_cosine_made']:.2f} "
        "of a made one among all. Queries are embedded questions of SQuAD; the truth is an exact "
        f"search. One core. Building and writing ours took {built['wall_s']:.0f} s "
        f"({built['cpu_s']:.0f} CPU-s), {built['disk_mb']:.0f} MB on disk."
    )
    return f"{words}\n\n{_table(header, rows)}"


def _versions(records: Records) -> str:
    lines = []
    for name in _NAMES:
        known = [r["versions"] for s, r in sorted(records.items()) if s.system == name]
        packages = next((versions for versions in reversed(known) if versions), {})
        words = ", ".join(f"{package} {number}" for package, number in packages.items())
        lines.append(f"- {_TITLES[name]}: {words or 'not measured'}")
    return "\n".join(lines)


def _draw(records: Records, plan: Plan, folder: Path, python: str) -> list[tuple[str, str]]:
    """Draw the cost over size in the environment that has matplotlib; return files and words."""
    plots = []
    for title, verb, read in _SIZE_FIGURES:
        lines = {}
        for name in _NAMES:
            found = {
                size: Figure("", verb, read).by_round(records, name, size).get(1)
                for size in plan.sizes
            }
            points = [[size, value] for size, value in found.items() if value is not None]
            if points:
                lines[_TITLES[name]] = points
        file = title.split(",")[0].replace(" ", "-") + ".svg"
        plots.append({"title": title, "file": str(folder / file), "lines": lines})
    plots = [plot for plot in plots if plot["lines"]]
    if plots:
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [python, "plots.py"],
            cwd=HERE,
            env=surroundings(),
            input=json.dumps(plots),
            text=True,
            check=True,
        )
    return [(Path(plot["file"]).name, f"{plot['title']} over size") for plot in plots]


def _size(figure: Figure, plan: Plan) -> int:
    return plan.built if figure.verb == "build" else plan.stored


def _arrow(figure: Figure) -> str:
    return " ↑" if figure.higher_is_better else ""


def _shown(spread: Spread | None, digits: int, unit: str = "") -> str:
    if spread is None:
        return ""
    words = f"{spread.median:,.{digits}f}"
    least, most = f"{spread.least:,.{digits}f}", f"{spread.most:,.{digits}f}"
    if least != most:
        words += f" ({least}–{most})"
    return f"{words} {unit}".strip()


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
