"""A library cut another way: other passage sizes, or passages without their heading path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.evaluation.corpora import Shelf
from assistant.evaluation.observed import OnProgress, told
from assistant.library.database import Library, Writer
from assistant.library.planning import fingerprints, vector_key
from assistant.library.rows import DocumentChange, StoredPassage
from assistant.ports import Embedder
from assistant.reading.passages import (
    MAX_PASSAGE_TOKENS,
    embedding_text,
    header_of,
    split_passages,
)
from assistant.records import Document
from assistant.service import Assistant

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Splitting:
    """How documents are cut; the defaults are the app's."""

    max_tokens: int = MAX_PASSAGE_TOKENS
    headings: bool = True  # whether passages carry their heading path


APPS_OWN = Splitting()


def split_anew(
    shelf: Shelf, splitting: Splitting, *, home: Path, on_progress: OnProgress = lambda _: None
) -> Shelf:
    """Return the same documents in a library below ``home``, cut as ``splitting`` says.

    The app's own splitting needs no other library. Made anew where ``home`` holds none for
    the same edition of the documents.
    """
    if splitting == APPS_OWN:
        return shelf
    with shelf.assistant.library.reading() as snapshot:
        edition = snapshot.edition
        documents = [d for c in snapshot.cards() if (d := snapshot.document(c.id))]
    name = f"{splitting.max_tokens}-{'with' if splitting.headings else 'without'}-headings"
    index = home / f"{edition.library}-{edition.generation}-{name}"
    settings = replace(shelf.assistant.settings, index=index)
    assistant = Assistant(settings, shelf.embedder, None, lambda: shelf.trained)
    if not (index / "complete").exists():
        _fill(assistant.library, documents, shelf.embedder, splitting, on_progress)
        (index / "complete").touch()
    return replace(shelf, assistant=assistant)


def _fill(
    library: Library,
    documents: Sequence[Document],
    embedder: Embedder,
    splitting: Splitting,
    on_progress: OnProgress,
) -> None:
    changes = [
        DocumentChange(document, tuple(_passages(document, embedder, splitting)))
        for document in told(documents, "Cutting the texts", on_progress)
    ]
    with library.writing() as writer:
        _embed(writer, changes, embedder, on_progress)
        for change in changes:
            writer.put(change)
        writer.remember(fingerprints(embedder))
        writer.next_generation()


def _embed(
    writer: Writer,
    changes: Sequence[DocumentChange],
    embedder: Embedder,
    on_progress: OnProgress,
) -> None:
    texts = {
        stored.vector_key: embedding_text(stored.header, stored.passage)
        for change in changes
        for stored in change.passages
    }
    missing = sorted(texts.keys() - writer.known_vectors(embedder.fingerprint, list(texts)))
    batches = [missing[n : n + _BATCH] for n in range(0, len(missing), _BATCH)]
    for keys in told(batches, "Embedding the passages anew", on_progress):
        vectors = embedder.embed_passages([texts[key] for key in keys])
        writer.store_vectors(embedder.fingerprint, keys, vectors)


def _passages(
    document: Document, embedder: Embedder, splitting: Splitting
) -> Iterator[StoredPassage]:
    passages = split_passages(document, embedder, max_tokens=splitting.max_tokens)
    for passage in passages:
        opening = passage.heading == passages[0].heading
        path = passage.heading if splitting.headings else ()
        header = header_of(document.card, path, embedder, opening=opening)
        yield StoredPassage(passage, header, vector_key(embedding_text(header, passage)))
