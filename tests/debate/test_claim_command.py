"""``assistant claim``: what it prints, its exit codes, and the files that it reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import program

SAMPLES = Path(__file__).parents[1] / "samples"
QUOTED = "ISO 26000 is guidance only, and no organisation can be certified under it."
UNKNOWN = "Jane Doe of Ulan Bator sold seven purple bicycles in 1999."


@pytest.fixture
def claim(assistant_none):
    """Run the command on the built library; the literal check alone, unless told otherwise."""

    def run(*arguments: str, entailer: str = "none", **options):
        library = ["--index", str(assistant_none.settings.index), "--entailer", entailer]
        return CliRunner().invoke(program(), ["claim", *arguments, *library], **options)

    return run


def test_a_supported_claim_ends_with_0_and_shows_where_it_stands(claim):
    result = claim(QUOTED)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"+ {QUOTED}\n  Supported\n    for: “{QUOTED}” — ")
    assert "Supported in this library.\n" in result.stdout
    assert "not whether it is true" in result.stdout


def test_a_claim_that_no_text_carries_ends_with_3_and_asks_for_a_source(claim):
    result = claim(*UNKNOWN.split())
    assert result.exit_code == 3
    assert f"? {UNKNOWN}\n  Not in the sources; it names a fact: give a source" in result.stdout
    assert "    beside: “" in result.stdout


def test_one_claim_that_fails_is_enough_for_3(claim):
    result = claim(f"{QUOTED} {UNKNOWN}", "--json")
    assert result.exit_code == 3
    ledger = json.loads(result.stdout)
    assert ledger["summary"] == "2 claims: 1 supported, 1 not in the sources."
    assert [c["verdict"] for c in ledger["claims"]] == ["supported", "not in the sources"]
    assert [c["needs_source"] for c in ledger["claims"]] == [False, True]


def test_the_trained_check_tests_without_a_language_model(claim):
    result = claim(QUOTED, "--json", entailer="embedded")
    ledger = json.loads(result.stdout)
    assert ledger["warning"] == ""
    assert ledger["claims"][0]["verdict"] in ("supported", "disputed")
    assert ledger["claims"][0]["for"][0]["text"] == QUOTED


def test_a_text_file_and_standard_input_give_the_same(claim, tmp_path):
    file = tmp_path / "essay.txt"
    file.write_text(f"{QUOTED}\n\nWho would know?\n", encoding="utf-8")
    from_file = claim("--file", str(file), "--json")
    from_stdin = claim("--file", "-", "--json", input=file.read_bytes())
    assert from_file.exit_code == from_stdin.exit_code == 0
    assert json.loads(from_file.stdout) == json.loads(from_stdin.stdout)


def test_a_word_document_is_read(claim):
    result = claim("--file", str(SAMPLES / "pandoc.docx"), "--json")
    claims = json.loads(result.stdout)["claims"]
    assert len([c for c in claims if c["verdict"] != "no claim"]) > 3
    assert result.exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Give a claim or --file, one of the two."),
        ([QUOTED, "--file", "essay.txt"], "Give a claim or --file, one of the two."),
        (["--file", "none.txt"], "none.txt: There is no such file."),
        (["--file", str(SAMPLES / "locked.pdf")], "locked.pdf: It is protected by a password."),
        (["…"], "There is no claim."),
        (["x" * 200_001], "The text has 200,001 characters; 200,000 are the most."),
    ],
)
def test_what_cannot_be_tested_ends_with_2(claim, arguments, words):
    result = claim(*arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.replace("│", " ").split())


def test_nothing_in_a_claim_steers_the_terminal(claim):
    result = claim("The firm \x1b[31mdefines\x1b[0m the value of its [red]customers[/red].")
    assert "\x1b" not in result.stdout
    assert "[red]customers[/red]" in result.stdout
