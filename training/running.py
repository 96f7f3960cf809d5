"""What both training commands do: begin or go on, prove themselves, or finish."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from assistant.models.weights import embedder_weights
from training.encoder import AdaptedEncoder, best_device
from training.loop import Lessons, Run, train
from training.options import Options, describe, read_options, seeded

_SMOKE_VALIDATIONS = 5


class CountedLessons(Lessons, Protocol):
    """Lessons that know how many rows of each set they are made of."""

    counted: dict[str, int]


def run_command(
    name: str,
    about: str,
    lessons_for: Callable[[Options], CountedLessons],
    *,
    outputs: Sequence[str],
    epochs: float,
    rate: float,
) -> None:
    """Train, or go on; or finish. Say what to do next."""
    options = read_options(name, about, epochs=epochs, rate=rate)
    if options.finish:
        from training.finish import finish

        finish(name, options)
        return
    seeded(options.plan.seed)
    lessons = lessons_for(options)
    plan = options.plan
    if not plan.steps:
        plan = replace(plan, steps=math.ceil(options.epochs * lessons.batches(0)))
    if options.smoke:
        plan = replace(plan, validate_every=plan.steps // _SMOKE_VALIDATIONS)
    model = AdaptedEncoder(embedder_weights(), len(outputs)).to(best_device())
    describe(options.work, plan, lessons.counted)
    print(f"{plan.steps} steps, {lessons.batches(0)} an epoch, in {options.work}", flush=True)
    run = train(model, lessons, plan, options.work, say=lambda words: print(words, flush=True))
    if options.smoke:
        _prove(run)
    print(f"best {run.best:.4f} at step {run.best_step}; --finish exports it")


def _prove(run: Run) -> None:
    """End with an error unless the loss has fallen."""
    first, last = run.history[0]["loss"], run.history[-1]["loss"]
    print(f"loss {first:.3f} at first, {last:.3f} in the end")
    if not last < first:
        raise SystemExit("the loss did not fall")
