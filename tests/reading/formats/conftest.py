"""One reader for all tests that only read: its worker is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.reading.formats import DocumentReader, Limits

SAMPLES = Path(__file__).parent.parent.parent / "samples"


@pytest.fixture(scope="session")
def samples() -> Path:
    return SAMPLES


@pytest.fixture(scope="session")
def reader() -> Iterator[DocumentReader]:
    """A reader without Tesseract: what a scan is called must not depend on the machine."""
    with DocumentReader(Limits(seconds=60.0), ocr=False) as reader:
        yield reader
