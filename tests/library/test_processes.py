"""Several processes at one library."""

from __future__ import annotations

from fakes import HashEmbedder

from assistant.library.database import Library
from assistant.library.indexing import build
from assistant.library.vectors import StoreOfGeneration
from assistant.library.verifying import verify


def holds(library):
    """What a library says, whatever the ids of its passages."""
    with library.reading() as snapshot:
        passages = {c.id: [p.text for p in snapshot.passages_of(c.id)] for c in snapshot.cards()}
        ids, vectors = snapshot.vectors("hash-64")
        by_text = {
            passage.text: vectors[n].tolist()
            for n, (passage, _) in enumerate(snapshot.passages(ids.tolist()).values())
        }
        return snapshot.cards(), passages, by_text, snapshot.generation


def test_two_builds_at_once_end_like_one(builders, texts, tmp_path):
    for n in range(20):
        texts.write(f"more-{n}", f"# H\n\nMore of {n}.\n\n## I\n\nAnd of {n + 1}.")
    alone, shared = Library(tmp_path / "alone"), Library(tmp_path / "shared")
    build(alone, texts.folder, HashEmbedder())
    for _ in range(3):
        builders.start(texts.folder, shared.folder, delay_s=0.002)
    assert builders.statuses(3) == [0, 0, 0]
    assert holds(shared) == holds(alone)
    assert verify(shared, "hash-64") == ()
    assert not [p for p in shared.folder.iterdir() if "set-aside" in p.name or p.name[0] == "."]


def test_a_change_of_another_process_is_seen_while_we_read(builders, library, texts):
    build(library, texts.folder, HashEmbedder())
    stores = StoreOfGeneration(library.folder)
    with library.reading() as before:
        assert len(stores.get(before)) == 3
        texts.write("new", "Something new under the sun.")
        builders.start(texts.folder, library.folder)
        assert builders.statuses() == [0]
        assert len(stores.get(before)) == 3
        assert before.generation == 1
    with library.reading() as after:
        assert after.generation == 2
        assert len(stores.get(after)) == 4


def test_readers_never_see_half_a_change(builders, library, texts):
    """Every generation holds all documents with the same word, or the reader saw a torn view."""

    def write(word: str) -> None:
        for n in range(8):
            texts.write(f"torn-{n}", f"# {n}\n\nThe word is {word}.")

    write("zero")
    build(library, texts.folder, HashEmbedder())
    seen = set()
    for word in ("one", "two", "three"):
        write(word)
        builders.start(texts.folder, library.folder, delay_s=0.005)
        while (told := builders.heard())[0] != "end":
            with library.reading() as snapshot:
                said = {snapshot.document(f"torn-{n}").text.split()[-1] for n in range(8)}
                stored = {p.text for n in range(8) for p in snapshot.passages_of(f"torn-{n}")}
            assert len(said) == 1
            assert stored == {f"The word is {said.copy().pop()}"}
            seen |= said
        assert told[2] == "0"
    assert {"zero.", "one.", "two."} <= seen
