"""From the best checkpoint to what is shipped: calibrated, measured, with its model card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from safetensors.torch import save_file

from assistant.models.adapter import (
    HEAD_FILE,
    LORA_CONFIG_FILE,
    LORA_FILE,
    RELEVANCE,
    Adapter,
    write_adapter,
)
from assistant.models.weights import EMBEDDER_NAME, EMBEDDER_SHA256, sha256_of
from training.calibrate import platt, scaled
from training.card import write_card
from training.measure import rows_of
from training.options import Options
from training.records import VERDICTS
from training.relevance_data import calibration_questions
from training.relevance_lessons import OUTPUTS as RELEVANCE_OUTPUTS
from training.relevance_lessons import LogitsOf, RelevanceLessons
from training.row import as_table
from training.served import prepared_adapter

_MOST_BYTES = 4_000_000
_QUANTISATION_COST = 0.007  # that int8 may take: half a standard error of the figure
_TARGETS = ["dense", "key", "query", "value"]


class Figured(Protocol):
    """Lessons whose validation figures can be had from any source of logits."""

    def figures_by(self, logits_of: LogitsOf) -> dict[str, float]:
        """Return the validation figures; "choose" is the one to raise."""
        ...


def finish(name: str, options: Options) -> None:
    """Export, calibrate and measure the best step of a run, and write its model card."""
    import training.entailment as entailment_run
    import training.relevance as relevance_run

    work, folder = options.work, options.target / name
    if name == RELEVANCE:
        outputs, max_tokens = RELEVANCE_OUTPUTS, relevance_run.MAX_TOKENS
        lessons: Figured = relevance_run.lessons_for(options)
    else:
        outputs, max_tokens = VERDICTS, entailment_run.MAX_TOKENS
        lessons = entailment_run.lessons_for(options)
    adapter = export(name, work, folder, outputs, max_tokens)
    adapter, tried = quantised(adapter, folder, work, lessons)
    logits_of = pair_logits(folder, work)
    if name == RELEVANCE:
        scale, shift = relevance_calibration(logits_of, lessons, options.data)
    else:
        scale, shift = scaled(lessons.scored(logits_of), lessons.validation)
    adapter = calibrated(folder, adapter, scale, shift)
    found = list(rows_of(name, folder, work, options.data, options.most))
    write_card(folder, adapter, work, found, tried)
    print(as_table(found))
    print(f"written to {folder}")


def quantised(
    adapter: Adapter, folder: Path, work: Path, lessons: Figured
) -> tuple[Adapter, dict[str, float]]:
    """Return the adapter with the cheapest precision that costs little, and what each gave."""
    tried: dict[str, float] = {}

    def figure(name: str, candidate: Adapter) -> float:
        write_adapter(folder, candidate)
        tried[name] = float(lessons.figures_by(pair_logits(folder, work))["choose"])
        print(f"{name}: {tried[name]:.4f}", flush=True)
        return tried[name]

    whole = figure("float32", replace(adapter, precision="float32"))
    for layers in ((), (5,), (4, 5)):
        candidate = replace(adapter, float32_layers=layers)
        if figure(" + ".join(["int8", *(f"layer {n}" for n in layers)]), candidate) >= (
            whole - _QUANTISATION_COST
        ):
            return candidate, tried
    candidate = replace(adapter, precision="float32")
    write_adapter(folder, candidate)
    return candidate, tried


def pair_logits(folder: Path, work: Path) -> LogitsOf:
    """Return what gives the served adapter's logits, calibrated as its card says."""
    from assistant.models.scoring import PairModel

    return PairModel(prepared_adapter(folder, work)).logits


def relevance_calibration(
    logits_of: LogitsOf, lessons: RelevanceLessons, data: Path
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return scale and shift of relevance and of answerability (Platt).

    Answerability counts answerable and unanswerable questions the same; beside the validation
    groups it sees BoolQ and ClapNQ dev, of which nothing was trained on.
    """
    first: list[tuple[float, bool]] = []
    second: list[tuple[float, bool]] = []
    for group, found in lessons.scored(logits_of):
        column, into = (0, first) if group.ranked else (1, second)
        into.extend(zip(found[:, column].tolist(), group.answers, strict=True))
    asked = [(q, texts, a) for q, texts, a in calibration_questions(data)]
    for question, texts, answers in asked:
        ranks = logits_of([(question, text) for text in texts])[:, 0]
        best = sorted(np.argsort(-ranks, kind="stable")[:3].tolist())
        joined = " ".join(texts[i] for i in best)
        second.append((float(logits_of([(question, joined)])[0, 1]), answers))
    fitted = [platt(*_columns(first)), platt(*_columns(second), balanced=True)]
    return tuple(s for s, _ in fitted), tuple(b for _, b in fitted)


def _columns(found: Sequence[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([f for f, _ in found]), np.array([a for _, a in found])


def export(
    name: str,
    work: Path,
    folder: Path,
    outputs: tuple[str, ...],
    max_tokens: int,
    *,
    base_sha256: str = EMBEDDER_SHA256,
) -> Adapter:
    """Write the best checkpoint of a run to ``folder`` in half precision, not yet calibrated."""
    best = torch.load(work / "best.pt", map_location="cpu", weights_only=True)
    folder.mkdir(parents=True, exist_ok=True)
    lora, head = {}, {}
    for key, value in best["adapter"].items():
        half = value.to(torch.float16).contiguous()
        if key.startswith("head."):
            head[key.removeprefix("head.")] = half
        else:
            lora[key.removeprefix("encoder.").replace(".default.", ".")] = half
    rank = next(value.shape[0] for key, value in lora.items() if "lora_A" in key)
    metadata = {"format": "pt", "step": str(best["step"])}
    save_file(lora, folder / LORA_FILE, metadata)
    save_file(head, folder / HEAD_FILE, metadata)
    (folder / LORA_CONFIG_FILE).write_text(_lora_config(rank), encoding="utf-8")
    size = sum((folder / file).stat().st_size for file in (LORA_FILE, HEAD_FILE))
    if size > _MOST_BYTES:
        raise SystemExit(f"the adapter has {size} bytes; {_MOST_BYTES} are the most")
    adapter = Adapter(
        name=name,
        base=EMBEDDER_NAME,
        base_sha256=base_sha256,
        lora_sha256=sha256_of(folder / LORA_FILE),
        head_sha256=sha256_of(folder / HEAD_FILE),
        rank=rank,
        alpha=rank,
        outputs=outputs,
        max_tokens=max_tokens,
        scale=(1.0,) * len(outputs),
        shift=(0.0,) * len(outputs),
    )
    write_adapter(folder, adapter)
    return adapter


def calibrated(
    folder: Path, adapter: Adapter, scale: tuple[float, ...], shift: tuple[float, ...]
) -> Adapter:
    """Write the adapter with its calibration; figures are rounded so that they travel well."""
    values = replace(
        adapter,
        scale=tuple(round(float(v), 5) for v in scale),
        shift=tuple(round(float(v), 5) for v in shift),
    )
    write_adapter(folder, values)
    return values


def _lora_config(rank: int) -> str:
    config = {
        "base_model_name_or_path": f"sentence-transformers/{EMBEDDER_NAME}",
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "lora_alpha": rank,
        "lora_dropout": 0.0,
        "peft_type": "LORA",
        "r": rank,
        "target_modules": _TARGETS,
        "task_type": "FEATURE_EXTRACTION",
    }
    return json.dumps(config, indent=1) + "\n"
