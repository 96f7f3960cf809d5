"""``assistant tensions`` and the last stage of ``assistant index build``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import program
from assistant.debate.tension_file import FILE_NAME
from assistant.service import Assistant

CLAIM = "Prahalad argued that selling to poor people is profitable and helps to end poverty."
REPLY = (
    "Karnani answered Prahalad that selling to poor people is hardly profitable for large firms."
)
RAISE = "Ethical labels raise the profit of coffee traders in Kenya and Peru."
NO_RAISE = "Ethical labels do not raise the profit of coffee traders in Kenya and Peru."


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """Options that name a corpus of four texts, its index, and no model but the embedder."""
    corpus = tmp_path / "texts"
    corpus.mkdir()
    for slug, view, text in (
        ("claim", "csv", CLAIM),
        ("reply", "critique", REPLY),
        ("raise", "csr", RAISE),
        ("no-raise", "measurement", NO_RAISE),
    ):
        head = f"---\nslug: {slug}\ntitle: On {slug}\nperspective: {view}\n---\n"
        (corpus / f"{slug}.md").write_text(f"{head}\n## Part\n\n{text}\n", "utf-8")
    return ["--corpus", str(corpus), "--index", str(tmp_path / "index")]


@pytest.fixture
def bare(folders):
    """Run a command without trained models."""

    def run(*arguments: str):
        options = [*folders, "--scorer", "none", "--entailer", "none"]
        return CliRunner().invoke(program(), [*arguments, *options])

    return run


def test_a_build_ends_with_the_tensions(bare, tmp_path):
    result = bare("index", "build")
    assert result.exit_code == 0
    assert result.stdout.startswith("4 added; ")
    assert "1 tension between the texts (assistant tensions lists them)." in result.stderr
    assert "Contradictions were not looked for" in result.stderr
    assert (tmp_path / "index" / FILE_NAME).exists()


def test_they_are_listed_with_both_quotations(bare):
    bare("index", "build")
    result = bare("tensions")
    assert result.exit_code == 0
    assert "1. The second answers the first" in result.stdout
    assert f"“{CLAIM}” — On claim › Part, Shared value (CSV)" in result.stdout
    assert f"“{REPLY}” — On reply › Part, Critique" in result.stdout
    assert "warning: Contradictions were not looked for" in result.stderr


def test_they_are_given_as_json(bare):
    bare("index", "build")
    values = json.loads(bare("tensions", "--json").stdout)
    assert list(values) == ["tensions", "found", "waiting", "generation", "warning"]
    assert (values["found"], values["waiting"], values["generation"]) == (1, 0, 1)
    (tension,) = values["tensions"]
    assert tension["kind"] == "answers"
    assert 0.4 <= tension["strength"] <= 0.85
    assert (tension["one"]["document"], tension["other"]["document"]) == ("claim", "reply")
    assert tension["other"]["text"] == REPLY
    assert tension["other"]["end"] - tension["other"]["start"] == len(REPLY)


def test_of_one_text_or_view_only(bare):
    bare("index", "build")
    assert json.loads(bare("tensions", "reply", "--json").stdout)["found"] == 1
    assert json.loads(bare("tensions", "raise", "--json").stdout)["found"] == 0
    critique = bare("tensions", "--json", "--perspective", "critique")
    assert json.loads(critique.stdout)["found"] == 1
    assert "No tensions were found." in bare("tensions", "raise").stdout


def test_an_unknown_text_and_a_missing_index_are_told(bare):
    assert bare("tensions").exit_code == 1
    bare("index", "build")
    result = bare("tensions", "nowhere")
    assert result.exit_code == 2
    assert "There is no text named 'nowhere'" in result.stderr


def test_the_trained_model_finds_the_contradiction(folders):
    corpus, index = Path(folders[1]), Path(folders[3])
    assistant = Assistant.open(corpus=corpus, index=index, model="none", scorer="none")
    assistant.build()
    assert assistant.disputes("raise") == ()  # nothing is sought for a reader
    found = assistant.tensions("raise")
    assert [(t.kind.value, {t.one.text, t.other.text}) for t in found] == [
        ("contradicts", {RAISE, NO_RAISE})
    ]
    assert found[0].strength >= 0.8
    (dispute,) = assistant.disputes("raise")
    assert dispute.text == RAISE
    assert [place.document.id for _, place in dispute.by] == ["no-raise"]
