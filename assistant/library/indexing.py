"""Building the library: only what changed is read, only what is new is embedded."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from assistant.errors import (
    LibraryDamagedError,
    LibraryError,
    LibraryMissingError,
    LibraryOldError,
)
from assistant.library import schema
from assistant.library.database import Library, Writer
from assistant.library.planning import OnProgress, Plan, planned, texts_of
from assistant.library.rows import DocumentChange
from assistant.library.vectors import VECTORS_NAME, FaissStore
from assistant.library.verifying import damage, faiss_findings
from assistant.ports import Embedder
from assistant.reading.passages import embedding_text
from assistant.records import BuildReport, Progress

log = logging.getLogger(__name__)

_BATCH = 64  # texts embedded between two commits: what a kill can cost


def build(
    library: Library,
    corpus: Path,
    embedder: Embedder,
    *,
    on_progress: OnProgress = lambda _: None,
) -> BuildReport:
    """Make the library agree with the corpus, in one committed step.

    Vectors are committed as they are made and known by the text they stand for, so a
    build that was killed goes on where it stopped. Readers see the old library until the
    last commit. Raises CorpusError, LibraryError; a bad file is reported, not raised.
    """
    began = time.perf_counter()
    texts_of(corpus)
    _clear_the_way(library, embedder)
    embedded = 0
    while True:
        plan = planned(library, corpus, embedder, on_progress)
        embedded += _embed_missing(library, plan.changes, embedder, on_progress)
        generation = _commit(library, plan)
        if generation is not None:
            break
        log.info("the library changed while it was being built; looking again")
    on_progress(Progress("Writing the vector index", 0, 1))
    passages = _write_vectors(library)
    on_progress(Progress("Done", 1, 1))
    report = BuildReport(
        added=plan.added,
        changed=plan.changed,
        removed=plan.removed,
        unchanged=plan.unchanged,
        problems=plan.problems,
        passages=passages,
        embedded=embedded,
        generation=generation,
        seconds=time.perf_counter() - began,
    )
    log.info(
        "built generation %d: %d passages, %d texts embedded, %.1f s",
        generation,
        passages,
        embedded,
        report.seconds,
    )
    return report


def pending(library: Library, corpus: Path, embedder: Embedder) -> Plan:
    """Return what ``build`` would do now, without doing it."""
    return planned(library, corpus, embedder, lambda _: None)


def _clear_the_way(library: Library, embedder: Embedder) -> None:
    """Move a damaged database aside: it is kept, and so are its vectors that are whole."""
    try:
        found = damage(library)
    except LibraryMissingError:
        return
    except LibraryOldError:
        _move_aside(library)
        return
    if found:
        log.warning("%s is damaged: %s", schema.DATABASE_NAME, "; ".join(found))
        keys: list[str] = []
        with suppress(LibraryDamagedError), library.reading() as snapshot:
            keys, vectors = snapshot.whole_vectors(embedder.fingerprint, embedder.dimension)
        _move_aside(library)
        if keys:
            with library.writing() as writer:
                writer.store_vectors(embedder.fingerprint, keys, vectors)


def _move_aside(library: Library) -> None:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    for suffix in ("-wal", "-shm", ""):
        path = library.path.with_name(library.path.name + suffix)
        with suppress(FileNotFoundError):
            path.rename(path.with_name(f"{schema.DATABASE_NAME}.set-aside-{stamp}{suffix}"))
    log.warning("the old %s was set aside", schema.DATABASE_NAME)


def _embed_missing(
    library: Library,
    changes: Sequence[DocumentChange],
    embedder: Embedder,
    on_progress: OnProgress,
) -> int:
    """Embed the texts whose vectors are not known, and commit them batch by batch."""
    texts = {
        stored.vector_key: embedding_text(stored.header, stored.passage)
        for change in changes
        for stored in change.passages
    }
    if not texts:
        return 0
    with library.writing() as writer:
        known = writer.known_vectors(embedder.fingerprint, list(texts))
    missing = [key for key in texts if key not in known]
    began = time.perf_counter()
    for n, keys in enumerate(_batches(missing)):
        done = n * _BATCH
        spent = time.perf_counter() - began
        eta_s = spent / done * (len(missing) - done) if done else None
        on_progress(Progress("Embedding the passages", done, len(missing), eta_s))
        vectors = embedder.embed_passages([texts[key] for key in keys])
        with library.writing() as writer:
            writer.store_vectors(embedder.fingerprint, keys, vectors)
    return len(missing)


def _batches(keys: Sequence[str]) -> Iterator[list[str]]:
    for n in range(0, len(keys), _BATCH):
        yield list(keys[n : n + _BATCH])


def _commit(library: Library, plan: Plan) -> int | None:
    """Write the plan in one transaction; None when the library is no longer the one planned for."""
    if plan.is_empty:
        return plan.generation
    with library.writing() as writer:
        if writer.generation != plan.generation:
            return None
        _apply(writer, plan)
        return writer.next_generation()


def _apply(writer: Writer, plan: Plan) -> None:
    # Everything old goes first: a file may have taken over another one's path.
    for slug in (*plan.removed, *plan.changed):
        writer.remove(slug)
    for change in plan.changes:
        writer.put(change)
    if plan.literature is not None:
        writer.put_literature(plan.literature.references)
        writer.remember({"literature": plan.literature.sha256})
    writer.remember(
        {**plan.fingerprints, "built_at": datetime.now(UTC).isoformat(timespec="seconds")}
    )


def _write_vectors(library: Library) -> int:
    """Bring vectors.faiss up to the committed generation; return the number of passages."""
    path = library.folder / VECTORS_NAME
    with library.reading() as snapshot:
        if any(faiss_findings(library, snapshot)):
            store = FaissStore(*snapshot.vectors(snapshot.meta.get("embedder", "")))
            try:
                store.write(path, edition=snapshot.edition)
            except OSError as cause:
                raise LibraryError(
                    f"{path} could not be written: {cause.strerror}.",
                    remedy="The index itself is complete. Free some disk space or check the "
                    "folder's permissions, then build again, so that it opens fast.",
                ) from cause
        return snapshot.count("passages")
