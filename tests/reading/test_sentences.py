"""Where sentences begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.reading.sentences import sentence_spans


@pytest.mark.parametrize(
    "sentences",
    [
        ["One is here.", "Two is there!", "Is three?"],
        ["Dr. Smith of Porter Inc. came.", "He left."],
        ["M. E. Porter and M. R. Kramer wrote it.", "It was read."],
        ["See e.g. Porter (2011).", "He agrees."],
        ["U.S. firms differ.", "So do E.U. firms."],
        ["It grew by 3.5 percent to 1.2 million.", "Then it fell."],
        ["He said “It is so.”", "Then he left."],
        ['He said "It is so."', "Then he left."],
        ["He asked, “Why?” and left.", "She stayed."],
        ["[An aside.]", "The next."],
        ["(Another one.)", "“Quoted after it.”"],
        ["The firm (est. 1990) grew.", "It fell."],
        ["😀 stands first.", "The second 😀 is here.", "Third."],
        ["Über 𝔘nicode.", "Ñandú comes."],
        ["No full stop at the end"],
    ],
)
def test_sentences(sentences):
    text = " ".join(sentences)
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


def test_a_line_break_within_a_sentence_stays_in_it():
    assert sentence_spans("Value is\njudged. By whom?") == ((0, 16), (17, 25))


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u00a0\u2003"])
def test_nothing_holds_no_sentence(text):
    assert sentence_spans(text) == ()


# What trips splitters: marks, brackets, quotes, abbreviations, wide and joined characters.
WORDS = st.sampled_from(
    "Value judges e.g. Dr. U.S. 3.5 p. 4 “so.” (no.) [An aside.] ? ! … . .. \n \n\n \t 😀 é 価値。 "
    "\u200b \u00a0 \u2028 \x0b \x1c ' \" ) ] 1. a) - * Mr. J. K. http://a.b/c?d. x@y.z".split(" ")
)


@given(st.lists(WORDS | st.text(max_size=5), max_size=30).map(" ".join))
def test_in_order_without_overlap_and_only_white_space_left_out(text):
    position = 0
    for start, end in sentence_spans(text):
        assert position <= start < end <= len(text)
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip()
        position = end
    assert not text[position:].strip()
