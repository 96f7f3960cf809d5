"""A real app.py with the real texts, and a real Chromium that looks at it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """Return the browser to drive: $CHROMIUM, else one that is installed."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    candidates = [os.environ.get("CHROMIUM"), "/usr/bin/chromium", *map(shutil.which, names)]
    return next((c for c in candidates if c and Path(c).exists()), None)


@dataclass
class App:
    """A running app.py, what it printed, and what it tried to reach elsewhere."""

    process: subprocess.Popen[str]
    tried: Path
    lines: list[str] = field(default_factory=list)
    url: str = ""

    def await_url(self, timeout_s: float = 60) -> str:
        """Return the address as soon as the app has printed it."""
        found = threading.Event()

        def read() -> None:
            assert self.process.stdout is not None
            for line in self.process.stdout:
                self.lines.append(line.rstrip())
                if opened := re.match(r"Open (http://\S+)", line):
                    self.url = opened[1]
                    found.set()
            found.set()

        self.reader = threading.Thread(target=read, daemon=True)
        self.reader.start()
        found.wait(timeout_s)
        assert self.url, self.lines
        return self.url

    def end(self) -> None:
        """Stop it, and leave nothing open."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(10)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def start_app(network_guard: str, tmp_path_factory: pytest.TempPathFactory):
    """Start app.py on a free port; every attempt to leave the machine is refused and noted."""
    folder = tmp_path_factory.mktemp("guard")
    tried = folder / "tried.txt"
    (folder / "sitecustomize.py").write_text(
        f"from __future__ import annotations\n{network_guard}\nblock_network({str(tried)!r})\n",
        encoding="utf-8",
    )
    running: list[App] = []

    def start(*flags: str) -> App:
        command = [sys.executable, str(REPOSITORY / "app.py"), "--port", "0", *flags]
        app = App(
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(folder), "PYTHONUNBUFFERED": "1"},
            ),
            tried,
        )
        app.await_url()
        running.append(app)
        return app

    yield start
    for app in running:
        app.end()


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """A Chromium that is installed on the machine; without one the journey is skipped."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium was found; install one or name it in $CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()
