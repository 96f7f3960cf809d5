"""Take the pictures of the README from a running app: ``uv run docs/screenshots.py``.

Starts app.py on a free port with an index of its own, asks two questions, and writes the PNG
files beside this script. Needs a Chromium: one that is installed, or named in $CHROMIUM.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
QUESTIONS = (
    "Who defines value in CSR, and who in shared value?",
    "What do Porter and Kramer say about CSR?",
)
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
MOST_BYTES = 300_000


def chromium() -> str:
    """Return the browser to drive."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    for candidate in (os.environ.get("CHROMIUM"), *map(shutil.which, names)):
        if candidate and Path(candidate).exists():
            return candidate
    sys.exit("No Chromium was found; install one or name it in $CHROMIUM.")


@contextmanager
def running_app(*flags: str) -> Iterator[str]:
    """Start app.py on a free port; yield its address."""
    command = [sys.executable, str(HERE.parent / "app.py"), "--port", "0", *flags]
    app = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
    assert app.stdout is not None
    try:
        for line in app.stdout:
            if line.startswith("Open "):
                yield line.split()[1]
                return
        sys.exit("The app ended before it could be opened.")
    finally:
        app.terminate()
        app.wait(20)


def ask(page: Page, question: str) -> None:
    """Ask, and wait for the finished answer."""
    turns = page.locator(".turn").count()
    page.fill("#question", question)
    page.press("#question", "Enter")
    page.wait_for_function(
        """n => document.querySelectorAll('.turn').length > n
           && !document.querySelector('.turn:not([data-state=done])')""",
        arg=turns,
        timeout=120_000,
    )
    page.evaluate("document.activeElement.blur()")


def opened(browser: Browser, url: str, **context: Any) -> Page:  # noqa: ANN401 - Playwright's own
    """Open the page when everything behind it is loaded."""
    page = browser.new_context(reduced_motion="reduce", **context).new_page()
    page.goto(url)
    page.wait_for_selector("#welcome", state="visible", timeout=300_000)
    while not page.evaluate("fetch('/status').then(r => r.json()).then(s => s.settled)"):
        time.sleep(0.5)
    page.reload()
    page.wait_for_selector("#welcome", state="visible")
    return page


def shoot(page: Page, name: str) -> None:
    """Write one picture and say how large it is."""
    path = HERE / f"{name}.png"
    time.sleep(0.3)
    page.screenshot(path=path)
    size = path.stat().st_size
    print(f"{path.name}: {size / 1000:.0f} kB")
    if size > MOST_BYTES:
        sys.exit(f"{path.name} is larger than {MOST_BYTES / 1000:.0f} kB.")


def take(browser: Browser, url: str) -> None:
    """Take all pictures: an answer with its evidence, the reader and the library."""
    for suffix, scheme in (("", "light"), ("-dark", "dark")):
        page = opened(browser, url, color_scheme=scheme, **DESKTOP)
        ask(page, QUESTIONS[1])
        if scheme == "light":
            page.click("#zone-running .answer .cite >> nth=1")
            page.wait_for_selector("#reader-body mark")
        shoot(page, f"desktop{suffix}")
        if scheme == "dark":
            page.click("#zone-running .answer .cite >> nth=1")
            page.wait_for_selector("#reader-body mark")
            shoot(page, "reader-dark")
    page = opened(browser, url, color_scheme="light", **DESKTOP)
    page.click("#browse")
    page.fill("#finder-words", "porter")
    page.wait_for_selector("#shelf li")
    page.select_option("#finder-order", "period")
    shoot(page, "library")
    page = opened(browser, url, color_scheme="light", **PHONE)
    ask(page, QUESTIONS[0])
    shoot(page, "phone")
    page.click("#zone-running .answer .cite >> nth=0")
    page.wait_for_selector("#reader-body mark")
    shoot(page, "phone-reader")


def main() -> None:
    """Start the app, take the pictures, stop the app."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        with running_app("--index", f"{folder}/index", *sys.argv[1:]) as url:
            take(browser, url)
        browser.close()


if __name__ == "__main__":
    main()
