"""Is everything there, and does it really work? Every check says what it saw and what to do."""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

from assistant.doctor.findings import Finding, Health, failure, warning
from assistant.doctor.trials import embedding, judging, writing
from assistant.errors import AssistantError, LibraryMissingError, WeightsMissingError
from assistant.settings import Settings

_OLDEST_PYTHON = (3, 11)
_LEAST_MEMORY_GB = 2.0  # the whole app keeps within 1.6 GB
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield each check as soon as it is done; none of them raises."""
    checks: dict[str, Callable[[Settings], Finding]] = {
        "Python": _python,
        "Packages": _packages,
        "Full-text search": _full_text,
        "Machine": _machine,
        "Weights": _weights,
        "Prepared models": _cache,
        "Corpus": _corpus,
        "Index folder": _index_folder,
        "Port": _port,
        "Network": _network,
        "Embedding": embedding,
        "Judging": judging,
        "Index": _index,
        "Writing": writing,
    }
    for name, look in checks.items():
        began = time.perf_counter()
        finding = _looked(look, settings)
        ms = round((time.perf_counter() - began) * 1000, 1)
        yield replace(finding, name=name, ms=ms)


def _looked(look: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return look(settings)
    except AssistantError as error:
        return failure(str(error.args[0]), error.remedy)
    except Exception as error:  # noqa: BLE001 - a check that breaks is a finding too
        return failure(f"unexpected {type(error).__name__}: {error}", "Please report this.")


def _python(_: Settings) -> Finding:
    words = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    recent = sys.version_info >= _OLDEST_PYTHON
    return Finding(words) if recent else failure(words, "Install Python 3.11 or later.")


def _packages(_: Settings) -> Finding:
    """Every package that ours asks for has to be installed."""
    try:
        needed = metadata.requires("whose-value") or []
    except metadata.PackageNotFoundError:
        return warning("the project itself is not installed", "Run: uv sync, or pip install .")
    names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in needed if "extra ==" not in line]
    versions = {name: _version(name) for name in names}
    if missing := [name for name, version in versions.items() if not version]:
        return failure(f"missing: {', '.join(missing)}", "Run: uv sync, or pip install .")
    return Finding(", ".join(f"{name} {version}" for name, version in versions.items()))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _full_text(_: Settings) -> Finding:
    with sqlite3.connect(":memory:") as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE t USING fts5 (text)")
        except sqlite3.OperationalError as cause:
            remedy = "Use a Python whose SQLite was built with FTS5, such as uv's own."
            return failure(f"SQLite has no FTS5 ({cause})", remedy)
    return Finding(f"SQLite {sqlite3.sqlite_version} with FTS5")


def _machine(settings: Settings) -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory_gb = available_memory_gb()
    known = "memory not known" if memory_gb is None else f"{memory_gb:.1f} GB of memory free"
    words = f"{cores} cores, {known}"
    if memory_gb is not None and memory_gb < _LEAST_MEMORY_GB:
        return warning(words, "Close other programs, or start with --model none.")
    return Finding(words)


def available_memory_gb(meminfo: Path = Path("/proc/meminfo")) -> float | None:
    """Return the memory that programs may still take; None where the system does not say."""
    try:
        text = meminfo.read_text(encoding="ascii")
    except OSError:
        return None
    match = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(match[1]) / 1024**2 if match else None


def _weights(settings: Settings) -> Finding:
    """Look for the packages that carry the embedded models."""
    from assistant.models import weights

    words = []
    if settings.embedder == "embedded":
        weights.check_embedder_weights(weights.embedder_weights())
        words.append(f"{weights.EMBEDDER_NAME}, the expected ones")
    if settings.model == "embedded":
        try:
            size = weights.language_model_weights().stat().st_size
        except WeightsMissingError as error:
            told = f"{error.args[0]} Answers are quotations only."
            return warning(told, error.remedy)
        words.append(f"{weights.LANGUAGE_MODEL_NAME}, {size / 1e6:.0f} MB")
    return Finding("; ".join(words) or "no embedded model is used")


def _cache(settings: Settings) -> Finding:
    """Read every byte of the prepared models: a start only looks at sizes and times."""
    from assistant.models.cache import MANIFEST, cache_root, verify

    folder = cache_root(settings.cache)
    models = sorted(p.parent for p in folder.glob(f"*/{MANIFEST}"))
    if damaged := [p.name for p in models if not verify(p)]:
        words = f"{folder}: damaged: {', '.join(damaged)}"
        return failure(words, "Nothing has to be done: it is made again when it is next used.")
    held = ", ".join(p.name for p in models) or "nothing prepared yet"
    remedy = "Mend its permissions, or give another folder with --cache."
    return _writable(folder, f"{folder}: {held}", remedy)


def _index_folder(settings: Settings) -> Finding:
    remedy = "Asking works; for building mend the permissions or give another --index."
    finding = _writable(settings.index, f"{settings.index} can be written", remedy)
    if finding.health is Health.FAILURE and (settings.index / "library.db").exists():
        return warning(finding.words, finding.remedy)
    return finding


def _writable(folder: Path, words: str, remedy: str) -> Finding:
    """Really write a file there, or where the folder would be made."""
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    try:
        with tempfile.TemporaryFile(dir=existing):
            free_gb = shutil.disk_usage(existing).free / 1e9
    except OSError as cause:
        return failure(f"{folder} cannot be written ({cause.strerror or cause})", remedy)
    if free_gb < 1:
        return warning(f"{words}; {free_gb:.1f} GB free", "Free some disk space.")
    return Finding(f"{words}; {free_gb:.0f} GB free")


def _corpus(settings: Settings) -> Finding:
    from assistant.reading.files import corpus_files, read_bytes

    files = corpus_files(settings.corpus)
    if not files:
        return warning(f"{settings.corpus} holds no texts", "Put .md or .txt files there.")
    size = sum(len(read_bytes(path)) for path in files)
    return Finding(f"{len(files)} texts, {size / 1000:.0f} kB, in {settings.corpus}")


def _index(settings: Settings) -> Finding:
    """Look whether the index is whole, and whether it agrees with the corpus."""
    from assistant.library.database import Library
    from assistant.library.indexing import pending
    from assistant.library.verifying import verify
    from assistant.models.wiring import open_embedder

    library = Library(settings.index)
    remedy = "Run: assistant index build"
    embedder = open_embedder(settings)
    try:
        findings = verify(library, embedder.fingerprint)
    except LibraryMissingError as error:
        return warning(str(error.args[0]), f"{remedy} (the web chat does it too)")
    if findings:
        return failure("; ".join(findings), remedy)
    plan = pending(library, settings.corpus, embedder)
    if plan.problems:
        words = "; ".join(p.reason for p in plan.problems)
        return warning(words, plan.problems[0].remedy)
    if not plan.is_empty:
        return warning("sound, but the corpus has changed since", remedy)
    with library.reading() as snapshot:
        documents, passages = snapshot.count("documents"), snapshot.count("passages")
    return Finding(f"sound and up to date: {documents} texts, {passages} passages")


def _port(settings: Settings) -> Finding:
    words = f"{settings.host}:{settings.port}"
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        with socket.socket(family) as listener:
            if os.name == "posix":  # as the server does: a port just left may be taken again
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((settings.host, settings.port))
    except OSError as cause:
        remedy = "If that is not the running chat, give another with --port."
        return warning(f"{words} is taken ({cause.strerror})", remedy)
    return Finding(f"{words} is free")


def _network(settings: Settings) -> Finding:
    """Say what would leave the machine with these settings."""
    ids = [name for name in _named(settings) if _is_hub_id(name)]
    leaving = [f"{name} is downloaded once, where it is not here yet" for name in ids]
    host = urlsplit(settings.model).hostname
    if "://" in settings.model and host not in _LOCAL_HOSTS:
        leaving.append(f"questions and quoted passages go to {host}")
    if leaving:
        remedy = "Use the embedded models or folders, and nothing leaves this machine."
        return warning("; ".join(leaving), remedy)
    return Finding("nothing leaves this machine; no hub is contacted")


def _named(settings: Settings) -> tuple[str, ...]:
    return (settings.model, settings.embedder, settings.scorer, settings.entailer)


def _is_hub_id(name: str) -> bool:
    known = {"embedded", "embedded-fp32", "none"}
    return name not in known and "://" not in name and not Path(name).expanduser().is_dir()
