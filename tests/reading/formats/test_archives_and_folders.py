"""Folders and archives: every file its own outcome, nothing outside, nothing written over."""

from __future__ import annotations

import io
import os
import stat
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.reading.formats import (
    DocumentError,
    DocumentReader,
    Limits,
    Reason,
    found_in,
    open_bytes,
    read_file,
    read_files,
    unpack_to,
)
from assistant.reading.formats.names import safe_name

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
LIMITS = Limits()


def zip_of(*entries: tuple[str, bytes] | tuple[zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def member(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    return entry


def unpacked(reader: DocumentReader, folder: Path, content: bytes) -> dict[str, str]:
    """Return name -> reason or "" for each member of an archive."""
    archive = folder / "upload.zip"
    archive.write_bytes(content)
    target = folder / "target"
    target.mkdir()
    found = unpack_to(target, archive, reader)
    return {f.name: "" if f.problem is None else f.problem.reason.value for f in found}


def files_below(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_an_archive_is_unpacked_with_its_folders(reader, tmp_path):
    content = zip_of(("week 1/notes.md", b"# A\n\nA sentence."), ("é.txt", b"B."), ("sub/", b""))
    assert unpacked(reader, tmp_path, content) == {"week 1/notes.md": "", "é.txt": ""}
    assert (tmp_path / "target/week 1/notes.md").read_bytes() == b"# A\n\nA sentence."


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../x.txt", Reason.BAD_NAME),
        ("a/../../x.txt", Reason.BAD_NAME),
        ("..\\..\\x.txt", Reason.BAD_NAME),
        ("/etc/x.txt", Reason.BAD_NAME),
        ("C:\\x.txt", Reason.BAD_NAME),
        ("\\\\server\\x.txt", Reason.BAD_NAME),
        ("a\x01b.txt", Reason.BAD_NAME),
        ("a:stream.txt", Reason.BAD_NAME),
        ("con.txt", Reason.BAD_NAME),
        ("sub/NUL", Reason.BAD_NAME),
        ("dot./x.txt", Reason.BAD_NAME),
        ("x.txt ", Reason.BAD_NAME),
        ("x" * 300 + ".txt", Reason.BAD_NAME),
        ("/".join("x" * 600) + ".txt", Reason.BAD_NAME),
    ],
)
def test_names_that_lead_out_or_mean_something_else_are_refused(reader, tmp_path, name, reason):
    before = files_below(tmp_path.parent)
    found = unpacked(reader, tmp_path, zip_of((name, b"harm"), ("good.txt", b"Good.")))
    assert sorted(found.values()) == sorted(["", reason.value])
    assert files_below(tmp_path / "target") == ["good.txt"]
    assert set(files_below(tmp_path.parent)) - set(before) == {
        f"{tmp_path.name}/upload.zip", f"{tmp_path.name}/target/good.txt",
    }  # fmt: skip


def test_links_and_devices_in_an_archive_are_refused(reader, tmp_path):
    content = zip_of(
        (member("link.txt", stat.S_IFLNK | 0o777), b"/etc/passwd"),
        (member("pipe.txt", stat.S_IFIFO | 0o666), b""),
        (member("good.txt", stat.S_IFREG | 0o644), b"Good."),
    )
    assert unpacked(reader, tmp_path, content) == {
        "link.txt": "link",
        "pipe.txt": "not-a-file",
        "good.txt": "",
    }


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_members_of_one_name_the_first_counts(reader, tmp_path):
    content = zip_of(("A.txt", b"First."), ("a.TXT", b"Second."))
    assert unpacked(reader, tmp_path, content) == {"A.txt": "", "a.TXT": "bad-name"}
    assert (tmp_path / "target" / "A.txt").read_bytes() == b"First."


def test_what_systems_put_into_archives_is_left_out(reader, tmp_path):
    litter = ("__MACOSX/._a.txt", "._a.txt", "sub/.DS_Store", "Thumbs.db", "x/.git/config")
    content = zip_of(("a.txt", b"A."), *((name, b"x") for name in litter))
    assert unpacked(reader, tmp_path, content) == {"a.txt": ""}


def test_a_file_that_is_there_is_not_written_over(reader, tmp_path):
    archive = tmp_path / "upload.zip"
    archive.write_bytes(zip_of(("a.txt", b"new"), ("b.txt", b"B.")))
    (tmp_path / "a.txt").write_text("old")
    found = unpack_to(tmp_path, archive, reader)
    assert [f.problem and f.problem.reason for f in found] == [Reason.FORBIDDEN, None]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_bombs_and_too_many_members_are_refused(tmp_path):
    limits = Limits(members=50, unpacked_bytes=50_000_000)
    with DocumentReader(limits, ocr=False) as reader:
        for content, reason in (
            (zip_of(("a.txt", bytes(60_000_000))), Reason.BOMB),
            (zip_of(("a.txt", bytes(30_000_000))), Reason.BOMB),
            (zip_of(*((f"{n}.txt", b"x") for n in range(51))), Reason.TOO_MANY),
            (b"PK\x03\x04 no archive", Reason.BROKEN),
        ):
            archive = tmp_path / "upload.zip"
            archive.write_bytes(content)
            with pytest.raises(DocumentError) as caught:
                unpack_to(tmp_path / "target", archive, reader)
            assert caught.value.reason is reason
            assert not (tmp_path / "target").exists()


def test_an_archive_within_an_archive_is_named(reader, tmp_path):
    inner = zip_of(("a.txt", b"A."))
    assert unpacked(reader, tmp_path, zip_of(("inner.zip", inner))) == {"inner.zip": ""}
    (outcome,) = read_files(found_in(tmp_path / "target"), reader)
    assert outcome.problem.reason is Reason.NESTED_ARCHIVE


@given(st.text(max_size=60))
def test_a_safe_name_stays_below_its_folder(name):
    try:
        path = safe_name(name)
    except DocumentError as problem:
        assert problem.reason is Reason.BAD_NAME
        return
    assert not path.is_absolute()
    assert ".." not in path.parts
    assert path.parts
    root = Path("/library/uploads")
    assert Path(os.path.normpath(root / path)).is_relative_to(root)


def make_folder(folder: Path) -> None:
    (folder / "sub" / ".hidden").mkdir(parents=True)
    (folder / "a.md").write_text("# A\n\nA sentence.")
    (folder / "b.PDF").write_bytes(b"%PDF-broken")
    (folder / "c.txt").write_bytes(b"")
    (folder / "sub" / "d.csv").write_text("Name,Claim\nPorter,unity\n")
    (folder / "sub" / "e.exe").write_bytes(b"MZ")
    (folder / ".f.md").write_text("hidden")
    (folder / "sub" / ".hidden" / "g.md").write_text("hidden")


def test_each_file_of_a_folder_has_its_outcome(reader, tmp_path):
    make_folder(tmp_path)
    found = {o.name: o for o in read_files(found_in(tmp_path), reader)}
    assert {name: o.problem and o.problem.reason.value for name, o in found.items()} == {
        "a.md": None,
        "b.PDF": "broken",
        "c.txt": "empty",
        "sub/d.csv": None,
    }
    assert found["a.md"].converted.text == "A\n\nA sentence."
    assert found["a.md"].size == len("# A\n\nA sentence.")
    assert found["c.txt"].as_problem.path == "c.txt"
    assert found["a.md"].as_problem is None


@posix_only
def test_links_out_of_a_folder_and_circles_are_refused(reader, tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("Secret.")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.txt").symlink_to(outside)
    (folder / "circle").symlink_to(folder, target_is_directory=True)
    (folder / "gone.txt").symlink_to(tmp_path / "nowhere")
    (folder / "a.txt").write_text("A sentence.")
    outcomes = {
        o.name: o.problem and o.problem.reason for o in read_files(found_in(folder), reader)
    }
    assert outcomes == {
        "a.txt": None,
        "circle": Reason.LINK,
        "gone.txt": Reason.LINK,
        "link.txt": Reason.LINK,
    }


@posix_only
def test_devices_pipes_and_folders_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    for path in (tmp_path / "pipe.txt", tmp_path / "folder.txt", Path("/dev/zero")):
        with pytest.raises(DocumentError) as caught:
            open_bytes(path, LIMITS)
        assert caught.value.reason is Reason.NOT_A_FILE


@posix_only
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_forbidden_file_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("A.")
    path.chmod(0)
    with pytest.raises(DocumentError) as caught:
        open_bytes(path, LIMITS)
    assert caught.value.reason is Reason.FORBIDDEN


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DocumentError) as caught:
        read_file(tmp_path / "a.txt")
    assert caught.value.reason is Reason.MISSING


@posix_only
def test_a_file_of_5_gb_is_refused_without_being_read(tmp_path):
    path = tmp_path / "large.pdf"
    with path.open("wb") as file:
        file.truncate(5_000_000_000)  # sparse: it takes no room
    with pytest.raises(DocumentError) as caught:
        open_bytes(path, LIMITS)
    assert caught.value.reason is Reason.TOO_LARGE
    assert caught.value.cause == "It has 5,000 MB; more than 200 MB are not read."


@posix_only
def test_a_name_that_is_no_text_is_shown_and_read(reader, tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    path.write_text("A sentence.")
    (outcome,) = read_files(found_in(tmp_path), reader)
    assert outcome.name == "caf?.txt"
    assert outcome.converted.text == "A sentence."


@pytest.mark.slow
def test_ten_thousand_files_have_ten_thousand_outcomes(reader, tmp_path):
    for n in range(10_000):
        (tmp_path / f"{n:05}.txt").write_text(f"Sentence {n}." if n % 7 else "")
    outcomes = list(read_files(found_in(tmp_path), reader))
    assert len(outcomes) == 10_000
    assert [o.converted is None for o in outcomes] == [n % 7 == 0 for n in range(10_000)]
    assert outcomes[9_999].converted.text == "Sentence 9999."
