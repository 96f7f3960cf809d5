"""library.db: changes that never half happen, views that never tear, errors in plain words."""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
import tempfile
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import WordCounter

from assistant.errors import (
    LibraryDamagedError,
    LibraryError,
    LibraryLockedError,
    LibraryMissingError,
    LibraryVersionError,
)
from assistant.library import schema
from assistant.library import snapshot as snapshot_module
from assistant.library.database import Library
from assistant.library.rows import DocumentChange, StoredPassage
from assistant.reading.files import read_document
from assistant.reading.passages import header_of, split_passages
from assistant.records import Document, Filters, Perspective


def document_of(slug: str, body: str, *, perspective: str = "overview", path: str = "") -> Document:
    content = f"---\nslug: {slug}\ntitle: On {slug}\nperspective: {perspective}\n---\n{body}"
    return read_document(Path(path or f"{slug}.md"), content.encode(), root=Path())


def change_of(slug: str, body: str, **more: str) -> DocumentChange:
    document, counter = document_of(slug, body, **more), WordCounter()
    passages = split_passages(document, counter)
    stored = [
        StoredPassage(p, header_of(document.card, p.heading, counter), f"{slug}-{n}")
        for n, p in enumerate(passages)
    ]
    return DocumentChange(document, tuple(stored))


def put(library: Library, *changes: DocumentChange) -> None:
    with library.writing() as writer:
        for change in changes:
            writer.put(change)
        writer.next_generation()


def slugs(library: Library) -> list[str]:
    with library.reading() as snapshot:
        return [card.id for card in snapshot.cards()]


def found(library: Library, words: str, filters: Filters = Filters()) -> list[str]:  # noqa: B008
    with library.reading() as snapshot:
        hits = snapshot.lexical(words, 10, filters, header_weight=1.0)
        passages = snapshot.passages(id_ for id_, _ in hits)
        return [passages[id_][0].text for id_, _ in hits]


def raw(library: Library) -> sqlite3.Connection:
    return sqlite3.connect(library.path, isolation_level=None)


BODY = """\
# Heading

Loyal firms judge [@a; @b]. Others do not.

- One
- Two

## Deeper

Trust grows.
"""


def test_what_was_put_in_comes_out(library):
    change = change_of("firms", BODY, perspective="csv")
    put(library, change)
    with library.reading() as snapshot:
        assert snapshot.document("firms") == change.document
        assert snapshot.document("nobody") is None
        assert snapshot.cards() == (change.document.card,)
        stored = snapshot.passages_of("firms")
        assert [p.id for p in stored] == [1, 2]
        assert [(p.heading, p.text, p.start, p.sentences) for p in stored] == [
            (p.passage.heading, p.passage.text, p.passage.start, p.passage.sentences)
            for p in change.passages
        ]
        by_id = snapshot.passages([2, 99, 1])
        assert by_id == {n: (stored[n - 1], change.document.card) for n in (1, 2)}


def test_more_ids_than_sqlite_takes_at_once(library):
    put(library, change_of("many", "\n\n".join(f"# H{n}\n\nText {n}." for n in range(2000))))
    with library.reading() as snapshot:
        passages = snapshot.passages(range(1, 2500))
        assert len(passages) == 2000
        assert passages[1999][0].text == "Text 1998."
        known = snapshot.known_vectors("model", [str(n) for n in range(2000)])
        assert known == set()


def test_replacing_leaves_nothing_of_the_old(library):
    put(library, change_of("firms", "Loyalty counts."), change_of("other", "Law counts."))
    put(library, change_of("firms", "Trust counts."))
    assert slugs(library) == ["firms", "other"]
    assert found(library, "loyalty") == []
    assert found(library, "trust") == ["Trust counts."]
    assert found(library, "law") == ["Law counts."]
    with library.reading() as snapshot:
        assert [p.id for p in snapshot.passages_of("firms")] == [3]  # never 1 again
        assert snapshot.count("passages") == 2


def test_removing_leaves_nothing(library):
    put(library, change_of("firms", "Loyalty counts."), change_of("other", "Law counts."))
    with library.writing() as writer:
        writer.remove("firms")
        writer.remove("nobody")
    assert slugs(library) == ["other"]
    assert found(library, "counts") == ["Law counts."]
    with closing(raw(library)) as connection:
        connection.execute(
            "INSERT INTO passages_fts (passages_fts, rank) VALUES ('integrity-check', 1)"
        )


