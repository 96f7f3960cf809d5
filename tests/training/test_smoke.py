"""The commands themselves, on the packaged encoder: fifty steps, and the loss falls."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("name", ["relevance", "entailment"])
def test_fifty_steps_lower_the_loss(name, tmp_path):
    command = [sys.executable, str(ROOT / "training" / f"{name}.py"), "--smoke"]
    command += ["--work", str(tmp_path), "--data", str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    entries = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert entries[-1]["step"] == 50
    assert entries[-1]["loss"] < entries[0]["loss"]
