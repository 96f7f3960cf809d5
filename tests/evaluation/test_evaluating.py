"""``assistant eval`` as it is typed."""

import json

import pytest
from jsonl import lines
from typer.testing import CliRunner

from assistant.cli import program
from assistant.commands.evaluating import WORSE


@pytest.fixture
def evaluate(tmp_path):
    """Run ``assistant eval`` in this process, libraries of sets in a folder of the test."""

    def run(*arguments: object, plots: bool = False):
        shared = ["--work", str(tmp_path / "work"), "--index", str(tmp_path / "index")]
        shared += [] if plots else ["--no-plots"]
        return CliRunner().invoke(program("eval"), ["eval", *map(str, arguments), *shared])

    return run


def test_a_worse_splitter_is_found_out(evaluate, textbook, tmp_path):
    book = textbook()
    old = tmp_path / "old"
    assert evaluate(book, "--out", old).exit_code == 0
    # Passages so small that no one holds both subjects of a question any more.
    worse = evaluate(book, "--passage-tokens", 8, "--against", old / "results.json")
    assert worse.exit_code == WORSE == 4
    assert "worse: book: hit@1 1.000 -> " in worse.stderr
    assert "| hit@1 | 1.000 | 0." in worse.stdout
    same = evaluate(book, "--against", old)
    assert same.exit_code == 0
    assert "worse:" not in same.stderr


def test_out_holds_results_report_and_plots(evaluate, textbook, tmp_path):
    pytest.importorskip("matplotlib")
    out = tmp_path / "out"
    result = evaluate(textbook(), "--limit", 6, "--out", out, plots=True)
    assert result.exit_code == 0
    values = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert (values["set"], values["form"], values["n"]) == ("book", "textbook", 6)
    assert (out / "report.md").read_text(encoding="utf-8").startswith("## book\n")
    assert (out / "latency.svg").exists()


def test_several_sets_have_a_folder_each_and_one_report(evaluate, textbook, beir, tmp_path):
    out, report = tmp_path / "out", tmp_path / "RESULTS.md"
    result = evaluate(textbook(), beir, "--limit", 3, "--out", out, "--report", report)
    assert result.exit_code == 0
    assert (out / "book" / "results.json").exists()
    assert (out / "fruit-test" / "samples.json").exists()
    both = report.read_text(encoding="utf-8")
    assert both.startswith("# Present state\n")
    assert "## book" in both
    assert "## fruit, test" in both
    assert evaluate("--out", out, "--report", report).exit_code == 0  # without measuring anew
    assert report.read_text(encoding="utf-8") == both


def test_json_and_nothing_else(evaluate, tmp_path):
    row = {"id": "1", "premise": "It rains.", "hypothesis": "It rains.", "label": "entailment"}
    path = lines(tmp_path / "nli" / "dev.jsonl", row, {**row, "id": "2", "label": "neutral"})
    result = evaluate(path, "--json")
    values = json.loads(result.stdout)
    assert values["set"] == "nli/dev"
    assert values["figures"]["balanced accuracy"]["n"] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--report"),
        (("nothing-there",), "nothing-there"),
        (("--report", "x.md"), "--out"),
        (("{set}", "--form", "textbook"), "docs/"),
        (("{set}", "--split", "train"), "train"),
        (("{set}", "{set}"), "Two sets"),
        (("{set}", "--ablations"), "not searched"),
        (("{set}", "--against", "no-such-file.json"), "no-such-file.json"),
    ],
)
def test_what_cannot_be_measured_is_told(evaluate, tmp_path, arguments, words):
    row = {"id": "1", "premise": "A.", "hypothesis": "A.", "label": "neutral"}
    path = lines(tmp_path / "nli" / "dev.jsonl", row)
    result = evaluate(*(str(a).format(set=path) for a in arguments))
    assert result.exit_code == 2
    assert words in result.stderr
