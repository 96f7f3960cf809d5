"""Building: only what changed is read, only what is new is embedded, nothing good is lost."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

import pytest
from fakes import HashEmbedder

from assistant.errors import (
    CorpusError,
    LibraryDamagedError,
    LibraryError,
    LibraryVersionError,
)
from assistant.library import indexing, planning, spool
from assistant.library.indexing import build, pending
from assistant.library.keeping import bring_up_to_date
from assistant.library.vector_file import records
from assistant.library.vectors import VECTORS_NAME, StoreOfGeneration
from assistant.library.verifying import verify
from assistant.records import Filters, Progress


def state(library):
    """Everything that an answer can be made of."""
    with library.reading() as snapshot:
        return {
            card.id: (
                card,
                snapshot.document(card.id),
                [p.text for p in snapshot.passages_of(card.id)],
            )
            for card in snapshot.cards()
        }


def texts_of(library):
    return {slug: document.text for slug, (_, document, _) in state(library).items()}


def nearest(library, question, embedder):
    with library.reading() as snapshot:
        store = StoreOfGeneration(library.folder).get(snapshot)
        ids, _ = store.search(embedder.embed_question(question), 1)
        return snapshot.passages(ids.tolist())[int(ids[0])][0].text


def set_aside(library):
    """The databases that were moved out of the way; -wal and -shm belong to them."""
    found = library.folder.glob("library.db.set-aside-*")
    return [path for path in found if not path.name.endswith(("-wal", "-shm"))]


@pytest.fixture
def embedder():
    return HashEmbedder()


@pytest.fixture
def built(library, texts, embedder):
    """A library of the three texts; the embedder has forgotten that it made it."""
    build(library, texts.folder, embedder)
    embedder.embedded.clear()
    return library


def test_the_first_build(library, texts, embedder):
    report = build(library, texts.folder, embedder)
    assert report.added == ("company", "customers", "society")
    assert (report.changed, report.removed, report.unchanged) == ((), (), 0)
    assert (report.problems, report.passages, report.embedded) == ((), 3, 3)
    assert report.generation == 1
    assert embedder.embedded == [
        "On company\nThe company defines value by strategy.",
        "On customers\nCustomers define value by choosing.",
        "On society\nSociety defines value by law.",
    ]
    assert verify(library, embedder.fingerprint) == ()
    assert nearest(library, "law of society", embedder) == "Society defines value by law."


def test_progress_is_told_in_order(library, texts, embedder):
    told: list[Progress] = []
    build(library, texts.folder, embedder, on_progress=told.append)
    stages = list(dict.fromkeys(p.stage for p in told))
    assert stages == [
        "Reading the texts",
        "Embedding the passages",
        "Writing the vector index",
        "Done",
    ]
    assert all(0 <= p.done <= p.total for p in told)


def test_nothing_changed(built, texts, embedder):
    before = {p.name: p.read_bytes() for p in built.folder.iterdir()}
    report = build(built, texts.folder, embedder)
    assert (report.added, report.changed, report.removed, report.unchanged) == ((), (), (), 3)
    assert (report.embedded, report.generation, report.passages) == (0, 1, 3)
    assert embedder.embedded == []
    assert pending(built, texts.folder, embedder).is_empty
    assert {p.name: p.read_bytes() for p in built.folder.iterdir()} == before


def test_only_the_new_passages_of_a_changed_document_are_embedded(built, texts, embedder):
    texts.write("society", "# Old\n\nSociety defines value by law.", "# New\n\nAnd by custom.")
    build(built, texts.folder, embedder)
    embedder.embedded.clear()
    texts.write("society", "# Old\n\nSociety defines value by law.", "# New\n\nAnd by habit.")
    plan = pending(built, texts.folder, embedder)
    assert (plan.changed, plan.added, plan.unchanged) == (("society",), (), 2)
    report = build(built, texts.folder, embedder)
    assert (report.changed, report.added, report.removed) == (("society",), (), ())
    assert (report.embedded, report.unchanged, report.generation) == (1, 2, 3)
    assert embedder.embedded == ["On society › New\nAnd by habit."]
    assert verify(built, embedder.fingerprint) == ()


def test_a_change_of_the_front_matter_alone(built, texts, embedder):
    texts.write("society", "Society defines value by law [@eu2011].", head="perspective: csv\n")
    report = build(built, texts.folder, embedder)
    assert (report.changed, report.embedded) == (("society",), 0)
    assert state(built)["society"][0].perspective == "csv"


def test_a_removed_document(built, texts, embedder):
    (texts.folder / "society.md").unlink()
    report = build(built, texts.folder, embedder)
    assert (report.removed, report.unchanged, report.passages) == (("society",), 2, 2)
    assert "society" not in state(built)
    with built.reading() as snapshot:
        assert snapshot.lexical("society", 5, Filters(), header_weight=1.0) == []
    assert verify(built, embedder.fingerprint) == ()


def test_a_document_that_comes_back_is_not_embedded_again(built, texts, embedder):
    content = (texts.folder / "society.md").read_text()
    (texts.folder / "society.md").unlink()
    build(built, texts.folder, embedder)
    (texts.folder / "society.md").write_text(content)
    report = build(built, texts.folder, embedder)
    assert (report.added, report.embedded, report.generation) == (("society",), 0, 3)


def test_a_renamed_file(built, texts, embedder):
    (texts.folder / "society.md").rename(texts.folder / "a-first.md")
    report = build(built, texts.folder, embedder)
    assert (report.changed, report.added, report.removed) == (("society",), (), ())
    assert report.embedded == 0
    assert state(built)["society"][0].path == "a-first.md"


def test_two_files_that_swap_their_names(built, texts, embedder):
    a, b = texts.folder / "society.md", texts.folder / "company.md"
    a.rename(texts.folder / "x.md")
    b.rename(a)
    (texts.folder / "x.md").rename(b)
    report = build(built, texts.folder, embedder)
    assert (report.changed, report.embedded) == (("society", "company"), 0)
    assert state(built)["society"][0].path == "company.md"
    assert verify(built, embedder.fingerprint) == ()


def test_a_new_slug(built, texts, embedder):
    path = texts.folder / "society.md"
    path.write_text(path.read_text().replace("slug: society", "slug: state"))
    report = build(built, texts.folder, embedder)
    assert (report.added, report.removed) == (("state",), ("society",))
    assert sorted(state(built)) == ["company", "customers", "state"]


def test_a_bad_file_does_not_stop_the_others(library, texts, embedder):
    (texts.folder / "bad.md").write_bytes(b"Caf\xe9")
    (texts.folder / "empty.md").touch()
    (texts.folder / "open.md").write_text("---\ntitle: x\n")
    report = build(library, texts.folder, embedder)
    assert report.added == ("company", "customers", "society")
    assert [(p.path, p.reason) for p in report.problems] == [
        ("bad.md", "bad.md is not UTF-8 text (byte 3)."),
        ("empty.md", "empty.md has no text."),
        ("open.md", "open.md: the front matter is not closed by a line of three hyphens."),
    ]


def test_the_last_good_version_of_a_bad_file_stays_until_it_is_mended(built, texts, embedder):
    path = texts.folder / "society.md"
    good = path.read_bytes()
    path.write_bytes(b"Caf\xe9")
    texts.write("company", "The company changed its mind.")
    report = build(built, texts.folder, embedder)
    assert (report.changed, report.removed, report.unchanged) == (("company",), (), 2)
    assert [p.path for p in report.problems] == ["society.md"]
    assert texts_of(built)["society"] == "Society defines value by law."
    assert texts_of(built)["company"] == "The company changed its mind."
    path.write_bytes(good)
    report = build(built, texts.folder, embedder)
    assert (report.problems, report.changed, report.unchanged) == ((), (), 3)


def test_a_name_that_is_not_utf8(library, texts, embedder):
    name = os.fsdecode(b"caf\xe9.md")
    try:
        (texts.folder / name).write_text("Value is judged.")
    except OSError:
        pytest.skip("this file system keeps names in UTF-8")
    report = build(library, texts.folder, embedder)
    assert [(p.path, p.remedy) for p in report.problems] == [("caf?.md", "Rename it.")]
    assert len(report.added) == 3


def test_a_duplicate_slug(library, texts, embedder):
    texts.write("society", "Another text on society.", name="z-later")
    for _ in range(2):
        report = build(library, texts.folder, embedder)
        (problem,) = report.problems
        assert problem.path == "z-later.md"
        assert problem.reason == (
            "z-later.md has the slug 'society', which society.md has already."
        )
        assert "another slug" in problem.remedy
        assert report.generation == 1
    assert texts_of(library)["society"] == "Society defines value by law."


def test_a_bad_file_whose_slug_another_file_took(built, texts, embedder):
    (texts.folder / "society.md").write_bytes(b"\xff")
    texts.write("society", "Society speaks from another file.", name="a-first")
    report = build(built, texts.folder, embedder)
    assert (report.changed, report.unchanged) == (("society",), 2)
    assert state(built)["society"][0].path == "a-first.md"


@pytest.mark.parametrize(
    "harm", [lambda f: [p.unlink() for p in f.iterdir()], lambda f: f.rename(f"{f}-gone")]
)
def test_without_texts_the_library_stays(built, texts, embedder, harm):
    before = state(built)
    harm(texts.folder)
    with pytest.raises(CorpusError):
        build(built, texts.folder, embedder)
    assert state(built) == before


def test_no_texts_make_no_library(library, tmp_path, embedder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match=r"There are no texts \(\.md, \.txt\) in") as caught:
        build(library, tmp_path / "empty", embedder)
    assert "--corpus" in caught.value.remedy
    assert not library.folder.exists()


def test_another_embedder_replaces_all_vectors_in_one_step(built, texts):
    seen: list[tuple[str, int]] = []

    def look(_: str) -> None:
        with built.reading() as snapshot:
            ids, _vectors = snapshot.vectors(snapshot.meta["embedder"])
            seen.append((snapshot.meta["embedder"], len(ids)))

    other = HashEmbedder("hash-32", dimension=32, before_each=look)
    assert pending(built, texts.folder, other).refingerprinted
    report = build(built, texts.folder, other)
    assert seen == [("hash-64", 3)] * 3  # the old library answered until the end
    assert (report.embedded, report.generation, report.added) == (3, 2, ())
    assert verify(built, "hash-32") == ()
    assert verify(built, "hash-64") == ("the vectors were made with hash-32, not hash-64",)
    assert nearest(built, "law of society", other) == "Society defines value by law."


def test_going_back_to_the_first_embedder_embeds_nothing(built, texts, embedder):
    build(built, texts.folder, HashEmbedder("hash-32", dimension=32))
    assert build(built, texts.folder, embedder).embedded == 0
    assert verify(built, embedder.fingerprint) == ()


def test_another_embedder_while_a_file_is_bad(built, texts):
    (texts.folder / "society.md").write_bytes(b"Caf\xe9")
    other = HashEmbedder("hash-32", dimension=32)
    report = build(built, texts.folder, other)
    assert report.embedded == 3
    assert texts_of(built)["society"] == "Society defines value by law."
    assert nearest(built, "law of society", other) == "Society defines value by law."
    assert verify(built, "hash-32") == ()


@pytest.mark.parametrize("version", ["READER_VERSION", "SPLITTER_VERSION"])
def test_another_reader_or_splitter_reads_everything_again(
    built, texts, embedder, version, monkeypatch
):
    monkeypatch.setattr(planning, version, "next")
    report = build(built, texts.folder, embedder)
    assert (report.changed, report.embedded, report.generation) == (
        ("company", "customers", "society"), 0, 2,
    )  # fmt: skip
    assert build(built, texts.folder, embedder).generation == 2


def test_an_interrupted_build_goes_on_where_it_stopped(library, texts, monkeypatch):
    monkeypatch.setattr(indexing, "_BATCH", 2)
    for n in range(7):
        texts.write(f"more-{n}", f"More of {n}.")
    count = 0

    def stop_at_seven(_: str) -> None:
        nonlocal count
        count += 1
        if count == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(library, texts.folder, HashEmbedder(before_each=stop_at_seven))
    with library.reading() as snapshot:
        assert (snapshot.generation, snapshot.count("documents")) == (0, 0)
    embedder = HashEmbedder()
    report = build(library, texts.folder, embedder)
    assert (report.embedded, len(embedder.embedded)) == (4, 4)  # three batches of two were kept
    assert len(report.added) == 10
    assert verify(library, embedder.fingerprint) == ()


def test_a_text_that_stands_twice_is_embedded_once(library, texts, embedder):
    for name in ("a", "b"):
        texts.write(
            f"twin-{name}", "# T\n\nThe same words.", head="title: Twin\n".replace("title", "kind")
        )
        path = texts.folder / f"twin-{name}.md"
        path.write_text(path.read_text().replace(f"On twin-{name}", "Twin"))
    report = build(library, texts.folder, embedder)
    assert (report.passages, report.embedded) == (5, 4)
    assert verify(library, embedder.fingerprint) == ()


def test_a_change_between_look_and_commit_is_seen(library, texts, embedder):
    """Another process builds while this one embeds: this one looks again."""
    other = HashEmbedder()

    def build_meanwhile(_: str) -> None:
        if not other.embedded:
            texts.write("meanwhile", "Something came meanwhile.")
            build(library, texts.folder, other)

    report = build(library, texts.folder, HashEmbedder(before_each=build_meanwhile))
    assert (report.added, report.unchanged, report.generation) == ((), 4, 1)
    assert sorted(state(library)) == ["company", "customers", "meanwhile", "society"]
    assert verify(library, embedder.fingerprint) == ()


@pytest.mark.parametrize(
    "harm",
    [lambda p: p.unlink(), lambda p: os.truncate(p, 200), lambda p: os.truncate(p, 0)],
)
def test_a_lost_vector_file_is_made_again_without_embedding(built, texts, embedder, harm):
    path = built.folder / VECTORS_NAME
    whole = path.read_bytes()
    harm(path)
    report = build(built, texts.folder, embedder)
    assert (report.embedded, embedder.embedded, report.generation) == (0, [], 1)
    assert path.read_bytes() == whole


def test_a_vector_file_of_another_library_of_the_same_generation_is_not_taken(
    built, texts, embedder
):
    built.path.unlink()
    texts.write("company", "Something else altogether.")
    assert build(built, texts.folder, embedder).generation == 1
    assert verify(built, embedder.fingerprint) == ()
    assert nearest(built, "something else", embedder) == "Something else altogether."


def test_a_damaged_database_is_set_aside_and_made_again(built, texts, embedder):
    content = b"garbage" * 1000
    built.path.write_bytes(content)
    report = build(built, texts.folder, embedder)
    assert (len(report.added), report.embedded) == (3, 3)
    (aside,) = set_aside(built)
    assert aside.read_bytes() == content
    assert verify(built, embedder.fingerprint) == ()


def raw(library):
    return closing(sqlite3.connect(library.path, isolation_level=None))


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE passages SET text = 'other words' WHERE id = 2",
        "DELETE FROM passages_fts_data WHERE id > 10",
        "UPDATE documents SET card = '{'",
        "DROP TABLE meta",
    ],
)
def test_damage_within_the_database_is_mended_from_the_texts(built, texts, embedder, harm):
    with raw(built) as connection:
        connection.execute(harm)
    assert verify(built) != ()
    report = build(built, texts.folder, embedder)
    assert len(report.added) == 3
    assert embedder.embedded == []  # vectors that are whole are kept
    assert verify(built, embedder.fingerprint) == ()
    assert len(set_aside(built)) == 1


def test_only_bent_vectors_are_embedded_again(built, texts, embedder):
    with raw(built) as connection:
        connection.execute(
            """UPDATE vectors SET vector = zeroblob(256)
            WHERE key = (SELECT vector_key FROM passages WHERE text LIKE 'Society%')"""
        )
    assert build(built, texts.folder, embedder).embedded == 1
    assert embedder.embedded == ["On society\nSociety defines value by law."]
    assert verify(built, embedder.fingerprint) == ()


def test_any_byte_of_the_database_may_change(library, texts, embedder):
    """Whatever is hit: no other error than ours, and a build makes it good."""
    texts.write("long", *(f"# H{n}\n\nParagraph {n} on value." for n in range(40)))
    build(library, texts.folder, embedder)
    expected = texts_of(library)
    content = library.path.read_bytes()
    for position in range(30, len(content), len(content) // 40):
        bent = bytearray(content)
        bent[position : position + 8] = bytes(b ^ 0x55 for b in bent[position : position + 8])
        library.path.write_bytes(bent)
        try:
            build(library, texts.folder, embedder)
        except LibraryVersionError as error:  # the very name of the program was hit
            assert "not made by this program" in str(error)
            continue
        found = verify(library, embedder.fingerprint)
        assert found == (), position
        if texts_of(library) != expected:  # bytes within a text bear no checksum
            pairs = zip(texts_of(library).values(), expected.values(), strict=True)
            assert sum(a != b for a, b in pairs) == 1, position
        for path in library.folder.iterdir():
            path.unlink()


def test_a_database_of_a_newer_program_is_not_touched(built, texts, embedder):
    with raw(built) as connection:
        connection.execute("PRAGMA user_version = 99")
    content = built.path.read_bytes()
    with pytest.raises(LibraryVersionError, match="Update the program"):
        build(built, texts.folder, embedder)
    assert built.path.read_bytes() == content


def test_a_database_of_an_older_program_is_set_aside_whole(built, texts, embedder):
    with raw(built) as connection:
        connection.execute("PRAGMA user_version = 1")
    build(built, texts.folder, embedder)
    (aside,) = set_aside(built)
    with closing(sqlite3.connect(aside)) as connection:
        assert connection.execute("SELECT count(*) FROM passages").fetchone() == (3,)
    assert verify(built, embedder.fingerprint) == ()


def test_a_database_of_another_program_is_not_touched(library, texts, embedder):
    library.folder.mkdir()
    with raw(library) as connection:
        connection.executescript("PRAGMA application_id = 42; CREATE TABLE theirs (x)")
    content = library.path.read_bytes()
    with pytest.raises(LibraryVersionError, match="was not made by this program"):
        build(library, texts.folder, embedder)
    assert library.path.read_bytes() == content


def test_no_texts_leave_even_a_damaged_library_where_it_is(built, tmp_path, embedder):
    built.path.write_bytes(b"garbage" * 99)
    with pytest.raises(CorpusError):
        build(built, tmp_path / "nowhere", embedder)
    with pytest.raises(LibraryDamagedError), built.reading():
        pass
    assert set_aside(built) == []


def test_a_small_change_is_appended_to_the_vector_file(built, texts, embedder):
    path = built.folder / VECTORS_NAME
    before = path.read_bytes()
    texts.write("new", "Something new.")
    (texts.folder / "society.md").unlink()
    build(built, texts.folder, embedder)
    after = path.read_bytes()
    assert after.startswith(before)
    assert len(after) - len(before) < 600  # a header, one vector of 64 numbers and two ids
    assert verify(built, embedder.fingerprint) == ()
    assert nearest(built, "something new", embedder) == "Something new."
    assert nearest(built, "law of society", embedder) != "Society defines value by law."


def test_when_the_changes_outgrow_the_whole_it_is_written_anew(built, texts, embedder):
    lengths = []
    for n in range(4):
        for m in range(100):
            texts.write(f"more-{n}-{m}", f"Text {m} of {n}.")
        build(built, texts.folder, embedder)
        lengths.append(len(records(built.folder / VECTORS_NAME)))
        assert verify(built, embedder.fingerprint) == ()
    assert lengths == [2, 3, 1, 2]


def test_a_change_behind_a_vector_file_that_was_cut_off_writes_it_anew(built, texts, embedder):
    texts.write("new", "Something new.")
    build(built, texts.folder, embedder)
    path = built.folder / VECTORS_NAME
    os.truncate(path, path.stat().st_size - 7)
    texts.write("newer", "Something newer.")
    build(built, texts.folder, embedder)
    assert len(records(path)) == 1
    assert verify(built, embedder.fingerprint) == ()


@pytest.mark.parametrize("position", [5, 150, -5])
@pytest.mark.parametrize("changes", [False, True])
def test_a_flipped_byte_of_the_vector_file_is_mended(built, texts, embedder, position, changes):
    path = built.folder / VECTORS_NAME
    bent = bytearray(path.read_bytes())
    bent[position] ^= 0x10
    path.write_bytes(bent)
    if changes:
        texts.write("new", "Something new.")
    assert build(built, texts.folder, embedder).embedded == changes
    assert verify(built, embedder.fingerprint) == ()


def test_a_build_that_finds_a_newer_vector_file_leaves_it(built, texts, embedder):
    """Another build ended between the commit of this one and its look at the file."""
    with built.reading() as past:
        texts.write("new", "Something new.")
        build(built, texts.folder, embedder)
        newest = (built.folder / VECTORS_NAME).read_bytes()
        bring_up_to_date(built.folder, past, None)
    assert (built.folder / VECTORS_NAME).read_bytes() == newest


def test_what_was_read_waits_in_a_file(library, texts, embedder, monkeypatch):
    monkeypatch.setattr(spool, "_IN_MEMORY", 1)
    report = build(library, texts.folder, embedder)
    assert (len(report.added), verify(library, embedder.fingerprint)) == (3, ())


def test_no_room_for_what_was_read(library, texts, embedder, monkeypatch, file_size_limit):
    monkeypatch.setattr(spool, "_IN_MEMORY", 1)
    texts.write("long", "Words. " * 9000)
    with file_size_limit(20_000), pytest.raises(LibraryError, match="could not be kept in") as e:
        build(library, texts.folder, embedder)
    assert "Free some disk space there" in e.value.remedy


def test_a_disk_too_full_for_the_vector_file(built, texts, embedder, file_size_limit):
    texts.write("long", *(f"# H{n}\n\nParagraph {n}." for n in range(300)))
    build(built, texts.folder, embedder)
    (built.folder / VECTORS_NAME).unlink()
    with file_size_limit(60_000), pytest.raises(LibraryError) as caught:
        build(built, texts.folder, embedder)
    assert "The index itself is complete." in caught.value.remedy
    assert len(texts_of(built)) == 4
    assert build(built, texts.folder, embedder).embedded == 0
    assert verify(built, embedder.fingerprint) == ()


def test_the_literature_follows_its_file(built, texts, embedder):
    bib = texts.folder / "references.bib"
    bib.write_text("@book{eu2011, title = {A strategy}, year = {2011}}")
    assert build(built, texts.folder, embedder).generation == 2
    with built.reading() as snapshot:
        assert [(r.key, r.text) for r in snapshot.literature()] == [
            ("eu2011", "A strategy (2011).")
        ]
    bib.write_text("@book{eu2011, title = {A str")
    report = build(built, texts.folder, embedder)
    assert ([p.path for p in report.problems], report.generation) == (["references.bib"], 2)
    with built.reading() as snapshot:
        assert [r.key for r in snapshot.literature()] == ["eu2011"]
    bib.unlink()
    assert build(built, texts.folder, embedder).generation == 3
    with built.reading() as snapshot:
        assert snapshot.literature() == ()
