"""Results written, read again, compared and drawn."""

import json
from dataclasses import replace

import pytest

from assistant.errors import SettingsError
from assistant.evaluation.collecting import collected
from assistant.evaluation.comparing import as_markdown as changes_as_markdown
from assistant.evaluation.comparing import compared, old_results
from assistant.evaluation.definitions import DEFINITIONS, definition_of, gates
from assistant.evaluation.observed import Failure, Observed
from assistant.evaluation.plotting import draw
from assistant.evaluation.reporting import as_markdown
from assistant.evaluation.results import Results, read_results, results_of, write_results

IDS = tuple(f"q{n}" for n in range(20))


def of(values) -> dict[str, tuple[float, float]]:
    return {id_: (float(v), 1.0) for id_, v in zip(IDS, values, strict=True)}


def seen(*, right: int = 15, milliseconds: float = 10.0) -> Observed:
    """Twenty questions, the first ``right`` of them found in first place."""
    hits = of([n < right for n in range(20)])
    times = of([milliseconds + n for n in range(20)])
    return Observed(
        asked=IDS,
        samples={
            "hit@1": hits,
            "hit@1 · BM25 only": of([0] * 20),
            "hit@1 · fused over BM25 only": hits,
            "hit@5": of([1] * 20),
            "ms p50": times,
            "ms p95": times,
            "ms p50 · search": times,
            "ms p95 · search": times,
            "risk-coverage area": {id_: (n / 20, float(n < 5)) for n, id_ in enumerate(IDS)},
        },
        failures=(
            Failure("q19", "Why | how?", "cause", "found at rank 3", ("a.md",), ("b.md: x",), 3.0),
        ),
        kinds={id_: "cause" if n % 2 else "case" for n, id_ in enumerate(IDS)},
        notes=("A note.",),
    )


def results(name: str = "mine", **changes) -> Results:
    return results_of(
        name, "beir", seen(**changes), versions={"python": "3"}, fingerprints={"set": "0"}
    )


def test_results_json_has_the_promised_form(tmp_path):
    write_results(results(), tmp_path)
    values = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert list(values)[:7] == [
        "set",
        "form",
        "n",
        "figures",
        "failures",
        "versions",
        "fingerprints",
    ]
    assert values["figures"]["hit@1"]["value"] == 0.75
    assert set(values["figures"]["hit@1"]) == {"value", "low", "high", "n"}
    assert values["failures"][0]["found"] == ["b.md: x"]
    assert "samples" not in values


def test_what_is_read_again_is_what_was_written(tmp_path):
    write_results(results(), tmp_path)
    again = read_results(tmp_path / "results.json")
    assert again.samples == results().samples
    assert again.asked == IDS
    assert again.figures["hit@1"].value == results().figures["hit@1"].value
    assert as_markdown(again) == as_markdown(results())


@pytest.mark.parametrize("text", ["{", "[]", '{"set": "x"}'])
def test_what_is_no_result_is_told(tmp_path, text):
    (tmp_path / "results.json").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"results\.json"):
        read_results(tmp_path / "results.json")


def test_a_folder_without_results_is_told(tmp_path):
    with pytest.raises(SettingsError, match="no results"):
        old_results(tmp_path)


def change(comparison, name):
    return next(c for c in comparison.changes if c.name == name)


def test_fewer_hits_are_worse_beyond_noise():
    (comparison,) = compared([results(right=5)], {"mine": results()})
    assert [c.name for c in comparison.worse] == ["hit@1"]
    found = change(comparison, "hit@1").difference
    assert (found.old, found.new, found.value) == (0.75, 0.25, -0.5)
    assert found.high < 0
    assert "| hit@1 | 0.750 | 0.250 | -0.500 |" in changes_as_markdown(comparison)


def test_one_question_fewer_is_noise():
    (comparison,) = compared([results(right=14)], {"mine": results()})
    assert comparison.worse == ()
    assert not change(comparison, "hit@1").worse


def test_the_same_again_is_no_change_at_all():
    (comparison,) = compared([results()], {"mine": results()})
    assert all(c.difference.value == 0 and not c.worse and not c.better for c in comparison.changes)


