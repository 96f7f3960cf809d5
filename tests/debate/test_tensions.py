"""Tensions between texts: what shows a sign, what is judged, what is kept and found again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from fakes import HashEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.debate import tension_file
from assistant.debate.opposition import answered, denied, named, said_in
from assistant.debate.tension_file import FILE_NAME, Kept, Row
from assistant.debate.tension_finder import Findings, TensionFinder
from assistant.debate.tensions import Kind, disputes_of, of_document
from assistant.library.database import Library
from assistant.library.editions import Edition
from assistant.library.indexing import build
from assistant.ports import Entailer, Floats2d
from assistant.retrieval.scoring import SentenceVectors

PROFIT = "Ethical labels raise the profit of coffee traders in Kenya and Peru."
NO_PROFIT = "Ethical labels do not raise the profit of coffee traders in Kenya and Peru."
CLAIM = "Prahalad argued that selling to poor people is profitable and helps to end poverty."
REPLY = (
    "Karnani answered Prahalad that selling to poor people is hardly profitable for large firms."
)
BESIDE = "Auditors in Norway count the fish of every boat before noon."


class Denials:
    """Holds that one text contradicts another when just one of them has "not"; counts."""

    def __init__(self, fingerprint: str = "denials-1") -> None:
        self.fingerprint = fingerprint
        self.judged: list[tuple[str, str]] = []

    def judge(self, claim: str, evidence: Sequence[str]) -> Floats2d:
        self.judged += [(claim, text) for text in evidence]
        against = [("not" in claim.split()) != ("not" in text.split()) for text in evidence]
        rows = [(0.05, 0.9, 0.05) if says else (0.9, 0.05, 0.05) for says in against]
        return np.array(rows, np.float32).reshape(len(rows), 3)


class Shelf:
    """A corpus folder, its library, and what finds tensions in it."""

    def __init__(self, folder: Path) -> None:
        self.texts = folder / "texts"
        self.texts.mkdir()
        self.library = Library(folder / "index")
        self.embedder = HashEmbedder()
        self.finder = TensionFinder(self.library, SentenceVectors(self.embedder))

    def write(self, slug: str, *paragraphs: str, head: str = "") -> None:
        body = "\n\n".join(paragraphs)
        text = f"---\nslug: {slug}\ntitle: On {slug}\n{head}---\n\n## Part\n\n{body}\n"
        (self.texts / f"{slug}.md").write_text(text, "utf-8")

    def build(self) -> None:
        build(self.library, self.texts, self.embedder)

    def found(self, entailer: Entailer | None = None, **options: object) -> Findings:
        self.build()
        return self.finder.find(entailer, **options)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Three texts: two contradict each other, the third has to do with neither."""
    shelf = Shelf(tmp_path)
    shelf.write("hopeful", PROFIT)
    shelf.write("sober", NO_PROFIT)
    shelf.write("other", BESIDE)
    return shelf


# -- signs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (PROFIT, NO_PROFIT, True),
        ("CSR reporting is voluntary in Denmark.", "CSR reporting is mandatory in Denmark.", True),
        ("The plan covers 40 Indian villages.", "The plan covers 60 Indian villages.", True),
        # two wordings of one denial, as a small model takes for a contradiction
        (
            "Jensen argues that nobody can maximise in more than one dimension.",
            "For Jensen one cannot maximise in more than one dimension.",
            False,
        ),
        (
            "A firm can only make value propositions to its customers.",
            "A firm can make no more than value propositions to its customers.",
            False,
        ),
        # another year, another company: another subject
        ("Tesco raised its prices in 1995.", "Tesco did not raise its prices in 2003.", False),
        ("At Tesco loyalty cards paid off.", "At Harrah's loyalty cards never paid off.", False),
        ("Tesco kept its promise to farmers.", "Nestlé never kept its promise to farmers.", False),
        (PROFIT, BESIDE, False),
    ],
)
def test_a_denial_is_of_the_same_subject_and_shows(one, other, expected):
    assert denied(said_in(one), said_in(other)) is expected
    assert denied(said_in(other), said_in(one)) is expected


@pytest.mark.parametrize(
    ("view", "reply", "expected"),
    [
        (CLAIM, REPLY, True),
        (REPLY, CLAIM, False),
        # who objects is not who holds it
        (CLAIM, "Prahalad rejected the charge that selling to poor people is profitable.", False),
        # nobody is named who objects
        (CLAIM, "Some object that selling to poor people is hardly profitable.", False),
        # the view is an objection itself: both are on one side
        (
            "Aakhus argues that shared value neglects dialogue with stakeholders.",
            "Crane objects that shared value ignores dialogue with stakeholders.",
            False,
        ),
        (CLAIM, BESIDE, False),
    ],
)
def test_an_answer_objects_to_anothers_view(view, reply, expected):
    assert answered(said_in(view), said_in(reply)) is expected


