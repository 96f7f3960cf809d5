from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import ModelError
from assistant.models import hub
from assistant.models.causal import CausalModel
from assistant.models.prepare import Task, prepared, run_aside
from assistant.models.server import ServerModel
from assistant.models.wiring import _embedder_task, open_embedder, open_language_model


@pytest.fixture
def offline(monkeypatch):
    """A hub that nobody reaches."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free.getsockname()[1]}")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


def test_each_setting_opens_its_model(settings, tmp_path):
    assert open_language_model(replace(settings, model="none")) is None
    server = open_language_model(replace(settings, model="http://127.0.0.1:1/v1", model_name="m"))
    assert isinstance(server, ServerModel)
    assert server.name == "m"
    folder = open_language_model(replace(settings, model=str(tmp_path / "my model")))
    assert isinstance(folder, CausalModel)
    assert folder.name == "my-model"


@pytest.mark.weights
def test_precisions_and_sources_are_kept_apart(settings, tiny):
    choices = ["embedded", "embedded-fp32", str(tiny)]
    tasks = [_embedder_task(replace(settings, embedder=choice), print) for choice in choices]
    assert [task.precision for task in tasks] == ["int8", "float32", "int8"]
    assert len({task.target for task in tasks}) == 3


def test_a_changed_folder_is_another_model(settings, tmp_path):
    chosen = replace(settings, embedder=str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    first = _embedder_task(chosen, print).target
    assert _embedder_task(chosen, print).target == first
    os.utime(tmp_path / "config.json", (1, 1))
    assert _embedder_task(chosen, print).target != first


def test_a_missing_model_fails_in_seconds(settings, offline):
    started = time.monotonic()
    chosen = replace(settings, embedder="nobody/no-such-model", model="nobody/no-such-model")
    remedy = r"nobody/no-such-model.*cannot be reached.*Give a folder.*with network"
    with pytest.raises(ModelError, match=remedy):
        open_embedder(chosen)
    with pytest.raises(ModelError, match=remedy):
        open_language_model(chosen).load()
    assert time.monotonic() - started < 10


def test_a_hub_that_is_silent_fails_in_seconds(settings, monkeypatch):
    monkeypatch.setattr(hub, "_PATIENCE_S", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(ModelError, match="cannot be reached"):
            open_embedder(replace(settings, embedder="nobody/no-such-model"))
        assert time.monotonic() - started < 5


def test_a_model_is_downloaded_once(tmp_path, serve_hub, monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))  # for the preparing process
    files = {"config.json": b"{}", "model.safetensors": b"weights", "1_Pooling/config.json": b"{}"}
    hub_server = serve_hub(files | {"pytorch_model.bin": b"pickle", "onnx/config.json": b"{}"})
    monkeypatch.setenv("HF_ENDPOINT", hub_server.url)
    said: list[str] = []
    folder = hub.locate("someone/model", report=said.append)
    assert said == ["downloading someone/model (once)"]
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == set(files)
    asked = len(hub_server.asked)
    assert hub.locate("someone/model", report=said.append) == folder
    assert (len(said), len(hub_server.asked)) == (1, asked)


def test_an_unknown_model_and_a_wrong_name_are_told(settings, serve, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", serve(status=404).url)
    with pytest.raises(ModelError, match=r"refuses it \(status 404\).*Check the id"):
        open_embedder(replace(settings, embedder="no-such-model"))
    with pytest.raises(ModelError, match="There is no folder"):
        open_embedder(replace(settings, embedder="./no/such/folder"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
        open_embedder(replace(settings, embedder="no-such-model"))


@pytest.mark.weights
def test_a_model_that_cannot_be_opened_is_prepared_again(packaged):
    folder = Path(_embedder_task(packaged, print).target)
    graph = folder / "model.ort"
    before = graph.stat()
    content = graph.read_bytes()
    graph.write_bytes(b"\0" * len(content))
    os.utime(graph, ns=(before.st_atime_ns, before.st_mtime_ns))  # nothing shows from outside
    said: list[str] = []
    embedder = open_embedder(packaged, said.append)
    assert said[0] == "preparing all-MiniLM-L6-v2 (once)"
    assert float(np.linalg.norm(embedder.embed_question("value"))) == pytest.approx(1.0, abs=1e-5)


def test_an_error_of_the_preparing_process_is_told(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"others")
    task = Task("embedder", "MiniLM", str(tmp_path), str(tmp_path / "made"), "int8", packaged=True)
    said: list[str] = []
    with pytest.raises(ModelError, match=r"its sha256 is another.*pip install --force-reinstall"):
        prepared(task, said.append)
    assert said == ["preparing MiniLM (once)"]
    assert not (tmp_path / "made").exists()


def test_a_preparing_process_that_breaks_is_told():
    with pytest.raises(ModelError, match="could not be prepared"):
        run_aside(json.dumps({"kind": "embedder"}), print)


def test_importing_the_wiring_is_light():
    program = "import sys, assistant.models.wiring; print(sorted(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    for heavy in ("torch", "transformers", "onnxruntime", "tokenizers", "httpx", "gradio"):
        assert f"'{heavy}'" not in run.stdout
