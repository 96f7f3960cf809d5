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


def run(
    lexical: dict[int, float], *, k: int = 4, weight: float = 0.6, filters=None, vectors=VECTORS
):
    snapshot = FakeSnapshot(PASSAGES, lexical)
    store = NumpyStore(IDS, vectors)
    return search(
        snapshot, store, "text", QUERY, k=k, dense_weight=weight, filters=filters
    )  # fmt: skip


def test_fusion_is_the_weighted_sum_of_cosine_and_normalised_bm25():
    hits = run({3: 4.0, 2: 2.0})
    # 1: 0.6 · 1 = 0.6; 2: 0.6 · 0.6 + 0.4 · 2/4 = 0.56; 3: 0.4 · 4/4 = 0.4; 4: 0
    assert [h.passage.id for h in hits] == [1, 2, 3, 4]
    assert [h.score for h in hits] == pytest.approx([0.6, 0.56, 0.4, 0.0], abs=1e-6)
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
