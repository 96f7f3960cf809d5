"""Measure the web chat: from process start to page, question to answer, click to passage.

``uv run benchmarks/web_start.py [--runs 3] [flags of app.py, such as --index]``. Figures of a
warm machine: the prepared models and the index are made first, outside the measurement.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

APP = Path(__file__).resolve().parent.parent / "app.py"
QUESTIONS = (
    "Who defines value in CSR, and who in shared value?",
    "What do Porter and Kramer say about CSR?",
    "What is greenwashing?",
)
CLICKS = """async () => {
  const times = [], body = document.getElementById('reader-body');
  for (const button of document.querySelectorAll('#chat .cite')) {
    body.innerHTML = '';
    const began = performance.now();
    button.click();
    while (!body.querySelector('mark')) await new Promise(requestAnimationFrame);
    times.push(performance.now() - began);
  }
  return times;
}"""


class App:
    """A running app.py and when it came to what."""

    def __init__(self, flags: list[str]) -> None:
        self.began = time.perf_counter()
        command = [sys.executable, str(APP), "--port", "0", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
        assert self.process.stdout is not None
        self.url = next(x.split()[1] for x in self.process.stdout if x.startswith("Open "))
        urllib.request.urlopen(self.url).read()
        self.page_s = self.since()

    def since(self) -> float:
        """Return the seconds since the process was started."""
        return time.perf_counter() - self.began

    def wait_for(self, key: str, value: object) -> float:
        """Return when a part of the status has become ``value``, in seconds since the start."""
        while json.load(urllib.request.urlopen(f"{self.url}/status"))[key] != value:
            time.sleep(0.05)
        return self.since()

    def resident_mib(self) -> float:
        """Return the memory of the process, where the system tells it."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return float("nan")
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def end(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait(20)


def ask(page: Page, question: str) -> float:
    """Return the seconds until quotations are on screen; wait for the whole answer."""
    turns = page.locator(".turn").count()
    page.fill("#question", question)
    began = time.perf_counter()
    page.press("#question", "Enter")
    page.wait_for_function(
        """n => document.querySelectorAll('.turn').length > n
           && document.querySelector('#zone-running .turn:not([data-state=searching])')""",
        arg=turns,
    )
    quoted_s = time.perf_counter() - began
    page.wait_for_selector("#zone-running .turn[data-state=done]", timeout=120_000)
    return quoted_s


def measure(app: App, page: Page) -> None:
    """Print the figures of one start."""
    searchable = app.wait_for("phase", "ready")
    settled = app.wait_for("settled", True)
    print(
        f"page served {app.page_s:.1f} s, searchable {searchable:.1f} s, "
        f"model settled {settled:.1f} s after process start"
    )
    began = time.perf_counter()
    page.goto(app.url)
    page.wait_for_selector("#welcome", state="visible")
    print(f"page usable in the browser {time.perf_counter() - began:.1f} s")
    quoted = [ask(page, question) for question in QUESTIONS]
    print(f"quotations on screen {', '.join(f'{s * 1000:.0f}' for s in quoted)} ms")
    clicks = page.evaluate(CLICKS)
    print(
        f"citation to passage: median {statistics.median(clicks):.0f} ms, "
        f"slowest {max(clicks):.0f} ms of {len(clicks)}"
    )
    print(f"resident memory {app.resident_mib():.0f} MiB\n")
    page.context.close()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    own, flags = parser.parse_known_args()
    browser_path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        if "--index" not in flags:
            flags += ["--index", f"{folder}/index"]
        app = App(flags)
        app.wait_for("settled", True)
        app.end()
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        for _ in range(own.runs):
            app = App(flags)
            try:
                measure(app, browser.new_context().new_page())
            finally:
                app.end()
        browser.close()


if __name__ == "__main__":
    main()
