"""Speed and memory of the chat on this machine: `uv run benchmarks/chat.py`.

Measures what a student waits for: the index from nothing, a search on the command line, the
page, the quoted answer, the first written word, and the memory of the whole app. Everything
runs in fresh processes with the prepared models of the user's cache; the questions come from
evaluation/questions.jsonl. Prints a table of value and target.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

_STARTS = 11
ROOT = Path(__file__).resolve().parent.parent
_ASK = """
import json, resource, sys, time
from assistant import Assistant
from assistant.records import AnswerReady, EvidenceFound, TextDelta
index, model, questions = sys.argv[1], sys.argv[2], json.loads(sys.stdin.read())
assistant = Assistant.open(index=index, model=model)
assistant.load_model()
assistant.ask("Who defines value?")
rows, searches = [], []
for question in questions:
    began, row = time.perf_counter(), {}
    for event in assistant.stream(question):
        now = (time.perf_counter() - began) * 1000
        if isinstance(event, EvidenceFound):
            row["quoted"] = now
        elif isinstance(event, TextDelta) and event.text.strip() and "word" not in row:
            row["word"] = now
        elif isinstance(event, AnswerReady):
            row["ready"] = now
    rows.append(row)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
assistant = Assistant.open(index=index, model="none")  # one that remembers no question
assistant.search("value")
for question in questions:
    began = time.perf_counter()
    assistant.search(question)
    searches.append((time.perf_counter() - began) * 1000)
print(json.dumps({"rows": rows, "searches": searches, "peak_mb": peak}))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=60, help="how many questions to ask")
    arguments = parser.parse_args()
    questions = _questions(arguments.questions)
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        build_s = _timed([sys.executable, "-m", "assistant.cli", "index", "build"], index)
        rebuild_s = _timed([sys.executable, "-m", "assistant.cli", "index", "build"], index)
        starts = [_search(index) for _ in range(_STARTS)]
        page_s, app_mb = _page(index)
        quoted = _answers(index, "none", questions)
        written = _answers(index, "embedded", questions[:20])
    shown = [row["quoted"] for row in quoted["rows"]]
    words = [row["word"] for row in written["rows"] if "word" in row]
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores\n")
    _line("index from nothing, with model load", f"{build_s:.1f} s", "< 10 s")
    _line("rebuild with nothing changed, whole process", f"{rebuild_s:.1f} s", "")
    wall_s, cpu_s, peak_mb = (statistics.median(row) for row in zip(*starts, strict=True))
    _line("search on the command line, start to end", f"{wall_s:.2f} s", "<= 0.5 s")
    _line("the same, processor time", f"{cpu_s:.2f} s", "<= 0.6 s")
    _line("the same, peak memory", f"{peak_mb:.0f} MB", "<= 480 MB")
    _line("search, p50", f"{_percentile(quoted['searches'], 50):.1f} ms", "<= 8 ms")
    _line("start to page, index built", f"{page_s:.1f} s", "< 8 s")
    _line("question to quoted answer, p50", f"{_percentile(shown, 50):.0f} ms", "<= 600 ms")
    _line("question to quoted answer, p95", f"{_percentile(shown, 95):.0f} ms", "<= 1000 ms")
    _line("first written word, p50", f"{_percentile(words, 50):.0f} ms", "<= 3000 ms")
    _line("first written word, p95", f"{_percentile(words, 95):.0f} ms", "")
    _line("memory of a process without a model, peak", f"{quoted['peak_mb']:.0f} MB", "")
    _line("memory of a process that writes, peak", f"{written['peak_mb']:.0f} MB", "<= 1600 MB")
    _line("memory of the app, model loaded", f"{app_mb:.0f} MB", "<= 1600 MB")


def _questions(most: int) -> list[str]:
    lines = (ROOT / "evaluation" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    return [row["question"] for row in rows if "question" in row][:most]


def _timed(command: Sequence[str], index: Path) -> float:
    began = time.perf_counter()
    subprocess.run([*command, "--index", str(index)], check=True, cwd=ROOT, capture_output=True)
    return time.perf_counter() - began


def _search(index: Path) -> tuple[float, float, float]:
    """Return the seconds, processor seconds and peak MB of `assistant search`, start to end."""
    command = [sys.executable, "-m", "assistant.cli", "search", "Who defines value?"]
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--index", str(index)], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _page(index: Path) -> tuple[float, float]:
    """Return seconds from the start of app.py to its page, and its memory in MB a while later."""
    port = 17860
    began = time.perf_counter()
    app = subprocess.Popen(
        [sys.executable, "app.py", "--index", str(index), "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                    page.read()
                break
            except OSError:
                if app.poll() is not None or time.perf_counter() - began > 60:
                    raise
                time.sleep(0.05)
        seconds = time.perf_counter() - began
        time.sleep(20)  # the language model loads behind the page
        return seconds, _resident_mb(app.pid)
    finally:
        app.terminate()
        app.wait()


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError("no VmRSS: this figure needs Linux")


def _answers(index: Path, model: str, questions: list[str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", _ASK, str(index), model],
        input=json.dumps(questions),
        text=True,
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return json.loads(done.stdout.splitlines()[-1])


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _line(name: str, value: str, target: str) -> None:
    print(f"{name:<46}{value:>12}   {target}")


if __name__ == "__main__":
    main()
