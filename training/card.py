"""The model card, made from the run: nothing in it is written by hand but its frame."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assistant.models.adapter import HEAD_FILE, LORA_FILE, Adapter
from training.row import Row, as_table
from training.sets import SETS

_PACKAGES = ("torch", "transformers", "peft", "onnxruntime", "tokenizers")
_ABOUT = {
    "relevance": (
        "Two logits for `[CLS] question [SEP] text [SEP]`: how well the text answers beside"
        " others, and whether it answers at all. The second is meant for the best sentences"
        " joined, since evidence answers as a whole.",
        "Trained on English sentences and short passages, most of them from Wikipedia. It ranks"
        " what a first search has found; it does not know whether a text is true. Questions whose"
        " words stand in a text that does not answer them still mislead it, as the figures show.",
    ),
    "entailment": (
        "Three logits for `[CLS] evidence [SEP] claim [SEP]`: supported, contradicted, not in the"
        " sources.",
        "It judges support by the text it is given, never truth. It was trained on one to a few"
        " sentences of evidence: of long evidence, pick those that bear on the claim first."
        " Changed numbers, names and negations are to be checked literally beside it. Sets that do"
        " not tell"
        " contradicted from not in the sources teach the sum of both only.",
    ),
}


def write_card(
    folder: Path,
    adapter: Adapter,
    work: Path,
    found: Sequence[Row],
    precisions: dict[str, float],
) -> None:
    """Write ``README.md`` beside the adapter, from the log and the rows of its run."""
    about, limits = _ABOUT[adapter.name]
    plan = json.loads((work / "run.json").read_text(encoding="utf-8"))
    history = _history(work)
    best = max(history, key=lambda entry: entry["choose"])
    tried = ", ".join(f"{name} {value:.4f}" for name, value in precisions.items())
    parts = [
        f"# {adapter.base} + {adapter.name}",
        about,
        f"LoRA of rank {adapter.rank} on every dense layer and a linear head over the first token"
        f" and the mean of all, in half precision; merged, exported and served as"
        f" {_precision(adapter)}. `training/{adapter.name}.py` made it.",
        "## Run",
        _table(
            [
                ("seed", plan["seed"]),
                ("steps", f"{best['step']:.0f} chosen of {plan['steps']} planned"),
                ("steps run", f"{max(e['step'] for e in history):.0f}"),
                ("hours of training", f"{history[-1]['seconds'] / 3600:.1f}"),
                ("learning rate", plan["rate"]),
                ("longest input", f"{adapter.max_tokens} tokens"),
                *((name, version(name)) for name in _PACKAGES),
                (f"sha256 of {adapter.base}", f"`{adapter.base_sha256}`"),
                (f"sha256 of {LORA_FILE}", f"`{adapter.lora_sha256}`"),
                (f"sha256 of {HEAD_FILE}", f"`{adapter.head_sha256}`"),
            ]
        ),
        f"Validation, apart by source or article, by precision: {tried}.",
        "Validation along the run:",
        _history_table(history),
        "## Data",
        "Rows trained on. Sets marked for measuring only in the data folder are not among them.",
        _data_table(plan),
        "## Figures",
        "Measured on what is served, on rows that were not trained on: "
        "`uv run training/measure.py`.",
        as_table(found),
        "## Limits",
        limits,
    ]
    (folder / "README.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _precision(adapter: Adapter) -> str:
    kept = ", ".join(str(n + 1) for n in adapter.float32_layers)
    return adapter.precision + (f" (layer {kept} in float32)" if kept else "")


def _history(work: Path) -> list[dict[str, float]]:
    """Return the validations in order; after a crash a step may have been validated twice."""
    lines = (work / "log.jsonl").read_text(encoding="utf-8").splitlines()
    entries = {entry["step"]: entry for entry in map(json.loads, lines)}
    return [entries[step] for step in sorted(entries)]


def _table(lines: Sequence[tuple[str, Any]]) -> str:
    return "\n".join(["| | |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in lines)])


def _history_table(history: Sequence[dict[str, float]]) -> str:
    names = [n for n in history[-1] if n not in ("step", "seconds")]
    head = ["| step | " + " | ".join(names) + " |", "| --- " * (len(names) + 1) + "|"]
    body = [
        f"| {e['step']:.0f} | " + " | ".join(f"{e.get(n, float('nan')):.3f}" for n in names) + " |"
        for e in history
    ]
    return "\n".join([*head, *body])


def _data_table(plan: dict[str, Any]) -> str:
    counts: Counter[str] = Counter(plan["rows"])
    lines = ["| set | rows | licence | note |", "| --- | --- | --- | --- |"]
    for name, count in sorted(counts.items()):
        told = SETS[name]
        lines.append(f"| {told.title} (`{name}`) | {count} | {told.licence} | {told.note} |")
    return "\n".join(lines)
