"""Prepared models on disk: made once, whole or not at all, and made again when damaged.

A prepared model is a folder whose ``manifest.json``, written last, lists every file with
its size, sha256 and time of change. It is made beside its place and renamed into it, under a
lock that the operating system frees when its holder dies. A start compares sizes and times;
the bytes are read again only when these differ, when a model cannot be opened, and by
``assistant doctor``.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from assistant.errors import ModelError
from assistant.models.weights import sha256_of

MANIFEST = "manifest.json"
LAYOUT_VERSION = "2"  # raise it whenever the files of a prepared model change
_PATIENCE_S = 1800.0  # for another process that prepares the same model
_POLL_S = 0.2
_BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError)  # a manifest, or its files

Report = Callable[[str], None]
Listed = dict[str, list[Any]]  # size, sha256 and time of change in nanoseconds, by name


def cache_root(chosen: Path | None) -> Path:
    """Return the folder of prepared models: the chosen one, else the user's cache folder."""
    if chosen:
        return chosen
    import platformdirs

    return Path(platformdirs.user_cache_dir("whose-value", appauthor=False))


def is_sound(folder: Path) -> bool:
    """Say whether ``folder`` holds what its manifest promises, by size and time of change.

    Where these differ (the folder was copied, say) the bytes decide.
    """
    try:
        listed = _read_manifest(folder)
        return listed == _as_found(folder, listed) or verify(folder)
    except _BROKEN:
        return False


def verify(folder: Path) -> bool:
    """Say whether ``folder`` holds every byte that its manifest promises.

    What does is known by size and time from then on; what does not is made again when it is
    next asked for.
    """
    try:
        listed = _read_manifest(folder)
        found = _as_found(folder, listed)
        whole = all(
            found[name][0] == size and sha256_of(folder / name) == sha256
            for name, (size, sha256, *_) in listed.items()
        )
    except _BROKEN:
        return False
    with suppress(OSError):  # a folder that may not be written is read again at every start
        if not whole:
            (folder / MANIFEST).unlink()
        elif found != listed:
            _store_manifest(folder, found)
    return whole


def _as_found(folder: Path, listed: Listed) -> Listed:
    """Return the files of a manifest with their sizes and times of change as they are now."""
    stats = {name: (folder / name).stat() for name in listed}
    return {
        name: [stats[name].st_size, sha256, stats[name].st_mtime_ns]
        for name, (_, sha256, *_) in listed.items()
    }


def _read_manifest(folder: Path) -> Listed:
    """Return size, sha256 and time of change of each file; raises one of ``_BROKEN``."""
    text = (folder / MANIFEST).read_text(encoding="utf-8")
    return dict(json.loads(text)["files"].items())


def prepare_once(
    target: Path, make: Callable[[Path], None], *, report: Report, needed_bytes: int = 0
) -> None:
    """Let ``make`` fill a folder and put it at ``target``, unless a sound one stands there.

    Raises ModelError when the cache folder cannot be written or is full.
    """
    with _cache_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target.with_name(f"{target.name}.lock"), report):
            if is_sound(target):
                return  # another process was faster
            _sweep(target)
            _require_space(target.parent, needed_bytes)
            folder = Path(tempfile.mkdtemp(prefix=f"{target.name}.making-", dir=target.parent))
            try:
                make(folder)
                _write_manifest(folder)
                _swap_in(folder, target)
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def _sweep(target: Path) -> None:
    """Take away what killed preparations left; the lock is held, so none is at work."""
    for leftover in target.parent.glob(f"{target.name}.making-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _require_space(root: Path, needed_bytes: int) -> None:
    free = shutil.disk_usage(root).free
    if free < needed_bytes:
        raise OSError(errno.ENOSPC, f"{needed_bytes >> 20} MB needed, {free >> 20} MB free")


def _write_manifest(folder: Path) -> None:
    """List the files of a folder that was just made, all of them safely on the disk."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        _sync(path)
    listed = {path.relative_to(folder).as_posix(): [0, sha256_of(path)] for path in files}
    _store_manifest(folder, _as_found(folder, listed))


def _store_manifest(folder: Path, listed: Listed) -> None:
    """Put the manifest in the place of another in one step; OSError when that fails."""
    unfinished = folder / f".{MANIFEST}.{os.getpid()}"
    try:
        unfinished.write_text(json.dumps({"files": listed}, indent=1), encoding="utf-8")
        _sync(unfinished)
        unfinished.replace(folder / MANIFEST)
    finally:
        unfinished.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _swap_in(folder: Path, target: Path) -> None:
    """Rename ``folder`` to ``target``; a damaged predecessor moves out of the way first."""
    if target.exists():
        target.rename(Path(tempfile.mkdtemp(prefix=f"{target.name}.making-", dir=target.parent)))
    folder.rename(target)
    _sweep(target)
    if sys.platform != "win32":
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _locked(path: Path, report: Report) -> Iterator[None]:
    """Hold the lock of one prepared model; wait while another process holds it."""
    deadline = time.monotonic() + _PATIENCE_S
    with path.open("a+b") as handle:
        waiting = False
        while not _try_lock(handle):
            if not waiting:
                report("waiting for another process that prepares the same model")
                waiting = True
            if time.monotonic() > deadline:
                raise ModelError(
                    f"Another process has held {path} for {_PATIENCE_S / 60:.0f} minutes.",
                    remedy="End that process, then try again.",
                )
            time.sleep(_POLL_S)
        yield  # closing the file frees the lock


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: BinaryIO) -> bool:
        try:
            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: BinaryIO) -> bool:
        try:
            fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def _cache_errors(root: Path) -> Iterator[None]:
    """Translate what the operating system says about the cache folder."""
    try:
        yield
    except OSError as cause:
        raise ModelError(
            f"The folder of prepared models, {root}, cannot be used: {cause}.",
            remedy="Make room or give another folder: --cache FOLDER or ASSISTANT_CACHE=FOLDER.",
        ) from cause