def test_ids_of_removed_passages_are_not_used_again(library):
    put(library, change_of("firms", "Loyalty counts."))
    with library.writing() as writer:
        writer.remove("firms")
    put(library, change_of("firms", "Loyalty counts."))
    with library.reading() as snapshot:
        assert [p.id for p in snapshot.passages_of("firms")] == [2]


def test_headings_and_titles_are_searched(library):
    put(library, change_of("firms", "# Loyalty\n\nIt counts."), change_of("other", "It is loyal."))
    assert found(library, "header : loyalty") == ["It counts."]
    assert found(library, "text : loyalty") == []
    assert found(library, "firms") == ["It counts."]


def test_words_are_found_by_their_stem_and_without_accents(library):
    put(library, change_of("firms", "Cafés were choosing."))
    assert found(library, "cafe choose") == ["Cafés were choosing."]


def test_lexical_scores_are_those_of_fts5_and_ties_go_by_id(library):
    put(library, *(change_of(f"d{n}", "Value counts.") for n in range(3)))
    with library.reading() as snapshot:
        hits = snapshot.lexical("value", 2, Filters(), header_weight=1.0)
        assert [id_ for id_, _ in hits] == [1, 2]
        assert hits[0][1] == hits[1][1]
    with closing(raw(library)) as connection:
        row = connection.execute("SELECT bm25(passages_fts) FROM passages_fts('value')").fetchone()
    assert hits[0][1] == -row[0]


def test_filters(library):
    put(
        library,
        change_of("a", "Value of a.", perspective="crm"),
        change_of("b", "Value of b.\n\n# H\n\nValue too.", perspective="csr"),
        change_of("c", "Value of c.", perspective="csr"),
    )
    crm, csr = Perspective.CRM, Perspective.CSR

    def ids(**of) -> list[int] | None:
        filters = Filters(**{key: frozenset(value) for key, value in of.items()})
        with library.reading() as snapshot:
            ids = snapshot.passage_ids(filters)
            hits = snapshot.lexical("value", 10, filters, header_weight=1.0)
        assert ids is None or sorted(id_ for id_, _ in hits) == ids.tolist()
        return None if ids is None else ids.tolist()

    assert ids() is None
    assert ids(perspectives=[crm]) == [1]
    assert ids(perspectives=[crm, csr]) == [1, 2, 3, 4]
    assert ids(documents=["b", "c"]) == [2, 3, 4]
    assert ids(perspectives=[csr], documents=["a", "b"]) == [2, 3]
    assert ids(perspectives=[crm], documents=["c"]) == []
    assert ids(documents=["a' OR '1'='1", "a') --", "%", "a\0", "*"]) == []
    assert ids(documents=[str(n) for n in range(5000)]) == []


def test_document_frequencies(library):
    put(library, change_of("a", "Value counts."), change_of("b", "Values differ."))
    with library.reading() as snapshot:
        words = ["value", "counting", "nothing", 'a"b', "", "***", "NOT", "header : value"]
        frequencies, total = snapshot.document_frequencies(words)
    assert total == 2
    assert [frequencies[w] for w in words] == [2, 1, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    "slug", ["'; DROP TABLE documents; --", '"', "a' OR 1=1", "%", "\0", "ü😀"]
)
def test_slugs_are_never_part_of_a_statement(library, slug):
    put(library, change_of("firms", "Loyalty counts."))
    with library.writing() as writer:
        writer.remove(slug)
    with library.reading() as snapshot:
        assert snapshot.document(slug) is None
        assert snapshot.passages_of(slug) == ()
    assert slugs(library) == ["firms"]


def test_text_that_looks_like_sql_or_fts_is_text(library):
    text = 'Robert\'); DROP TABLE passages;-- NEAR("a" b) <script>'
    put(library, change_of("odd", text))
    assert found(library, "robert") == [text]


def test_a_query_that_fts5_does_not_understand_is_our_error(library):
    put(library, change_of("firms", "Loyalty counts."))
    with pytest.raises(LibraryError, match="syntax error"):
        found(library, 'AND "')


