"""Searches a second that a server answers to several clients, each asking again at once.

``python serving.py LOAD`` starts the server of ``LOAD``, asks it, stops it and prints its
figures. No question is asked twice, so nothing that is remembered helps.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from measuring import Figures, percentiles

_PATIENCE_S = 120.0
_WARM_UP_S = 1.5


@dataclass(frozen=True, slots=True)
class Load:
    """A server and how it is asked."""

    command: tuple[str, ...]
    port: int
    path: str  # of a search, the question goes behind it
    requests: str  # JSONL of questions
    clients: tuple[int, ...]
    seconds: float


def measure(load: Load) -> Figures:
    """Return searches a second and milliseconds for each number of clients."""
    with Path(load.requests).open(encoding="utf-8") as lines:
        questions = iter([quote(json.loads(line)["text"]) for line in lines])
    server = subprocess.Popen(load.command, stdout=subprocess.DEVNULL)
    try:
        _wait(server, f"http://127.0.0.1:{load.port}{load.path}{next(questions)}")
        figures = {}
        for clients in load.clients:
            asyncio.run(_ask(load, questions, clients, _WARM_UP_S))
            figures[f"clients_{clients}"] = asyncio.run(
                _ask(load, questions, clients, load.seconds)
            )
        return figures
    finally:
        server.terminate()
        server.wait()


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    """Return when a search is answered."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as reply:
                if reply.status == 200:
                    return
        except OSError:
            pass
        if server.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"no answer from {url}")
        time.sleep(0.2)


async def _ask(load: Load, questions: Iterator[str], clients: int, seconds: float) -> Figures:
    milliseconds: list[float] = []
    began = time.perf_counter()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
        while time.perf_counter() - began < seconds:
            asked = time.perf_counter()
            path = load.path + next(questions)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            await _reply(reader)
            milliseconds.append((time.perf_counter() - asked) * 1000)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(client() for _ in range(clients)))
    per_second = len(milliseconds) / (time.perf_counter() - began)
    return {"per_second": round(per_second, 2), **percentiles(milliseconds)}


async def _reply(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    if not head.startswith("http/1.1 200"):
        raise SystemExit(f"the server said: {head.splitlines()[0]}")
    length = next(x.split(":")[1] for x in head.splitlines() if x.startswith("content-length:"))
    return await reader.readexactly(int(length))


if __name__ == "__main__":
    print(json.dumps({"figures": measure(Load(**json.loads(sys.argv[1]))), "versions": {}}))
