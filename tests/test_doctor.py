from __future__ import annotations

import json
import os
import socket
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from assistant.cli import program
from assistant.doctor import Health, available_memory_gb, examine
from assistant.models.cache import prepare_once

NAMES = """Python|Packages|Full-text search|Machine|Weights|Prepared models|Corpus|Index folder
Port|Network|Embedding|Judging|Index|Writing"""


def found(settings):
    return {check.name: check for check in examine(settings)}


def test_every_check_speaks_and_a_missing_index_is_a_warning(settings):
    checks = found(replace(settings, port=0))
    assert list(checks) == NAMES.replace("\n", "|").split("|")
    assert all(c.words and c.ms >= 0 for c in checks.values())
    assert checks["Index"].health is Health.WARNING
    assert "assistant index build" in checks["Index"].remedy
    others = {n: c.health for n, c in checks.items() if n not in ("Index", "Machine")}
    assert set(others.values()) == {Health.OK}, others
    assert "skipped" in checks["Writing"].words
    assert checks["Embedding"].words.startswith("all-MiniLM-L6-v2")


def test_a_sound_index_is_told_and_a_changed_corpus_too(settings, tiny_corpus):
    from assistant.service import Assistant

    Assistant.open(settings).build()
    assert found(settings)["Index"].words == "sound and up to date: 3 texts, 4 passages"
    (tiny_corpus / "company-judges.md").unlink()
    index = found(settings)["Index"]
    assert (index.health, index.remedy) == (Health.WARNING, "Run: assistant index build")
    (settings.index / "vectors.faiss").unlink()
    assert found(settings)["Index"].health is Health.FAILURE


def test_a_port_in_use_and_a_missing_corpus_are_told(settings, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        checks = found(replace(settings, port=port, corpus=tmp_path / "none"))
    assert f":{port} is taken" in checks["Port"].words
    assert checks["Corpus"].health is Health.FAILURE
    assert "--corpus" in checks["Corpus"].remedy


def test_a_prepared_model_that_is_damaged_fails(settings, tmp_path):
    def make(folder):
        (folder / "weights").write_bytes(b"whole")

    for name in ("one", "two"):
        prepare_once(tmp_path / "models" / name, make, report=print)
    weights = tmp_path / "models" / "two" / "weights"
    before = weights.stat()
    weights.write_bytes(b"whale")
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))  # a start does not see it
    check = found(replace(settings, cache=tmp_path / "models"))["Prepared models"]
    assert check.health is Health.FAILURE
    assert check.words.endswith("damaged: two")
    check = found(replace(settings, cache=tmp_path / "models"))["Prepared models"]
    assert (check.health, "one" in check.words) == (Health.OK, True)


def test_a_cache_that_cannot_be_made_fails(settings, tmp_path):
    (tmp_path / "file").write_text("")
    checks = found(replace(settings, cache=tmp_path / "file" / "models"))
    assert checks["Prepared models"].health is Health.FAILURE
    assert "--cache" in checks["Prepared models"].remedy


@pytest.mark.parametrize(
    ("model", "health", "words"),
    [
        ("none", Health.OK, "nothing leaves"),
        ("embedded", Health.OK, "nothing leaves"),
        ("http://localhost:11434", Health.OK, "nothing leaves"),
        ("https://models.example/v1", Health.WARNING, "models.example"),
        ("somebody/model", Health.WARNING, "downloaded once"),
    ],
)
def test_what_would_leave_the_machine(settings, model, health, words):
    from assistant.doctor.examining import _network

    finding = _network(replace(settings, model=model))
    assert finding.health is health
    assert words in finding.words


def test_memory_is_read_from_linux(tmp_path):
    file = tmp_path / "meminfo"
    file.write_text("MemTotal: 9 kB\nMemAvailable:   3145728 kB\n")
    assert available_memory_gb(file) == 3.0
    assert available_memory_gb(tmp_path / "none") is None


def test_the_command_ends_with_0_unless_a_check_failed(settings, tmp_path):
    library = ["--index", str(settings.index), "--model", "none", "--port", "0"]
    good = CliRunner().invoke(program(), ["doctor", *library, "--corpus", str(settings.corpus)])
    assert good.exit_code == 0, good.stdout
    assert "warning  Index: There is no index" in good.stdout
    assert "Ready. " in good.stdout
    bad = CliRunner().invoke(
        program(), ["doctor", "--json", *library, "--corpus", str(tmp_path / "no")]
    )
    report = json.loads(bad.stdout)
    assert bad.exit_code == 1
    assert report["healthy"] is False
    assert {c["name"]: c["health"] for c in report["checks"]}["Corpus"] == "failure"


@pytest.mark.weights
def test_it_really_writes(settings):
    writing = found(replace(settings, model="embedded"))["Writing"]
    assert writing.health is Health.OK, writing
    assert "SmolLM2-135M-Instruct wrote “" in writing.words
