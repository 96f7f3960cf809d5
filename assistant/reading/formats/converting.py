"""From a job to the normal form: the one door to all converters, opened in the worker only."""

from __future__ import annotations

import importlib

from assistant.reading.formats.converted import Converted, Format
from assistant.reading.formats.job import Job
from assistant.reading.formats.problems import DocumentError, Reason
from assistant.reading.formats.sniffing import format_of

# Bump when the same file would give another text; the library then reads it again.
CONVERTER_VERSION = "formats-1"

_ROOM = "assistant.reading.formats"
_CONVERTERS = {
    Format.PDF: f"{_ROOM}.pdf.reading",
    Format.DOCX: f"{_ROOM}.docx",
    Format.PPTX: f"{_ROOM}.pptx",
    Format.EPUB: f"{_ROOM}.epub",
    Format.HTML: f"{_ROOM}.html",
    Format.MARKDOWN: f"{_ROOM}.markdown_file",
    Format.TEXT: f"{_ROOM}.plaintext",
    Format.RTF: f"{_ROOM}.rtf",
    Format.ODT: f"{_ROOM}.odf",
    Format.ODP: f"{_ROOM}.odf",
    Format.CSV: f"{_ROOM}.rows",
}


def converted(job: Job) -> Converted:
    """Return the normal form of a file.

    Raises DocumentError where the file is refused. A converter that meets what nobody thought
    of raises anything at all: the worker answers for that.
    """
    if len(job.content) > job.limits.file_bytes:
        raise DocumentError(
            Reason.TOO_LARGE, f"It is larger than {job.limits.file_bytes // 1_000_000:,} MB."
        )
    kind = format_of(job.name, job.content, job.limits)
    try:
        # Loaded when first needed: each format has its own libraries.
        result = importlib.import_module(_CONVERTERS[kind]).convert(job)
    except RecursionError as cause:
        raise DocumentError(Reason.BROKEN, "Its parts are nested too deeply.") from cause
    whole: Converted = result.converted()
    return whole
