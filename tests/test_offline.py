"""While it runs, nothing leaves the machine: whole processes with their sockets blocked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def offline(tmp_path: Path, network_guard: str):
    """Run ``assistant`` in a process whose every attempt to leave is refused and written down."""
    guard, tried = tmp_path / "guard", tmp_path / "tried.txt"
    guard.mkdir()
    source = f"from __future__ import annotations\n{network_guard}\nblock_network({str(tried)!r})\n"
    (guard / "sitecustomize.py").write_text(source, encoding="utf-8")

    def run(code: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(guard)},
            cwd=tmp_path,
            timeout=200,
        )

    run.tried = lambda: tried.read_text(encoding="utf-8") if tried.exists() else ""
    return run


JOURNEY = """
import json, sys
from assistant.settings import Settings
from assistant.service import Assistant
assistant = Assistant.open(corpus={corpus!r}, index={index!r}, model={model!r}, cache={cache!r})
report = assistant.build()
answer = assistant.ask("Who defines what is valuable in corporate social responsibility?")
hits = assistant.search("loyal customers")
print(json.dumps([report.embedded, [s.text for s in answer.sentences],
    [h.document.id for h in hits], answer.model, answer.warning]))
"""


def test_the_guard_refuses_and_remembers(offline):
    done = offline("import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)")
    assert "nothing leave" in done.stderr
    assert offline.tried().split() == ["192.0.2.1"]
    done = offline("import urllib.request as u; u.urlopen('http://host.invalid')")
    assert offline.tried().split() == ["192.0.2.1", "host.invalid"]


def test_build_ask_and_search_from_an_empty_home(offline, settings, tmp_path):
    """With the preparation of the embedder, as on the first start."""
    code = JOURNEY.format(
        corpus=str(settings.corpus),
        index=str(settings.index),
        model="none",
        cache=str(tmp_path / "fresh"),
    )
    done = offline(code)
    assert done.returncode == 0, done.stderr
    embedded, sentences, found, model, _ = json.loads(done.stdout.splitlines()[-1])
    assert embedded == 4
    assert "government and civil society" in sentences[0]
    assert found[0] == "customer-judges"
    assert model == "none"
    assert offline.tried() == ""


@pytest.mark.weights
def test_the_language_model_writes_offline(offline, settings, prepared_models):
    code = JOURNEY.format(
        corpus=str(settings.corpus),
        index=str(settings.index),
        model="embedded",
        cache=str(prepared_models),
    )
    done = offline(code)
    assert done.returncode == 0, done.stderr
    _, sentences, _, model, warning = json.loads(done.stdout.splitlines()[-1])
    assert sentences
    assert model.startswith("SmolLM2")
    assert warning == ""
    assert offline.tried() == ""
