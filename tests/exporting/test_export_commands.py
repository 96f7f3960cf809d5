from __future__ import annotations

import json
from io import BytesIO

import pytest
import typer
from docx import Document as open_docx
from typer.testing import CliRunner

from assistant.answering.checking import LiteralChecker
from assistant.commands import exporting
from assistant.commands.options import register
from assistant.exchange import answer_json
from assistant.exporting.packing import pack_of
from assistant.exporting.verified import Standing
from assistant.exporting.verifying import verify
from assistant.exporting.writing import Format, written
from assistant.records import Verdict
from assistant.service import turn_of

QUESTIONS = ("Who defines value in CSR?", "And in CRM?", "How did Crane criticise shared value?")


@pytest.fixture(scope="module")
def answers(assistant_none):
    """A conversation on the real texts."""
    history, given = [], []
    for question in QUESTIONS:
        answer = assistant_none.ask(question, history)
        history.append(turn_of(answer))
        given.append(answer)
    return given


@pytest.fixture
def cli(assistant_none):
    """Run one of the two commands on the built library."""
    app = typer.Typer()
    register(app, "export")(exporting.export)
    register(app, "verify-pack")(exporting.verify_pack)

    def run(*arguments: str, **options):
        index = ["--index", str(assistant_none.settings.index)]
        return CliRunner().invoke(app, [*arguments, *index], **options)

    return run


@pytest.mark.parametrize("format_", [f for f in Format if f is not Format.BIBTEX])
def test_real_answers_are_verified_in_every_format(assistant_none, answers, format_):
    with assistant_none.library.reading() as snapshot:
        made = pack_of(answers, snapshot)
        found = verify(written(made, format_), snapshot)
    assert found.is_verified
    assert len(found.quotations) >= 5
    for quotation in found.quotations:
        text = assistant_none.document(quotation.document).text
        assert text[quotation.quotation.start : quotation.quotation.end] == quotation.quotation.text
    assert made.turns[1].standalone_question == "Who defines value in CRM?"


def test_the_quoted_sentences_of_real_answers_are_among_their_quotations(assistant_none, answers):
    with assistant_none.library.reading() as snapshot:
        made = pack_of(answers, snapshot)
    for turn in made.turns:
        words = {q.text for s in turn.sources for q in s.quotations}
        assert words == {s.text for s in turn.sentences}
        assert {s.verdict for s in turn.sentences} == {Verdict.QUOTED}
    assert "crane2014" in made.works
    assert made.works["crane2014"].text.startswith("Crane, A., Palazzo, G.")


def test_a_real_sentence_is_checked_again_and_a_twisted_one_struck(assistant_none, answers):
    def checker():
        return LiteralChecker(assistant_none._vectors)

    sentence = answers[2].sentences[0].text
    for text, stands in ((sentence, True), (f"It is false that {sentence.lower()}", False)):
        with assistant_none.library.reading() as snapshot:
            made = pack_of(answers[2:], snapshot)
            content = json.loads(written(made, Format.JSON))
            content["turns"][0]["sentences"][0] |= {"text": text, "verdict": "supported"}
            found = verify(json.dumps(content).encode(), snapshot, checker=checker)
        assert found.rechecked == 1
        assert (found.objections == ()) is stands


def test_export_and_verify_on_the_command_line(cli, answers, tmp_path):
    source, target = tmp_path / "answers.jsonl", tmp_path / "notes.html"
    source.write_text("\n".join(json.dumps(answer_json(a)) for a in answers), "utf-8")
    made = cli("export", str(source), str(target), "--title", "My notes")
    assert made.exit_code == 0, made.stderr
    assert '<h1 id="title" dir="auto">My notes</h1>' in target.read_text("utf-8")
    checked = cli("verify-pack", str(target))
    assert checked.exit_code == 0, checked.stdout
    assert "✓ The file is, character for character, what was exported." in checked.stdout
    assert checked.stdout.rstrip().endswith("the library says all of it.")


def test_a_changed_file_has_its_own_exit_code(cli, answers, tmp_path):
    source, target = tmp_path / "answer.json", tmp_path / "answer.md"
    source.write_text(json.dumps(answer_json(answers[0])), "utf-8")
    assert cli("export", str(source), str(target)).exit_code == 0
    text = target.read_text("utf-8")
    target.write_text(text.replace("CSR", "CRM", 1), "utf-8")
    checked = cli("verify-pack", str(target))
    assert checked.exit_code == exporting.CHANGED == 4
    assert "✗ The file shows: " in checked.stdout
    told = json.loads(cli("verify-pack", str(target), "--json").stdout)
    assert (told["verified"], told["intact"], len(told["differences"])) == (False, True, 1)
    assert {q["standing"] for q in told["quotations"]} == {Standing.SAME.value}


def test_an_exported_file_becomes_another_format(cli, answers, tmp_path):
    source, page, word = (tmp_path / n for n in ("a.json", "a.html", "a.docx"))
    source.write_text(json.dumps([answer_json(a) for a in answers]), "utf-8")
    assert cli("export", str(source), str(page)).exit_code == 0
    assert cli("export", str(page), str(word)).exit_code == 0
    assert open_docx(BytesIO(word.read_bytes())).paragraphs[0].text == QUESTIONS[0]
    assert cli("verify-pack", str(word)).exit_code == 0


def test_answers_come_from_standard_input(cli, answers, tmp_path):
    target = tmp_path / "works.bib"
    result = cli("export", "-", str(target), input=json.dumps(answer_json(answers[2])))
    assert result.exit_code == 0, result.stderr
    assert "@article{crane2014," in target.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("notes.md", "# Mine", "There is no pack in the file."),
        ("page.html", "<html>", "There is no pack in the file."),
        ("broken.json", '{"format": "whose-value-pack"', "is not JSON"),
        ("answer.json", '{"question": "Why?"}', 'its "format" is not'),
        ("works.bib", "@book{a, title={b}}", "There is no pack in the file."),
    ],
)
def test_a_file_without_a_pack_is_a_usage_error(cli, tmp_path, name, text, said):
    (tmp_path / name).write_text(text, "utf-8")
    result = cli("verify-pack", str(tmp_path / name))
    assert result.exit_code == 2
    assert said in result.stderr
    assert "→ " in result.stderr


def test_nothing_is_written_over_and_no_unknown_format_is_made(cli, answers, tmp_path):
    source, kept = tmp_path / "a.json", tmp_path / "essay.docx"
    source.write_text(json.dumps(answer_json(answers[0])), "utf-8")
    kept.write_bytes(b"mine")
    for target, said in ((kept, "is there already"), (tmp_path / "a.pdf", "names no format")):
        result = cli("export", str(source), str(target))
        assert (result.exit_code, said in result.stderr) == (2, True)
    assert kept.read_bytes() == b"mine"
    result = cli("export", str(source), str(tmp_path / "no" / "a.md"))
    assert (result.exit_code, "There is no folder" in result.stderr) == (2, True)


def test_a_tampered_export_is_not_exported_again(cli, answers, tmp_path):
    source, page = tmp_path / "a.json", tmp_path / "a.html"
    source.write_text(json.dumps(answer_json(answers[0])), "utf-8")
    cli("export", str(source), str(page))
    page.write_text(page.read_text("utf-8").replace("customer", "company"), "utf-8")
    result = cli("export", str(page), str(tmp_path / "b.md"))
    assert result.exit_code == 2
    assert "its digest differs" in result.stderr
