"""What a build has to do: what changed in the corpus, read and split, but nothing written.

A file is read when its stamp (size, times, number) is not the one that the library remembers,
as git does it; what is then as it was, by its sha256, is not read further. So a look at a
corpus in which nothing changed opens no file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from assistant.errors import (
    CorpusError,
    LibraryLockedError,
    LibraryMissingError,
    UnreadableFileError,
)
from assistant.library.database import Library
from assistant.library.rows import DocumentChange, StoredPassage
from assistant.library.snapshot import StoredFile
from assistant.ports import Embedder
from assistant.reading.bibliography import BIBLIOGRAPHY_NAME, read_bibliography
from assistant.reading.files import (
    READER_VERSION,
    SUFFIXES,
    FoundFile,
    found_files,
    read_bytes,
    read_document,
    read_stamped,
    sha256_of,
    shown,
)
from assistant.reading.passages import SPLITTER_VERSION, embedding_text, header_of, split_passages
from assistant.records import Document, FileProblem, Progress, Reference

OnProgress = Callable[[Progress], None]
OnDocument = Callable[[Document, str], None]  # with the stamp of its file


@dataclass(frozen=True, slots=True)
class Literature:
    """The works of the bibliography, and the sha256 of the file they were read from."""

    references: tuple[Reference, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build has to do to make the library agree with the corpus."""

    generation: int  # of the library that was looked at
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    problems: tuple[FileProblem, ...]
    fingerprints: dict[str, str]
    refingerprinted: bool
    literature: Literature | None  # None where it is as stored
    stamps: dict[str, str]  # path -> new stamp of a file that was touched and not changed

    @property
    def is_empty(self) -> bool:
        """Whether the library agrees with the corpus already."""
        return not (
            self.added
            or self.changed
            or self.removed
            or self.refingerprinted
            or self.literature is not None
        )


def fingerprints(embedder: Embedder) -> dict[str, str]:
    """Return what the library depends on beside the texts."""
    return {
        "embedder": embedder.fingerprint,
        "reader": READER_VERSION,
        "splitter": SPLITTER_VERSION,
    }


def texts_of(corpus: Path) -> list[FoundFile]:
    """Return the files of the corpus; raises CorpusError when there is none."""
    files = found_files(corpus)
    if not files:
        raise CorpusError(
            f"There are no texts ({', '.join(SUFFIXES)}) in {corpus}.",
            remedy="Put texts there, or give another folder with --corpus.",
        )
    return files


def planned(
    library: Library,
    corpus: Path,
    embedder: Embedder,
    on_progress: OnProgress,
    *,
    files: list[FoundFile] | None = None,
    on_document: OnDocument = lambda document, stamp: None,
    thorough: bool = False,
) -> Plan:
    """Return what a build has to do now; the library is only looked at.

    ``files`` are those of the corpus where they have just been looked for. ``on_document`` is
    given each document that has to be put in. ``thorough``: read every file, whatever its
    stamp says.
    """
    stored, meta, generation = _stored(library)
    wanted = fingerprints(embedder)
    refingerprinted = any(meta.get(key, "") != value for key, value in wanted.items())
    survey = _Survey(library, corpus, stored, refingerprinted, thorough, on_document)
    survey.look_at(texts_of(corpus) if files is None else files, on_progress)
    literature, problems = _changed_literature(corpus, meta.get("literature", ""))
    slugs = {known.slug for known in stored.values()}
    added = tuple(s for s in survey.put if s not in slugs)
    return Plan(
        generation=generation,
        added=added,
        changed=tuple(s for s in survey.put if s in slugs),
        removed=tuple(sorted(slugs - survey.seen.keys())),
        unchanged=len(survey.seen) - len(survey.put),
        problems=(*survey.problems, *problems),
        fingerprints=wanted,
        refingerprinted=refingerprinted,
        literature=literature,
        stamps=survey.stamps,
    )


@dataclass(slots=True)
class _Survey:
    """One look at the files of a corpus."""

    library: Library
    corpus: Path
    stored: dict[str, StoredFile]  # by path
    refingerprinted: bool
    thorough: bool
    on_document: OnDocument
    seen: dict[str, str] = field(default_factory=dict)  # slug -> path
    put: list[str] = field(default_factory=list)  # slugs
    stamps: dict[str, str] = field(default_factory=dict)
    problems: list[FileProblem] = field(default_factory=list)

    def look_at(self, files: list[FoundFile], on_progress: OnProgress) -> None:
        """Read what has to be read; one bad file never stops the others."""
        known = {} if self.thorough or self.refingerprinted else self.stored
        fresh = [not (k := known.get(f.path)) or k.stamp != f.stamp for f in files]
        done, total = 0, sum(fresh)
        for file, is_fresh in zip(files, fresh, strict=True):
            try:
                if is_fresh:
                    on_progress(Progress("Reading the texts", done, total))
                    done += 1
                    self._read(file.path)
                else:
                    self._claim(known[file.path].slug, file.path)
            except UnreadableFileError as error:
                self._keep_the_last(shown(Path(file.path)), error)

    def _read(self, path: str) -> None:
        content, stamp = read_stamped(self.corpus / path)
        known = None if self.refingerprinted else self.stored.get(path)
        if known is not None and known.sha256 == sha256_of(content):
            self._claim(known.slug, path)
            if stamp != known.stamp:
                self.stamps[path] = stamp
            return
        document = read_document(self.corpus / path, content, root=self.corpus)
        self._claim(document.card.id, path)
        self._put(document, stamp)

    def _claim(self, slug: str, path: str) -> None:
        if slug in self.seen:
            raise UnreadableFileError(
                f"{path} has the slug {slug!r}, which {self.seen[slug]} has already.",
                remedy="Give one of the two another slug in its front matter.",
            )
        self.seen[slug] = path

    def _put(self, document: Document, stamp: str) -> None:
        self.put.append(document.card.id)
        self.on_document(document, stamp)

    def _keep_the_last(self, path: str, error: UnreadableFileError) -> None:
        """Report a bad file; what was good stays answerable until the file is mended."""
        self.problems.append(FileProblem(path, str(error.args[0]), error.remedy))
        known = self.stored.get(path)
        if known is None or known.slug in self.seen:
            return
        self.seen[known.slug] = path
        if self.refingerprinted:
            self._put(_again(self.library, known.slug), "")


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


def _stored(library: Library) -> tuple[dict[str, StoredFile], dict[str, str], int]:
    """Return the files by path, meta and generation; empty where nothing was built."""
    try:
        with library.reading() as snapshot:
            return snapshot.files(), snapshot.meta, snapshot.generation
    except LibraryMissingError:
        return {}, {}, 0


def _again(library: Library, slug: str) -> Document:
    """Return the stored version of a document."""
    with library.reading() as snapshot:
        document = snapshot.document(slug)
    if document is None:
        raise LibraryLockedError(f"{slug} was taken out by another process.", remedy="Build again.")
    return document


def split(document: Document, stamp: str, embedder: Embedder) -> DocumentChange:
    """Return a document with its passages, each with the key of its vector."""
    passages = []
    parts = split_passages(document, embedder)
    for passage in parts:
        opening = passage.heading == parts[0].heading
        header = header_of(document.card, passage.heading, embedder, opening=opening)
        key = vector_key(embedding_text(header, passage))
        passages.append(StoredPassage(passage, header, key))
    return DocumentChange(document, tuple(passages), stamp)


def vector_key(text: str) -> str:
    """Return the name under which the vector of a text is known."""
    return hashlib.sha256(text.encode()).hexdigest()
