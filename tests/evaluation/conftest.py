"""Small sets in every form, and a bench to measure them on: no weights, no network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import HashEmbedder
from jsonl import lines

from assistant.evaluation.measuring import Bench
from assistant.settings import Settings


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A bench with the bag-of-words embedder."""
    settings = Settings.load(
        {"corpus": tmp_path / "texts", "index": tmp_path / "index", "model": "none"}, file=None
    )
    return Bench(settings, HashEmbedder(dimension=256), tmp_path / "work")


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    """Three documents, two questions, one of which needs two documents."""
    folder = tmp_path / "fruit"
    lines(
        folder / "corpus.jsonl.gz",
        {"_id": "a-1", "title": "Apples", "text": "Apples grow on trees. They ripen in autumn."},
        {"_id": "b/2", "title": "Bananas", "text": "Bananas grow on tall herbs in the tropics."},
        {"_id": "3", "title": "", "text": "*Cherries* are stone fruits; 2 * 3 = 6."},
    )
    lines(
        folder / "queries.jsonl",
        {"_id": "1", "text": "When do apples ripen?"},
        {"_id": "2", "text": "Which fruits grow in the tropics or have stones?"},
        {"_id": "3", "text": "Nobody judged this one."},
    )
    (folder / "qrels").mkdir()
    rows = ["query-id\tcorpus-id\tscore", "1\ta-1\t1", "2\tb/2\t1", "2\t3\t2", "3\t3\t0"]
    (folder / "qrels" / "test.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def textbook(tmp_path: Path) -> Callable[[], Path]:
    """Twenty-four chapters, each the only one with its two subjects, far apart."""

    def made() -> Path:
        folder = tmp_path / "book"
        (folder / "docs").mkdir(parents=True)
        rows = []
        for n, (one, other) in enumerate((a, b) for a in _FIRST for b in _SECOND):
            name = f"part-{n:02d}.md"
            (folder / "docs" / name).write_text(
                f"The beginning speaks at some length of {one}, as it was in the old days. "
                f"What follows after that is quite another thing and it has to do with {other}.\n",
                encoding="utf-8",
            )
            question = f"Where do {one} and {other} come together?"
            rows.append({"id": f"q{n}", "question": question, "source_doc": name, "kind": "open"})
        lines(folder / "questions.jsonl", *rows)
        return folder

    return made


_FIRST = ("bakers", "sailors", "weavers", "miners", "potters", "tanners")
_SECOND = ("rivers", "taxes", "winters", "bridges")
