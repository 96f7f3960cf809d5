"""Converters that misbehave in every way that a parser can; the worker loads them by name."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from assistant.reading.formats.converted import Converted, Format
from assistant.reading.formats.job import Job
from assistant.reading.formats.manuscript import Manuscript
from assistant.reading.formats.result import Result


def plain(job: Job, text: str = "") -> Converted:
    """Return a sound answer."""
    manuscript = Manuscript()
    manuscript.add("paragraph", text or job.content.decode())
    return Result(Format.TEXT, manuscript).converted()


def convert(job: Job) -> Converted:
    """Do what the name of the file says."""
    return ACTS[job.name.partition(".")[0]](job)


def hang(job: Job) -> Converted:
    while True:
        time.sleep(60)


def hang_in_c(job: Job) -> Converted:
    """Hold the interpreter's lock in a call that no signal handler interrupts."""
    ctypes.PyDLL(None).sleep(600)
    return plain(job)


def hang_with_children(job: Job) -> Converted:
    """Leave children behind that hold the pipes."""
    for _ in range(2):
        if os.fork() == 0:
            time.sleep(600)
    time.sleep(600)
    return plain(job)


def crash(job: Job) -> Converted:
    ctypes.string_at(0)
    return plain(job)


def abort(job: Job) -> Converted:
    os.abort()


def leave(job: Job) -> Converted:
    os._exit(0)


def eat_memory(job: Job) -> Converted:
    kept = []
    while True:
        kept.append(bytearray(50_000_000))


def eat_memory_in_c(job: Job) -> Converted:
    """Take memory as C++ does, and die as it does when there is none."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    while True:
        block = libc.malloc(50_000_000)
        if not block:
            os.abort()
        ctypes.memset(block, 1, 50_000_000)


def recurse(job: Job) -> Converted:
    return recurse(job)


def fail(job: Job) -> Converted:
    raise KeyError("what no parser promised")


def quit_quietly(job: Job) -> Converted:
    raise SystemExit(0)


def chatter(job: Job) -> Converted:
    """Print into what would be the answer."""
    sys.stdout.write("{}" * 10_000)
    sys.stdout.flush()
    os.write(1, b"\x00\x00\x00\x10garbage")
    sys.stderr.write("noise" * 100_000)
    return plain(job)


def lie(job: Job) -> Converted:
    """Answer with offsets that lie outside the text."""
    sound = plain(job, "One sentence.")
    object.__setattr__(sound, "text", "One")
    return sound


def _refused(act) -> str:
    try:
        act()
    except OSError as error:
        return f"refused: {type(error).__name__}"
    return "allowed"


def write(job: Job) -> Converted:
    target = Path(job.content.decode())
    return plain(job, _refused(lambda: target.write_text("written by a parser")))


def write_below(job: Job) -> Converted:
    """Write below the interpreter, where no hook sees it."""
    path = job.content
    descriptor = ctypes.CDLL(None, use_errno=True).open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    return plain(job, "allowed" if descriptor >= 0 else "refused")


def connect(job: Job) -> Converted:
    return plain(job, _refused(lambda: socket.create_connection(("127.0.0.1", 9), timeout=2)))


def connect_below(job: Job) -> Converted:
    """Connect below the interpreter to the port that the file names."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = libc.socket(2, 1, 0)
    address = b"\x02\x00" + int(job.content).to_bytes(2, "big") + b"\x7f\x00\x00\x01" + bytes(8)
    return plain(job, "allowed" if libc.connect(handle, address, 16) == 0 else "refused")


def start(job: Job) -> Converted:
    return plain(job, _refused(lambda: subprocess.run(["/bin/true"], check=True)))


def environment(job: Job) -> Converted:
    return plain(job, "Names: " + " ".join(sorted(os.environ)) + ".")


def number(job: Job) -> Converted:
    """Say which process reads."""
    return plain(job, f"Process {os.getpid()}.")


ACTS = {
    act.__name__: act
    for act in (
        plain, hang, hang_in_c, hang_with_children, crash, abort, leave, eat_memory,
        eat_memory_in_c, recurse, fail, quit_quietly, chatter, lie, write, write_below, connect,
        connect_below, start, environment, number,
    )
}  # fmt: skip
