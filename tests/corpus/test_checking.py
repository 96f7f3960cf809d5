"""The rules of the collection, each broken once, and the collection itself."""

from pathlib import Path

import pytest

from assistant.corpus.checking import check_corpus

REPOSITORY = Path(__file__).resolve().parents[2]

HEAD = """---
title: "A text"
slug: a-text
perspective: csr
kind: argument
stance: for
stance_on: csr
period: "2011"
question: Why?
authors_discussed: []
sources: [one2001]
opposes: [b-text]
---

"""
FILLER = "\n\n".join(
    f"Sentence number {n} of the filler says a little about a great many small things [@one2001]."
    for n in range(40)
)
BODY = f"""## In short

A first claim stands here [@one2001].

{FILLER}

## Who defines value here?

Society does, the author says [@one2001].

## See also

- [B](b-text.md): the other side.
- [B](b-text.md): again.
- [B](b-text.md): and again.
"""
BIB = """@article{one2001,
  author = {One, A.}, title = {On Ones}, journal = {Ones}, year = {2001}, volume = {1},
  quote = {Ones are the numbers that begin every count we know.}
}
"""


def corpus_with(folder: Path, body: str = BODY, head: str = HEAD) -> Path:
    (folder / "a-text.md").write_text(head + body, encoding="utf-8")
    other = head.replace("slug: a-text", "slug: b-text").replace("[b-text]", "[a-text]")
    (folder / "b-text.md").write_text(other + BODY, encoding="utf-8")
    (folder / "references.bib").write_text(BIB, encoding="utf-8")
    return folder


def broken_rules(folder: Path) -> set[str]:
    return {f.rule for f in check_corpus(folder).findings if f.document == "a-text"}


def test_a_good_text_has_no_findings(tmp_path):
    report = check_corpus(corpus_with(tmp_path))
    assert report.findings == ()
    assert report.is_clean
    assert report.documents == 2


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("links", "b-text.md", "nowhere.md"),
        ("see also", "- [B](b-text.md): and again.\n", ""),
        ("keys", "stands here [@one2001]", "stands here [@two2002]"),
        ("headings", "## In short", "## In brief"),
        ("length", FILLER, "Short [@one2001]."),
        ("sentence", "A first claim", "A first claim " + "and another one " * 14),
        (
            "evidence",
            "A first claim stands here [@one2001].",
            "A first claim stands here without anything behind it, and nobody can tell whence.",
        ),
        (
            "quotation",
            "A first claim stands here",
            'One said: "Ones are the numbers that end every count"',
        ),
    ],
)
def test_each_broken_rule_is_found(tmp_path, rule, old, new):
    assert old in BODY
    assert broken_rules(corpus_with(tmp_path, BODY.replace(old, new))) == {rule}


def test_the_permitted_sentence_may_be_quoted_in_part(tmp_path):
    quoting = BODY.replace(
        "A first claim stands here", 'One said: "the numbers that begin every count we know"'
    )
    assert broken_rules(corpus_with(tmp_path, quoting)) == set()


def test_an_inference_that_says_so_needs_no_key(tmp_path):
    inferring = BODY.replace(
        "A first claim stands here [@one2001].",
        "One may read the first claim as a hint that ones matter more than twos to everybody.",
    )
    assert broken_rules(corpus_with(tmp_path, inferring)) == set()


def test_front_matter_outside_the_schema_is_found(tmp_path):
    head = HEAD.replace("kind: argument", "kind: rant").replace("stance: for", "stance: maybe")
    report = check_corpus(corpus_with(tmp_path, head=head))
    words = [f.words for f in report.findings if f.document == "a-text"]
    assert any("kind is 'rant'" in w for w in words)
    assert any("stance is 'maybe'" in w for w in words)


def test_the_balance_is_compared(tmp_path):
    corpus_with(tmp_path)
    (tmp_path / "balance.toml").write_text("[perspective]\ncsr = 3\n", encoding="utf-8")
    report = check_corpus(tmp_path)
    tally = next(t for t in report.balance if t.name == "csr")
    assert (tally.found, tally.wanted) == (2, 3)
    assert not report.is_clean


def test_an_unreadable_file_is_a_finding_and_stops_nothing(tmp_path):
    corpus_with(tmp_path)
    (tmp_path / "c.md").write_bytes(b"\xff\xfe\xff")
    report = check_corpus(tmp_path)
    assert [(f.document, f.rule) for f in report.findings] == [("c.md", "reading")]
    assert report.documents == 2


def test_the_collection_keeps_its_rules():
    report = check_corpus(REPOSITORY / "corpus")
    assert report.findings == ()
    assert report.is_clean
    assert report.documents == 61
