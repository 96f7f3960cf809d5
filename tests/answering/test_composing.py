from __future__ import annotations

from evidence_samples import evidence
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.composing import compose_quoted, renumbered
from assistant.records import AnswerSentence, Citation, Evidence, Perspective, Verdict

CSR = evidence(
    ["Society judges in CSR.", "Laws are its voice.", "Firms obey the law."],
    number=1,
    scores=[0.9, 0.7, 0.8],
    perspective=Perspective.CSR,
)
CSV = evidence(
    ["The company judges in CSV.", "Managers choose projects."],
    number=2,
    scores=[0.85, 0.75],
    perspective=Perspective.CSV,
)


def test_the_best_sentence_leads_and_points_are_grouped_by_perspective():
    answer = compose_quoted("How does CSR work and CSV?", [CSR, CSV])
    assert [(s.text, s.group) for s in answer] == [
        ("Society judges in CSR.", None),
        ("The company judges in CSV.", Perspective.CSV),
        ("Managers choose projects.", Perspective.CSV),
        ("Firms obey the law.", Perspective.CSR),
        ("Laws are its voice.", Perspective.CSR),
    ]


def test_one_perspective_has_no_groups():
    assert {s.group for s in compose_quoted("How does CSR work?", [CSR])} == {None}


def test_a_fact_is_answered_shortly_and_a_debate_at_length():
    many = evidence([f"Porter wrote text number {n}." for n in range(3, 12)])
    lengths = {
        q: len(compose_quoted(q, [many]))
        for q in ("Who wrote it?", "When was it?", "What is CSR?", "Should firms pay?")
    }
    assert lengths == {
        "Who wrote it?": 2,
        "When was it?": 2,
        "What is CSR?": 3,
        "Should firms pay?": 5,
    }


def test_weak_sentences_are_left_out():
    text = evidence(["It pays well.", "Nobody knows."], scores=[0.9, 0.3])
    assert [s.text for s in compose_quoted("Does CSR pay?", [text])] == ["It pays well."]


def test_a_leaning_sentence_brings_the_one_before():
    text = evidence(["Levitt wrote it in 1958.", "He feared power."], chosen=[1], scores=[0.9])
    (only,) = compose_quoted("How was it?", [text])
    assert only.text == "Levitt wrote it in 1958. He feared power."
    assert (only.citations[0].start, only.citations[0].end) == (100, 141)


def test_a_leaning_sentence_does_not_reach_into_another_paragraph():
    text = evidence(["Levitt wrote it.", "He feared power."], chosen=[1], gap="\n\n")
    assert [s.text for s in compose_quoted("How was it?", [text])] == ["He feared power."]


def test_what_a_leaning_sentence_brings_is_not_said_twice():
    text = evidence(["Levitt wrote it in 1958.", "He feared power."], scores=[0.9, 0.9])
    answer = compose_quoted("How was it?", [text])
    assert [s.text for s in answer] == ["Levitt wrote it in 1958. He feared power."]


def test_no_evidence_no_answer():
    assert compose_quoted("What is CSR?", []) == ()


opening = st.sampled_from(["Firms", "It", "The company", "But society", "Nestlé", "They"])
passages = st.lists(
    st.lists(st.tuples(opening, st.integers(1, 10**6), st.floats(0, 1)), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)


@given(passages, st.sampled_from(["Who?", "What is CSR?", "Compare CSR and CSV", "Why?"]))
def test_every_quotation_is_contiguous_in_its_passage(raw, question: str):
    given_evidence = [
        evidence(
            [f"{start} did {n} things." for start, n, _ in rows],
            number=number,
            scores=[score for _, _, score in rows],
            offset=17 * number,
        )
        for number, rows in enumerate(raw, start=1)
    ]
    for sentence in compose_quoted(question, given_evidence):
        (citation,) = sentence.citations
        passage = given_evidence[citation.evidence - 1].passage
        start, end = citation.start - passage.start, citation.end - passage.start
        assert sentence.verdict is Verdict.QUOTED
        assert passage.text[start:end] == sentence.text
    sentences, numbered = renumbered(compose_quoted(question, given_evidence), given_evidence)
    _assert_numbered(sentences, numbered)


@given(st.lists(st.lists(st.integers(1, 6), max_size=3), max_size=8), st.permutations(range(1, 7)))
def test_citations_are_numbered_by_appearance_without_gaps(cited, order):
    given_evidence = [evidence([f"Text {n}."], number=n, offset=10 * n) for n in order]
    sentences = [
        AnswerSentence("x", Verdict.SUPPORTED, 1.0, tuple(_citing(n) for n in row))
        for row in cited
    ]  # fmt: skip
    new, numbered = renumbered(sentences, given_evidence)
    _assert_numbered(new, numbered)
    old = {e.hit.passage.id: e for e in given_evidence}
    for before, after in zip(sentences, new, strict=True):
        for was, now in zip(before.citations, after.citations, strict=True):
            assert numbered[now.evidence - 1].passage == old[was.evidence].passage


def _citing(n: int) -> Citation:
    return Citation(n, 10 * n, 10 * n + 7, 1.0)


def _assert_numbered(sentences: tuple[AnswerSentence, ...], numbered: tuple[Evidence, ...]) -> None:
    seen = list(dict.fromkeys(c.evidence for s in sentences for c in s.citations))
    assert seen == list(range(1, len(seen) + 1))
    assert [e.number for e in numbered] == list(range(1, len(numbered) + 1))
    for c in (c for s in sentences for c in s.citations):
        passage = numbered[c.evidence - 1].passage
        assert passage.start <= c.start < c.end <= passage.end
