"""PDF, the whole way: words, columns, paragraphs, text; scanned pages by Tesseract."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.reading.formats.converted import Format
from assistant.reading.formats.job import Job
from assistant.reading.formats.manuscript import Manuscript, cleaned
from assistant.reading.formats.pdf.columns import Region, reading_order
from assistant.reading.formats.pdf.document import opened, outline, page_label
from assistant.reading.formats.pdf.furniture import PageRuns, without_furniture
from assistant.reading.formats.pdf.lines import Run, runs_of
from assistant.reading.formats.pdf.paragraphs import Paragraph, paragraphs_of, usual_pitch
from assistant.reading.formats.pdf.recognising import recognised
from assistant.reading.formats.pdf.ruled import without_ruled_tables
from assistant.reading.formats.pdf.structure import write
from assistant.reading.formats.pdf.words import PageWords, words_of
from assistant.reading.formats.problems import DocumentError, Reason
from assistant.reading.formats.result import Result
from assistant.reading.formats.titles import authors_in, sensible_title

_SAMPLE_PAGES = 20
_FEW_WORDS = 5  # on a page that is a picture: a stamp, not its text
_UNREADABLE = 0.3  # share of characters without a meaning: the typefaces hide their letters
_LETTERS = re.compile(r"[^\W\d_]+")
_RIGHT_TO_LEFT = range(0x0590, 0x0900)


def convert(job: Job) -> Result:
    """Return the words of a PDF with its pages.

    Raises DocumentError when it is locked, broken, or scanned and nothing can recognise it.
    """
    document = opened(job.content, job.limits.pages)
    try:
        return _converted(document, job)
    finally:
        document.close()


def _converted(document: Any, job: Job) -> Result:  # noqa: ANN401 - pypdfium2 has no types
    labels = [page_label(document, number) for number in range(len(document))]
    pages, scanned = _pages(document, labels, job)
    scanned.update(_recognise(document, pages, scanned, job))
    manuscript = Manuscript(job.limits.characters)
    kept = [
        without_ruled_tables(runs, page.rules)
        for runs, page in zip(without_furniture(pages), pages, strict=True)
    ]
    regions = reading_order(kept, right_to_left=_is_right_to_left(kept))
    prominent = write(
        manuscript,
        _paragraphs(regions),
        labels,
        outline(document),
        pages,
    )
    if scanned and not manuscript.sentences:
        raise _refused_as_scanned(job, len(scanned))
    known = document.get_metadata_dict()
    return Result(
        Format.PDF,
        manuscript,
        title=_title(sensible_title(known.get("Title", "")), cleaned(prominent), manuscript),
        authors=authors_in(known.get("Author", "")),
        page_kind="page",
        page_count=len(pages),
        warnings=tuple(_warnings(scanned, labels)),
    )


def _pages(
    document: Any,  # noqa: ANN401
    labels: Sequence[str],
    job: Job,
) -> tuple[list[PageRuns], dict[int, bool]]:
    """Return the runs of all pages, and which pages are pictures (and not recognised yet)."""
    pages: list[PageRuns] = []
    scanned: dict[int, bool] = {}
    for number, label in enumerate(labels):
        page = words_of(document, number)
        if page.unreadable > _UNREADABLE or (page.has_picture and len(page.words) <= _FEW_WORDS):
            scanned[number] = False
            page = replace(page, words=())
        pages.append(_page_runs(page, number, label))
        job.on_pages("pages", number + 1, len(labels))
    return pages, scanned


def _recognise(
    document: Any,  # noqa: ANN401
    pages: list[PageRuns],
    scanned: Mapping[int, bool],
    job: Job,
) -> Iterator[tuple[int, bool]]:
    """Put the recognised words of scanned pages in their places; yield which were recognised."""
    if job.tesseract is None:
        return
    for done, number in enumerate(scanned):
        job.on_pages("recognising", done, len(scanned))
        page = pages[number]
        found = recognised(document, number, PageWords((), page.width, page.height), job)
        if found is not None:
            runs = tuple(runs_of(found.words))
            pages[number] = replace(page, runs=runs)
            yield number, True


def _page_runs(page: PageWords, number: int, label: str) -> PageRuns:
    shown = frozenset({str(number + 1), label.casefold()})
    runs = tuple(runs_of(page.words, page.rules))
    return PageRuns(runs, page.width, page.height, shown, page.rules)


def _paragraphs(regions: Sequence[Sequence[Region]]) -> list[list[Paragraph]]:
    """Return the paragraphs of each page in reading order."""
    pitches = usual_pitch([region for page in regions for region in page])
    return [
        [paragraph for region in page for paragraph in paragraphs_of(region, number, pitches)]
        for number, page in enumerate(regions)
    ]


def _is_right_to_left(pages: Sequence[Sequence[Run]]) -> bool:
    sample = [run for runs in pages[:_SAMPLE_PAGES] for run in runs]
    letters = [c for run in sample for c in run.text if c.isalpha()]
    return sum(ord(c) in _RIGHT_TO_LEFT for c in letters) * 2 > len(letters)


def _title(stated: str, prominent: str, manuscript: Manuscript) -> str:
    """Return the stated title if the first pages have its words, else their largest heading."""
    start = set(_LETTERS.findall(manuscript.text[:5_000].casefold()))
    words = _LETTERS.findall(stated.casefold())
    is_there = sum(word in start for word in words) * 2 > len(words)
    return stated if is_there or not prominent else prominent


def _refused_as_scanned(job: Job, pages: int) -> DocumentError:
    what = "Its page is a picture" if pages == 1 else f"Its {pages:,} pages are pictures"
    if job.tesseract is None:
        return DocumentError(Reason.SCANNED, f"{what} (scanned), without text.")
    return DocumentError(
        Reason.NO_TEXT,
        f"{what} in which Tesseract found no text in {job.ocr_languages!r}.",
        remedy="Check that it is the right language, or scan it again with more contrast.",
    )


def _warnings(scanned: Mapping[int, bool], labels: Sequence[str]) -> Iterator[str]:
    """Yield what to tell of scanned pages."""
    known = [labels[n] for n, is_read in scanned.items() if is_read]
    unknown = [labels[n] for n, is_read in scanned.items() if not is_read]
    if known:
        yield f"{_named(known)} recognised from a picture: letters may be wrong."
    if unknown:
        yield f"{_named(unknown)} left out: a picture without text."


def _named(labels: Sequence[str]) -> str:
    """Return "Page 3 was", "Pages 3, 4 and 5 were", "12 pages (3 to 40) were"."""
    if len(labels) == 1:
        return f"Page {labels[0]} was"
    if len(labels) <= 5:
        return f"Pages {', '.join(labels[:-1])} and {labels[-1]} were"
    return f"{len(labels):,} pages ({labels[0]} to {labels[-1]}) were"
