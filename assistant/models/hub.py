"""Finds a model by folder or by id: first on this machine, then once on the Hugging Face hub."""

from __future__ import annotations

import json
import os
import queue
import re
import threading
from pathlib import Path

import httpx

from assistant.errors import ModelError
from assistant.models.cache import Report

_ID = re.compile(r"[\w.-]+/[\w.-]+")
_PATIENCE_S = 4.0  # until the hub answers; a download itself takes as long as it takes
_WANTED = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]
_UNWANTED = ["onnx/*", "openvino/*"]  # the same weights once more
_REMEDY = "Give a folder with the model, or run this once with network to download it."


def locate(model: str, *, home: str = "", report: Report) -> Path:
    """Return the folder of ``model``, a folder or a hub id; ``home`` completes a bare id.

    Raises ModelError when it is neither here nor can be downloaded.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder.resolve()
    name = model if "/" in model or not home else f"{home}/{model}"
    if not _ID.fullmatch(name):
        raise ModelError(
            f"There is no folder {folder}, and {model!r} is not a model id either.",
            remedy="Give an existing folder or an id of the form owner/name.",
        )
    return _downloaded(name) or _download(name, report)


def _downloaded(name: str) -> Path | None:
    """Return the folder of an earlier download."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        # with the patterns of the download, or what they left out counts as missing
        folder = Path(
            snapshot_download(
                name, local_files_only=True, allow_patterns=_WANTED, ignore_patterns=_UNWANTED
            )
        )
    except (LocalEntryNotFoundError, OSError, ValueError):
        return None
    return folder if (folder / "config.json").exists() else None


def _download(name: str, report: Report) -> Path:
    """Download ``name`` in a process of its own, after the hub has said that it has it."""
    from assistant.models.prepare import run_aside

    _ask_hub(name)
    report(f"downloading {name} (once)")
    run_aside(json.dumps({"download": name}), report, offline=False)
    folder = _downloaded(name)
    if folder is None:
        raise ModelError(f"{name} was downloaded, but has no config.json.", remedy=_REMEDY)
    return folder


def _ask_hub(name: str) -> None:
    """Raise ModelError unless the hub answers at once and has the model."""
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "true", "yes", "on"}:
        raise ModelError(
            f"{name} is not on this machine and HF_HUB_OFFLINE is set.", remedy=_REMEDY
        )
    hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    token = os.environ.get("HF_TOKEN", "")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        answer = _get(f"{hub}/api/models/{name}", headers)
    except (httpx.HTTPError, httpx.InvalidURL) as cause:
        raise ModelError(
            f"{name} is not on this machine and {hub} cannot be reached: {cause}.", remedy=_REMEDY
        ) from cause
    if answer.status_code != httpx.codes.OK:
        raise ModelError(
            f"{name} is not on this machine and {hub} refuses it (status {answer.status_code}).",
            remedy="Check the id; for a private or gated model set HF_TOKEN.",
        )


def _get(url: str, headers: dict[str, str]) -> httpx.Response:
    """Return the answer of ``url`` or raise within seconds, even where a look-up of names hangs."""
    answers: queue.Queue[httpx.Response | httpx.HTTPError | httpx.InvalidURL] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(httpx.get(url, headers=headers, timeout=_PATIENCE_S))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            answers.put(error)

    threading.Thread(target=ask, name="hub", daemon=True).start()
    try:
        answer = answers.get(timeout=_PATIENCE_S + 1)
    except queue.Empty:
        raise httpx.ConnectTimeout("no answer") from None
    if isinstance(answer, httpx.Response):
        return answer
    raise answer


def download(name: str) -> None:
    """Fetch ``name`` from the hub; runs in the preparing process only."""
    from huggingface_hub import snapshot_download

    snapshot_download(name, allow_patterns=_WANTED, ignore_patterns=_UNWANTED)
