from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
import torch

from training.encoder import AdaptedEncoder, Pairs
from training.entailment_lessons import EntailmentLessons
from training.loop import Plan, train
from training.records import CONTRADICTED, SUPPORTED, Pair

NAMES = ("friedman", "porter", "company", "customer", "society", "value", "profit", "who")


def pairs() -> list[Pair]:
    """Claims that repeat the evidence, and claims that say another name."""
    found = []
    for at, name in enumerate(NAMES):
        other = NAMES[(at + 3) % len(NAMES)]
        evidence = f"{name} defines value , {name} said"
        found.append(Pair("own-texts", name, evidence, f"{name} defines value", SUPPORTED))
        found.append(Pair("own-texts", name, evidence, f"{other} wrote", CONTRADICTED))
    return found


@pytest.fixture
def lessons(tiny_encoder):
    return EntailmentLessons(pairs(), pairs()[:4], Pairs(tiny_encoder, 32), pairs_a_batch=4)


@pytest.fixture
def make_model(tiny_encoder):
    def make() -> AdaptedEncoder:
        torch.manual_seed(3)
        return AdaptedEncoder(tiny_encoder, 3, rank=4)

    return make


PLAN = Plan(steps=9, rate=0.01, validate_every=3, patience=99, bfloat16=False)


def values_of(model: AdaptedEncoder) -> torch.Tensor:
    return torch.cat([value.flatten() for value in model.adapter().values()])


def test_an_interrupted_run_ends_like_one_that_was_not(tmp_path, lessons, make_model):
    whole = make_model()
    train(whole, lessons, PLAN, tmp_path / "whole", say=lambda _: None)
    for minutes in (0.0, math.inf):  # the first process has no time, and stops at once
        model = make_model()
        plan = replace(PLAN, minutes=minutes)
        train(model, lessons, plan, tmp_path / "parts", say=lambda _: None)
    assert torch.equal(values_of(whole), values_of(model))


def test_a_run_goes_on_from_its_step_with_its_optimiser(tmp_path, lessons, make_model):
    whole = make_model()
    train(whole, lessons, PLAN, tmp_path / "whole", say=lambda _: None)
    short = make_model()
    first = train(short, lessons, replace(PLAN, patience=1), tmp_path / "cut", say=lambda _: None)
    assert 0 < first.step <= PLAN.steps
    going_on = make_model()
    last = train(going_on, lessons, PLAN, tmp_path / "cut", say=lambda _: None)
    assert last.step == PLAN.steps
    assert torch.equal(values_of(whole), values_of(going_on))


def test_the_loss_falls_and_the_log_says_so(tmp_path, lessons, make_model):
    run = train(make_model(), lessons, replace(PLAN, steps=30), tmp_path, say=lambda _: None)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in lines] == [float(s) for s in range(3, 31, 3)]
    assert lines[-1]["loss"] < lines[0]["loss"] / 2
    assert run.best == max(entry["choose"] for entry in lines)


def test_the_best_step_is_kept_and_patience_ends_the_run(tmp_path, lessons, make_model):
    plan = replace(PLAN, steps=300, patience=2)
    run = train(make_model(), lessons, plan, tmp_path, say=lambda _: None)
    assert run.step < 300
    assert run.step - run.best_step == 2 * plan.validate_every
    best = torch.load(tmp_path / "best.pt", weights_only=True)
    assert best["step"] == run.best_step


def test_two_processes_do_not_train_in_one_folder(tmp_path, lessons, make_model):
    import fcntl

    tmp_path.mkdir(exist_ok=True)
    with (tmp_path / "lock").open("w") as handle:
        fcntl.flock(handle.fileno(), fcntl.LOCK_EX)
        with pytest.raises(SystemExit, match="another process"):
            train(make_model(), lessons, PLAN, tmp_path, say=lambda _: None)


def test_only_adapter_and_head_learn(make_model):
    names = make_model().trained()
    assert {name.split(".")[0] for name in names} == {"encoder", "head"}
    assert all("lora_" in name for name in names if name.startswith("encoder"))
    layers_with_lora = {name.split(".layer.")[1][0] for name in names if ".layer." in name}
    assert layers_with_lora == {"0", "1"}