@pytest.mark.parametrize(
    "text",
    [
        "It does not raise the profit of coffee traders.",  # what does?
        "See the glossary for the meaning of value.",
        "The opposing document weighs the profit of coffee traders.",
        "Does it raise the profit of coffee traders?",
        "Profit.",
    ],
)
def test_what_does_not_stand_alone_is_not_compared(text):
    assert said_in(text) is None


def test_names_are_of_people_and_not_of_ideas_or_first_words():
    assert named("Shareholders trust the CSR of Unilever.") == {"unilev"}
    assert named("Karnani answered Prahalad.") == {"karnani", "prahalad"}
    assert named("Critics doubt the Compact.") == {"compact"}


# -- finding -------------------------------------------------------------------------------------


def test_a_contradiction_is_found_with_both_places(shelf):
    (tension,) = shelf.found(Denials()).tensions
    assert tension.kind is Kind.CONTRADICTS
    assert (tension.one.text, tension.other.text) == (PROFIT, NO_PROFIT)
    assert (tension.one.document.id, tension.other.document.id) == ("hopeful", "sober")
    assert tension.one.heading == ("Part",)
    assert tension.strength == pytest.approx(0.9)
    with shelf.library.reading() as snapshot:
        for place in (tension.one, tension.other):
            text = snapshot.document(place.document.id).text
            assert text[place.start : place.end] == place.text


def test_a_model_that_agrees_one_way_only_is_not_believed(shelf):
    class OneWay(Denials):
        def judge(self, claim, evidence):
            rows = super().judge(claim, evidence)
            return rows if claim == min(PROFIT, NO_PROFIT) else rows[:, [1, 0, 2]]

    assert shelf.found(OneWay()).tensions == ()


def test_sentences_of_one_document_and_rows_of_tables_are_left_alone(shelf):
    shelf.write("hopeful", PROFIT, NO_PROFIT)
    shelf.write("sober", f"| Finding |\n| --- |\n| {NO_PROFIT} |")
    assert shelf.found(Denials()).tensions == ()


def test_without_an_entailer_only_answers_are_found_and_it_is_said(shelf):
    shelf.write("claim", CLAIM)
    shelf.write("reply", REPLY)
    findings = shelf.found(None)
    (tension,) = findings.tensions
    assert tension.kind is Kind.ANSWERS
    assert (tension.one.text, tension.other.text) == (CLAIM, REPLY)
    assert "Contradictions were not looked for" in findings.note
    assert shelf.found(Denials()).note == ""


def test_declared_opposites_show_their_openings(shelf):
    shelf.write("customers", "Customers judge what has value for a firm.", "Later text of theirs.")
    shelf.write("owners", "Owners judge what has value for a firm.", head="opposes: [customers]\n")
    opposites = [t for t in shelf.found(None).tensions if t.kind is Kind.OPPOSES]
    assert [(t.one.document.id, t.other.document.id) for t in opposites] == [
        ("customers", "owners")
    ]
    assert opposites[0].other.text == "Owners judge what has value for a firm."


def test_opposites_that_take_no_side_show_nothing(shelf):
    shelf.write("one", "Customers judge what has value.", head="stance: neutral\n")
    shelf.write("two", "Owners judge what has value.", head="stance: mixed\nopposes: [one]\n")
    assert shelf.found(None).tensions == ()


def test_disputed_spans_of_a_document(shelf):
    tensions = shelf.found(Denials()).tensions
    (dispute,) = disputes_of(tensions, "sober")
    assert (dispute.text, dispute.start) == (NO_PROFIT, tensions[0].other.start)
    assert [(kind, place.text) for kind, place in dispute.by] == [(Kind.CONTRADICTS, PROFIT)]
    assert disputes_of(tensions, "other") == ()
    assert of_document(tensions, "sober") == tensions
    assert of_document(tensions, "other") == ()


# -- what is kept --------------------------------------------------------------------------------


def test_nothing_is_judged_twice(shelf):
    entailer = Denials()
    first = shelf.found(entailer)
    judged = list(entailer.judged)
    assert sorted(judged) == sorted([(PROFIT, NO_PROFIT), (NO_PROFIT, PROFIT)])
    assert shelf.found(entailer) == first
    assert entailer.judged == judged


def test_a_changed_text_has_only_its_own_pairs_judged(shelf):
    entailer = Denials()
    shelf.found(entailer)
    del entailer.judged[:]
    shelf.write("other", BESIDE, "Auditors in Norway do not count the fish of every boat at dawn.")
    shelf.write("more", "Auditors in Norway count the fish of every boat at dawn.")
    findings = shelf.found(entailer)
    assert len(findings.tensions) == 2
    assert entailer.judged
    assert all("fish" in claim and "fish" in text for claim, text in entailer.judged)