def test_a_reader_keeps_its_view_while_a_writer_commits(library):
    put(library, change_of("firms", "Loyalty counts."))
    with library.reading() as before:
        assert before.generation == 1
        put(library, change_of("firms", "Trust counts."), change_of("new", "Law counts."))
        assert before.generation == 1
        assert [c.id for c in before.cards()] == ["firms"]
        assert before.document("firms").text == "Loyalty counts."
        assert len(before.lexical("loyalty", 5, Filters(), header_weight=1.0)) == 1
        assert before.lexical("trust", 5, Filters(), header_weight=1.0) == []
        with library.reading() as after:
            assert after.generation == 2
            assert [c.id for c in after.cards()] == ["firms", "new"]


def test_nothing_is_seen_before_the_commit(library):
    put(library, change_of("firms", "Loyalty counts."))
    with library.writing() as writer:
        writer.put(change_of("new", "Law counts."))
        writer.next_generation()
        assert [c.id for c in writer.cards()] == ["firms", "new"]
        assert slugs(library) == ["firms"]
    assert slugs(library) == ["firms", "new"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, LibraryError("x", remedy="y")])
def test_an_exception_undoes_everything(library, error):
    put(library, change_of("firms", "Loyalty counts."))
    before = library.path.read_bytes()
    with pytest.raises(BaseException) as caught, library.writing() as writer:
        writer.put(change_of("firms", "Trust counts."))
        writer.store_vectors("m", ["k"], np.ones((1, 2), np.float32))
        writer.next_generation()
        raise error
    assert caught.type in (error, type(error))
    assert library.path.read_bytes() == before
    with library.reading() as snapshot:
        assert snapshot.generation == 1
        assert snapshot.document("firms").text == "Loyalty counts."
        assert snapshot.known_vectors("m", ["k"]) == set()
    assert found(library, "trust") == []


def test_two_documents_cannot_have_one_path(library):
    put(library, change_of("a", "One.", path="x.md"))
    with pytest.raises(LibraryError, match="UNIQUE"):
        put(library, change_of("b", "Two.", path="x.md"))
    assert slugs(library) == ["a"]


def test_generations_count_changes(library):
    with library.writing() as writer:
        assert writer.generation == 0
        assert [writer.next_generation() for _ in range(3)] == [1, 2, 3]
    with library.reading() as snapshot:
        assert snapshot.generation == 3
        assert snapshot.edition.generation == 3


def test_every_library_has_its_own_name(tmp_path):
    names = set()
    for n in range(3):
        library = Library(tmp_path / str(n))
        put(library)
        with library.reading() as snapshot:
            names.add(snapshot.edition.library)
    assert sorted(map(len, names)) == [32, 32, 32]


def test_more_than_are_asked_for_may_be_scored(library):
    """``among`` says which passages are worth scoring; all words count in their scores."""
    put(
        library,
        change_of("a", "Value counts here."),
        change_of("b", "Value and loyalty count here."),
        change_of("c", "Loyalty counts here."),
    )
    with library.reading() as snapshot:
        whole = snapshot.lexical('"value" OR "loyalty"', 5, Filters(), header_weight=1.0)
        some = snapshot.lexical(
            '"value" OR "loyalty"', 5, Filters(), header_weight=1.0, among='"loyalty"'
        )
        none = snapshot.lexical('"value"', 5, Filters(), header_weight=1.0, among='"law"')
    assert {id_ for id_, _ in whole} == {1, 2, 3}
    assert some == [hit for hit in whole if hit[0] != 1]
    assert none == []


@pytest.mark.parametrize("few", [0, 2000])
def test_filters_of_many_and_of_few_passages_let_the_same_through(library, few, monkeypatch):
    monkeypatch.setattr(snapshot_module, "_FEW_ALLOWED", few)
    views = ["crm", "csr", "csv"]
    put(library, *(change_of(f"d{n}", f"Value {n}.", perspective=views[n % 3]) for n in range(9)))
    filters = Filters(perspectives=frozenset([Perspective.CRM, Perspective.CSV]))
    with library.reading() as snapshot:
        hits = snapshot.lexical("value", 4, filters, header_weight=1.0)
        nobody = Filters(documents=frozenset(["nobody"]))
        assert snapshot.lexical("value", 4, nobody, header_weight=1.0) == []
    assert [id_ for id_, _ in hits] == [1, 3, 4, 6]


