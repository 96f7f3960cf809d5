"""Documents to passages: nothing lost, nothing too long, whole paragraphs together."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from fakes import ByteCounter, CharacterCounter, PieceCounter, WordCounter
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.models.weights import embedder_weights
from assistant.reading.files import corpus_files, read_bytes, read_document
from assistant.reading.passages import embedding_text, header_of, split_passages
from assistant.records import Document, Sentence


def document_of(body: str, title: str = "On value") -> Document:
    content = f"---\ntitle: {title}\n---\n{body}".encode()
    return read_document(Path("value.md"), content, root=Path())


def split(
    body: str, *, max_tokens: int = 200, room: int = 256
) -> list[tuple[tuple[str, ...], str]]:
    passages = split_passages(document_of(body), WordCounter(room), max_tokens=max_tokens)
    return [(p.heading, p.text) for p in passages]


def test_paragraphs_are_grouped_while_they_fit():
    body = "a b c\n\nd e f\n\ng h\n\ni"
    assert split(body, max_tokens=6) == [((), "a b c\n\nd e f"), ((), "g h\n\ni")]
    assert split(body, max_tokens=9) == [((), "a b c\n\nd e f\n\ng h\n\ni")]
    assert split(body, max_tokens=3) == [((), "a b c"), ((), "d e f"), ((), "g h\n\ni")]


def test_a_heading_begins_a_passage_and_names_its_path():
    body = (
        "zero\n\n# A\n\none\n\n## B\n\ntwo\n\n## C\n\n### D\n\nthree\n\n"
        "# E\n\nfour\n\n### F\n\n- five\n- six"
    )
    assert split(body) == [
        ((), "zero"),
        (("A",), "one"),
        (("A", "B"), "two"),
        (("A", "C", "D"), "three"),
        (("E",), "four"),
        (("E", "F"), "five\n\nsix"),
    ]


def test_a_long_paragraph_is_parted_between_sentences():
    body = "One two three. Four five six. Seven eight.\n\nNine."
    assert split(body, max_tokens=8) == [
        ((), "One two three. Four five six."),
        ((), "Seven eight.\n\nNine."),
    ]


def test_a_long_sentence_is_parted_between_words_and_clipped():
    document = document_of("One two three four five [@k]. Six.")
    passages = split_passages(document, WordCounter(), max_tokens=3)
    assert [p.text for p in passages] == ["One two three", "four five.", "Six."]
    assert [p.sentences for p in passages] == [
        (Sentence(0, 13, ("k",)),),
        (Sentence(14, 24, ("k",)),),
        (Sentence(25, 29),),
    ]


def test_a_passage_knows_the_literature_of_its_sentences():
    passages = split_passages(document_of("One [@a]. Two [@b].\n\nThree."), WordCounter())
    assert [s.literature for s in passages[0].sentences] == [("a",), ("b",), ()]


@pytest.mark.parametrize("name", ["See also", "REFERENCES", "Further reading", "contents"])
def test_lists_of_links_are_left_out(name):
    body = f"# A\n\none\n\n## {name}\n\n- two\n\n## B\n\nthree"
    assert split(body) == [(("A",), "one"), (("A", "B"), "three")]


def test_other_sections_are_not():
    assert split("# See also this\n\none") == [(("See also this",), "one")]


def test_a_very_long_word():
    passages = split_passages(document_of("x" * 1000), CharacterCounter(), max_tokens=200)
    assert [len(p.text) for p in passages] == [200] * 5
    assert "".join(p.text for p in passages) == "x" * 1000


def test_an_endless_heading_is_cut_in_the_header_alone():
    endless = " ".join(f"h{n}" for n in range(500))
    document = document_of(f"# {endless}\n\nThe text.")
    passage, counter = split_passages(document, WordCounter())[0], WordCounter()
    assert passage.heading == (endless,)
    header = header_of(document.card, passage.heading, counter)
    assert header.startswith("On value › h0 h1")
    assert len(counter.token_spans(header)) == 256 // 5
    assert embedding_text(header, passage) == f"{header}\nThe text."


def test_a_deep_path_leaves_room_for_text():
    path = "".join(f"{'#' * n} {'deep ' * 30}{n}\n\n" for n in range(1, 7))
    passages = split_passages(document_of(path + "w " * 300), WordCounter())
    assert [len(p.text.split()) for p in passages] == [200, 100]


WORDS = st.sampled_from(
    "value judges. firm, Dr. extraordinarily 3.5 “so.” é😀 価値観 x [@k] internationalisation "
    "? ! a b c unübersehbar".split()
)
SHORT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3)
PARAGRAPHS = st.lists(WORDS | SHORT, min_size=1, max_size=40).map(" ".join)
HEADINGS = st.builds("{} {}".format, st.sampled_from(["#", "##", "###"]), PARAGRAPHS)
ITEMS = st.lists(PARAGRAPHS, min_size=1, max_size=4).map(lambda ps: "\n".join(f"- {p}" for p in ps))
BODIES = st.lists(PARAGRAPHS | HEADINGS | ITEMS, min_size=1, max_size=8).map("\n\n".join)
TITLES = st.lists(st.sampled_from("On value unübersehbar é😀 x".split()), min_size=1).map(" ".join)
COUNTERS = st.builds(
    lambda make, room: make(room),
    st.sampled_from([WordCounter, CharacterCounter, ByteCounter, PieceCounter]),
    st.integers(24, 80),
)


@given(BODIES, TITLES, COUNTERS, st.integers(8, 60))
def test_whatever_the_text_and_the_tokens(body, title, counter, max_tokens):
    document = document_of("Value.\n\n" + body, title=title)
    passages = split_passages(document, counter, max_tokens=max_tokens)
    left_out, position = [], 0
    for passage in passages:
        assert passage.start >= position
        assert document.text[passage.start : passage.end] == passage.text != ""
        left_out.append((position, passage.start))
        position = passage.end
        header = header_of(document.card, passage.heading, counter)
        embedded = counter.token_spans(embedding_text(header, passage))
        assert len(embedded) + 2 <= counter.max_tokens
        assert len(counter.token_spans(passage.text)) <= max_tokens
        sentences = passage.sentences
        assert sentences
        assert all(passage.start <= s.start < s.end <= passage.end for s in sentences)
        assert all(a.end <= b.start for a, b in pairwise(sentences))
    left_out.append((position, len(document.text)))
    headings = [(b.start, b.end) for b in document.blocks if b.kind == "heading"]
    for start, end in left_out:  # only headings and white space
        inside = [(a, b) for a, b in headings if start <= a and b <= end]
        kept = [c for n, c in enumerate(document.text[start:end], start)
                if not any(a <= n < b for a, b in inside)]  # fmt: skip
        assert not "".join(kept).strip()
    for block in document.blocks:
        room = counter.max_tokens - 2 - counter.max_tokens // 5 - 1
        size = len(counter.token_spans(document.text[block.start : block.end]))
        if block.kind != "heading" and size <= min(max_tokens, room):
            assert [p for p in passages if p.start <= block.start and block.end <= p.end]


@pytest.fixture(scope="module")
def minilm():
    """The tokenizer of the packaged embedder, without truncation; no torch, no onnxruntime."""
    from tokenizers import Tokenizer

    class Counter:
        max_tokens = 256

        def __init__(self) -> None:
            self.tokenizer = Tokenizer.from_file(str(embedder_weights() / "tokenizer.json"))
            self.tokenizer.no_truncation()
            self.tokenizer.no_padding()

        def token_spans(self, text: str) -> list[tuple[int, int]]:
            return list(self.tokenizer.encode(text, add_special_tokens=False).offsets)

    return Counter()


@pytest.mark.weights
def test_no_text_of_the_corpus_is_cut_by_the_real_tokenizer(corpus, minilm):
    lengths = {}
    for path in corpus_files(corpus):
        document = read_document(path, read_bytes(path), root=corpus)
        for n, passage in enumerate(split_passages(document, minilm)):
            header = header_of(document.card, passage.heading, minilm)
            ids = minilm.tokenizer.encode(embedding_text(header, passage)).ids
            lengths[document.card.id, n] = len(ids)
            assert document.text[passage.start : passage.end] == passage.text
            assert len(minilm.token_spans(passage.text)) <= 200
    assert {key: n for key, n in lengths.items() if n > 256} == {}
    assert lengths


ODD = st.text(
    st.sampled_from("aZ09 .,-_/é😀価\u0301\u200b\u00ad\x07#@")
    | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=400,
)


@pytest.mark.weights
@settings(max_examples=40)
@given(ODD, st.text(st.sampled_from("abcdef0123456789xyzqj"), min_size=200, max_size=3000))
def test_no_odd_text_is_cut_by_the_real_tokenizer(minilm, odd, unbroken):
    chunks = " ".join(unbroken[n : n + 90] for n in range(0, len(unbroken), 90))
    document = document_of(f"# {odd[:90]} x\n\nv{odd}\n\n{chunks}\n\n{odd} {chunks}")
    for passage in split_passages(document, minilm):
        header = header_of(document.card, passage.heading, minilm)
        assert len(minilm.tokenizer.encode(embedding_text(header, passage)).ids) <= 256
