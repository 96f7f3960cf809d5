"""The flags that both training commands have, and how a run begins."""

from __future__ import annotations

import argparse
import json
import math
import os
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from training.loop import Plan
from training.sets import ROOT, data_home

SMOKE_STEPS = 50


@dataclass(frozen=True, slots=True)
class Options:
    """What a training command was asked for."""

    data: Path
    work: Path
    plan: Plan
    epochs: float
    smoke: bool
    finish: bool
    target: Path  # the folder of finished adapters
    most: int = 0  # rows of each set that --finish measures; 0 for all


def read_options(name: str, about: str, *, epochs: float, rate: float) -> Options:
    """Return the flags of this process's command line."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    parser.add_argument("--work", type=Path, help="folder of checkpoints and logs")
    parser.add_argument("--epochs", type=float, default=epochs)
    parser.add_argument("--steps", type=int, default=0, help="instead of --epochs")
    parser.add_argument("--minutes", type=float, default=math.inf, help="then stop; run again")
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0, help="of torch; 0: its own choice")
    parser.add_argument("--float32", action="store_true", help="where bfloat16 is slower")
    parser.add_argument("--smoke", action="store_true", help=f"{SMOKE_STEPS} steps on few rows")
    parser.add_argument("--finish", action="store_true", help="export the best step so far")
    parser.add_argument("--target", type=Path, help="folder of finished adapters")
    parser.add_argument("--most", type=int, default=0, help="rows of a set that --finish measures")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    steps = SMOKE_STEPS if given.smoke else given.steps
    plan = Plan(
        steps=steps,
        seed=given.seed,
        rate=given.rate,
        minutes=given.minutes,
        bfloat16=not given.float32,
    )
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return Options(
        data=data_home(given.data),
        work=given.work or home / "whose-value" / "training" / name,
        plan=plan,
        epochs=given.epochs,
        smoke=given.smoke,
        finish=given.finish,
        target=given.target or ROOT / "assistant" / "models" / "adapters",
        most=given.most,
    )


def seeded(seed: int) -> None:
    """Make this process draw the same numbers every time."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def describe(work: Path, plan: Plan, counted: dict[str, int]) -> None:
    """Write what the run is, for its model card, and say what it learns from."""
    work.mkdir(parents=True, exist_ok=True)
    told = {"seed": plan.seed, "steps": plan.steps, "rate": plan.rate, "rows": counted}
    (work / "run.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    print(", ".join(f"{name} {n}" for name, n in counted.items()), flush=True)
