"""What is printed on every page and belongs to none: running titles and page numbers.

A line in the upper or lower margin goes when the same words (figures apart) stand at the same
height on several pages, when it is nothing but the number of its page, and when most pages
have some line there that keeps away from the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.reading.formats.pdf.lines import Run, on_one_line
from assistant.reading.formats.pdf.words import Rule

_MARGIN = 0.08  # of the page's height
_WIDE_MARGIN = 0.25  # within which the two outermost lines count too
_OUTERMOST = 2  # lines
_LEAST_PAGES = 3
_MOST_PAGES_SHARE = 0.6  # of pages that have a line at one height apart from the text
_STEP = 4.0  # points: heights that differ by less are one
_APART = 0.9  # of its height: the space between a running title and the text
_FIGURES = re.compile(r"\d+|\b[ivxlc]+\b")
_PAGE_NUMBER = re.compile(
    r"(?:(?:page|seite|p\.)\s*)?[-–—\[(|]*\s*(\d{1,4}|[ivxlc]{1,7})\s*[-–—\])|]*"
    r"(?:\s*(?:/|of|von)\s*\d{1,4})?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PageRuns:
    """The runs of one page and its size in points."""

    runs: tuple[Run, ...]
    width: float
    height: float
    labels: frozenset[str]  # how its number may be printed
    rules: tuple[Rule, ...] = ()


def without_furniture(pages: Sequence[PageRuns]) -> list[tuple[Run, ...]]:
    """Return the runs of each page without running titles and page numbers."""
    seen: Counter[tuple[str, int, str]] = Counter()
    for page in pages:
        seen.update({key for _, keys in _marginal(page) for key in keys[:1]})
    usual = _usual_edges(pages)
    least = min(_LEAST_PAGES, max(len(pages), 2))  # of two pages both
    kept = []
    for page in pages:
        dropped = set()
        for run, keys in _marginal(page):
            # Heights next to each other count together: a step has to end somewhere.
            times = sum(seen[key] for key in keys)
            if times >= least or _is_page_number(run, page):
                dropped.add(id(run))
        rest = tuple(run for run in page.runs if id(run) not in dropped)
        kept.append(tuple(_without_edges(rest, page, usual)))
    return kept


def _marginal(page: PageRuns) -> Iterator[tuple[Run, list[tuple[str, int, str]]]]:
    """Yield the runs in the margins with their keys: zone, height, words without figures."""
    by_height = sorted(page.runs, key=lambda run: run.middle)
    upper = _outermost(by_height, _OUTERMOST)
    lower = _outermost(by_height[::-1], _OUTERMOST)
    for run in page.runs:
        zone = _zone(run, page, upper, lower)
        if zone and len(run.text) < 200:
            words = " ".join(sorted(_FIGURES.sub(" ", run.text.casefold()).split()))
            step = int(run.middle // _STEP)
            yield run, [(zone, step, words), (zone, step - 1, words), (zone, step + 1, words)]


def _outermost(runs: Sequence[Run], lines: int) -> float:
    """Return the middle of the line that is the second one from an edge of the page."""
    edge = 0.0
    last: Run | None = None
    for run in runs:
        if last is None or not on_one_line(run, last):
            if lines == 0:
                break
            lines -= 1
        last, edge = run, run.middle
    return edge


def _zone(run: Run, page: PageRuns, upper: float, lower: float) -> str:
    """Say whether a run is at the head or the foot of its page: in the margin, or outermost."""
    share = run.middle / page.height if page.height else 0.5
    if share < _MARGIN or (share < _WIDE_MARGIN and run.middle <= upper):
        return "head"
    if share > 1 - _MARGIN or (share > 1 - _WIDE_MARGIN and run.middle >= lower):
        return "foot"
    return ""


def _is_page_number(run: Run, page: PageRuns) -> bool:
    """Say whether a run in the margin is the number of its page; short files repeat little."""
    match = _PAGE_NUMBER.fullmatch(run.text.strip())
    return match is not None and match.group(1).casefold() in page.labels


def _usual_edges(pages: Sequence[PageRuns]) -> dict[str, int]:
    """Return the height at which most pages have a line apart from the text, by zone."""
    steps: dict[str, Counter[int]] = {"head": Counter(), "foot": Counter()}
    for page in pages:
        for zone, counter in steps.items():
            edge = _edge(page.runs, page, zone)
            if edge:
                counter[int(edge[0].middle // _STEP)] += 1
    most = {zone: counter.most_common(1)[0] for zone, counter in steps.items() if counter}
    least = max(_LEAST_PAGES + 1, _MOST_PAGES_SHARE * len(pages))
    return {zone: step for zone, (step, times) in most.items() if times >= least}


def _without_edges(runs: Sequence[Run], page: PageRuns, usual: dict[str, int]) -> Iterator[Run]:
    dropped: set[int] = set()
    for zone, step in usual.items():
        edge = _edge(runs, page, zone)
        if edge and abs(int(edge[0].middle // _STEP) - step) <= 1:
            dropped.update(id(run) for run in edge)
    yield from (run for run in runs if id(run) not in dropped)


def _edge(runs: Sequence[Run], page: PageRuns, zone: str) -> list[Run]:
    """Return the outermost line of a page if it lies in the margin and keeps its distance."""
    if not runs:
        return []
    outermost = (min if zone == "head" else max)(runs, key=lambda run: run.middle)
    if _zone(outermost, page, outermost.middle, outermost.middle) != zone:
        return []
    line = [run for run in runs if on_one_line(run, outermost)]
    own = set(map(id, line))
    rest = [run for run in runs if id(run) not in own]
    if not rest:
        return []
    if zone == "head":
        space = min(run.top for run in rest) - max(run.bottom for run in line)
    else:
        space = min(run.top for run in line) - max(run.bottom for run in rest)
    usual_size = sorted(run.size for run in rest)[len(rest) // 2]
    bold = sum(run.bold for run in rest) * 2 < len(rest) and all(run.bold for run in line)
    is_heading = outermost.size > 1.04 * usual_size or bold
    return line if space > _APART * outermost.height and not is_heading else []
