"""Building the library: only what changed is read, only what is new is embedded.

The cost follows the change. What nobody has touched since the last build is neither read nor
checked (``planning``, ``trust``), what is read waits in a file for its commit (``spool``), and
the vector file is appended to (``vector_file``).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from assistant.errors import (
    LibraryDamagedError,
    LibraryLockedError,
    LibraryMissingError,
    LibraryOldError,
)
from assistant.library import schema
from assistant.library.carrying import whole_vectors
from assistant.library.database import Library, Writer
from assistant.library.keeping import Change, bring_up_to_date
from assistant.library.planning import OnProgress, Plan, planned, split, texts_of
from assistant.library.spool import Spool
from assistant.library.trust import Trust
from assistant.library.verifying import damage, faiss_findings
from assistant.ports import Embedder
from assistant.reading.files import FoundFile
from assistant.records import BuildReport, Progress

log = logging.getLogger(__name__)

_BATCH = 64  # texts embedded between two commits: what a kill can cost
_WORTH_WRITING = 100  # stamps: reading fewer files again is quicker than a commit


def build(
    library: Library,
    corpus: Path,
    embedder: Embedder,
    *,
    on_progress: OnProgress = lambda _: None,
    thorough: bool = False,
) -> BuildReport:
    """Make the library agree with the corpus, in one committed step.

    Vectors are committed as they are made and known by the text they stand for, so a
    build that was killed goes on where it stopped. Readers see the old library until the
    last commit. ``thorough``: read every file and check the whole index, also what nobody
    seems to have touched. Raises CorpusError, LibraryError; a bad file is reported, not raised.
    """
    began = time.perf_counter()
    files = texts_of(corpus)
    builder = _Builder(library, corpus, embedder, on_progress, thorough, files)
    try:
        with _trusted(library, embedder, thorough):
            report = builder.run(began)
    except LibraryDamagedError:  # met on the way, in what was not checked
        with _trusted(library, embedder, thorough=True):
            report = builder.run(began)
    log.info(
        "built generation %d: %d passages, %d texts embedded, %.1f s",
        report.generation,
        report.passages,
        report.embedded,
        report.seconds,
    )
    return report


def pending(library: Library, corpus: Path, embedder: Embedder, *, thorough: bool = False) -> Plan:
    """Return what ``build`` would do now, without doing it."""
    return planned(library, corpus, embedder, lambda _: None, thorough=thorough)


@contextmanager
def _trusted(library: Library, embedder: Embedder, thorough: bool) -> Iterator[None]:
    """See to it that the index is sound, and remember that it is when the build has ended."""
    trust = Trust(library.folder)
    if thorough:
        trust.withdraw()
    if not trust.in_database():
        _clear_the_way(library, embedder)
    yield
    trust.grant()


@dataclass(slots=True)
class _Builder:
    """One build; what it embedded is counted over all its attempts."""

    library: Library
    corpus: Path
    embedder: Embedder
    on_progress: OnProgress
    thorough: bool
    files: list[FoundFile] | None  # as found before the first attempt
    embedded: int = 0

    def run(self, began: float) -> BuildReport:
        """Try until nobody else has changed the library in between."""
        while (done := self._attempt()) is None:
            log.info("the library changed while it was being built; looking again")
        plan, generation, change = done
        self.on_progress(Progress("Writing the vector index", 0, 1))
        passages = self._write_vectors(change)
        self.on_progress(Progress("Done", 1, 1))
        return BuildReport(
            added=plan.added,
            changed=plan.changed,
            removed=plan.removed,
            unchanged=plan.unchanged,
            problems=plan.problems,
            passages=passages,
            embedded=self.embedded,
            generation=generation,
            seconds=time.perf_counter() - began,
        )

    def _attempt(self) -> tuple[Plan, int, Change | None] | None:
        files, self.files = self.files, None
        with closing(Spool()) as spool:
            plan = planned(
                self.library,
                self.corpus,
                self.embedder,
                self.on_progress,
                files=files,
                on_document=lambda document, stamp: spool.put(
                    split(document, stamp, self.embedder)
                ),
                thorough=self.thorough,
            )
            self._embed_missing(spool)
            return self._commit(plan, spool)

    def _embed_missing(self, spool: Spool) -> None:
        """Embed the texts whose vectors are not known, and commit them batch by batch."""
        if not spool.keys:
            return
        model = self.embedder.fingerprint
        with self.library.changing() as changes:
            with changes.transaction() as writer:
                missing = set(spool.keys) - writer.known_vectors(model, list(spool.keys))
            total, done, began = len(missing), 0, time.perf_counter()
            texts = spool.texts(missing)
            while batch := dict(islice(texts, _BATCH)):
                spent = time.perf_counter() - began
                eta_s = spent / done * (total - done) if done else None
                self.on_progress(Progress("Embedding the passages", done, total, eta_s))
                vectors = self.embedder.embed_passages(list(batch.values()))
                with changes.transaction(lasting=False) as writer:
                    writer.store_vectors(model, list(batch), vectors)
                done += len(batch)
        self.embedded += total

    def _commit(self, plan: Plan, spool: Spool) -> tuple[Plan, int, Change | None] | None:
        """Write the plan in one transaction; None when the library is not the one planned for."""
        if plan.is_empty:
            if len(plan.stamps) >= _WORTH_WRITING:
                with suppress(LibraryLockedError), self.library.writing() as writer:
                    writer.put_stamps(plan.stamps)
            return plan, plan.generation, None
        with self.library.writing() as writer:
            if writer.generation != plan.generation:
                return None
            before, gone = writer.edition, _applied(writer, plan, spool)
            return plan, writer.next_generation(), Change(before, tuple(gone))

    def _write_vectors(self, change: Change | None) -> int:
        """Bring vectors.faiss up to the committed generation; return the number of passages."""
        with self.library.reading() as snapshot:
            sound = Trust(self.library.folder).in_vectors() or not any(
                faiss_findings(self.library, snapshot)
            )
            bring_up_to_date(self.library.folder, snapshot, change, sound=sound)
            return snapshot.count("passages")


def _applied(writer: Writer, plan: Plan, spool: Spool) -> list[int]:
    """Put everything in; return the ids of the passages that are gone."""
    gone: list[int] = []
    # Everything old goes first: a file may have taken over another one's path.
    for slug in (*plan.removed, *plan.changed):
        gone.extend(writer.remove(slug))
    for rows in spool.documents():
        writer.put_rows(rows)
    writer.put_stamps(plan.stamps)
    if plan.literature is not None:
        writer.put_literature(plan.literature.references)
        writer.remember({"literature": plan.literature.sha256})
    writer.remember(
        {**plan.fingerprints, "built_at": datetime.now(UTC).isoformat(timespec="seconds")}
    )
    return gone


def _clear_the_way(library: Library, embedder: Embedder) -> None:
    """Move a database that is damaged or old aside: it is kept, and so are its whole vectors."""
    try:
        found = damage(library)
    except LibraryMissingError:
        return
    except LibraryOldError as error:
        found = (str(error.args[0]),)
    if not found:
        return
    log.warning("%s is set aside: %s", schema.DATABASE_NAME, "; ".join(found))
    aside = _move_aside(library)
    batches = whole_vectors(aside, embedder.fingerprint, embedder.dimension)
    for keys, vectors in batches:
        with library.changing() as changes, changes.transaction(lasting=False) as writer:
            writer.store_vectors(embedder.fingerprint, keys, vectors)


def _move_aside(library: Library) -> Path:
    library.close()
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    aside = library.path.with_name(f"{schema.DATABASE_NAME}.set-aside-{stamp}")
    try:
        for suffix in ("-wal", "-shm", ""):
            path = library.path.with_name(library.path.name + suffix)
            with suppress(FileNotFoundError):
                path.rename(aside.with_name(aside.name + suffix))
    except OSError as cause:
        raise LibraryLockedError(
            f"{library.path} cannot be set aside ({cause.strerror}).",
            remedy="Close the web chat and everything else that uses it, then build again.",
        ) from cause
    return aside
