"""Pandoc citations: which brackets are groups, which keys they name, where they stood."""

from __future__ import annotations

import time

import pytest

from assistant.reading.literature import LiteratureMark, take_out_citations


@pytest.mark.parametrize(
    ("text", "cleaned", "marks"),
    [
        ("It is so [@a].", "It is so.", [(8, "a")]),
        ("It is so. [@a]", "It is so.", [(9, "a")]),
        ("[@a] It is so.", " It is so.", [(0, "a")]),
        ("It is [@a] so.", "It is so.", [(5, "a")]),
        ("So\t [@a].", "So.", [(2, "a")]),
        ("So [@a; @b;@c].", "So.", [(2, "a b c")]),
        ("So [see @one, p. 3; also -@two, ch. 4].", "So.", [(2, "one two")]),
        ("So [-@a].", "So.", [(2, "a")]),
        ("So [@a] [@b].", "So.", [(2, "a"), (2, "b")]),
        ("So [@a][@b].", "So.", [(2, "a"), (2, "b")]),
        ("A [@a]. B [@b].", "A. B.", [(1, "a"), (4, "b")]),
        ("So [@porter2011, pp. 3-4].", "So.", [(2, "porter2011")]),
        ("So [@doe:2011.a-b/c_d].", "So.", [(2, "doe:2011.a-b/c_d")]),
        ("So [@a.; @b,; @c:].", "So.", [(2, "a b c")]),
        ("So [@müller2011; @Österreich; @value-é].", "So.", [(2, "müller2011 Österreich value-é")]),
        ("So [@a, write to me@b.org].", "So.", [(2, "a")]),
        ("So [@a].\nSo [@b].", "So.\nSo.", [(2, "a"), (6, "b")]),
    ],
)
def test_groups(text, cleaned, marks):
    expected = tuple(LiteratureMark(at, tuple(keys.split())) for at, keys in marks)
    assert take_out_citations(text) == (cleaned, expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "An [aside] is no citation.",
        "Write to [me@example.org] or you@example.org.",
        "An [@] alone, a [ @ ] too, [@@x] and [@-].",
        "As @porter2011 says outside of brackets.",
        "Not closed [@a",
        "Not opened @a]",
        "Over two\nlines [@a\n; @b].",
        "[x] [ ] []",
    ],
)
def test_what_is_no_citation_stays(text):
    assert take_out_citations(text) == (text, ())


def test_a_group_within_a_bracket():
    assert take_out_citations("So [as said [@a]].") == (
        "So [as said].",
        (LiteratureMark(11, ("a",)),),
    )


@pytest.mark.parametrize("unit", [" ", "\t", "[", "[@", "[@a ", "@a;"])
def test_odd_texts_cost_no_time(unit):
    began = time.perf_counter()
    take_out_citations("[@a" + unit * 5000)
    assert time.perf_counter() - began < 1
