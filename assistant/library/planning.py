"""What a build has to do: what changed in the corpus, read and split, but nothing written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import (
    CorpusError,
    LibraryLockedError,
    LibraryMissingError,
    UnreadableFileError,
)
from assistant.library.database import Library
from assistant.library.rows import DocumentChange, StoredPassage
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
from assistant.records import Document, FileProblem, Progress, Reference

OnProgress = Callable[[Progress], None]


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


def fingerprints(embedder: Embedder) -> dict[str, str]:
    """Return what the library depends on beside the texts."""
    return {
        "embedder": embedder.fingerprint,
        "reader": READER_VERSION,
        "splitter": SPLITTER_VERSION,
    }


def texts_of(corpus: Path) -> list[Path]:
    """Return the files of the corpus; raises CorpusError when there is none."""
    files = corpus_files(corpus)
    if not files:
        raise CorpusError(
            f"There are no texts ({', '.join(SUFFIXES)}) in {corpus}.",
            remedy="Put texts there, or give another folder with --corpus.",
        )
    return files


def planned(library: Library, corpus: Path, embedder: Embedder, on_progress: OnProgress) -> Plan:
    """Return what a build has to do now; the library is only looked at."""
    stored, stored_fingerprints, generation = _stored(library)
    wanted = fingerprints(embedder)
    current = {key: stored_fingerprints.get(key, "") for key in wanted}
    refingerprinted = current != wanted
    changes: list[DocumentChange] = []
    problems: list[FileProblem] = []
    seen: dict[str, str] = {}  # slug -> path
    files = texts_of(corpus)
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


def vector_key(text: str) -> str:
    """Return the name under which the vector of a text is known."""
    return hashlib.sha256(text.encode()).hexdigest()
