"""`kill -9` at random moments of a build: the last committed library is what remains."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from builders import Builders
from fakes import HashEmbedder

from assistant.errors import LibraryMissingError
from assistant.library.database import Library
from assistant.library.indexing import build
from assistant.library.vectors import VECTORS_NAME
from assistant.library.verifying import verify
from assistant.reading.files import corpus_files, read_bytes, read_document
from assistant.records import Document

KILLS = 20
Documents = dict[str, Document]


@dataclass
class Corpus:
    """A folder of texts that changes in many ways at once."""

    folder: Path
    random: random.Random

    def grow(self, count: int = 12) -> None:
        self.folder.mkdir(exist_ok=True)
        for n in range(count):
            self.write(f"text-{n}")

    def write(self, slug: str) -> None:
        words = [self.random.choice("value judge firm law trust choice".split()) for _ in range(40)]
        sections = [f"# Part {n}\n\nSo {' '.join(words[n * 8 : n * 8 + 8])}." for n in range(5)]
        text = f"---\nslug: {slug}\n---\n" + "\n\n".join(sections)
        (self.folder / f"{slug}.md").write_text(text, "utf-8")

    def change(self) -> None:
        """Change some, add some, remove some, rename one."""
        paths = sorted(self.folder.glob("*.md"))
        for path in self.random.sample(paths, 3):
            self.write(path.stem)
        for _ in range(2):
            self.write(f"new-{self.random.randrange(10**9)}")
        for path in self.random.sample(paths, 2):
            path.unlink()
        path = self.random.choice(sorted(self.folder.glob("*.md")))
        path.rename(path.with_name(f"renamed-{self.random.randrange(10**9)}.md"))

    def documents(self) -> Documents:
        read = [
            read_document(p, read_bytes(p), root=self.folder) for p in corpus_files(self.folder)
        ]
        return {d.card.id: d for d in read}


def stored(library: Library) -> Documents:
    """Return what is there; nothing where no build came as far as a commit."""
    try:
        with library.reading() as snapshot:
            return {card.id: snapshot.document(card.id) for card in snapshot.cards()}
    except LibraryMissingError:
        return {}


def kill_at_random(
    builders: Builders, rng: random.Random, corpus: Path, index: Path, *, aim: str
) -> tuple[str, int]:
    """Start a build and kill it at a random moment, not before the step that is aimed at.

    Return the last step heard and the exit code: -9, or 0 when the build was faster.
    """
    steps, patience = rng.randrange(1, 12), rng.random() * 0.012
    if aim == "Writing":
        steps, patience = 1, patience / 4  # soon over
    builders.start(corpus, index, delay_s=0.003)
    pid, last = 0, ""
    while steps:
        kind, told_by, *rest = builders.heard()
        assert kind != "error", rest
        if kind == "end":
            return last, int(rest[0])
        pid, last = int(told_by), (rest or [kind])[0]
        steps -= last == aim or not aim
    time.sleep(patience)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return last, builders.statuses()[0]


def test_nothing_is_lost_by_kill_9(builders, tmp_path):
    seed = int(os.environ.get("KILL_SEED", random.SystemRandom().randrange(10**6)))
    rng = random.Random(seed)
    corpus, library = Corpus(tmp_path / "texts", rng), Library(tmp_path / "index")
    corpus.grow()
    killed: list[str] = []
    before: Documents = {}
    try:
        while len(killed) < KILLS:
            aim = ("", "Embedding", "Writing")[len(killed) % 3]
            last, status = kill_at_random(builders, rng, corpus.folder, library.folder, aim=aim)
            assert status in (0, -9)
            if status == -9:
                killed.append(last)
            wanted = corpus.documents()
            assert_nothing_lost(library, before, wanted)
            if rng.random() < 0.7:  # else the next build meets what was left, and newer texts
                build(library, corpus.folder, HashEmbedder())
                assert stored(library) == wanted
                assert verify(library, "hash-64") == ()
            before = stored(library)
            corpus.change()
        build(library, corpus.folder, HashEmbedder())
        assert stored(library) == corpus.documents()
        assert verify(library, "hash-64") == ()
        assert not list(library.folder.glob("*set-aside*"))
    except BaseException:
        print(f"KILL_SEED={seed}; killed at {killed}")  # noqa: T201
        raise


def assert_nothing_lost(library: Library, before: Documents, wanted: Documents) -> None:
    assert stored(library) in (before, wanted)  # the whole old library or the whole new one
    try:
        findings = verify(library)
    except LibraryMissingError:
        assert before == {}
        return
    assert all(finding.startswith(f"{VECTORS_NAME} is ") for finding in findings), findings


def test_a_first_build_that_is_killed_goes_on(builders, tmp_path):
    """Vectors that were committed are not made again."""
    rng = random.Random(7)
    corpus, library = Corpus(tmp_path / "texts", rng), Library(tmp_path / "index")
    corpus.grow(8)
    builders.start(corpus.folder, library.folder, delay_s=0.02)
    pid = builders.heard()[1]
    for _ in range(8 + 6):  # every text is read, then six batches of four are begun
        builders.heard()
    os.kill(int(pid), signal.SIGKILL)
    assert builders.statuses() == [-9]
    assert stored(library) == {}
    embedder = HashEmbedder()
    report = build(library, corpus.folder, embedder)
    assert report.passages == 40
    assert 40 - 24 <= len(embedder.embedded) <= 40 - 16
    assert stored(library) == corpus.documents()


pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="builds are forked")
