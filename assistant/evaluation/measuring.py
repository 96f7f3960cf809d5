"""From a loaded set to its results: the right collection, the right task, the figures."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from assistant import __version__
from assistant.answering.entailing import checker_of
from assistant.evaluation.answers import asked, observed
from assistant.evaluation.cases import ClaimSet, GivenSet, SearchSet
from assistant.evaluation.checks import checked
from assistant.evaluation.corpora import Remembering, Shelf, shelved
from assistant.evaluation.forms import GoldSet, LoadedSet
from assistant.evaluation.given import given
from assistant.evaluation.judging import ContainmentJudge, Judge
from assistant.evaluation.observed import Observed, OnProgress
from assistant.evaluation.results import Results, results_of
from assistant.evaluation.searching import searched
from assistant.evaluation.splitting import APPS_OWN, Splitting, split_anew
from assistant.library.planning import fingerprints
from assistant.ports import Embedder, LanguageModel, TrainedModels
from assistant.retrieval.scoring import SentenceVectors
from assistant.service import Assistant
from assistant.settings import Settings

_PACKAGES = ("ir-measures", "onnxruntime", "faiss-cpu", "numpy")


@dataclass(frozen=True, slots=True)
class Bench:
    """What sets are measured with."""

    settings: Settings
    embedder: Embedder
    work: Path  # libraries of sets with texts of their own are kept here
    model: LanguageModel | None = None  # None: quotations only
    trained: TrainedModels = field(default_factory=TrainedModels)
    judge: Judge = ContainmentJudge()  # noqa: RUF009 - it has no state
    splitting: Splitting = APPS_OWN


def measured(one: LoadedSet, bench: Bench, on_progress: OnProgress = lambda _: None) -> Results:
    """Return the results of a set."""
    seen = _observed(one, bench, on_progress)
    written = isinstance(one.records, GoldSet) and bench.model is not None
    return results_of(
        f"{one.name}, written" if written else one.name,
        one.form.value,
        seen,
        versions=versions(),
        fingerprints={**_fingerprints(bench), "set": one.sha256},
    )


def _observed(one: LoadedSet, bench: Bench, on_progress: OnProgress) -> Observed:
    records = one.records
    match records:
        case ClaimSet():
            checker = checker_of(SentenceVectors(bench.embedder), bench.trained.entailer)
            return checked(records, checker, bench.judge, bench.embedder, on_progress)
        case GoldSet(questions):
            shelf = shelf_of(one, bench, on_progress)
            return observed(shelf, asked(shelf, questions, on_progress), bench.judge)
        case SearchSet():
            return searched(shelf_of(one, bench, on_progress), records, on_progress)
        case GivenSet():
            return given(shelf_of(one, bench, on_progress), records, on_progress)


def shelf_of(one: LoadedSet, bench: Bench, on_progress: OnProgress) -> Shelf:
    """Return the collection that a set is put to: its own texts, or the corpus of the settings."""
    records = one.records
    if isinstance(records, SearchSet | GivenSet):
        corpus = records.corpus if isinstance(records, SearchSet) else None
        shelf = shelved(
            corpus or records.texts,
            name=_file_name(one.name),
            work=bench.work,
            settings=bench.settings,
            embedder=Remembering(bench.embedder),
            trained=bench.trained,
            on_progress=on_progress,
        )
    else:
        shelf = _own(bench)
    return split_anew(shelf, bench.splitting, home=bench.work, on_progress=on_progress)


def _own(bench: Bench) -> Shelf:
    """Return the index of the settings as it stands."""
    embedder = Remembering(bench.embedder)
    assistant = Assistant(bench.settings, embedder, bench.model, lambda: bench.trained)
    names = {card.id: card.id for card in assistant.documents()}
    return Shelf(assistant, embedder, names, bench.trained)


def versions() -> dict[str, str]:
    """Return the versions that figures depend on."""
    found = {"whose-value": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _fingerprints(bench: Bench) -> Mapping[str, str]:
    settings = bench.settings
    return {
        **fingerprints(bench.embedder),
        "passages": f"{bench.splitting.max_tokens} tokens"
        + ("" if bench.splitting.headings else ", no heading path"),
        "search": f"dense_weight {settings.dense_weight}, top_k {settings.top_k}",
        "strictness": settings.strictness,
        "scorer": bench.trained.scorer.fingerprint if bench.trained.scorer else "none",
        "entailer": bench.trained.entailer.fingerprint if bench.trained.entailer else "none",
        "model": bench.model.name if bench.model else "none",
    }


def _file_name(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name).strip("-")
