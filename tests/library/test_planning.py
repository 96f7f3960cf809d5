"""Which files are looked into: those that may have changed since they were last read."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fakes import HashEmbedder

from assistant.library.indexing import build, pending

_opened: list[str] | None = None


def _listen(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _opened is not None:
        _opened.append(str(arguments[0]))


sys.addaudithook(_listen)


@contextmanager
def opened(folder: Path) -> Iterator[list[str]]:
    """Give the names of the files below a folder that are opened meanwhile."""
    global _opened
    _opened = []
    names: list[str] = []
    try:
        yield names
    finally:
        below = [p for p in map(Path, _opened) if folder in p.parents]
        names.extend(sorted(p.name for p in below))
        _opened = None


@pytest.fixture
def settled(library, texts):
    """A library that was built when its texts had been left alone for a while."""
    time.sleep(0.03)
    build(library, texts.folder, HashEmbedder())
    return library


def write_over(path: Path, old: bytes, new: bytes) -> None:
    """Change a file and leave its size and its time of writing as they were."""
    status = path.stat()
    assert len(old) == len(new)
    path.write_bytes(path.read_bytes().replace(old, new))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)


def test_files_that_nobody_touched_are_not_opened(settled, texts):
    with opened(texts.folder) as names:
        report = build(settled, texts.folder, HashEmbedder())
        plan = pending(settled, texts.folder, HashEmbedder())
    assert names == []
    assert (report.unchanged, plan.is_empty) == (3, True)


def test_of_many_files_only_the_new_one_is_opened(library, texts):
    for n in range(50):
        texts.write(f"many-{n}", f"Text {n}.")
    time.sleep(0.03)
    build(library, texts.folder, HashEmbedder())
    texts.write("new", "Something new.")
    with opened(texts.folder) as names:
        report = build(library, texts.folder, HashEmbedder())
    assert names == ["new.md"]
    assert (report.added, report.unchanged, report.embedded) == (("new",), 53, 1)


def test_a_file_that_was_touched_is_read_and_known_again(settled, texts):
    os.utime(texts.folder / "society.md")
    with opened(texts.folder) as names:
        plan = pending(settled, texts.folder, HashEmbedder())
    assert names == ["society.md"]
    assert (plan.is_empty, plan.unchanged, list(plan.stamps)) == (True, 3, ["society.md"])


def test_a_change_whose_time_was_set_back_is_seen(settled, texts):
    write_over(texts.folder / "society.md", b"by law", b"by use")
    report = build(settled, texts.folder, HashEmbedder())
    assert report.changed == ("society",)


def test_a_file_that_takes_the_place_of_another_of_its_size_and_time_is_seen(settled, texts):
    path = texts.folder / "society.md"
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    write_over(other, b"by law", b"by use")
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)
    assert build(settled, texts.folder, HashEmbedder()).changed == ("society",)


def test_what_was_just_written_is_not_relied_on(library, texts):
    """Within one tick of the clock it may be written again, and nothing would show."""
    ahead_ns = time.time_ns() + 60_000_000_000
    os.utime(texts.folder / "society.md", ns=(ahead_ns, ahead_ns))
    build(library, texts.folder, HashEmbedder())
    with library.reading() as snapshot:
        stamps = {path: file.stamp for path, file in snapshot.files().items()}
    assert stamps["society.md"] == ""
    write_over(texts.folder / "society.md", b"by law", b"by use")
    assert build(library, texts.folder, HashEmbedder()).changed == ("society",)


def test_a_thorough_look_relies_on_no_stamp(settled, texts):
    write_over(texts.folder / "society.md", b"by law", b"by use")
    forge_stamp(settled, texts.folder / "society.md")
    assert pending(settled, texts.folder, HashEmbedder()).is_empty
    with opened(texts.folder) as names:
        plan = pending(settled, texts.folder, HashEmbedder(), thorough=True)
    assert names == ["company.md", "customers.md", "society.md"]
    assert plan.changed == ("society",)
    report = build(settled, texts.folder, HashEmbedder(), thorough=True)
    assert (report.changed, report.unchanged) == (("society",), 2)


def forge_stamp(library, path: Path) -> None:
    from assistant.reading.files import stamp_of

    with library.writing() as writer:
        writer.put_stamps({path.name: stamp_of(path.stat())})


def test_many_touched_files_are_read_once_more_and_then_no_more(library, texts):
    for n in range(120):
        texts.write(f"many-{n}", f"Text {n}.")
    time.sleep(0.03)
    build(library, texts.folder, HashEmbedder())
    for path in texts.folder.iterdir():
        os.utime(path)
    time.sleep(0.03)
    for expected in (123, 0):
        with opened(texts.folder) as names:
            report = build(library, texts.folder, HashEmbedder())
        assert len(names) == expected
        assert (report.unchanged, report.generation) == (123, 1)


def test_a_bad_file_is_looked_at_each_time(settled, texts):
    (texts.folder / "bad.md").write_bytes(b"Caf\xe9")
    time.sleep(0.03)
    for _ in range(2):
        with opened(texts.folder) as names:
            report = build(settled, texts.folder, HashEmbedder())
        assert (names, len(report.problems)) == (["bad.md"], 1)
