"""From files to documents: which are read, which are refused and why."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from assistant.errors import CorpusError, UnreadableFileError
from assistant.reading import files
from assistant.reading.files import corpus_files, read_bytes, read_document
from assistant.records import Block, Sentence


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def put(folder: Path, name: str, content: bytes = b"Value is judged.") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_which_files_are_texts(folder):
    for name in (
        "b.md", "a.TXT", "deep/er/c.md", "ä.md",
        "README.md", "deep/readme.MD", ".hidden.md", ".git/x.md", "deep/.cache/y.md",
        "z.pdf", "references.bib", "md", "a.md~",
    ):  # fmt: skip
        put(folder, name)
    (folder / "folder.md").mkdir()
    found = [path.relative_to(folder).as_posix() for path in corpus_files(folder)]
    assert found == ["a.TXT", "b.md", "deep/er/c.md", "ä.md"]


def test_a_corpus_below_a_hidden_folder_is_read(folder):
    put(folder, ".notes/texts/a.md")
    assert [p.name for p in corpus_files(folder / ".notes" / "texts")] == ["a.md"]


def test_an_empty_folder_has_no_files(folder):
    assert corpus_files(folder) == []


def test_no_folder(folder):
    with pytest.raises(CorpusError, match=r"There is no corpus folder at .*nowhere"):
        corpus_files(folder / "nowhere")
    with pytest.raises(CorpusError, match="There is no corpus folder"):
        corpus_files(put(folder, "a.md"))


def read(path: Path, root: Path):
    return read_document(path, read_bytes(path), root=root)


def test_a_document(folder):
    content = "---\ntitle: T\n---\n# H\n\nOne é. Two [@k].\n".encode()
    document = read(put(folder, "sub/My Text.md", content), folder)
    assert document.text == "H\n\nOne é. Two."
    assert document.blocks == (Block("heading", 0, 1, 1), Block("paragraph", 3, 14))
    assert document.sentences == (Sentence(3, 9), Sentence(10, 14, ("k",)))
    assert (document.card.id, document.card.path) == ("my-text", "sub/My Text.md")
    assert document.card.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf---\ntitle: T\n---\nOne.\n\nTwo.",
        b"---\r\ntitle: T\r\n---\r\nOne.\r\n\r\nTwo.\r\n",
        b"---\rtitle: T\r---\rOne.\r\rTwo.\r",
        b"---\ntitle: T\n---\n\n\nOne.\n\n\n\nTwo.",
    ],
)
def test_marks_of_the_editor_make_no_difference(folder, content):
    document = read(put(folder, "a.md", content), folder)
    assert (document.card.title, document.text) == ("T", "One.\n\nTwo.")


@pytest.mark.parametrize(
    ("content", "reason", "remedy"),
    [
        (b"Caf\xe9", r"a.md is not UTF-8 text \(byte 3\)", "Save it with the encoding UTF-8."),
        ("Wert".encode("utf-16"), "a.md is not UTF-8 text", "Save it with the encoding UTF-8."),
        (b"a\xed\xa0\x80b", "a.md is not UTF-8 text", "Save it with the encoding UTF-8."),
        (b"a\0b", "a.md is not a text file", "Save it as plain UTF-8 text."),
        (b"", "a.md has no text", "Write something below the front matter."),
        (b"\xef\xbb\xbf \n\n", "a.md has no text", "Write something below the front matter."),
        (b"---\ntitle: T\n---\n", "a.md has no text", "Write something below the front matter."),
        (b"# Only a heading", "a.md has no text", "Write something below the front matter."),
        (b"[@only; @keys]", "a.md has no text", "Write something below the front matter."),
        (b"---\ntitle: T\n", "a.md: the front matter is not closed", "Mend the first lines"),
    ],
)
def test_what_cannot_be_read(folder, content, reason, remedy):
    with pytest.raises(UnreadableFileError, match=reason) as caught:
        read(put(folder, "a.md", content), folder)
    assert caught.value.remedy.startswith(remedy)


def test_a_file_that_is_too_large(folder, monkeypatch):
    monkeypatch.setattr(files, "_MAX_BYTES", 1_000_000)
    assert len(read_bytes(put(folder, "a.md", b"x" * 1_000_000))) == 1_000_000
    with pytest.raises(UnreadableFileError, match=r"a\.md is larger than 1 MB"):
        read_bytes(put(folder, "a.md", b"x" * 1_000_001))


def test_a_file_that_is_gone(folder):
    with pytest.raises(UnreadableFileError, match=r"a\.md cannot be read: No such file"):
        read_bytes(folder / "a.md")


def test_a_name_that_is_not_utf8(folder):
    path = folder / os.fsdecode(b"caf\xe9.md")
    try:
        path.write_bytes(b"Value is judged.")
    except OSError:
        pytest.skip("this file system keeps names in UTF-8")
    with pytest.raises(UnreadableFileError, match=r"caf\?\.md has a name that is not UTF-8") as e:
        read_bytes(path)
    assert e.value.remedy == "Rename it."


def test_the_essay_is_kept_verbatim(corpus):
    """The client's own words: not a character more or less than in the file."""
    path = corpus / "seed-essay.md"
    _, _, body = path.read_text("utf-8").split("---\n", 2)
    document = read(path, corpus)
    assert document.text == body.strip()
    assert len(document.blocks) == 3


def test_every_text_of_the_corpus_can_be_read(corpus):
    documents = [read(path, corpus) for path in corpus_files(corpus)]
    assert len({d.card.id for d in documents}) == len(documents) > 0
    assert [d.card.id for d in documents if "[@" in d.text or not d.card.title] == []
