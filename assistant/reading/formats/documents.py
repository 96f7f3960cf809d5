"""From the normal form to a Document of the library."""

from __future__ import annotations

from pathlib import Path

from assistant.errors import UnreadableFileError
from assistant.reading.formats.converted import Converted
from assistant.reading.front_matter import card_from
from assistant.records import Document


def document_of(converted: Converted, *, path: Path, sha256: str) -> Document:
    """Return the document of a file at ``path``, relative to the folder of its library.

    Front matter counts where it is ours; that of other programs has other keys and is left aside.
    """
    title = converted.title or path.stem
    try:
        card = card_from(dict(converted.head), path=path, title=title, sha256=sha256)
    except UnreadableFileError:
        card = card_from({}, path=path, title=title, sha256=sha256)
    return Document(card, converted.text, converted.blocks, converted.sentences)