def test_files(library):
    put(library, change_of("firms", "Loyalty counts.", path="a/firms.md"))
    change = replace(change_of("law", "Law counts."), stamp="12 34 34 5")
    put(library, change)
    with library.reading() as snapshot:
        files = snapshot.files()
    sha256 = change.document.card.sha256
    assert files["law.md"] == ("law", sha256, "12 34 34 5")
    assert files["a/firms.md"].stamp == ""
    with library.writing() as writer:
        writer.put_stamps({"a/firms.md": "1 2 3 4", "nobody.md": "5"})
        assert writer.remove("law") == [2]
        assert writer.files() == {"a/firms.md": files["a/firms.md"]._replace(stamp="1 2 3 4")}


def test_vectors(library):
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
    with library.writing() as writer:
        writer.put(change_of("a", "One.\n\n# H\n\nTwo."))  # keys a-0, a-1
        writer.store_vectors("m", ["a-1", "a-0", "gone"], vectors)
        writer.store_vectors("other", ["a-0"], vectors[2:])
        writer.store_vectors("m", ["a-0"], vectors[2:])  # known already: kept as it was
    with library.reading() as snapshot:
        ids, stored = snapshot.vectors("m")
        assert (ids.tolist(), stored.tolist()) == ([1, 2], [[0, 1], [1, 0]])
        assert stored.dtype == np.float32
        assert snapshot.vectors("other")[0].tolist() == [1]
        assert snapshot.vectors("nobody")[1].shape == (0, 0)
        assert snapshot.known_vectors("m", ["a-0", "gone", "x"]) == {"a-0", "gone"}
        assert snapshot.vectors_of(np.array([2, 1, 2]), "m").tolist() == [[1, 0], [0, 1], [1, 0]]
        with pytest.raises(KeyError):
            snapshot.vectors_of(np.array([1, 3]), "m")
        assert [ids.tolist() for ids, _ in snapshot.vector_batches("m", size=1)] == [[1], [2]]
        assert [ids.tolist() for ids, _ in snapshot.vector_batches("m", after=1)] == [[2]]
        assert (snapshot.all_ids().tolist(), snapshot.last_id()) == ([1, 2], 2)


# ------------------------------------------------------------- what can be wrong with the file


def uses(library: Library):
    def read() -> None:
        with library.reading() as snapshot:
            snapshot.cards()

    def write() -> None:
        with library.writing() as writer:
            writer.next_generation()

    return read, write


def test_no_library(library):
    with (
        pytest.raises(LibraryMissingError, match="There is no index in") as caught,
        library.reading(),
    ):
        pass
    assert caught.value.remedy == "Make it with: assistant index build"
    assert not library.folder.exists()  # reading makes nothing


def test_a_zero_byte_file_is_a_library_not_made_yet(library):
    library.folder.mkdir()
    library.path.touch()
    read, write = uses(library)
    with pytest.raises(LibraryMissingError, match="is empty"):
        read()
    write()
    read()


@pytest.mark.parametrize(
    "content", [b"not a database", b"x" * 5000, b"SQLite format 3\0" + b"\xff" * 9000]
)
def test_garbage(library, content):
    library.folder.mkdir()
    library.path.write_bytes(content)
    for use in uses(library):
        with pytest.raises(LibraryDamagedError, match="is damaged") as caught:
            use()
        assert "assistant index build" in caught.value.remedy
    assert library.path.read_bytes() == content


def test_truncated(library):
    put(library, *(change_of(f"d{n}", "Loyalty counts. " * 50) for n in range(30)))
    content = library.path.read_bytes()
    for share in (0.1, 0.5, 0.9):
        library.path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(LibraryDamagedError), library.reading() as snapshot:
            for card in snapshot.cards():
                snapshot.passages_of(card.id)


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE documents SET card = '{'",
        "UPDATE documents SET card = '[1]'",
        "UPDATE documents SET card = json_remove(card, '$.sources')",
        "UPDATE documents SET card = json_set(card, '$.perspective', 'ethics')",
        "UPDATE documents SET card = json_set(card, '$.more', 1)",
        "UPDATE documents SET card = CAST(x'ff' AS TEXT)",
        "UPDATE documents SET blocks = '[[1]]'",
        "UPDATE documents SET sentences = '[1]'",
        "UPDATE passages SET sentences = 'x'",
        "INSERT INTO literature VALUES ('k', 1, '[')",
        "UPDATE passages SET heading = '1'",
        "DROP TABLE documents",
        "ALTER TABLE documents DROP COLUMN text",
    ],
)
def test_bytes_that_changed_within_a_whole_file(library, harm):
    put(library, change_of("firms", BODY))
    with closing(raw(library)) as connection:
        connection.executescript(harm)
    with pytest.raises(LibraryDamagedError), library.reading() as snapshot:
        snapshot.cards()
        snapshot.document("firms")
        snapshot.passages_of("firms")
        snapshot.literature()


