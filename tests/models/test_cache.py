from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.errors import ModelError
from assistant.models import cache
from assistant.models.cache import MANIFEST, cache_root, is_sound, prepare_once, verify

_SLOW_PREPARATION = """
import sys, time
from pathlib import Path
from assistant.models.cache import prepare_once
target, log, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
def make(folder):
    (folder / "weights").write_bytes(b"w" * 1000)
    with log.open("a") as lines:
        lines.write("made\\n")
    time.sleep(seconds)
prepare_once(target, make, report=print)
"""


def _prepare(target: Path, content: bytes = b"whole") -> list[str]:
    said: list[str] = []

    def make(folder: Path) -> None:
        said.append("made")
        (folder / "weights").write_bytes(content)

    prepare_once(target, make, report=said.append)
    return said


def _start(target: Path, log: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _SLOW_PREPARATION, str(target), str(log), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _wait_for(condition, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_chosen_folder_comes_before_the_users(tmp_path):
    assert cache_root(tmp_path) == tmp_path
    assert cache_root(None).name == "whose-value"


def test_a_model_is_made_once(tmp_path):
    target = tmp_path / "deep" / "model"
    assert _prepare(target) == ["made"]
    assert _prepare(target) == []
    assert (target / "weights").read_bytes() == b"whole"
    assert list(json.loads((target / MANIFEST).read_text())["files"]) == ["weights"]


@pytest.mark.parametrize(
    "harm",
    [
        lambda target: (target / "weights").unlink(),
        lambda target: (target / "weights").write_bytes(b"who"),
        lambda target: (target / "weights").write_bytes(b"whale"),
        lambda target: (target / MANIFEST).unlink(),
        lambda target: (target / MANIFEST).write_text('{"files": [1]}'),
    ],
    ids=["missing", "truncated", "altered", "no manifest", "broken manifest"],
)
def test_a_damaged_model_is_made_again(tmp_path, harm):
    target = tmp_path / "model"
    _prepare(target)
    harm(target)
    assert not is_sound(target)
    assert _prepare(target) == ["made"]
    assert is_sound(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "model.lock"]


def test_a_start_reads_the_bytes_only_where_size_or_time_differ(tmp_path, monkeypatch):
    target = tmp_path / "model"
    _prepare(target)
    read: list[str] = []
    honest = cache.sha256_of
    monkeypatch.setattr(cache, "sha256_of", lambda path: read.append(path.name) or honest(path))
    assert is_sound(target)
    assert read == []
    os.utime(target / "weights", (1, 1))  # as a copy of the folder has it
    assert is_sound(target)
    assert set(read) == {"weights"}
    read.clear()
    assert is_sound(target)
    assert read == []


def test_a_manifest_without_times_is_completed(tmp_path):
    target = tmp_path / "model"
    _prepare(target)
    manifest = json.loads((target / MANIFEST).read_text())
    whole = manifest["files"]["weights"]
    manifest["files"]["weights"] = whole[:2]
    (target / MANIFEST).write_text(json.dumps(manifest))
    assert is_sound(target)
    assert json.loads((target / MANIFEST).read_text())["files"] == {"weights": whole}


def test_damage_that_leaves_size_and_time_is_found_by_reading_and_mended(tmp_path):
    target = tmp_path / "model"
    _prepare(target)
    before = (target / "weights").stat()
    (target / "weights").write_bytes(b"whale")
    os.utime(target / "weights", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert is_sound(target)
    assert not verify(target)
    assert not is_sound(target)
    assert _prepare(target) == ["made"]
    assert verify(target)
    assert sorted(path.name for path in target.iterdir()) == [MANIFEST, "weights"]


def test_a_failed_preparation_leaves_nothing(tmp_path):
    def fail(folder: Path) -> None:
        (folder / "weights").write_bytes(b"half")
        raise ValueError("no such layer")

    with pytest.raises(ValueError, match="no such layer"):
        prepare_once(tmp_path / "model", fail, report=print)
    assert [path.name for path in tmp_path.iterdir()] == ["model.lock"]


def test_two_processes_prepare_once(tmp_path):
    log = tmp_path / "log"
    processes = [_start(tmp_path / "cache" / "model", log, 0.6) for _ in range(2)]
    said = [process.communicate(timeout=20)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert log.read_text() == "made\n"
    assert "waiting for another process" in "".join(said)
    assert is_sound(tmp_path / "cache" / "model")


def test_a_killed_preparation_leaves_nothing_in_use_and_no_lock(tmp_path):
    target, log = tmp_path / "cache" / "model", tmp_path / "log"
    process = _start(target, log, 60)
    _wait_for(lambda: log.exists() and log.read_text())
    process.kill()
    process.communicate()
    assert not target.exists()
    assert len(list(target.parent.glob("model.making-*"))) == 1
    assert _prepare(target) == ["made"]
    assert sorted(path.name for path in target.parent.iterdir()) == ["model", "model.lock"]


def test_a_folder_that_cannot_be_written_is_told_with_its_remedy(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ModelError, match=r"cannot be used.*--cache FOLDER or ASSISTANT_CACHE"):
        _prepare(tmp_path / "file" / "model")


def test_a_full_disk_is_told_with_its_remedy(tmp_path):
    def fill(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ModelError, match=r"No space left on device.*--cache FOLDER"):
        prepare_once(tmp_path / "model", fill, report=print)
    with pytest.raises(ModelError, match="MB needed"):
        prepare_once(tmp_path / "model", fill, report=print, needed_bytes=1 << 60)
