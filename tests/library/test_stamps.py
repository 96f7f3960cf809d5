"""What the file system tells of a file without opening it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.reading.files import corpus_files, found_files, is_settled, read_stamped, stamp_of

SECOND = 1_000_000_000


def stamp(*, mtime_ns: int, ctime_ns: int = 0) -> str:
    return f"7 {mtime_ns} {ctime_ns} 99"


@pytest.mark.parametrize(
    ("mtime_ns", "ctime_ns", "settled"),
    [
        (100 * SECOND - 21_000_001, 1, True),  # more than a tick of 20 ms ago
        (100 * SECOND - 19_000_000, 1, False),
        (100 * SECOND + 5, 1, False),  # from the future
        (1, 100 * SECOND - 19_000_000, False),  # its time was set back
        (1, 100 * SECOND - 21_000_001, True),
        (99 * SECOND, 0, False),  # whole seconds: perhaps FAT, which has only even ones
        (97 * SECOND, 0, True),
    ],
)
def test_when_a_stamp_can_be_relied_on(mtime_ns, ctime_ns, settled):
    found = stamp(mtime_ns=mtime_ns, ctime_ns=ctime_ns)
    assert is_settled(found, 100 * SECOND) is settled


def test_the_stamp_of_a_file(tmp_path):
    path = tmp_path / "a.md"
    path.write_bytes(b"Value.")
    os.utime(path, ns=(1, 123_456_789))
    status = path.stat()
    assert stamp_of(status) == f"6 123456789 {status.st_ctime_ns} {status.st_ino}"


def test_content_that_was_just_written_comes_without_a_stamp(tmp_path):
    path = tmp_path / "a.md"
    path.write_bytes(b"Value.")
    ahead_ns = time.time_ns() + 60 * SECOND
    os.utime(path, ns=(ahead_ns, ahead_ns))
    assert read_stamped(path) == (b"Value.", "")
    os.utime(path, ns=(1, 123_456_789))
    time.sleep(0.03)
    assert read_stamped(path) == (b"Value.", stamp_of(path.stat()))


def test_found_files_have_the_order_and_the_stamps_of_the_paths(tmp_path):
    for name in ("b.md", "a/z.md", "a-b.md", "a.md", "a/b/c.TXT", "ä.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    found = found_files(tmp_path)
    assert [f.path for f in found] == ["a/b/c.TXT", "a/z.md", "a-b.md", "a.md", "b.md", "ä.md"]
    assert [tmp_path / f.path for f in found] == corpus_files(tmp_path)
    assert [f.stamp for f in found] == [stamp_of((tmp_path / f.path).stat()) for f in found]


@given(st.lists(st.lists(st.sampled_from(["a", "a-", "a.b", "b", "B"]), min_size=1, max_size=3)))
def test_files_come_in_the_order_of_their_paths(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("order")
    for parts in names:
        path = folder.joinpath(*parts[:-1], parts[-1] + ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    paths = [Path(f.path) for f in found_files(folder)]
    assert paths == sorted(paths)
    assert set(paths) == {Path(*parts[:-1], parts[-1] + ".md") for parts in names}


def test_links(tmp_path):
    (tmp_path / "texts" / "sub").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far.md").write_text("Far.")
    try:
        (tmp_path / "texts" / "file.md").symlink_to(tmp_path / "elsewhere" / "far.md")
    except OSError:
        pytest.skip("no links here")
    (tmp_path / "texts" / "folder").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "texts" / "sub" / "circle").symlink_to(tmp_path / "texts")
    (tmp_path / "texts" / "nowhere.md").symlink_to(tmp_path / "gone.md")
    (found,) = found_files(tmp_path / "texts")
    assert found.path == "file.md"
    assert found.stamp == stamp_of((tmp_path / "elsewhere" / "far.md").stat())
