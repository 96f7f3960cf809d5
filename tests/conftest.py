"""What all tests share: a clean environment, no network, and a small library that is quick to make.

Prepared models are made once a run, in a folder that is thrown away; to keep it between
runs, name one: ``ASSISTANT_TEST_CACHE=~/.cache/whose-value-tests uv run pytest``.
"""

from __future__ import annotations

import inspect
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def block_network(log: str = "") -> None:  # noqa: C901 - in one piece: its source travels
    """Let this process reach this machine only; ``log`` is a file that names what was tried.

    Complete in itself: its source also runs as the sitecustomize of other processes.
    """
    import ipaddress
    import socket

    class NetworkBlockedError(OSError):
        pass

    def is_here(host: object) -> bool:
        name = host.decode() if isinstance(host, bytes) else host
        if name in (None, "", "localhost", socket.gethostname()):
            return True
        try:
            return ipaddress.ip_address(str(name).split("%")[0]).is_loopback
        except ValueError:
            return False

    def refuse(host: object) -> None:
        if log:
            with open(log, "a", encoding="utf-8") as file:  # noqa: PTH123
                file.write(f"{host}\n")
        raise NetworkBlockedError(f"the tests let nothing leave this machine: {host}")

    def guarded(name: str, position: int) -> None:
        original = getattr(socket.socket, name)

        def call(self: socket.socket, *arguments: object) -> object:
            address = arguments[position]
            if self.family in (socket.AF_INET, socket.AF_INET6) and not is_here(address[0]):
                refuse(address[0])
            return original(self, *arguments)

        setattr(socket.socket, name, call)

    def guarded_lookup(name: str) -> None:
        original = getattr(socket, name)

        def call(host: object, *arguments: object, **options: object) -> object:
            if not is_here(host):
                refuse(host)
            return original(host, *arguments, **options)

        setattr(socket, name, call)

    guarded("connect", 0)
    guarded("connect_ex", 0)
    guarded("sendto", -1)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        guarded_lookup(name)


def pytest_configure(config: pytest.Config) -> None:
    kept = os.environ.get("ASSISTANT_TEST_CACHE")
    for name in [n for n in os.environ if n.startswith(("ASSISTANT_", "HF_", "GRADIO_"))]:
        del os.environ[name]
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        os.environ.pop(name, None)
        os.environ.pop(name.lower(), None)
    home = Path(tempfile.mkdtemp(prefix="whose-value-home-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    browsers = Path.home() / ".cache" / "ms-playwright"
    if browsers.exists():
        os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(browsers))
    os.environ |= {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "ASSISTANT_CACHE": str(Path(kept).expanduser() if kept else home / "prepared"),
        "COLUMNS": "100",
    }
    block_network()


@pytest.fixture(scope="session")
def prepared_models() -> Path:
    """The folder of prepared models that all tests share; every Settings.load finds it."""
    return Path(os.environ["ASSISTANT_CACHE"])


@pytest.fixture(scope="session")
def network_guard() -> str:
    """The source of ``block_network``, for other processes."""
    return inspect.getsource(block_network)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The texts of the repository."""
    return REPOSITORY / "corpus"


TINY = {
    "customer-judges.md": """\
---
title: The customer judges
slug: customer-judges
perspective: crm
sources: [payne2005]
---

## In short

In customer strategy the customer defines what is valuable. A firm that listens to its
customers learns what they would miss [@payne2005].

## Loyalty

Loyal customers buy again. Frederick Reichheld measured loyalty with one question in 2003.
""",
    "society-judges.md": """\
---
title: Society judges
slug: society-judges
perspective: csr
sources: [eu2011]
---

## In short

In corporate social responsibility, government and civil society define what is valuable.
The European Commission called it the responsibility of enterprises for their impacts on
society [@eu2011].
""",
    "company-judges.md": """\
---
title: The company judges
slug: company-judges
perspective: csv
sources: [porter2011]
---

## In short

In creating shared value the company defines what is valuable. Michael Porter and Mark
Kramer described it in 2011 [@porter2011].
""",
}


@pytest.fixture
def tiny_corpus(tmp_path: Path) -> Path:
    """Three short texts, one for each of the customer, society and the company."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, text in TINY.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def settings(tmp_path: Path, tiny_corpus: Path):
    """Settings for the three texts, an index that is not made yet, and no language model."""
    from assistant.settings import Settings

    flags = {"corpus": tiny_corpus, "index": tmp_path / "index", "model": "none"}
    return Settings.load(flags, file=None)


@pytest.fixture(scope="session")
def assistant_none(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Iterator[object]:
    """The assistant with the real embedder and texts, built; it answers in quotations."""
    from assistant.service import Assistant

    index = tmp_path_factory.mktemp("library") / "index"
    assistant = Assistant.open(corpus=corpus, index=index, model="none")
    assistant.build()
    yield assistant
