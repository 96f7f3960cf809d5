"""The YAML head: what is taken, and what is refused in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import UnreadableFileError
from assistant.reading.files import read_document
from assistant.reading.front_matter import slugify, split_front_matter
from assistant.records import DocumentCard, Perspective

HERE = Path("notes/My Notes.md")


def card_of(head: str, body: str = "Value is judged.") -> DocumentCard:
    content = f"---\n{head}\n---\n{body}".encode()
    return read_document(HERE, content, root=Path("notes")).card


def refusal_of(head: str) -> str:
    with pytest.raises(UnreadableFileError) as caught:
        card_of(head)
    assert caught.value.remedy == "Mend the first lines of the file and build again."
    message = str(caught.value.args[0])
    assert message.startswith("My Notes.md: ")
    return message.removeprefix("My Notes.md: ")


def test_everything_that_can_be_said():
    card = card_of(
        "title: Who  judges?\nslug: who-judges\nperspective: csv\nkind: framing\n"
        "stance: neutral\nstance_on: csr\nperiod: '2011'\nquestion: Who?\n"
        "authors_discussed: [M. Porter, A. Payne]\nsources:\n  - seed2011\n  - eu2011\n"
        "opposes: [another]\nlicence: CC BY 4.0"
    )
    assert card == DocumentCard(
        id="who-judges",
        path="My Notes.md",
        title="Who judges?",
        perspective=Perspective.CSV,
        sha256=card.sha256,
        kind="framing",
        stance="neutral",
        stance_on="csr",
        period="2011",
        question="Who?",
        authors_discussed=("M. Porter", "A. Payne"),
        sources=("seed2011", "eu2011"),
        opposes=("another",),
    )


@pytest.mark.parametrize("head", ["", "# only a comment", "title:\nslug: ~\nsources: null"])
def test_nothing_said_is_filled_in(head):
    card = card_of(head, "# The heading\n\nValue is judged.")
    assert (card.id, card.title) == ("my-notes", "The heading")
    assert (card.perspective, card.sources) == (Perspective.OVERVIEW, ())


def test_without_title_and_heading_the_file_name_serves():
    assert card_of("").title == "My Notes"


@pytest.mark.parametrize(
    "text", ["Just text.", "", "---", "-- -\ntitle: x\n---\n", "\n---\na: b\n"]
)
def test_no_front_matter(text):
    assert split_front_matter(text, HERE) == ({}, text)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("---\ntitle: x\n---\nBody\n---\nmore", "Body\n---\nmore"),
        ("---  \ntitle: x\n---\t\nBody", "Body"),
        ("---\ntitle: x\n---", ""),
    ],
)
def test_the_body_begins_after_the_closing_line(text, body):
    assert split_front_matter(text, HERE) == ({"title": "x"}, body)


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("2011", "2011"),
        ("1990-2011", "1990-2011"),
        ("2011-10-25", "2011-10-25"),
        ("2011-13-45", "2011-13-45"),  # no date: PyYAML raises a bare ValueError over it
        ("010", "010"),
        ("1990.10", "1990.10"),
        ("true", "true"),
        ("!!int twenty", "twenty"),
        ("!!python/object/apply:os.getcwd ''", ""),
    ],
)
def test_numbers_dates_and_tags_are_text_as_written(written, period):
    assert card_of(f"period: {written}").period == period


def test_a_title_that_yaml_takes_for_false():
    assert card_of("title: No").title == "No"


def test_not_closed():
    with pytest.raises(UnreadableFileError, match="is not closed by a line of three hyphens"):
        split_front_matter("---\ntitle: x\n\nBody", HERE)


@pytest.mark.parametrize(
    "head", ["title: [a", "a: b: c", "\ttitle: x", "a: *b", "? [a]\n: b", "\x07"]
)
def test_not_yaml(head):
    reason = refusal_of(head)
    assert reason.startswith("the front matter is not YAML (")
    assert "\n" not in reason


@pytest.mark.parametrize("head", ["- a\n- b", "just words", "'2011'"])
def test_not_a_mapping(head):
    assert refusal_of(head) == "the front matter is not a list of 'key: value' lines."


def test_nested_beyond_reason():
    assert refusal_of("title: " + "[" * 5000) == "the front matter is nested too deeply."


def test_unknown_keys_are_named():
    assert refusal_of("titel: x\nauthor: y\ntitle: z") == "unknown front matter: author, titel."


@pytest.mark.parametrize("value", ["[a, b]", "{a: b}", r'"\ud800"', r'"a\0b"'])
@pytest.mark.parametrize("key", ["title", "slug", "stance", "period", "question", "perspective"])
def test_not_a_text(key, value):
    assert refusal_of(f"{key}: {value}") == f"{key} is not a text."


@pytest.mark.parametrize("value", ["seed2011", "{a: b}", "[[a]]", "[{a: b}]", r'["\udfff"]'])
@pytest.mark.parametrize("key", ["sources", "opposes", "authors_discussed"])
def test_not_a_list_of_names(key, value):
    expected = f"{key} is not a list of names, as in {key}: [one, two]."
    assert refusal_of(f"{key}: {value}") == expected


@pytest.mark.parametrize("slug", ["Who", "a_b", "a--b", "-a", "a-", "a b", "../a", "ä", "a'; --"])
def test_bad_slugs(slug):
    reason = refusal_of(f'slug: "{slug}"')
    assert reason == f"the slug {slug!r} is not made of a-z, 0-9 and single hyphens."


@pytest.mark.parametrize("perspective", ["ethics", "CSR", "3"])
def test_unknown_perspective_names_the_known_ones(perspective):
    assert refusal_of(f"perspective: {perspective}") == (
        f"perspective {perspective!r} is none of: crm, csr, csv, stakeholder, shareholder, "
        "critique, measurement, regulation, history, overview."
    )


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My Notes (2)", "my-notes-2"),
        ("who-defines-value", "who-defines-value"),
        ("__a__b", "a-b"),
        ("価値", "untitled"),
    ],
)
def test_slugify(name, slug):
    assert slugify(name) == slug