def test_vectors_that_are_cut_off(library):
    put(library, change_of("a", "One.\n\n# H\n\nTwo."))
    with library.writing() as writer:
        writer.store_vectors("m", ["a-0", "a-1"], np.eye(4, dtype=np.float32)[:2])
    with closing(raw(library)) as connection:  # the sum still divides by two
        connection.execute("UPDATE vectors SET vector = x'00000000' WHERE key = 'a-0'")
    with pytest.raises(LibraryDamagedError, match="cut off"), library.reading() as snapshot:
        snapshot.vectors("m")


def test_a_database_of_another_program(library):
    library.folder.mkdir()
    with closing(raw(library)) as connection:
        connection.executescript("PRAGMA application_id = 42; CREATE TABLE theirs (x)")
    content = library.path.read_bytes()
    for use in uses(library):
        with pytest.raises(LibraryVersionError, match="was not made by this program"):
            use()
    assert library.path.read_bytes() == content


def test_a_newer_version(library):
    put(library, change_of("firms", "Loyalty counts."))
    with closing(raw(library)) as connection:
        connection.execute("PRAGMA user_version = 9")
    for use in uses(library):
        with pytest.raises(
            LibraryVersionError, match=r"has version 9; this program reads version \d"
        ):
            use()


def test_locked_by_another_process(library, monkeypatch):
    monkeypatch.setattr(schema, "_BUSY_TIMEOUT_S", 0.05)
    put(library, change_of("firms", "Loyalty counts."))
    read, write = uses(library)
    with closing(raw(library)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LibraryLockedError, match="is in use by another process") as caught:
            write()
        assert "try again" in caught.value.remedy
        read()  # readers do not wait for writers
        other.execute("ROLLBACK")
    write()


def test_locked_while_it_is_made(library, monkeypatch):
    monkeypatch.setattr(schema, "_BUSY_TIMEOUT_S", 0.05)
    library.folder.mkdir()
    with closing(raw(library)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for use in uses(library):
            with pytest.raises(LibraryLockedError):
                use()
        other.execute("ROLLBACK")
    uses(library)[1]()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryLockedError, match="cannot be written"):
        uses(Library(tmp_path / "file" / "index"))[1]()


def as_nobody(folder: Path, action) -> str:
    """Run ``action`` in a child that may not write ``folder``; return what it returned."""
    receive, send = os.pipe()
    if (child := os.fork()) == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            said = action()
        except BaseException as error:  # noqa: BLE001 - a child has no one to raise it to
            said = f"{type(error).__name__}: {error}"
        os.write(send, said.encode())
        os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said


@pytest.fixture
def sealed():
    """A library in a folder that may be read and not written."""
    if sys.platform == "win32":
        pytest.skip("Windows seals folders in another way")
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        folder = Path(name)
        folder.chmod(0o755)
        library = Library(folder / "index")
        put(library, change_of("firms", "Loyalty counts."))
        library.path.chmod(0o444)
        library.folder.chmod(0o555)
        yield library
        library.folder.chmod(0o755)


def test_a_folder_that_cannot_be_written_can_be_read(sealed):
    def read() -> str:
        with sealed.reading() as snapshot:
            return snapshot.document("firms").text

    assert as_nobody(sealed.folder, read) == "Loyalty counts."
    assert [p.name for p in sealed.folder.iterdir()] == ["library.db"]


def test_a_folder_that_cannot_be_written_says_so(sealed):
    def write() -> str:
        uses(sealed)[1]()
        return "written"

    said = as_nobody(sealed.folder, write)
    assert said.startswith("LibraryLockedError: The index folder")
    assert "cannot be written" in said
    assert "Check its permissions or choose another with --index." in said


