"""The rounds: every system does the same, one after the other, each verb in a fresh process."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from checkpoint import Checkpoint, Step
from environments import HERE, SystemUnderTest, surroundings
from measuring import Job, described
from processes import MeasurementError, Record, measured
from serving import Load

ADDED = 50
CLIENTS = (8, 32)
QUERIES = 500  # of the search alone
SERVED = ("ours", "raw")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    rounds: int
    built: int = 500  # passages embedded and indexed from nothing
    stored: int = 20_000  # passages of the index that is searched, grown and built again
    sizes: tuple[int, ...] = (1_000, 10_000, 100_000)  # of the cost over size, in round 1
    grown: int = 1_000_000  # vectors of the search alone
    real: int = 110_000  # embedded sentences that those grow from
    asked: int = 1_000  # questions in round 1, whose answers are judged
    asked_again: int = 200  # in the other rounds
    budget_s: float = 25.0  # of one kind of search
    served_s: float = 6.0  # of each number of clients


QUICK = Plan(
    rounds=1,
    built=200,
    stored=2_000,
    sizes=(1_000,),
    grown=150_000,  # more than are compared one by one
    real=20_000,
    asked=300,
    budget_s=6.0,
    served_s=3.0,
)


class Bench:
    """Folders, systems and checkpoint of one run."""

    def __init__(
        self, work: Path, plan: Plan, systems: Sequence[SystemUnderTest], *, quick: bool = False
    ) -> None:
        self.work = work
        self.plan = plan
        self.systems = systems
        self.checkpoint = Checkpoint(work / ("quick.jsonl" if quick else "checkpoint.jsonl"))
        self.failed = 0

    def run(self, own_vectors: Path) -> None:
        """Do every step that is not in the checkpoint yet."""
        for n in range(1, self.plan.rounds + 1):
            self._round(n, own_vectors)
            if n == 1:
                self._sizes()
            self._million(n)

    def job(self, system: SystemUnderTest, kind: str, count: int) -> Job:
        """Return a job on the first ``count`` texts of a kind ("passages", "short")."""
        texts = self.work / "texts"
        return Job(
            folder=str(self.work / "indexes" / f"{system.name}-{kind}-{count}"),
            texts=str(texts / f"{kind}.jsonl"),
            count=count,
            questions=str(texts / "questions.jsonl"),
            asked=self.plan.asked,
            budget_s=self.plan.budget_s,
            corpus=str(self.work / "corpora" / f"{kind}-{count}"),
            added=ADDED,
        )

    def _round(self, n: int, own_vectors: Path) -> None:
        plan = self.plan
        for system in self.systems:
            job = self.job(system, "built", plan.built)
            texts = self.job(system, "passages", plan.built)
            job = replace(job, texts=texts.texts, corpus=texts.corpus)
            self._step(Step(system.name, "build", plan.built, n), self._fresh, system, job)
            shutil.rmtree(job.folder, ignore_errors=True)
        verbs: dict[str, Callable[..., Record]] = {
            "store": self._fresh,
            "search": self._verb,
            "start": self._start,
            "rebuild": self._verb,
            "serve": self._serve,
            "add": self._add,
        }
        for verb, measure in verbs.items():
            for system in self.systems:
                if verb == "serve" and system.name not in SERVED:
                    continue
                asked = plan.asked if n == 1 else min(plan.asked, plan.asked_again)
                job = replace(self.job(system, "passages", plan.stored), asked=asked)
                step = Step(system.name, verb, plan.stored, n)
                if verb == "store":
                    own = system.name == "ours"
                    vectors = own_vectors if own else self._vectors("passages")
                    job = replace(job, vectors=str(vectors))
                    if (
                        replace(step, verb="add") not in self.checkpoint
                        and not Path(job.folder).exists()
                    ):
                        self.checkpoint.records.pop(step, None)  # the other verbs need the index
                self._step(step, measure, system, job, verb)

    def _sizes(self) -> None:
        for size in self.plan.sizes:
            for system in self.systems:
                job = self.job(system, "short", size)
                job = replace(job, asked=50, budget_s=2.0, vectors=str(self._vectors("short")))
                stored = Step(system.name, "store-short", size, 1)
                asked = Step(system.name, "search-short", size, 1)
                if asked not in self.checkpoint:
                    self._step(stored, self._fresh, system, job)
                    self._step(asked, self._verb, system, job, "search")
                shutil.rmtree(job.folder, ignore_errors=True)

    def _million(self, n: int) -> None:
        folder, count = self.work / "vectors", self.plan.grown
        if not (folder / f"library-{count}").exists():
            for verb in ("prepare", "build"):
                self.checkpoint.records.pop(Step("million", verb, count, 1), None)
        for verb in ("prepare", "build") if n == 1 else ():
            command = [sys.executable, "million.py", verb, str(folder), str(count)]
            step = Step("million", verb, count, 1)
            self._step(step, measured, command, surroundings(threads=2), pinned=False)
        for verb in ("search", "flat"):
            command = [sys.executable, "million.py", verb, str(folder), str(count)]
            step = Step("million", verb, count, n)
            self._step(step, measured, command, surroundings(), pinned=True)

    def _step(
        self, step: Step, measure: Callable[..., Record], *given: object, **named: object
    ) -> None:
        """Measure, keep and tell, unless it was done before; a failure is told and passed over."""
        if step in self.checkpoint:
            return
        try:
            record = measure(*given, **named)
        except MeasurementError as error:
            self.failed += 1
            print(f"{step}: FAILED, {error}", flush=True)
            return
        self.checkpoint.add(step, record)
        cost = record["process"]
        print(f"{step}: {cost['wall_s']:.1f} s, {cost['peak_mb']:.0f} MB", flush=True)

    def _verb(self, system: SystemUnderTest, job: Job, verb: str) -> Record:
        command = [system.python(self.work), "-m", f"systems.{system.name}", verb, described(job)]
        return measured(command, surroundings(), pinned=True)

    def _fresh(self, system: SystemUnderTest, job: Job, verb: str = "build") -> Record:
        """Build where nothing is."""
        shutil.rmtree(job.folder, ignore_errors=True)
        return self._verb(system, job, "build")

    def _start(self, system: SystemUnderTest, job: Job, verb: str) -> Record:
        """Start twice and keep the second: the first has read the files from the disk."""
        if system.name != "ours":
            return [self._verb(system, job, verb) for _ in range(2)][1]
        question = job.asked_questions()[0][0]
        command = [sys.executable, "-m", "assistant.cli", "search", question, "--json"]
        command += ["--index", job.folder, "--corpus", job.corpus]
        record = [measured(command, surroundings(), pinned=True) for _ in range(2)][1]
        found = [hit["document"] for hit in record["hits"]]
        return {"figures": {"found": found}, "versions": {}, "process": record["process"]}

    def _add(self, system: SystemUnderTest, job: Job, verb: str) -> Record:
        """Add to the index itself, the last that is done with it in a round.

        On a copy we would measure that our library looks through what others have written.
        """
        try:
            return self._verb(system, job, verb)
        finally:
            shutil.rmtree(job.folder, ignore_errors=True)

    def _serve(self, system: SystemUnderTest, job: Job, verb: str) -> Record:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        if system.name == "ours":
            command = [sys.executable, "-m", "assistant.cli", "serve", "--no-write"]
            command += ["--index", job.folder, "--corpus", job.corpus, "--port", str(port)]
            path = "/api/search?k=10&q="
        else:
            job = replace(job, port=port)
            command = [system.python(self.work), "-m", "systems.raw_server", described(job)]
            path = "/search?question="
        requests = str(self.work / "texts" / "requests.jsonl")
        load = Load(tuple(command), port, path, requests, CLIENTS, self.plan.served_s)
        asking = [sys.executable, "serving.py", json.dumps(asdict(load))]
        return measured(asking, surroundings(threads=2), pinned=False)

    def _vectors(self, kind: str) -> Path:
        return self.work / "vectors" / f"{kind}.npy"


def prepare(data: Path, work: Path, plan: Plan) -> Path:
    """Make texts and ready vectors, where they are missing; return the file of our own."""
    texts, vectors = work / "texts", work / "vectors"
    vectors.mkdir(parents=True, exist_ok=True)
    print("Preparing texts and vectors (once) …", flush=True)
    _python("texts.py", str(data), str(texts))
    for kind, count, embedder in (
        ("passages", plan.stored, "embedded-fp32"),
        ("short", max(plan.real, *plan.sizes), "embedded"),
        ("questions", QUERIES, "embedded"),
    ):
        source, target = texts / f"{kind}.jsonl", vectors / f"{kind}.npy"
        _python("embedding.py", "texts", str(source), str(target), str(count), embedder)
    job = Job(
        folder=str(work / "indexes" / f"own-{plan.stored}"),
        texts=str(texts / "passages.jsonl"),
        count=plan.stored,
        corpus=str(work / "corpora" / f"passages-{plan.stored}"),
    )
    return Path(_python("embedding.py", "library", described(job), str(vectors)).strip())


def _python(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=HERE,
        env=surroundings(),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout
