"""Training that can be interrupted: the same run goes on from its last checkpoint.

All that a run is stands in its folder: ``state.pt`` (adapter, optimiser, step, history),
``best.pt`` (the adapter with the best validation figure) and ``log.jsonl``.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, Protocol

import torch
from torch import Tensor

from training.encoder import AdaptedEncoder

_CHECKPOINT_S = 240.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast an adapter learns."""

    steps: int
    seed: int = 7
    rate: float = 7e-4
    warmup: float = 0.05  # share of the steps
    decay: float = 0.01
    clip: float = 1.0
    validate_every: int = 300
    patience: int = 8  # validations without a better figure
    minutes: float = math.inf  # of this process; a later one goes on
    bfloat16: bool = True


class Lessons(Protocol):
    """What one adapter learns from."""

    def batch(self, epoch: int, number: int) -> Any:  # noqa: ANN401 - each task has its own
        """Return batch ``number`` of an epoch; the same arguments, the same batch."""
        ...

    def batches(self, epoch: int) -> int:
        """Return the number of batches of an epoch."""
        ...

    def loss(self, model: AdaptedEncoder, batch: Any, plan: Plan) -> Tensor:  # noqa: ANN401
        """Return the loss of a batch."""
        ...

    def figures(self, model: AdaptedEncoder, plan: Plan) -> dict[str, float]:
        """Return the validation figures; "choose" is the one to raise."""
        ...


@dataclass(slots=True)
class Run:
    """Where a run stands."""

    step: int = 0
    best: float = -math.inf
    best_step: int = 0
    seconds: float = 0.0  # of training, over all processes
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def since_best(self) -> int:
        """How many validations have passed since the best one."""
        return sum(1 for entry in self.history if entry["step"] > self.best_step)


def train(
    model: AdaptedEncoder,
    lessons: Lessons,
    plan: Plan,
    folder: Path,
    *,
    say: Callable[[str], None] = print,
) -> Run:
    """Train to the end of the plan, or of patience or time; return where the run stands.

    Ends at once where another process trains in the same folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        return _train(model, lessons, plan, folder, say)


def _train(
    model: AdaptedEncoder, lessons: Lessons, plan: Plan, folder: Path, say: Callable[[str], None]
) -> Run:
    optimiser = torch.optim.AdamW(
        list(model.trained().values()), lr=plan.rate, weight_decay=plan.decay
    )
    run = _resumed(model, optimiser, folder)
    if run.step:
        say(f"goes on from step {run.step} of {plan.steps}")
    stopping = _Stopping(plan.minutes)
    epoch, number = _place(lessons, run.step)
    saved = reported = time.monotonic()
    losses: list[float] = []
    first = run.step
    while run.step < plan.steps and run.since_best < plan.patience and not stopping:
        began = time.monotonic()
        if number >= lessons.batches(epoch):
            epoch, number = epoch + 1, 0
        _set_rate(optimiser, plan, run.step)
        loss = lessons.loss(model, lessons.batch(epoch, number), plan)
        _learn(optimiser, loss, plan)
        number, run.step = number + 1, run.step + 1
        losses.append(float(loss.detach()))
        if run.step % plan.validate_every == 0 or run.step == plan.steps:
            _validate(model, lessons, plan, run, folder, losses, say)
            losses.clear()
        run.seconds += time.monotonic() - began
        if time.monotonic() - reported > 30:
            reported = time.monotonic()
            say(_progress(run, plan, losses, stopping.elapsed / (run.step - first)))
        if time.monotonic() - saved > _CHECKPOINT_S:
            saved = time.monotonic()
            _save(model, optimiser, run, folder)
    _save(model, optimiser, run, folder)
    return run


def _learn(optimiser: torch.optim.Optimizer, loss: Tensor, plan: Plan) -> None:
    """Take one step against the loss."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    for group in optimiser.param_groups:
        torch.nn.utils.clip_grad_norm_(group["params"], plan.clip)
    optimiser.step()


def _place(lessons: Lessons, step: int) -> tuple[int, int]:
    epoch = 0
    while step >= lessons.batches(epoch):
        step -= lessons.batches(epoch)
        epoch += 1
    return epoch, step


def _set_rate(optimiser: torch.optim.Optimizer, plan: Plan, step: int) -> None:
    """Warm up, then fall along a cosine to a fiftieth."""
    warm = max(1, int(plan.warmup * plan.steps))
    done = (step - warm) / max(1, plan.steps - warm)
    share = (step + 1) / warm if step < warm else 0.02 + 0.49 * (1 + math.cos(math.pi * done))
    for group in optimiser.param_groups:
        group["lr"] = plan.rate * share


def _validate(
    model: AdaptedEncoder,
    lessons: Lessons,
    plan: Plan,
    run: Run,
    folder: Path,
    losses: Sequence[float],
    say: Callable[[str], None],
) -> None:
    model.eval()
    with torch.no_grad():
        figures = lessons.figures(model, plan)
    model.train()
    loss = sum(losses) / max(1, len(losses))
    entry = {"step": float(run.step), "loss": loss, "seconds": run.seconds} | figures
    run.history.append(entry)
    if figures["choose"] > run.best:
        run.best, run.best_step = figures["choose"], run.step
        _write(folder / "best.pt", {"adapter": model.adapter(), "step": run.step})
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(entry) + "\n")
    shown = ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
    say(f"step {run.step}: loss {loss:.3f}, {shown}")


def _progress(run: Run, plan: Plan, losses: Sequence[float], seconds_a_step: float) -> str:
    recent = losses[-50:]
    loss = sum(recent) / max(1, len(recent))
    left = (plan.steps - run.step) * seconds_a_step / 60
    return (
        f"step {run.step} of {plan.steps}, loss {loss:.3f}, {seconds_a_step:.2f} s a step,"
        f" {left:.0f} minutes left, best {run.best:.3f} at {run.best_step}"
    )


def _save(model: AdaptedEncoder, optimiser: torch.optim.Optimizer, run: Run, folder: Path) -> None:
    state = {"adapter": model.adapter(), "optimiser": optimiser.state_dict(), "run": asdict(run)}
    _write(folder / "state.pt", state)


def _write(path: Path, value: dict[str, Any]) -> None:
    """Write whole or not at all."""
    beside = path.with_suffix(".writing")
    torch.save(value, beside)
    os.replace(beside, path)  # noqa: PTH105 - the atomic one


def _resumed(model: AdaptedEncoder, optimiser: torch.optim.Optimizer, folder: Path) -> Run:
    path = folder / "state.pt"
    if not path.exists():
        return Run()
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.put(state["adapter"])
    optimiser.load_state_dict(state["optimiser"])
    return Run(**state["run"])


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder; the operating system frees it when this process ends."""
    with (folder / "lock").open("w") as handle:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as cause:
                raise SystemExit(f"another process trains in {folder}") from cause
        yield


class _Stopping:
    """True after the time is up or the process was asked to end."""

    def __init__(self, minutes: float) -> None:
        self._began = time.monotonic()
        self._limit_s = minutes * 60
        self._asked = False
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._asked = True

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def __bool__(self) -> bool:
        return self._asked or self.elapsed > self._limit_s


def shuffled(count: int, *, seed: int, epoch: int) -> list[int]:
    """Return 0…count-1 in the order of an epoch."""
    order = list(range(count))
    Random(f"{seed}/{epoch}").shuffle(order)
    return order