def test_slower_is_told_but_does_not_decide():
    (comparison,) = compared([results(milliseconds=500)], {"mine": results()})
    slower = change(comparison, "ms p50")
    assert slower.worse
    assert not slower.decides
    assert comparison.worse == ()


def test_parts_do_not_decide():
    assert gates("hit@1")
    assert not gates("hit@1 · BM25 only")
    assert definition_of("hit@1 · BM25 only") is DEFINITIONS["hit@1"]


def test_questions_of_one_run_only_are_left_out():
    short = results()
    half = {name: dict(list(rows.items())[:10]) for name, rows in short.samples.items()}
    old = replace(short, asked=IDS[:10], samples=half)
    (comparison,) = compared([results()], {"mine": old})
    assert change(comparison, "hit@1").difference.n == 10
    assert comparison.other_questions == 10


def test_without_old_samples_the_intervals_are_joined():
    old = replace(results(), samples={}, asked=())
    (comparison,) = compared([results(right=1)], {"mine": old})
    found = change(comparison, "hit@1")
    assert not found.difference.paired
    assert found.worse


def test_results_of_other_sets_cannot_be_compared():
    with pytest.raises(SettingsError, match="yours"):
        compared([results()], {"yours": results("yours")})


def test_the_report_has_figures_parts_kinds_and_failures():
    text = as_markdown(results())
    figure = results().figures["hit@1"]
    row = f"| hit@1 | 0.750 | {figure.low:.3f}–{figure.high:.3f} | 20 | questions with something"
    assert row in text
    assert "| hit@1 | 0.000 |" in text  # by part
    assert "hit@1, fused over BM25 only: +0.750" in text
    assert "above it beyond noise" in text
    assert "| case | 1.000 (10) |" in text
    assert "A note." in text
    assert "`q19` Why \\| how? – found at rank 3" in text
    assert "  - found: b.md: x" in text


def test_all_results_below_a_folder_make_one_report(tmp_path):
    write_results(results("one"), tmp_path / "1-one")
    write_results(results("two"), tmp_path / "2-two")
    text = collected(tmp_path)
    assert text.index("## one") < text.index("## two") < text.index("## Made with")
    with pytest.raises(SettingsError):
        collected(tmp_path / "nowhere")


def test_targets_are_laid_beside_what_was_measured(tmp_path):
    write_results(results("one"), tmp_path / "1-one")
    targets = tmp_path / "targets.json"
    asked = [("one", "hit@1", 0.7), ("one", "hit@1", 0.8), ("two", "hit@5", 0.5)]
    rows = [{"set": s, "figure": f, "at_least": a} for s, f, a in asked]
    targets.write_text(json.dumps(rows), encoding="utf-8")
    text = collected(tmp_path, targets=targets)
    assert "| one | hit@1 | 0.700 | 0.750 |" in text
    assert "| 20 | reached |" in text
    assert "| 20 | missed by 0.050 |" in text
    assert "| two | hit@5 | 0.500 | | | | not measured |" in text
    targets.write_text('[{"set": "one", "figure": "beauty", "at_least": 1}]', encoding="utf-8")
    with pytest.raises(SettingsError, match="beauty"):
        collected(tmp_path, targets=targets)


def test_claims_share_one_table(tmp_path):
    samples = {
        "supported kept": of([1] * 20),
        "unsupported struck": of([0] * 20),
        "balanced accuracy": {id_: (n % 2, n % 2) for n, id_ in enumerate(IDS)},
    }
    claims = replace(seen(), samples=samples, kinds={}, notes=())
    one = results_of("nli/dev", "one-schema", claims, versions={}, fingerprints={})
    write_results(one, tmp_path / "nli")
    text = collected(tmp_path)
    assert "| nli/dev | 20 | 0.500 (0.500–0.500) |  | 1.000 (1.000–1.000) | 0.000" in text
    assert "- nli/dev, `q19` Why" in text


def test_plots_are_drawn_and_the_same_each_time(tmp_path):
    pytest.importorskip("matplotlib")
    drawn = draw(results(), tmp_path)
    assert [p.name for p in drawn] == ["risk-coverage.svg", "latency.svg", "kinds.svg"]
    first = [p.read_bytes() for p in drawn]
    assert all(content.startswith(b"<?xml") for content in first)
    assert [p.read_bytes() for p in draw(results(), tmp_path)] == first