def test_a_full_disk_keeps_what_was_there(library, file_size_limit):
    put(library, change_of("firms", "Loyalty counts."))
    size = library.path.stat().st_size
    with file_size_limit(size + 20_000), pytest.raises(LibraryError) as caught:
        put(library, change_of("large", "Trust counts. " * 20_000))
    assert type(caught.value) is LibraryError
    assert "Free some disk space; the index is as it was before." in str(caught.value)
    assert slugs(library) == ["firms"]
    put(library, change_of("large", "Trust counts."))
    assert slugs(library) == ["firms", "large"]


def test_no_room_for_another_page(library, monkeypatch):
    put(library, change_of("firms", "Loyalty counts."))
    opened = schema.opened

    def small(path, mode):
        connection = opened(path, mode)
        connection.execute("PRAGMA max_page_count = 40")
        return connection

    monkeypatch.setattr(schema, "opened", small)
    with pytest.raises(LibraryError, match="full") as caught:
        put(library, change_of("large", "Trust counts. " * 20_000))
    assert "Free some disk space" in caught.value.remedy
    assert slugs(library) == ["firms"]


def open_files(folder: Path) -> list[str]:
    """Return the names of the files of a folder that this process has open."""
    names = [p.resolve() for p in Path("/proc/self/fd").iterdir() if p.exists()]
    return sorted(p.name for p in names if p.parent == folder.resolve())


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")


@on_linux
def test_no_connection_of_a_use_that_failed_stays_open(library):
    put(library, change_of("firms", "Loyalty counts."))
    for content in (b"garbage" * 99, library.path.read_bytes()[:9000]):
        library.path.write_bytes(content)
        for use in uses(library):
            with suppress(LibraryError):
                use()
        assert open_files(library.folder) == []


@on_linux
def test_connections_for_reading_wait_for_their_next_use_until_the_library_is_closed(library):
    put(library, change_of("firms", "Loyalty counts."))
    for _ in range(3):
        slugs(library)
    waiting = open_files(library.folder)
    assert waiting.count("library.db") == 1
    with ExitStack() as stack:
        for _ in range(9):
            stack.enter_context(library.reading())
    library.close()
    assert open_files(library.folder) == []
    assert slugs(library) == ["firms"]


@on_linux
def test_a_library_that_nobody_holds_closes_its_connections(library):
    put(library, change_of("firms", "Loyalty counts."))
    assert slugs(Library(library.folder)) == ["firms"]
    gc.collect()
    assert open_files(library.folder) == []


def test_a_kept_connection_sees_what_others_commit(library):
    other = Library(library.folder)
    for n in range(3):
        put(other, change_of(f"d{n}", "Loyalty counts."))
        assert len(slugs(library)) == n + 1
        assert len(found(library, "loyalty")) == n + 1
        with library.reading() as snapshot:
            assert snapshot.document_frequencies(["loyalty"]) == ({"loyalty": n + 1}, n + 1)
            assert len(snapshot.passage_ids(Filters(documents=frozenset(["d0", "d2"])))) == 1 + (
                n == 2
            )
            assert dict(snapshot.words_beginning("l")) == {"loyalty": n + 1}


def test_a_kept_connection_is_not_used_for_another_file_of_the_name(library, tmp_path):
    put(library, change_of("old", "Loyalty counts."))
    assert slugs(library) == ["old"]
    other = Library(tmp_path / "other")
    put(other, change_of("new", "Trust counts."))
    other.close()
    other.path.replace(library.path)
    assert slugs(library) == ["new"]
    assert found(library, "trust") == ["Trust counts."]


def test_a_transaction_leaves_nothing_in_the_log(library):
    put(library, change_of("firms", "Loyalty counts."))
    slugs(library)  # and keeps a connection
    put(library, change_of("other", "Trust counts."))
    log = library.path.with_name("library.db-wal")
    assert not log.exists() or log.stat().st_size == 0


def test_several_transactions_on_one_connection(library):
    with library.changing() as changes:
        with changes.transaction(lasting=False) as writer:
            writer.put(change_of("one", "Loyalty counts."))
        assert slugs(library) == ["one"]
        with pytest.raises(RuntimeError), changes.transaction() as writer:
            writer.put(change_of("two", "Trust counts."))
            raise RuntimeError
        with changes.transaction() as writer:
            writer.put(change_of("three", "Law counts."))
    assert slugs(library) == ["one", "three"]
