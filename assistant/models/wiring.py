"""The one place where settings become models; heavy libraries are imported when chosen."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Literal, TypeVar

from assistant.errors import ModelError
from assistant.models.adapter import ADAPTERS, ENTAILMENT, RELEVANCE, read_adapter
from assistant.models.cache import LAYOUT_VERSION, Report, cache_root, verify
from assistant.models.convert import CONVERTER_VERSION
from assistant.models.plan import EXPORTER_VERSION, FORMAT_VERSION, MERGER_VERSION
from assistant.models.prepare import Task, prepared
from assistant.models.weights import (
    EMBEDDER_NAME,
    EMBEDDER_SHA256,
    LANGUAGE_MODEL_NAME,
    embedder_weights,
    language_model_weights,
)
from assistant.ports import AnswerScorer, Embedder, Entailer, LanguageModel, TrainedModels
from assistant.settings import Settings

EMBEDDED = "embedded"
EMBEDDED_FLOAT32 = "embedded-fp32"
NO_MODEL = "none"
_Model = TypeVar("_Model")
_CROSS_ENCODERS = "cross-encoder"  # who owns those that are named by a bare id

# It was trained for 8192; on two cores so long a prompt takes a quarter of a minute to read.
_EMBEDDED_CONTEXT_TOKENS = 4096


def open_embedder(settings: Settings, on_progress: Report | None = None) -> Embedder:
    """Return the embedder in force, prepared first where needed.

    Raises ModelError when it cannot be found or prepared.
    """
    task = _embedder_task(settings, on_progress or (lambda _: None))

    def opened(folder: Path) -> Embedder:
        from assistant.models.embedding import open_prepared

        return open_prepared(folder, Path(task.source), device=settings.device)

    return _open_sound(task, opened, on_progress)


def open_language_model(
    settings: Settings, on_progress: Report | None = None
) -> LanguageModel | None:
    """Return the language model in force, None for "none"; nothing is loaded yet."""
    if settings.model == NO_MODEL:
        return None
    if settings.model.startswith(("http://", "https://")):
        from assistant.models.server import ServerModel

        return ServerModel(settings.model, settings.model_name)
    from assistant.models.causal import CausalModel

    report = on_progress or (lambda _: None)
    if settings.model == EMBEDDED:
        return CausalModel(
            LANGUAGE_MODEL_NAME,
            lambda: prepared(_language_model_task(settings), report),
            device=settings.device,
            dtype=settings.dtype,
            context_tokens=_EMBEDDED_CONTEXT_TOKENS,
        )

    def locate_model() -> Path:
        from assistant.models.hub import locate

        return locate(settings.model, report=report)

    return CausalModel(
        _short_name(settings.model), locate_model, device=settings.device, dtype=settings.dtype
    )


def open_trained(settings: Settings, on_progress: Report | None = None) -> TrainedModels:
    """Return what ranks answers and checks claims, prepared first where needed.

    Where our own adapters are missing, damaged or cannot be prepared, the assistant does
    without, and says so. Raises ModelError when one that was named cannot be had.
    """
    report = on_progress or (lambda _: None)
    with ThreadPoolExecutor(2) as side_by_side:  # to prepare one takes ten seconds of a core
        scorer = side_by_side.submit(_open_scorer, settings, report)
        entailer = side_by_side.submit(_open_entailer, settings, report)
    warnings: list[str] = []
    return TrainedModels(
        scorer=_had(scorer, settings.scorer, warnings),
        entailer=_had(entailer, settings.entailer, warnings),
        warning=" ".join(warnings),
    )


def _had(opening: Future[_Model], name: str, warnings: list[str]) -> _Model | None:
    """Return what was opened; None, with a warning, where our own cannot be had."""
    try:
        return opening.result()
    except ModelError as error:
        if name != EMBEDDED:
            raise
        warnings.append(str(error))
        return None


def _open_sound(task: Task, opened: Callable[[Path], _Model], on_progress: Report | None) -> _Model:
    """Open what was prepared, and once more anew where it turns out to be damaged."""
    folder = prepared(task, on_progress)
    try:
        return opened(folder)
    except ModelError:
        if verify(folder):  # it is what was prepared: another try would end the same way
            raise
    return opened(prepared(task, on_progress))


def _open_scorer(settings: Settings, report: Report) -> AnswerScorer | None:
    if settings.scorer == NO_MODEL:
        return None
    if settings.scorer == EMBEDDED:
        from assistant.models.scoring import open_scorer

        return _open_sound(_adapter_task(settings, RELEVANCE), open_scorer, report)
    from assistant.models.cross_encoder import CrossEncoderScorer
    from assistant.models.hub import locate

    folder = locate(settings.scorer, home=_CROSS_ENCODERS, report=report)
    return CrossEncoderScorer(folder, device=settings.device)


def _open_entailer(settings: Settings, report: Report) -> Entailer | None:
    if settings.entailer == NO_MODEL:
        return None
    if settings.entailer == EMBEDDED:
        from assistant.models.scoring import open_entailer

        return _open_sound(_adapter_task(settings, ENTAILMENT), open_entailer, report)
    from assistant.models.cross_encoder import CrossEncoderEntailer
    from assistant.models.hub import locate

    folder = locate(settings.entailer, home=_CROSS_ENCODERS, report=report)
    return CrossEncoderEntailer(folder, device=settings.device)


def _adapter_task(settings: Settings, name: str) -> Task:
    source = ADAPTERS / name
    adapter = read_adapter(source)
    key = _key(adapter.fingerprint, adapter.lora_sha256, MERGER_VERSION, FORMAT_VERSION)
    return Task(
        kind="adapter",
        name=f"the {name} check" if name == ENTAILMENT else f"the {name} ranking",
        source=str(source),
        target=str(cache_root(settings.cache) / f"{name}-{key}"),
        precision="float32" if adapter.precision == "float32" else "int8",
    )


def _language_model_task(settings: Settings) -> Task:
    source = language_model_weights()
    key = _key(source.name, str(source.stat().st_size), CONVERTER_VERSION)
    return Task(
        kind="language-model",
        name=LANGUAGE_MODEL_NAME,
        source=str(source),
        target=str(cache_root(settings.cache) / f"{LANGUAGE_MODEL_NAME}-bfloat16-{key}"),
        precision="bfloat16",
    )


def _embedder_task(settings: Settings, report: Report) -> Task:
    root = cache_root(settings.cache)
    if settings.embedder in (EMBEDDED, EMBEDDED_FLOAT32):
        precision: Literal["int8", "float32"] = "int8"
        if settings.embedder == EMBEDDED_FLOAT32:
            precision = "float32"
        key = _key(EMBEDDER_SHA256, precision, EXPORTER_VERSION, FORMAT_VERSION)
        return Task(
            kind="embedder",
            name=EMBEDDER_NAME,
            source=str(embedder_weights()),
            target=str(root / f"{EMBEDDER_NAME}-{precision}-{key}"),
            precision=precision,
            packaged=True,
        )
    from assistant.models.hub import locate

    source = locate(settings.embedder, home="sentence-transformers", report=report)
    key = _key(_signature(source), "int8", EXPORTER_VERSION, FORMAT_VERSION)
    name = _short_name(settings.embedder)
    return Task(
        kind="embedder",
        name=name,
        source=str(source),
        target=str(root / f"{name}-int8-{key}"),
        precision="int8",
    )


def _signature(folder: Path) -> str:
    """Describe a folder's files by path, size and time, so that a change is noticed."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".json", ".safetensors"})
    stats = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return json.dumps(stats)


def _short_name(model: str) -> str:
    """Return the last part of a folder or hub id, fit for a file name."""
    return re.sub(r"[^\w.-]", "-", Path(model).name) or "model"


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join([LAYOUT_VERSION, *parts]).encode()).hexdigest()[:12]
