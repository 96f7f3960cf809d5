"""Results as Markdown for people: figures with definitions, kinds, and the worst failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.evaluation.definitions import DEFINITIONS, PART, definition_of
from assistant.evaluation.figures import Figure
from assistant.evaluation.observed import Failure
from assistant.evaluation.results import Results

MOST_FAILURES = 10


def as_markdown(results: Results) -> str:
    """Return one set's results: whole figures, their parts, kinds, failures."""
    lines = [f"## {results.set}", "", f"{results.n} questions of the form `{results.form}`.", ""]
    lines += _whole(results.figures)
    lines += _parts(results.figures)
    lines += _gains(results.figures)
    lines += _kinds(results.kinds)
    for note in results.notes:
        lines += ["", note]
    lines += _failures(results)
    return "\n".join(lines) + "\n"


def _whole(figures: Mapping[str, Figure]) -> list[str]:
    lines = [
        "| figure | value | 95 % interval | n | what it is |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in _in_order(figures):
        if PART not in name:
            lines.append(f"| {name} | {_row(name, figures[name])} | {definition_of(name).what} |")
    return lines


def _parts(figures: Mapping[str, Figure]) -> list[str]:
    """Return a table of the parts of figures, one column a part."""
    names = [n for n in _in_order(figures) if PART in n and not _is_gain(n)]
    parts = list(dict.fromkeys(n.split(PART)[1] for n in names))
    if not parts:
        return []
    rows = list(dict.fromkeys(n.split(PART)[0] for n in names))
    lines = ["", f"| by part | {' | '.join(parts)} |", f"| --- |{' --- |' * len(parts)}"]
    for row in rows:
        cells = [_short(row, figures.get(f"{row}{PART}{part}")) if part else "" for part in parts]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return lines


def _gains(figures: Mapping[str, Figure]) -> list[str]:
    """Return how far one way of searching is above another, in pairs."""
    names = [n for n in _in_order(figures) if _is_gain(n)]
    if not names:
        return []
    lines = ["", "One way of searching beside another, question by question:", ""]
    for name in names:
        row, part = name.split(PART)
        f = figures[name]
        verdict = "below it beyond noise" if f.high < 0 else "above it beyond noise"
        if f.low <= 0 <= f.high:
            verdict = "no difference beyond noise"
        lines.append(f"- {row}, {part}: {f.value:+.3f} ({f.low:+.3f} to {f.high:+.3f}); {verdict}")
    return lines


def _is_gain(name: str) -> bool:
    """Whether a figure is the difference of two ways of searching."""
    part = name.partition(PART)[2]
    return part.startswith("fused over ") or part.endswith(" over once")


def _kinds(kinds: Mapping[str, Mapping[str, Figure]]) -> list[str]:
    names = list(dict.fromkeys(name for found in kinds.values() for name in found))
    if not names:
        return []
    lines = ["", f"| by kind | {' | '.join(names)} |", f"| --- |{' --- |' * len(names)}"]
    for kind, found in kinds.items():
        cells = [_with_n(name, found.get(name)) for name in names]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return lines


def _failures(results: Results) -> list[str]:
    if not results.failures:
        return []
    head = f"What went wrong ({len(results.failures):,}; the {MOST_FAILURES} worst):"
    return ["", head, "", *failure_lines(results.failures[:MOST_FAILURES])]


def failure_lines(failures: Sequence[Failure], *, origin: str = "") -> list[str]:
    """Return failures as a list, each with what was wanted and what was found instead."""
    lines = []
    for failure in failures:
        lines.append(f"- {origin}`{failure.id}` {_plain(failure.question)} – {failure.what}")
        lines += [f"  - wanted: {_plain(text)}" for text in failure.wanted[:2]]
        lines += [f"  - found: {_plain(text)}" for text in failure.found[:2]]
    return lines


def _in_order(figures: Mapping[str, Figure]) -> list[str]:
    """Return the names in the order of their definitions."""
    order = {name: n for n, name in enumerate(DEFINITIONS)}
    known = [name for name in figures if name.split(PART)[0] in order]
    return sorted(known, key=lambda name: order[name.split(PART)[0]])


def _row(name: str, figure: Figure) -> str:
    digits = definition_of(name).digits
    interval = f"{figure.low:.{digits}f}–{figure.high:.{digits}f}"
    return f"{figure.value:.{digits}f} | {interval} | {figure.n:,}"


def _short(name: str, figure: Figure | None) -> str:
    return f"{figure.value:.{definition_of(name).digits}f}" if figure else ""


def _with_n(name: str, figure: Figure | None) -> str:
    return f"{_short(name, figure)} ({figure.n})" if figure else ""


def _plain(text: str) -> str:
    """Return text in one line that Markdown shows as it is."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
