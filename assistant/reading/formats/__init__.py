"""Files of any format, read safely: the door is ``DocumentReader``, or ``read_file`` for one."""

from assistant.reading.formats.converted import Converted, Format, PageMark
from assistant.reading.formats.documents import document_of
from assistant.reading.formats.files import (
    FileOutcome,
    found_in,
    open_bytes,
    read_file,
    read_files,
    unpack_to,
)
from assistant.reading.formats.limits import Limits
from assistant.reading.formats.problems import DocumentError, Reason
from assistant.reading.formats.reader import DocumentReader, found_tesseract
from assistant.reading.formats.sniffing import ARCHIVE_SUFFIXES, SUFFIXES

__all__ = [
    "ARCHIVE_SUFFIXES",
    "SUFFIXES",
    "Converted",
    "DocumentError",
    "DocumentReader",
    "FileOutcome",
    "Format",
    "Limits",
    "PageMark",
    "Reason",
    "document_of",
    "found_in",
    "found_tesseract",
    "open_bytes",
    "read_file",
    "read_files",
    "unpack_to",
]
