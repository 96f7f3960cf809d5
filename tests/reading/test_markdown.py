"""Markdown to plain text, its blocks, its sentences and what they cite."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.reading.markdown import PlainText, read_markdown


def blocks(body: str) -> list[tuple[str, int, str]]:
    plain = read_markdown(body)
    return [(b.kind, b.level, plain.text[b.start : b.end]) for b in plain.blocks]


def sentences(body: str) -> list[tuple[str, tuple[str, ...]]]:
    plain = read_markdown(body)
    return [(plain.text[s.start : s.end], s.literature) for s in plain.sentences]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("# A\n\nt\n\n### C", [("heading", 1, "A"), ("paragraph", 0, "t"), ("heading", 3, "C")]),
        ("One\n===\n\nTwo\n---", [("heading", 1, "One"), ("heading", 2, "Two")]),
        ("a\nb\n\nc", [("paragraph", 0, "a b"), ("paragraph", 0, "c")]),
        ("a  \nb\\\nc", [("paragraph", 0, "a b c")]),
        ("- a\n- b", [("item", 1, "a"), ("item", 1, "b")]),
        ("3. a\n4. b", [("item", 1, "a"), ("item", 1, "b")]),
        ("- a\n  - b\n    1. c", [("item", 1, "a"), ("item", 2, "b"), ("item", 3, "c")]),
        ("- a\n  - b\n- c", [("item", 1, "a"), ("item", 2, "b"), ("item", 1, "c")]),
        ("- a\n\n  more\n\nout", [("item", 1, "a"), ("item", 1, "more"), ("paragraph", 0, "out")]),
        ("> a\n> b\n\nc", [("quote", 0, "a b"), ("paragraph", 0, "c")]),
        ("> - a\n>\n> b", [("item", 1, "a"), ("quote", 0, "b")]),
        ("```py\nx = 1\n\ny\n```", [("code", 0, "x = 1\n\ny")]),
        ("    x = 1", [("code", 0, "x = 1")]),
        ("a\n\n***\n\nb", [("paragraph", 0, "a"), ("paragraph", 0, "b")]),
        ("# \n\na", [("paragraph", 0, "a")]),
        ("", []),
        ("\n \n", []),
    ],
)  # fmt: skip
def test_blocks(body, expected):
    assert blocks(body) == expected


def test_blocks_are_parted_by_an_empty_line():
    assert read_markdown("# H\n- a\n- b\n\nc").text == "H\n\na\n\nb\n\nc"


def test_rows_of_a_table_can_be_read_alone():
    table = """\
