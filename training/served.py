"""A finished adapter, prepared and opened as the app does it, for calibrating and measuring."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from assistant.models.adapter import read_adapter
from assistant.models.cache import prepare_once
from assistant.models.merging import export_scorer
from assistant.models.plan import MERGER_VERSION
from assistant.models.scoring import OnnxEntailer, OnnxScorer, open_entailer, open_scorer
from assistant.models.weights import embedder_weights


def prepared_adapter(source: Path, work: Path) -> Path:
    """Return the folder in which the adapter in ``source`` is prepared; made where missing."""
    adapter = read_adapter(source)
    told = json.dumps([MERGER_VERSION, asdict(adapter)])
    key = hashlib.sha256(told.encode()).hexdigest()[:12]
    target = work / "prepared" / f"{adapter.name}-{key}"
    prepare_once(
        target,
        lambda folder: export_scorer(source, embedder_weights(), folder, print),
        report=print,
    )
    return target


def scorer_of(source: Path, work: Path) -> OnnxScorer:
    """Return the relevance adapter in ``source`` as it is served."""
    return open_scorer(prepared_adapter(source, work))


def entailer_of(source: Path, work: Path) -> OnnxEntailer:
    """Return the entailment adapter in ``source`` as it is served."""
    return open_entailer(prepared_adapter(source, work))
