"""Building the library: only what changed is read, only what is new is embedded."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.errors import (
    CorpusError,
    LibraryDamagedError,
    LibraryError,
    LibraryLockedError,
    LibraryMissingError,
    LibraryOldError,
    UnreadableFileError,
)
from assistant.library import schema
from assistant.library.database import DocumentChange, Library, StoredPassage, Writer
from assistant.library.vectors import VECTORS_NAME, FaissStore
from assistant.library.verifying import damage, faiss_findings
from assistant.ports import Embedder
from assistant.reading.bibliography import BIBLIOGRAPHY_NAME, read_bibliography
from assistant.reading.files import (
    READER_VERSION,
    SUFFIXES,
    corpus_files,
    read_bytes,
    read_document,
    sha256_of,
    shown,
)
from assistant.reading.passages import SPLITTER_VERSION, embedding_text, header_of, split_passages
from assistant.records import BuildReport, Document, FileProblem, Progress, Reference

log = logging.getLogger(__name__)

OnProgress = Callable[[Progress], None]
_BATCH = 64  # texts embedded between two commits: what a kill can cost


@dataclass(frozen=True, slots=True)
class Literature:
    """The works of the bibliography, and the sha256 of the file they were read from."""

    references: tuple[Reference, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build has to do to make the library agree with the corpus."""

    generation: int  # of the library that was looked at
    changes: tuple[DocumentChange, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    problems: tuple[FileProblem, ...]
    fingerprints: dict[str, str]
    refingerprinted: bool
    literature: Literature | None  # None where it is as stored

    @property
    def is_empty(self) -> bool:
        """Whether the library agrees with the corpus already."""
        return not (
            self.changes or self.removed or self.refingerprinted or self.literature is not None
        )


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
    _texts(corpus)
    _clear_the_way(library, embedder)
    embedded = 0
    while True:
        plan = _planned(library, corpus, embedder, on_progress)
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
    return _planned(library, corpus, embedder, lambda _: None)


def fingerprints(embedder: Embedder) -> dict[str, str]:
    """Return what the library depends on beside the texts."""
    return {
        "embedder": embedder.fingerprint,
        "reader": READER_VERSION,
        "splitter": SPLITTER_VERSION,
    }


def _texts(corpus: Path) -> list[Path]:
    files = corpus_files(corpus)
    if not files:
        raise CorpusError(
            f"There are no texts ({', '.join(SUFFIXES)}) in {corpus}.",
            remedy="Put texts there, or give another folder with --corpus.",
        )
    return files


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


def _planned(library: Library, corpus: Path, embedder: Embedder, on_progress: OnProgress) -> Plan:
    stored, stored_fingerprints, generation = _stored(library)
    wanted = fingerprints(embedder)
    current = {key: stored_fingerprints.get(key, "") for key in wanted}
    refingerprinted = current != wanted
    changes: list[DocumentChange] = []
    problems: list[FileProblem] = []
    seen: dict[str, str] = {}  # slug -> path
    files = _texts(corpus)
    for n, path in enumerate(files):
        on_progress(Progress("Reading the texts", n, len(files)))
        try:
            change = _change(path, corpus, embedder, stored if not refingerprinted else {}, seen)
        except UnreadableFileError as error:
            relative = shown(path.relative_to(corpus))
            problems.append(FileProblem(relative, str(error.args[0]), error.remedy))
            # What was good stays answerable until the file is mended.
            last_good = [s for s, (p, _) in stored.items() if p == relative and s not in seen]
            seen.update(dict.fromkeys(last_good, relative))
            if refingerprinted:
                changes.extend(_again(library, slug, embedder) for slug in last_good)
            continue
        if change is not None:
            changes.append(change)
    slugs = [c.document.card.id for c in changes]
    literature, problem = _changed_literature(corpus, stored_fingerprints.get("literature", ""))
    problems.extend(problem)
    return Plan(
        generation=generation,
        changes=tuple(changes),
        added=tuple(s for s in slugs if s not in stored),
        changed=tuple(s for s in slugs if s in stored),
        removed=tuple(sorted(set(stored) - set(seen))),
        unchanged=len(seen) - len(slugs),
        problems=tuple(problems),
        fingerprints=wanted,
        refingerprinted=refingerprinted,
        literature=literature,
    )


def _changed_literature(
    corpus: Path, stored_sha256: str
) -> tuple[Literature | None, list[FileProblem]]:
    """Return the references when their file is not the stored one, and what went wrong."""
    path = corpus / BIBLIOGRAPHY_NAME
    try:
        sha256 = sha256_of(read_bytes(path)) if path.exists() else ""
        if sha256 == stored_sha256:
            return None, []
        return Literature(read_bibliography(path), sha256), []
    except UnreadableFileError as error:
        return None, [FileProblem(BIBLIOGRAPHY_NAME, str(error.args[0]), error.remedy)]


def _stored(library: Library) -> tuple[dict[str, tuple[str, str]], dict[str, str], int]:
    """Return slug -> (path, sha256), meta and generation; empty where nothing was built."""
    try:
        with library.reading() as snapshot:
            cards = {c.id: (c.path, c.sha256) for c in snapshot.cards()}
            return cards, snapshot.meta, snapshot.generation
    except LibraryMissingError:
        return {}, {}, 0


def _change(
    path: Path,
    corpus: Path,
    embedder: Embedder,
    stored: dict[str, tuple[str, str]],
    seen: dict[str, str],
) -> DocumentChange | None:
    """Return what to put in for a file; None when it is stored as it is."""
    content = read_bytes(path)
    relative = path.relative_to(corpus).as_posix()
    as_it_is = (relative, sha256_of(content))
    slug = next((slug for slug, known in stored.items() if known == as_it_is), None)
    document = None
    if slug is None:
        document = read_document(path, content, root=corpus)
        slug = document.card.id
    if slug in seen:
        raise UnreadableFileError(
            f"{relative} has the slug {slug!r}, which {seen[slug]} has already.",
            remedy="Give one of the two another slug in its front matter.",
        )
    seen[slug] = relative
    return None if document is None else _split(document, embedder)


def _again(library: Library, slug: str, embedder: Embedder) -> DocumentChange:
    """Return the stored version of a document, split anew."""
    with library.reading() as snapshot:
        document = snapshot.document(slug)
    if document is None:
        raise LibraryLockedError(f"{slug} was taken out by another process.", remedy="Build again.")
    return _split(document, embedder)


def _split(document: Document, embedder: Embedder) -> DocumentChange:
    passages = []
    split = split_passages(document, embedder)
    for passage in split:
        opening = passage.heading == split[0].heading
        header = header_of(document.card, passage.heading, embedder, opening=opening)
        key = vector_key(embedding_text(header, passage))
        passages.append(StoredPassage(passage, header, key))
    return DocumentChange(document, tuple(passages))


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


def vector_key(text: str) -> str:
    """Return the name under which the vector of a text is known."""
    return hashlib.sha256(text.encode()).hexdigest()
