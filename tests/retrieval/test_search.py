from __future__ import annotations

import sqlite3

import numpy as np
import pytest
from fakes import NumpyStore
from hypothesis import given
from hypothesis import strategies as st
from retrieval_samples import FakeSnapshot, passage

from assistant.records import Filters
from assistant.retrieval.search import match_expression, search


@pytest.fixture(scope="module")
def fts() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE t USING fts5(text, header,"
        ' tokenize="porter unicode61 remove_diacritics 2")'
    )
    connection.executemany(
        "INSERT INTO t VALUES (?, ?)",
        [
            ("Nestlé created shared value", "CSV"),
            ("Government defines value", "CSR"),
            ("Near and not near the text", ""),
        ],
    )
    return connection


def found(fts: sqlite3.Connection, question: str) -> list[int]:
    rows = fts.execute(
        "SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank", (match_expression(question),)
    )
    return [row[0] for row in rows]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("What did Nestle create?", [1]),
        ("NESTLÉ'S creation", [1]),
        ("who governs", [2]),
        ("Which government?", [2]),
        ('text:"value" AND header:*', [3]),
        ("NEAR(near, 2)", [3]),
        ("zebra", []),
    ],
)
def test_the_expression_finds_words_and_nothing_else(
    fts: sqlite3.Connection, question: str, rows: list[int]
):
    assert set(rows) <= set(found(fts, question))
    assert bool(rows) == bool(found(fts, question))


@pytest.mark.parametrize(
    "question",
    [
        '"', "'; DROP TABLE t; --", "a* OR b*", "^value", "header : value", "(((", "NOT", "AND OR",
        "-", "?", "the of and", "{text header} : x", "\x00", "+", '""""', "NEAR/3",
        "💰 value", "’’",
    ],
)  # fmt: skip
def test_hostile_questions_are_only_text(fts: sqlite3.Connection, question: str):
    found(fts, question)
    assert fts.execute("SELECT count(*) FROM t").fetchone() == (3,)


@given(st.text(max_size=200))
def test_any_text_makes_a_valid_expression(text: str):
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(text)")
    connection.execute("SELECT * FROM t WHERE t MATCH ?", (match_expression(text),)).fetchall()
    connection.close()


def test_a_very_long_question_stays_short():
    assert match_expression(" ".join(f"word{n}" for n in range(5000))).count(" OR ") == 63


def unit(*values: float) -> np.ndarray:
    vector = np.array(values, np.float32)
    return vector / np.linalg.norm(vector)


VECTORS = np.stack([unit(1, 0, 0), unit(0.6, 0.8, 0), unit(0, 1, 0), unit(0, 0, 1)])
IDS = np.array([1, 2, 3, 4])
PASSAGES = [passage(n, f"Text {n}.", document="ab"[n % 2]) for n in (1, 2, 3, 4)]
QUERY = unit(1, 0, 0)


class CountingSnapshot(FakeSnapshot):
    """A library whose words have given frequencies; it remembers what it was asked for."""

    def __init__(self, passages, lexical, frequencies=None):
        super().__init__(passages, lexical)
        self._frequencies = frequencies or {}
        self.asked: list[tuple[str, str]] = []

    def document_frequencies(self, words):
        return {word: self._frequencies.get(word, 0) for word in words}, 1000

    def lexical(self, match, k, filters, *, header_weight, among=""):
        self.asked.append((match, among))
        return super().lexical(match, k, filters, header_weight=header_weight)


def run(
    lexical: dict[int, float], *, k: int = 4, weight: float = 0.6, filters=None, vectors=VECTORS
):
    snapshot = CountingSnapshot(PASSAGES, lexical)
    store = NumpyStore(IDS, vectors)
    return search(
        snapshot, store, "text", QUERY, k=k, dense_weight=weight, filters=filters
    )  # fmt: skip


def test_fusion_is_the_weighted_sum_of_cosine_and_normalised_bm25():
    hits = run({3: 4.0, 2: 2.0})
    # "text" is in none of 1000 passages: idf 7.6017, BM25 up to 1.6 · 7.6017 = 12.163; the best
    # has 4 / 12.163 = 0.3289 of it, so vectors weigh 0.6 + 0.2 · (1 − 0.6578) = 0.66845
    weight = 0.66845
    expected = [weight, 0.6 * weight + (1 - weight) / 2, 1 - weight, 0.0]
    assert [h.passage.id for h in hits] == [1, 2, 3, 4]
    assert [h.score for h in hits] == pytest.approx(expected, abs=1e-4)
    assert [h.cosine for h in hits] == pytest.approx([1.0, 0.6, 0.0, 0.0], abs=1e-6)
    assert [h.lexical for h in hits] == [0.0, 0.5, 1.0, 0.0]


@pytest.mark.parametrize(("weight", "first"), [(1.0, 1), (0.0, 3)])
def test_either_list_alone(weight: float, first: int):
    assert run({3: 4.0, 2: 2.0}, weight=weight)[0].passage.id == first


def test_ties_go_by_id_and_k_may_exceed_the_library():
    assert [h.passage.id for h in run({}, k=50)][-2:] == [3, 4]
    assert [h.passage.id for h in run({}, k=1)] == [1]


def test_near_duplicates_are_found_once():
    vectors = np.stack([unit(1, 0, 0), unit(1, 0.05, 0), unit(0, 1, 0), unit(0, 0, 1)])
    assert [h.passage.id for h in run({}, vectors=vectors)] == [1, 3, 4]


def test_filters_hold_for_both_lists():
    hits = run({3: 4.0, 2: 2.0}, filters=Filters(documents=frozenset({"a"})))
    assert [h.passage.id for h in hits] == [2, 4]
    assert hits[0].lexical == 1.0  # normalised within the filter


@pytest.mark.parametrize(
    ("frequencies", "leading"),
    [
        ({"rare": 3, "firm": 50, "value": 900, "judge": 800}, '"rare" OR "firm" OR "judge"'),
        ({"rare": 3, "firm": 850, "value": 900, "judge": 880}, '"rare" OR "firm"'),
        ({"rare": 850, "firm": 860, "value": 900}, '"rare" OR "firm"'),  # two at least
        ({"rare": 3, "firm": 50, "value": 90, "judge": 200}, ""),
        ({"value": 900}, ""),
        ({}, ""),
    ],
)
def test_passages_that_have_but_common_words_are_not_scored(frequencies, leading):
    snapshot = CountingSnapshot(PASSAGES, {}, frequencies)
    search(snapshot, NumpyStore(IDS, VECTORS), "value rare judge firm", QUERY, k=4, dense_weight=0)
    assert snapshot.asked == [
        ('"value" OR "rare" OR "judge" OR "firm"', leading),
        ('"value rare" OR "rare judge" OR "judge firm"', ""),
    ]


def test_of_passages_that_are_not_allowed_none_counts():
    frequencies = {"rare": 300, "firm": 650, "value": 900, "judge": 800}  # of 1000
    snapshot = CountingSnapshot(PASSAGES, {}, frequencies)
    for filters, leading in ((Filters(), '"rare" OR "firm"'), (Filters(documents={"a"}), "")):
        search(
            snapshot, NumpyStore(IDS, VECTORS), "value rare judge firm", QUERY, k=4, dense_weight=0,
            filters=filters,
        )  # fmt: skip
        assert snapshot.asked[-2][1] == leading