def test_a_removed_text_takes_its_tensions_along(shelf):
    shelf.found(Denials())
    (shelf.texts / "sober.md").unlink()
    assert shelf.found(Denials()).tensions == ()


def test_another_entailer_judges_anew(shelf):
    shelf.found(Denials("one"))
    assert shelf.finder.known(Denials("two")) is None
    other = Denials("two")
    assert len(shelf.found(other).tensions) == 1
    assert len(other.judged) == 2


def test_what_is_known_belongs_to_the_present_generation(shelf):
    assert shelf.found(Denials()).generation == 1
    assert shelf.finder.known(Denials()).generation == 1
    shelf.write("more", "Another text that nobody disputes in any way.")
    shelf.build()
    assert shelf.finder.known(Denials()) is None
    assert shelf.found(Denials()).generation == 2


def test_a_search_that_is_stopped_goes_on_later(shelf):
    stop = Event()
    stop.set()
    findings = shelf.found(Denials(), stop=stop)
    assert findings.tensions == ()
    assert findings.waiting > 0
    assert len(shelf.found(Denials()).tensions) == 1
    assert shelf.finder.known(Denials()).waiting == 0


def test_an_interruption_is_passed_on_and_the_index_stays_sound(shelf):
    def interrupt(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shelf.found(Denials(), on_progress=interrupt)
    assert len(shelf.found(Denials()).tensions) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"nonsense", b"{}\n{}", b'{"format": "whose-value tensions 1"}\n', b"[]\n[]", b"\xff\n"],
)
def test_a_damaged_file_is_made_again(shelf, content):
    first = shelf.found(Denials())
    (shelf.library.folder / FILE_NAME).write_bytes(content)
    assert shelf.finder.known(Denials()) is None
    assert shelf.found(Denials()) == first


def test_a_folder_that_takes_no_file_is_no_error(shelf):
    shelf.build()
    (shelf.library.folder / FILE_NAME).mkdir()
    (shelf.library.folder / FILE_NAME / "occupied").write_text("so that it is not replaced")
    assert len(shelf.found(Denials()).tensions) == 1


def test_a_missing_file_is_made_again(shelf):
    first = shelf.found(Denials())
    (shelf.library.folder / FILE_NAME).unlink()
    assert shelf.found(Denials()) == first


WRITER = """
import sys
from pathlib import Path
from assistant.debate import tension_file
from assistant.debate.tension_file import Kept
from assistant.library.editions import Edition
n = 0
while True:
    n += 1
    judged = {f"{i:024d}": (0.5, 0.25) for i in range(2000 * (n % 3))}
    tension_file.write(Path(sys.argv[1]), Kept(Edition("a" * 32, n), "rules", judged=judged))
    print(n, flush=True)
"""


def test_a_kill_while_writing_leaves_a_whole_file(shelf):
    folder = shelf.library.folder
    folder.mkdir(exist_ok=True)
    for delay_s in (0.002, 0.011):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout.readline().strip() == "1"
        time.sleep(delay_s)
        os.kill(writer.pid, signal.SIGKILL)
        written = [int(line) for line in writer.communicate()[0].splitlines()]
        kept = tension_file.read(folder)
        assert kept.edition.generation >= max(written, default=1)
        assert len(kept.judged) == 2000 * (kept.edition.generation % 3)
    assert len(shelf.found(Denials()).tensions) == 1  # of another library: made again


_shares = st.floats(0, 1, width=32)
_places = st.tuples(st.text(max_size=8), st.integers(0, 99), st.integers(0, 99))


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(st.builds(Row, st.sampled_from([*Kind]), _places, _places, _shares), max_size=4),
    judged=st.dictionaries(st.text(max_size=6), st.tuples(_shares, _shares), max_size=4),
    waiting=st.integers(0, 9),
    at=st.integers(0, 10_000),
)
def test_a_file_is_read_as_written_and_not_at_all_when_changed(
    tmp_path_factory, rows, judged, waiting, at
):
    folder = tmp_path_factory.mktemp("kept")
    kept = Kept(Edition("b" * 32, 7), "rules", tuple(rows), waiting, {}, judged)
    tension_file.write(folder, kept)
    assert tension_file.read(folder) == kept
    whole = (folder / FILE_NAME).read_bytes()
    start = whole.index(b"\n") + 1
    place = start + at % (len(whole) - start)
    (folder / FILE_NAME).write_bytes(whole[:place] + b"\x00" + whole[place + 1 :])
    assert tension_file.read(folder) is None
    (folder / FILE_NAME).write_bytes(whole[:place])
    assert tension_file.read(folder) is None