| Judge | Instrument | |
|-------|:----------:|--|
| **Customer** | choice [@payne2005] | x |
| Society | | law |
| Company | a \\| b | |
"""
    assert blocks(table) == [
        ("row", 0, "Judge: Customer; Instrument: choice; x"),
        ("row", 0, "Judge: Society; law"),
        ("row", 0, "Judge: Company; Instrument: a | b"),
    ]
    assert sentences(table)[0] == ("Judge: Customer; Instrument: choice; x", ("payne2005",))


def test_a_second_table_has_its_own_head():
    body = "| A |\n|--|\n| 1 |\n\ntext\n\n| B |\n|--|\n| 2 |\n"
    assert [text for _, _, text in blocks(body)] == ["A: 1", "text", "B: 2"]


@pytest.mark.parametrize(
    ("inline", "words"),
    [
        ("*a* **b** _c_ `d e`", "a b c d e"),
        ("[the *text*](http://a.b 'title')", "the text"),
        ("[the text][ref]\n\n[ref]: http://a.b", "the text"),
        ("<http://a.b>", "http://a.b"),
        ("![a *sunny* market](a.png)", "a sunny market"),
        (r"\*not\* \[this\]", "*not* [this]"),
        ("R&amp;D &lt;b&gt; &eacute;", "R&D <b> é"),
        ("<b x='y'>z</b> <script>alert(1)</script>", "<b x='y'>z</b> <script>alert(1)</script>"),
        ("<div>\nz\n</div>", "<div> z </div>"),
        ("<!-- hidden -->", "<!-- hidden -->"),
        ("[x] (y) [^1]", "[x] (y) [^1]"),
        ("&#0; &#xD800;", "\ufffd \ufffd"),
    ],
)  # fmt: skip
def test_words_without_marks(inline, words):
    assert blocks(inline) == [("paragraph", 0, words)]


def test_headings_hold_no_sentences():
    assert sentences("# A heading. Two?\n\nA sentence.") == [("A sentence.", ())]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("It is so [@a]. Then [@b; -@c].", [("It is so.", ("a",)), ("Then.", ("b", "c"))]),
        ("It is so. [@a] Then.", [("It is so.", ("a",)), ("Then.", ())]),
        ("[@a] It is so. Then.", [("It is so.", ("a",)), ("Then.", ())]),
        ("So [@a], and so [@b; @a].", [("So, and so.", ("a", "b"))]),
        ("So [@a] [@b].", [("So.", ("a", "b"))]),
        ("He said “so” [@a]. Then.", [("He said “so”.", ("a",)), ("Then.", ())]),
        ("He said “so.” [@a] Then.", [("He said “so.”", ("a",)), ("Then.", ())]),
        ("- so [@a]\n- then", [("so", ("a",)), ("then", ())]),
        ("A [see @a,\np. 3].", [("A.", ("a",))]),
        ("A [@a, *ibid*].", [("A.", ("a",))]),
        ("> A quotation.\n\n[@a; @b]\n\nThen.", [("A quotation.", ("a", "b")), ("Then.", ())]),
        ("A [@a].\n\n[@a; @b]", [("A.", ("a", "b"))]),
        ("[@a]\n\nThen.", [("Then.", ())]),
    ],
)
def test_a_citation_belongs_to_the_sentence_that_it_ends_or_stands_in(body, expected):
    assert sentences(body) == expected


def assert_exact(plain: PlainText) -> None:
    position = 0
    for n, block in enumerate(plain.blocks):
        assert block.start == position + (2 if n else 0)
        assert plain.text[position : block.start] == ("\n\n" if n else "")
        assert block.start < block.end
        position = block.end
    assert position == len(plain.text)
    ends = [0, *(s.end for s in plain.sentences)]
    for sentence, last in zip(plain.sentences, ends, strict=False):
        text = plain.text[sentence.start : sentence.end]
        assert last <= sentence.start < sentence.end
        assert text == text.strip()
        holders = [b for b in plain.blocks if b.start <= sentence.start and sentence.end <= b.end]
        assert [b.kind == "heading" for b in holders] == [False]
    for block in plain.blocks:
        inside = [s for s in plain.sentences if block.start <= s.start < block.end]
        words = "".join(plain.text[s.start : s.end] for s in inside)
        if block.kind != "heading":
            whole = plain.text[block.start : block.end]
            assert "".join(words.split()) == "".join(whole.split())


MARKS = (
    "# |## |- |  - |> |1. |```|    |*|**|_|`|[|](u)|![|[@a]|[@b; -@c]|[x]|[ref]: u|<b>|&amp;|&#0;"
)
SAID = "Value is so.|Dr. No|He said “so.”|é😀|---|===|\\"
BREAKS = ["\n", "\n", "\n\n", "\n\n", "\t", "\u2028", "\u00a0", "\x0b", "\x1c", " "]
TABLE = "| A | B |\n|--|--|\n| 1. Yes. | [@k] |\n"
PIECES = st.sampled_from([*MARKS.split("|"), *SAID.split("|"), *BREAKS, TABLE])


@given(st.lists(PIECES | st.text(max_size=4), max_size=25).map("".join))
def test_every_block_and_sentence_slices_the_text(body):
    assert_exact(read_markdown(body))


KEYS = st.from_regex(r"[a-z][a-z0-9]{1,6}(-[a-z0-9]+)?", fullmatch=True)
WORD = st.sampled_from("value firms judge society law choice Porter 2011".split())
WORDS = st.lists(WORD, min_size=2, max_size=6)
CITED = st.tuples(WORDS, st.lists(KEYS, unique=True, max_size=3), st.booleans(), st.booleans())


def written(sentence: tuple[list[str], list[str], bool, bool]) -> str:
    """Write a sentence with its keys in one group or in several, before or after its full stop."""
    words, keys, before_stop, one_group = sentence
    text = "So " + " ".join(words)
    names = [f"@{key}" for key in keys]
    groups = [f"[see {'; '.join(names)}, p. 3]"] if one_group else [f"[-{name}]" for name in names]
    citation = "".join(f" {group}" for group in groups) if keys else ""
    return f"{text}{citation}." if before_stop else f"{text}.{citation}"


@given(st.lists(st.lists(CITED, min_size=1, max_size=4), min_size=1, max_size=4))
def test_every_sentence_gets_exactly_its_keys_back(paragraphs):
    plain = read_markdown("\n\n".join(" ".join(map(written, p)) for p in paragraphs))
    found = [(plain.text[s.start : s.end], s.literature) for s in plain.sentences]
    assert found == [(f"So {' '.join(w)}.", tuple(keys)) for p in paragraphs for w, keys, *_ in p]
    assert not re.search(r"[@\[\]]", plain.text)
    assert_exact(plain)
