"""Whose Value?, through its public path: a folder of text files, ``build`` and ``search``."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant import Assistant
from assistant.models.wiring import open_embedder
from assistant.ports import Embedder, Floats1d, Floats2d
from assistant.settings import Settings
from measuring import TOP_K, Job, Passage, main


class Ours:
    """The texts lie in ``job.corpus``, one file each; no language model."""

    modes = ("hybrid",)

    def __init__(self, job: Job) -> None:
        corpus = Path(job.corpus)
        self._added = corpus / "added"
        shutil.rmtree(self._added, ignore_errors=True)
        if not corpus.exists() or len(list(corpus.iterdir())) != job.count:
            write_corpus(corpus, job.passages())
        settings = Settings.load({"corpus": job.corpus, "index": job.folder, "model": "none"})
        embedder = open_embedder(settings)
        if job.vectors:
            embedder = ReadyEmbedder(embedder, np.load(job.vectors, mmap_mode="r"), job.count)
        self._assistant = Assistant(settings, embedder, None)

    def build(self, passages: Sequence[Passage]) -> None:
        """Build; the files are read within the measurement."""
        report = self._assistant.build()
        assert not report.problems and report.passages == len(passages), report.problems

    def open(self) -> None:
        """Search once, so that the vectors are in memory."""
        self._assistant.search("What is it?")

    def add(self, passages: Sequence[Passage]) -> None:
        """Write the new files and build."""
        write_corpus(self._added, passages)
        report = self._assistant.build()
        assert report.embedded == len(report.added) == len(passages)

    def rebuild(self, passages: Sequence[Passage]) -> bool:
        """Build again."""
        report = self._assistant.build()
        assert report.unchanged == len(passages) and not report.embedded
        return True

    def search(self, question: str, mode: str) -> list[str]:
        """Search; every file is one passage."""
        return [hit.document.id for hit in self._assistant.search(question, top_k=TOP_K)]


@dataclass(frozen=True, slots=True)
class ReadyEmbedder:
    """Gives the vectors of the first ``count`` files without computing them."""

    real: Embedder
    ready: Floats2d
    count: int

    @property
    def fingerprint(self) -> str:
        """That of the embedder which made them."""
        return self.real.fingerprint

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self.real.dimension

    @property
    def max_tokens(self) -> int:
        """The most that the real one takes."""
        return self.real.max_tokens

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Return what the real one does."""
        return self.real.token_spans(text)

    def embed_passages(self, texts: Sequence[str]) -> Floats2d:
        """Return ready vectors by the file's name, which is the first line of what is embedded."""
        rows = [int(text.partition("\n")[0][1:]) for text in texts]
        if max(rows) >= self.count:
            return self.real.embed_passages(texts)
        return np.ascontiguousarray(self.ready[rows])

    def embed_question(self, text: str) -> Floats1d:
        """Return what the real one does."""
        return self.real.embed_question(text)


def write_corpus(folder: Path, passages: Sequence[Passage]) -> None:
    """Write each passage as a file of its own, named by its number alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for passage in passages:
        (folder / f"{passage.id}.txt").write_text(passage.text, encoding="utf-8")


if __name__ == "__main__":
    main(Ours, "whose-value", "onnxruntime", "tokenizers", "faiss-cpu", "numpy")
