"""Lines of a region to paragraphs and tables, by their places alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.reading.formats.pdf.columns import Region
from assistant.reading.formats.pdf.lines import Run, Table, joined
from assistant.reading.formats.pdf.unruled import stretches, table_of

BULLET = re.compile(r"[•●○◦▪■□‣⁃–*·➢✓-]\s+(?=\S)|[•●○◦▪■□‣⁃➢✓](?=\S)")
NUMBER = re.compile(r"(?:\(?\d{1,3}[.)]|\(?[a-z]\)|\([ivx]{1,4}\))\s+(?=\S)")
_END = re.compile(r"[.!?:;…][\"'”’)\]]*$")
_SHORTENED = re.compile(
    r"(?:\b[A-Z]|\bet al|\bvs|\bcf|\be\.g|\bi\.e|\b[Dd]r|\bM[rs]s?|\bpp?|\bSt)\.$"
)

_SPREAD = 1.3  # of the usual distance of lines: a wider one parts paragraphs
_SAME_SIZE = 0.08
_INDENT = 0.8  # of the size
_HALF = 0.5


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together, on one page; or a table."""

    page: int  # 0…
    lines: list[Run]
    region: Region
    table: Table | None = None

    @property
    def text(self) -> str:
        """Its lines as they are, parted by spaces."""
        return " ".join(line.text for line in self.lines)

    @property
    def size(self) -> float:
        """The size of most of its words."""
        return max(self.lines, key=lambda line: len(line.text)).size

    @property
    def bold(self) -> bool:
        """Whether all of it is bold."""
        return all(line.bold for line in self.lines)


def usual_pitch(regions: Sequence[Region]) -> dict[int, float]:
    """Return the usual distance from line to line for each size of type (in half points)."""
    pitches: dict[int, Counter[int]] = {}
    for region in regions:
        lines = [joined(row) for row in region.rows]
        for above, below in pairwise(lines):
            if _is_same_size(above, below):
                pitch = below.middle - above.middle
                if 0 < pitch < 3 * below.size:
                    pitches.setdefault(_half_points(below), Counter())[round(pitch * 4)] += 1
    return {size: counter.most_common(1)[0][0] / 4 for size, counter in pitches.items()}


def paragraphs_of(region: Region, page: int, pitches: dict[int, float]) -> Iterator[Paragraph]:
    """Yield the paragraphs and tables of a region from its top to its end."""
    lines: list[Run] = []
    for rows, is_table in stretches(region.rows):
        if not is_table:
            lines.extend(joined(row) for row in rows)
            continue
        yield from _text_paragraphs(lines, region, page, pitches)
        lines = []
        yield Paragraph(page, [joined(row, "; ") for row in rows], region, table_of(rows))
    yield from _text_paragraphs(lines, region, page, pitches)


def _text_paragraphs(
    lines: Sequence[Run], region: Region, page: int, pitches: dict[int, float]
) -> Iterator[Paragraph]:
    current: list[Run] = []
    for line in lines:
        if current and _begins(line, current, region, pitches):
            yield Paragraph(page, current, region)
            current = []
        current.append(line)
    if current:
        yield Paragraph(page, current, region)


def _begins(line: Run, current: Sequence[Run], region: Region, pitches: dict[int, float]) -> bool:
    """Say whether a line begins a paragraph below the lines of another."""
    last = current[-1]
    if not _is_same_size(line, last) or line.bold != last.bold:
        # A raised or bold word can change a short line's type; a sentence that runs on does not.
        return not (last.breaks or (line.text[:1].islower() and _runs_on(line, last, region)))
    is_item = BULLET.match(line.text) or NUMBER.match(line.text)
    if not is_item and (last.breaks or _runs_on(line, last, region)):
        return False  # whatever the distance: a raised note mark pushes its line down
    pitch = pitches.get(_half_points(line), 1.2 * line.size)
    if line.middle - last.middle > max(_SPREAD * pitch, pitch + 2):
        return True
    if is_item:
        return not _runs_on(line, last, region) or BULLET.match(line.text) is not None
    if _is_centred_below(line, last):
        return False
    indent = _INDENT * line.size
    if line.x0 > last.x0 + indent:  # the first line of the next, or a hanging one of this
        hangs = BULLET.match(current[0].text) or NUMBER.match(current[0].text)
        return len(current) > 1 or (not hangs and ends_early(last, line, region))
    if line.x0 < last.x0 - indent:
        return len(current) > 1 or ends_early(last, line, region)
    return ends_early(last, line, region) and is_ended(last.text)


def _runs_on(line: Run, last: Run, region: Region) -> bool:
    """Say whether a sentence goes from one line to the next: it had not ended, nor the line."""
    distance = line.middle - last.middle
    if is_ended(last.text) or distance > 2 * line.size:
        return False
    if line.text[:1].islower():
        return last.x1 - region.x0 > _HALF * (region.x1 - region.x0)
    return distance < 1.7 * line.size and not ends_early(last, line, region)


def is_ended(text: str) -> bool:
    """Say whether a text ends with its sentence; "Prahalad, C. K." does not."""
    return _END.search(text) is not None and _SHORTENED.search(text) is None


def ends_early(line: Run, following: Run, region: Region) -> bool:
    """Say whether a line leaves room for the first word of the next."""
    word = following.text.partition(" ")[0]
    share = (len(word) + 1) / max(len(following.text), 1)
    return region.x1 - line.x1 > share * (following.x1 - following.x0) + 0.2 * line.size


def _is_centred_below(line: Run, last: Run) -> bool:
    """Say whether two lines of different length share their middle, as those of a title do."""
    shift = abs(line.x0 + line.x1 - last.x0 - last.x1) / 2
    return shift < 0.3 * line.size and abs(line.x0 - last.x0) > line.size


def _is_same_size(a: Run, b: Run) -> bool:
    return abs(a.size - b.size) <= _SAME_SIZE * max(a.size, b.size)


def _half_points(line: Run) -> int:
    return round(line.size * 2)
