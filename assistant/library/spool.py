"""What a build has read and split, on its way into the library: in a file, not in memory."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator

from assistant.errors import LibraryError
from assistant.library.rows import DocumentChange, DocumentRows, rows_of

_IN_MEMORY = 4_000_000  # bytes; what is more goes to a temporary file


class Spool:
    """Documents in the order in which they were put in; gone when closed."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by close()
        self.keys: dict[str, None] = {}  # of all vectors that are needed, in order

    def put(self, change: DocumentChange) -> None:
        """Append a document; raises LibraryError where there is no room for it."""
        rows = rows_of(change)
        self.keys.update(dict.fromkeys(rows.texts()))
        line = json.dumps([rows.file, rows.document, rows.passages])
        try:
            self._file.write(line.encode() + b"\n")
        except OSError as cause:
            raise LibraryError(
                f"What was read could not be kept in {tempfile.gettempdir()}: {cause.strerror}.",
                remedy="Free some disk space there; the index is as it was before.",
            ) from cause

    def documents(self) -> Iterator[DocumentRows]:
        """Yield the documents from the beginning; nothing is put in meanwhile."""
        self._file.seek(0)
        for line in self._file:
            yield DocumentRows(*json.loads(line))

    def texts(self, wanted: set[str]) -> Iterator[tuple[str, str]]:
        """Yield key and text of each vector that is ``wanted``, once; takes them out of it."""
        for rows in self.documents():
            for key, text in rows.texts().items():
                if key in wanted:
                    wanted.remove(key)
                    yield key, text

    def close(self) -> None:
        """Throw everything away."""
        self._file.close()
