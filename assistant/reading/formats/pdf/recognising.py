"""Scanned pages: rendered by PDFium, recognised by Tesseract where it is installed."""

from __future__ import annotations

import csv
import math
import subprocess
from collections.abc import Iterator
from statistics import median
from typing import Any

from assistant.reading.formats.job import Job
from assistant.reading.formats.pdf.document import rendered
from assistant.reading.formats.pdf.words import PageWords, Word

_DOTS_PER_INCH = 300
_MOST_PIXELS = 25_000_000  # of a page; posters are rendered coarser
_SURE = 20.0  # per cent; below, it is a stain or a drawing
_PAGE_S = 180.0
_LARGER = 1.35  # than the usual line: a heading; heights of recognised lines vary


def recognised(document: Any, number: int, page: PageWords, job: Job) -> PageWords | None:  # noqa: ANN401
    """Return the words of a scanned page; None where Tesseract fails or finds nothing."""
    if job.tesseract is None or page.width <= 0 or page.height <= 0:
        return None
    area = page.width * page.height
    scale = min(_DOTS_PER_INCH / 72, math.sqrt(_MOST_PIXELS / area))
    command = [
        str(job.tesseract),
        "stdin",
        "stdout",
        "-l",
        job.ocr_languages,
        "--dpi",
        str(round(scale * 72)),
        "tsv",
    ]
    try:
        done = subprocess.run(
            command,
            input=rendered(document, number, scale),
            capture_output=True,
            timeout=_PAGE_S,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        return None
    words = tuple(_words(done.stdout.decode("utf-8", "replace"), scale))
    return PageWords(words, page.width, page.height) if words else None


def _words(table: str, scale: float) -> Iterator[Word]:
    """Yield the words of Tesseract's table: one row for each block, line and word."""
    rows = list(csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    heights = [int(row["height"]) for row in rows if row.get("level") == "4"]
    usual = median(heights) if heights else 0
    top = height = 0
    begins = True
    for row in rows:
        if row.get("level") == "4":
            top, height, begins = int(row["top"]), int(row["height"]), True
        text = (row.get("text") or "").strip()
        if row.get("level") != "5" or not text or float(row["conf"]) < _SURE:
            continue
        left, width = int(row["left"]), int(row["width"])
        size = height if height > _LARGER * usual else usual
        yield Word(
            text=text,
            x0=left / scale,
            x1=(left + width) / scale,
            top=top / scale,
            bottom=(top + height) / scale,
            size=size / scale,
            bold=False,
            breaks=False,
            begins_line=begins,
        )
        begins = False
