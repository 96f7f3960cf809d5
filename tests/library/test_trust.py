"""What a build may rely on: files that nobody has written to since the last one."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing

import pytest
from fakes import HashEmbedder

from assistant.errors import LibraryDamagedError
from assistant.library import indexing
from assistant.library.indexing import build
from assistant.library.trust import CHECKED_NAME, Trust
from assistant.library.vectors import VECTORS_NAME
from assistant.library.verifying import verify
from assistant.reading.files import stamp_of


@pytest.fixture
def built(library, texts):
    build(library, texts.folder, HashEmbedder())
    return library


def trusted(library) -> tuple[bool, bool]:
    trust = Trust(library.folder)
    return trust.in_database(), trust.in_vectors()


def forge(library) -> None:
    """Say of the files as they are that a build left them so."""
    names = ("library.db", "library.db-wal", VECTORS_NAME)
    stats = {
        name: (library.folder / name).stat() for name in names if (library.folder / name).exists()
    }
    stamps = {name: stamp_of(status) for name, status in stats.items() if status.st_size}
    (library.folder / CHECKED_NAME).write_text(json.dumps(stamps))


def overwrite(path, position: int, content: bytes) -> None:
    """Write within a file and set its time of writing back."""
    status = path.stat()
    with path.open("r+b") as file:
        file.seek(position)
        file.write(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_no_index_is_not_trusted(library):
    assert trusted(library) == (False, False)
    Trust(library.folder).grant()
    Trust(library.folder).withdraw()
    assert not library.folder.exists()


def test_what_a_build_leaves_is_trusted(built):
    assert trusted(built) == (True, True)


def test_reading_does_not_spoil_the_trust(built):
    with built.reading() as snapshot:
        assert len(snapshot.cards()) == 3
    verify(built)
    assert trusted(built) == (True, True)


def test_every_build_leaves_it_again(built, texts):
    texts.write("new", "Something new.")
    build(built, texts.folder, HashEmbedder())
    assert trusted(built) == (True, True)


@pytest.mark.parametrize(
    ("name", "left"), [("library.db", (False, True)), (VECTORS_NAME, (True, False))]
)
def test_whoever_writes_and_sets_the_time_back_is_still_noticed(built, name, left):
    overwrite(built.folder / name, 50, b"\0")
    assert trusted(built) == left


def test_a_change_by_other_means_than_a_build_is_noticed(built):
    with closing(sqlite3.connect(built.path)) as connection:
        connection.execute("UPDATE documents SET text = upper(text)")
        connection.commit()
    assert trusted(built) == (False, True)


@pytest.mark.parametrize("content", ["", "{", "[]", "7", '{"library.db": 3}', "\0"])
def test_what_is_not_the_record_of_a_build_grants_nothing(built, content):
    (built.folder / CHECKED_NAME).write_text(content)
    assert trusted(built) == (False, False)


def test_a_copy_of_the_index_is_checked_once(built, texts, tmp_path):
    copy = type(built)(tmp_path / "copy")
    copy.folder.mkdir()
    for path in built.folder.iterdir():
        (copy.folder / path.name).write_bytes(path.read_bytes())
    assert trusted(copy) == (False, False)
    build(copy, texts.folder, HashEmbedder())
    assert trusted(copy) == (True, True)


def test_a_build_that_fails_leaves_no_trust_in_what_it_wrote(built, texts, monkeypatch):
    def fail(text: str) -> None:
        if "Second" in text:
            raise KeyboardInterrupt

    monkeypatch.setattr(indexing, "_BATCH", 1)
    texts.write("new", "# A\n\nFirst.\n\n# B\n\nSecond.")
    with pytest.raises(KeyboardInterrupt):
        build(built, texts.folder, HashEmbedder(before_each=fail))
    assert trusted(built) == (False, True)


def rot(library) -> None:
    """Spoil the page of the documents, and forge the trust: bytes that rot leave no trace."""
    content = library.path.read_bytes()
    position = content.index(b"Society defines") // 8192 * 8192
    overwrite(library.path, position, b"\xff" * 100)
    forge(library)


def test_damage_met_by_a_reader_withdraws_the_trust_and_the_next_build_mends_it(built, texts):
    rot(built)
    assert trusted(built) == (True, True)
    with pytest.raises(LibraryDamagedError), built.reading() as snapshot:
        snapshot.document("society")
    assert trusted(built) == (False, False)
    embedder = HashEmbedder()
    assert len(build(built, texts.folder, embedder).added) == 3
    assert embedder.embedded == []
    assert verify(built) == ()


def test_damage_met_by_a_build_is_mended_by_it(built, texts):
    rot(built)
    texts.write("society", "Society changed its mind.")
    assert sorted(build(built, texts.folder, HashEmbedder()).added) == [
        "company", "customers", "society",
    ]  # fmt: skip
    assert verify(built) == ()


def test_damage_found_by_verify_withdraws_the_trust(built, texts):
    rot(built)
    assert verify(built) != ()
    build(built, texts.folder, HashEmbedder())
    assert verify(built) == ()


def test_a_thorough_build_relies_on_nothing(built, texts):
    rot(built)
    build(built, texts.folder, HashEmbedder())
    assert verify(built) != ()
    forge(built)
    build(built, texts.folder, HashEmbedder(), thorough=True)
    assert verify(built) == ()
