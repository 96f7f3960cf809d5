"""The process that reads survives nothing; the program survives it."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from assistant.reading.formats import DocumentError, DocumentReader, Limits, Reason

HERE = Path(__file__).parent
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's means are Linux's")


@pytest.fixture
def reader(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.setenv("SECRET_KEY", "of a service")
    limits = Limits(seconds=2.0, memory_bytes=700_000_000)
    with DocumentReader(limits, ocr=False, converter="unruly:convert") as reader:
        yield reader


def said(reader: DocumentReader, act: str, content: bytes = b"Sound.") -> str:
    return reader.read(f"{act}.txt", content).text


def refusal(reader: DocumentReader, act: str, content: bytes = b"Sound.") -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        reader.read(f"{act}.txt", content)
    assert caught.value.remedy
    return caught.value


def test_a_sound_file_is_read(reader):
    assert said(reader, "plain", b"A sentence. And another.") == "A sentence. And another."


@pytest.mark.parametrize(
    ("act", "reason", "cause"),
    [
        ("hang", Reason.TOO_SLOW, "takes more than 2 s"),
        ("hang_in_c", Reason.TOO_SLOW, "takes more than 2 s"),
        ("hang_with_children", Reason.TOO_SLOW, "takes more than 2 s"),
        ("crash", Reason.CRASHED, "SIGSEGV"),
        ("abort", Reason.CRASHED, "SIGABRT"),
        ("leave", Reason.CRASHED, "code 0"),
        ("eat_memory", Reason.TOO_MUCH_MEMORY, "more than 700 MB"),
        ("eat_memory_in_c", Reason.CRASHED, "more than 700 MB"),
        ("recurse", Reason.BROKEN, "RecursionError"),
        ("fail", Reason.BROKEN, "KeyError"),
        ("quit_quietly", Reason.CRASHED, "code 0"),
        ("lie", Reason.CRASHED, "no text"),
    ],
)
def test_an_unruly_parser_is_named_and_the_next_file_is_read(reader, act, reason, cause):
    if reason is not Reason.TOO_SLOW:
        reader.limits = replace(reader.limits, seconds=20.0)  # machines are shared
    began = time.monotonic()
    problem = refusal(reader, act)
    assert problem.reason is reason
    assert cause in problem.cause
    assert time.monotonic() - began < 40
    assert said(reader, "plain", b"The next file.") == "The next file."


def test_it_can_be_started_before_the_first_file(reader):
    assert reader.granted == ()
    granted = reader.start()
    assert "interpreter" in granted
    assert reader.granted == granted


def test_what_a_parser_prints_is_not_taken_for_its_answer(reader):
    assert said(reader, "chatter", b"The answer.") == "The answer."


def processes() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_no_process_is_left_behind(reader):
    before = processes()
    refusal(reader, "hang_with_children")
    assert processes() <= before


def test_one_worker_reads_many_files_and_a_fresh_one_follows_a_crash(reader):
    first = said(reader, "number")
    assert said(reader, "number") == first
    refusal(reader, "abort")
    assert said(reader, "number") != first


def test_cancelling_ends_the_file_at_hand_at_once(reader):
    reader.limits = replace(reader.limits, seconds=60.0)
    began = time.monotonic()
    threading.Timer(1.0, reader.cancel).start()
    assert refusal(reader, "hang").reason is Reason.CANCELLED
    assert time.monotonic() - began < 20
    assert said(reader, "plain", b"The next file.") == "The next file."


def test_a_file_that_is_too_large_is_not_sent(reader):
    reader.limits = replace(reader.limits, file_bytes=10)
    assert refusal(reader, "plain", b"eleven byte").reason is Reason.TOO_LARGE


def test_a_parser_cannot_write_files(reader, tmp_path):
    target = tmp_path / "written"
    assert said(reader, "write", str(target).encode()) == "refused: PermissionError"
    assert not target.exists()


def test_a_parser_cannot_connect_or_start_programs(reader):
    assert said(reader, "connect") == "refused: PermissionError"
    assert said(reader, "start") == "refused: PermissionError"


def test_a_parser_sees_no_secrets(reader):
    names = said(reader, "environment")
    assert "PATH" in names
    assert "SECRET_KEY" not in names
    assert "HOME" not in names.split()


@linux_only
def test_the_kernel_forbids_writing_where_the_interpreter_is_passed_by(reader, tmp_path):
    said(reader, "plain")
    if "files" not in reader.granted:
        pytest.skip("this kernel has no Landlock")
    target = tmp_path / "written"
    assert said(reader, "write_below", os.fsencode(target)) == "refused"
    assert not target.exists()


@linux_only
def test_the_kernel_forbids_connecting_where_the_interpreter_is_passed_by(reader):
    said(reader, "plain")
    if "network" not in reader.granted:
        pytest.skip("this kernel grants no network of one's own")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert said(reader, "connect_below", str(port).encode()) == "refused"


def test_a_worker_that_does_not_start_is_named(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    with DocumentReader(converter="unruly:nothing_of_this_name") as reader:
        assert refusal(reader, "plain").reason is Reason.NO_WORKER
