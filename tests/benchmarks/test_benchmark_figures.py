"""Ratios point the right way, and a verdict says by how much a target was missed."""

import json

import pytest


def record(figures, **process):
    return {"figures": figures, "process": process, "versions": {}}


def test_shares_are_taken_within_a_round_against_the_best_of_it():
    from figures import shares

    ours = {1: 2.0, 2: 6.0, 3: 1.0}
    others = [{1: 4.0, 2: 3.0}, {1: 8.0, 2: 2.0}]
    assert shares(ours, others, higher_is_better=False) == [2 / 4, 6 / 2]
    assert shares(ours, others, higher_is_better=True) == [2 / 8, 6 / 3]


def test_a_system_that_is_unable_has_no_figure():
    from checkpoint import Step
    from figures import REBUILD

    records = {
        Step("txtai", "rebuild", 10, 1): record({"unable": True}),
        Step("raw", "rebuild", 10, 1): record({"wall_s": 0.5}),
        Step("raw", "rebuild", 20, 1): record({"wall_s": 9.0}),
    }
    assert REBUILD.by_round(records, "txtai", 10) == {}
    assert REBUILD.by_round(records, "raw", 10) == {1: 0.5}


def test_targets_compare_our_hybrid_search_with_the_fastest_dense_one():
    from checkpoint import Step
    from rounds import Plan
    from targets import targets

    records = {
        Step("ours", "search", 20_000, 1): record(
            {"hybrid": {"p50_ms": 9.0, "recall_1": 0.75, "asked": 100}}, peak_mb=300.0
        ),
        Step("chroma", "search", 20_000, 1): record({"dense": {"p50_ms": 20.0}}, peak_mb=900.0),
        Step("haystack", "search", 20_000, 1): record(
            {"dense": {"p50_ms": 30.0}, "hybrid": {"p50_ms": 5.0}}, peak_mb=900.0
        ),
    }
    lines = {target.title: target for target in targets(records, Plan(rounds=1))}
    search = lines["search in 20,000 passages, our hybrid p50 / fastest rival's dense p50"]
    assert search.got is not None
    assert search.got.median == pytest.approx(9 / 20)
    assert search.verdict == "reached"
    recall = lines["SQuAD questions in 20,000 passages, recall@1"]
    assert recall.verdict == "missed by 1%"
    assert lines["rebuild with nothing changed, 20,000 passages"].verdict == "not measured"


def test_quality_is_read_from_the_round_that_asked_most():
    from checkpoint import Step
    from figures import QUALITY, judged_once

    first = next(figure for figure in QUALITY if figure.title == "recall@1, hybrid")
    records = {
        Step("ours", "search", 5, 1): record({"hybrid": {"recall_1": 0.7, "asked": 1000}}),
        Step("ours", "search", 5, 2): record({"hybrid": {"recall_1": 0.9, "asked": 200}}),
    }
    assert judged_once(first, records, "ours", 5) == 0.7


def test_checkpoint_keeps_the_later_of_two(tmp_path):
    from checkpoint import Checkpoint, Step

    path, step = tmp_path / "checkpoint.jsonl", Step("ours", "build", 10, 1)
    kept = Checkpoint(path)
    kept.add(step, record({"cpu_s": 1.0}, peak_mb=1.0))
    kept.add(step, record({"cpu_s": 2.0}, peak_mb=1.0))
    again = Checkpoint(path)
    assert step in again
    assert again.records[step]["figures"] == {"cpu_s": 2.0}
    assert len(path.read_text().splitlines()) == 2


def test_quality_counts_ranks():
    from measuring import quality

    assert quality([1, 2, None, 6]) == {
        "recall_1": 0.25,
        "recall_5": 0.5,
        "mrr_10": round((1 + 1 / 2 + 1 / 6) / 4, 4),
    }


def test_a_job_travels_as_json_and_reads_its_texts(tmp_path):
    from measuring import Job, described

    texts = tmp_path / "passages.jsonl"
    texts.write_text("".join(json.dumps({"id": f"t{n}", "text": str(n)}) + "\n" for n in range(5)))
    job = Job(folder="index", texts=str(texts), count=3, added=2)
    again = Job(**json.loads(described(job)))
    assert again == job
    assert [p.id for p in again.passages()] == ["t0", "t1", "t2"]
    assert [p.id for p in again.new_passages()] == ["t3", "t4"]
