from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import program
from assistant.commands.indexing import in_words
from assistant.commands.showing import printable
from assistant.records import BuildReport, FileProblem

QUESTION = "Who defines value in corporate social responsibility?"
OFF_TOPIC = "What is the capital of Mongolia?"
EVIDENCE_KEYS = [
    "number",
    "document",
    "title",
    "perspective",
    "heading",
    "page",
    "start",
    "end",
    "text",
]


@pytest.fixture
def cli(assistant_none):
    """Run a command in this process on the built library, without a language model."""

    def run(*arguments: str, model: str = "none", **options):
        library = ["--index", str(assistant_none.settings.index), "--model", model]
        return CliRunner().invoke(program(), [*arguments, *library], **options)

    return run


@pytest.fixture
def bare():
    """Run a command in this process exactly as it is written."""
    return lambda *arguments, **options: CliRunner().invoke(program(), list(arguments), **options)


def process(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-c", "from assistant.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, **options)


def lines_of(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


# -- ask ---------------------------------------------------------------------------------------


def test_ask_prints_a_cited_answer_and_its_sources(cli):
    result = cli("ask", QUESTION)
    assert result.exit_code == 0
    assert "[1]" in result.stdout
    assert "Sources\n[1] " in result.stdout
    assert "Quoted word for word" in result.stdout


def test_ask_json_has_the_promised_form(cli, assistant_none):
    result = cli("ask", QUESTION, "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert list(answer)[:9] == [
        "question",
        "standalone_question",
        "outcome",
        "answer",
        "sentences",
        "evidence",
        "model",
        "generation",
        "timings",
    ]
    assert answer["outcome"] == "answered"
    assert answer["model"] == "none"
    assert answer["timings"]["total"] > 0
    numbers = [e["number"] for e in answer["evidence"]]
    assert numbers == list(range(1, len(numbers) + 1))
    for sentence in answer["sentences"]:
        assert sentence["verdict"] == "quoted"
        assert sentence["citations"]
        assert set(sentence["citations"]) <= set(numbers)
    for evidence in answer["evidence"]:
        assert list(evidence) == EVIDENCE_KEYS
        text = assistant_none.document(evidence["document"]).text
        assert text[evidence["start"] : evidence["end"]] == evidence["text"]


def test_a_question_that_the_sources_do_not_answer_ends_with_3(cli):
    result = cli("ask", OFF_TOPIC, "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 3
    assert answer["outcome"] == "abstained"
    assert answer["notice"] == "not_covered"
    assert answer["sentences"] == []
    assert answer["nearest"]


def test_small_talk_is_marked_as_such(cli):
    result = cli("ask", "What can you do?", "--json")
    assert json.loads(result.stdout)["notice"] == "help"


def test_words_need_no_quotation_marks(cli):
    result = cli("ask", *QUESTION.split(), "--json")
    assert json.loads(result.stdout)["question"] == QUESTION


@pytest.mark.parametrize(
    "question",
    [
        "¿Quién define el valor en la responsabilidad social?",
        "誰が価値を定義するのか？",
        "Who\x00 defines\x1b[31m value\x07 in CSR?",
        "<script>alert('x')</script> <b>CSR</b>?",
        "'; DROP TABLE documents; --",
        'value" OR NEAR(csr crm, 5) AND text:* ^NOT (',
        "{0} %s ${HOME} \\N{DASH} [bold red]value[/]",
        "🙂 value " + "?" * 500,
        "CSR " * 400,
    ],
)
def test_strange_questions_get_an_answer_or_an_abstention(cli, question):
    result = cli("ask", question, "--json")
    assert result.exit_code in (0, 3), result.stderr
    assert json.loads(result.stdout)["outcome"] in ("answered", "abstained")
    plain = cli("ask", question)
    assert plain.exit_code == result.exit_code
    assert "\x1b" not in plain.stdout


@pytest.mark.parametrize("question", ["", "   ", "?!", "\x00\x07", "x" * 20_000])
@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_question_that_is_none_is_a_usage_error(cli, command, question):
    result = cli(command, question)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert "→ " in result.stderr


# -- search ------------------------------------------------------------------------------------


def test_search_json_has_the_promised_form(cli):
    result = cli("search", QUESTION, "--json", "--top-k", "3")
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert list(found) == ["question", "hits"]
    assert len(found["hits"]) == 3
    assert list(found["hits"][0]) == [*EVIDENCE_KEYS[1:], "score"]
    scores = [h["score"] for h in found["hits"]]
    assert scores == sorted(scores, reverse=True)


def test_perspectives_filter_and_may_be_repeated(cli):
    views = ["--perspective", "CRM", "--perspective", "critique"]
    hits = json.loads(cli("search", "value", "--json", *views).stdout)["hits"]
    assert {h["perspective"] for h in hits} == {"crm", "critique"}


def test_an_unknown_perspective_is_a_usage_error_that_lists_the_known(cli):
    result = cli("search", "value", "--perspective", "marxist")
    assert result.exit_code == 2
    assert "marxist" in result.stderr
    for known in ("crm", "csr", "csv", "stakeholder", "overview"):
        assert known in result.stderr


@pytest.mark.parametrize("place", [0, 2])
def test_options_work_before_and_after_the_name_of_the_command(bare, assistant_none, place):
    words = ["index", "status"]
    words[place:place] = ["--index", str(assistant_none.settings.index), "--json"]
    result = bare(*words)
    assert json.loads(result.stdout)["index"] == str(assistant_none.settings.index)


def test_the_option_nearest_to_the_command_wins(bare, assistant_none, tmp_path):
    index = str(assistant_none.settings.index)
    result = bare("--index", str(tmp_path), "search", "value", "--index", index, "--json")
    assert result.exit_code == 0, result.stderr


# -- many questions ----------------------------------------------------------------------------


BAD_LINES = [
    '{"id": 1, "question": "Who defines value in CSR?"}',
    "{not json",
    "",
    '["a", "list"]',
    '{"id": "no question"}',
    '{"id": "empty", "question": "  "}',
    '{"id": "half", "question": "value \\ud800 in CSR"}',
    '{"id": "history", "question": "Why?", "history": {"question": "x"}}',
    '{"id": [2], "question": "And CRM?", "history": ["Who defines value in CSR?"]}',
    "[" * 100_000,
    '{"id": null, "question": "Why?", "history": [{"question": "Who defines value in CSV?",'
    ' "answer": "The company."}]}',
]


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_file_is_answered_line_by_line_and_bad_lines_do_not_stop_it(cli, tmp_path, command):
    file = tmp_path / "questions.jsonl"
    text = "\n".join(BAD_LINES).encode() + b"\n\xff\xfe\n"
    file.write_bytes(b"\xef\xbb\xbf" + text)
    result = cli(command, "--file", str(file))
    replies = lines_of(result.stdout)
    assert result.exit_code == 1
    assert len(replies) == len(BAD_LINES)  # one was empty, one is not UTF-8
    failed = [(r.get("line"), r.get("id")) for r in replies if "error" in r]
    expected = [(2, None), (4, None), (5, "no question"), (6, "empty"), (8, "history")]
    assert failed == [*expected, (10, None), (12, None)]
    assert all(r["remedy"] for r in replies if "error" in r)
    assert [r["id"] for r in replies if "error" not in r] == [1, "half", [2], None]
    assert "7 of 11 lines failed" in result.stderr


def test_follow_ups_in_a_file_are_completed_from_their_history(cli):
    line = json.dumps({"question": "And CRM?", "history": ["Who defines value in CSR?"]})
    (reply,) = lines_of(cli("ask", "--file", "-", input=line).stdout)
    assert reply["standalone_question"] == "Who defines value in CRM?"
    assert "id" not in reply


def test_a_file_of_good_lines_ends_with_0_even_when_some_abstain(cli):
    text = "".join(json.dumps({"question": q}) + "\n" for q in (QUESTION, OFF_TOPIC))
    result = cli("ask", "--file", "-", input=text)
    assert result.exit_code == 0
    assert [r["outcome"] for r in lines_of(result.stdout)] == ["answered", "abstained"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["ask", "Why?", "--file", "-"],
        ["ask", "--file", "/there/is/none.jsonl"],
        ["search", "value", "--top-k", "many"],
        ["search", "value", "--top-k", "0"],
        ["search", "value", "--no-such-option"],
        ["no-such-command"],
        ["ask", "Why?", "--no-write", "--model", "embedded"],
    ],
)
def test_usage_errors_end_with_2(bare, arguments, assistant_none, monkeypatch):
    monkeypatch.setenv("ASSISTANT_INDEX", str(assistant_none.settings.index))
    result = bare(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_a_wrong_variable_is_a_usage_error(bare, monkeypatch):
    monkeypatch.setenv("ASSISTANT_PORTT", "1")
    result = bare("search", "value")
    assert result.exit_code == 2
    assert "portt" in result.stderr
    assert "Known are:" in result.stderr


# -- what is missing ---------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["ask", "search"])
def test_without_an_index_the_command_that_makes_one_is_named(bare, tmp_path, command):
    result = bare(command, "value", "--index", str(tmp_path / "none"), "--no-write")
    assert result.exit_code == 1
    assert "There is no index" in result.stderr
    assert "→ Make it with: assistant index build" in result.stderr


@pytest.mark.parametrize(
    "model", ["no-such-model", "nobody/no-such-model", "/no/such/folder", "http://127.0.0.1:9"]
)
def test_a_model_that_does_not_exist_fails_within_seconds(cli, model):
    began = time.monotonic()
    result = cli("ask", QUESTION, model=model)
    assert time.monotonic() - began < 15
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "unexpected" not in result.stderr
    assert "→ " in result.stderr


def test_a_damaged_index_is_told(bare, assistant_none, tmp_path):
    index = tmp_path / "index"
    shutil.copytree(assistant_none.settings.index, index)
    database = index / "library.db"
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    database.write_bytes(database.read_bytes()[:5000])
    result = bare("ask", "value", "--index", str(index), "--no-write")
    assert result.exit_code == 1
    assert "→ " in result.stderr
    assert "unexpected" not in result.stderr


# -- index -------------------------------------------------------------------------------------


@pytest.fixture
def tiny(tiny_corpus, tmp_path):
    return ["--corpus", str(tiny_corpus), "--index", str(tmp_path / "index")]


def test_a_report_in_words():
    report = BuildReport((), ("a",), (), 60, (), 670, 7, 3, 0.4)
    assert in_words(report) == "1 changed, 60 unchanged; 7 texts embedded of 670; 0.4 s"
    problem = FileProblem("x.md", "empty", "fill it")
    report = BuildReport(("b",), (), ("c", "d"), 0, (problem,), 1, 1, 3, 1.25)
    assert in_words(report) == "1 added, 2 removed, 1 left out; 1 text embedded of 1; 1.2 s"
    assert in_words(BuildReport((), (), (), 0, (), 0, 0, 0, 0)).startswith("no texts; ")


def test_build_status_change_build_verify(bare, tiny, tiny_corpus):
    assert bare("index", "status", *tiny).exit_code == 1
    assert bare("index", "verify", *tiny).exit_code == 1
    assert bare("index", "build", *tiny).stdout.startswith("3 added; 4 texts embedded of 4; ")
    (tiny_corpus / "company-judges.md").unlink()
    changed = tiny_corpus / "society-judges.md"
    changed.write_text(changed.read_text("utf-8") + "\nLaw sets the floor.\n", encoding="utf-8")
    status = json.loads(bare("index", "status", "--json", *tiny).stdout)
    assert (status["generation"], status["documents"], status["passages"]) == (1, 3, 4)
    assert status["perspectives"] == {"crm": 1, "csr": 1, "csv": 1}
    assert status["pending"]["changed"] == ["society-judges"]
    assert status["pending"]["removed"] == ["company-judges"]
    assert "1 changed (society-judges), 1 gone" in bare("index", "status", *tiny).stdout
    report = json.loads(bare("index", "build", "--json", *tiny).stdout)
    assert (report["changed"], report["unchanged"], report["embedded"]) == (
        ["society-judges"],
        1,
        1,
    )
    assert "none: the index agrees" in bare("index", "status", *tiny).stdout
    result = bare("index", "verify", *tiny)
    assert (result.exit_code, "is sound" in result.stdout) == (0, True)


def test_verify_names_what_is_wrong(bare, tiny, tmp_path):
    bare("index", "build", *tiny)
    (tmp_path / "index" / "vectors.faiss").write_bytes(b"nonsense")
    result = bare("index", "verify", "--json", *tiny)
    assert result.exit_code == 1
    assert "vectors.faiss" in json.loads(result.stdout)["findings"][0]


def test_a_bad_file_is_left_out_and_told(bare, tiny, tiny_corpus):
    (tiny_corpus / "empty.md").write_text("")
    (tiny_corpus / "latin.md").write_bytes(b"caf\xe9 value")
    result = bare("index", "build", *tiny)
    assert result.exit_code == 0
    assert result.stdout.startswith("3 added, 2 left out; ")
    assert "warning: empty.md was left out: " in result.stderr
    assert "warning: latin.md was left out: " in result.stderr
    assert result.stderr.count("→ ") == 2
    assert bare("index", "build", "--strict", *tiny).exit_code == 1


def test_a_corpus_that_is_not_there_fails(bare, tmp_path):
    result = bare("index", "build", "--corpus", str(tmp_path / "no"), "--index", str(tmp_path))
    assert result.exit_code == 1
    assert "There is no corpus folder" in result.stderr


def test_the_corpus_of_the_repository_keeps_its_rules(bare, corpus):
    result = bare("corpus", "check", "--json", "--corpus", str(corpus))
    assert json.loads(result.stdout)["findings"] == []


# -- chat --------------------------------------------------------------------------------------


def test_chat_builds_the_index_answers_and_follows_up(bare, tiny):
    talk = (
        "Who judges in corporate social responsibility?\n\n?!\nAnd customer strategy?\n/quit\nx\n"
    )
    result = bare("chat", "--no-write", *tiny, input=talk)
    assert result.exit_code == 0
    assert "There is no index" in result.stderr
    assert "3 added; " in result.stdout
    assert "Understood as: Who judges in customer strategy?" in result.stdout
    assert "error: The question is empty." in result.stderr


# -- the terminal ------------------------------------------------------------------------------


def test_what_is_shown_cannot_steer_the_terminal():
    assert printable("a\x1b[31mb\x07\x9b2Jc\u202ed\u200be\nf") == "a [31mb 2Jcde f"
    assert printable("value – “naïve” 価値") == "value – “naïve” 価値"


def test_help_and_version(bare):
    assert "whose-value " in bare("--version").stdout
    for words in (["--help"], ["-h"], ["ask", "-h"], ["index", "build", "--help"]):
        result = bare(*words)
        assert result.exit_code == 0
        assert "--perspective" in result.stdout


# -- real processes ----------------------------------------------------------------------------


def test_json_stays_pure_and_is_utf8_safe_in_any_locale(assistant_none):
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": ""}
    index = ["--index", str(assistant_none.settings.index)]
    done = process("ask", "--json", "--no-write", *index, QUESTION, env=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "answered"
    assert done.stderr == ""
    plain = process("ask", "--no-write", *index, QUESTION, env=environment)
    assert plain.returncode == 0, plain.stderr


def test_bytes_that_are_no_text_are_no_reason_to_fail(assistant_none):
    done = process("search", "--index", str(assistant_none.settings.index), b"value \xff")
    assert done.returncode == 0, done.stderr


def test_a_reader_that_leaves_is_no_error(assistant_none):
    index = str(assistant_none.settings.index)
    command = f"{sys.executable} -c 'from assistant.cli import main; main()' search --index"
    done = subprocess.run(
        ["bash", "-c", f"{command} {index} value --json --top-k 100 | true"],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_ctrl_c_ends_quietly(assistant_none):
    command = [sys.executable, "-c", "from assistant.cli import main; main()"]
    library = ["--no-write", "--index", str(assistant_none.settings.index)]
    running = subprocess.Popen(
        [*command, "ask", "--file", "-", *library],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    running.stdin.write(json.dumps({"question": QUESTION}).encode() + b"\n")
    running.stdin.flush()
    assert running.stdout.readline()
    running.send_signal(signal.SIGINT)
    _, stderr = running.communicate(timeout=30)
    assert running.returncode == 130
    assert stderr == b""


def test_an_unexpected_error_is_one_line_and_debug_shows_more(tmp_path):
    breaking = "import assistant.service as s; s.Assistant.open = lambda *a, **k: 1 / 0"
    code = f"{breaking}\nfrom assistant.cli import main; main()"
    for extra, told in (([], False), (["--debug"], True)):
        done = subprocess.run(
            [sys.executable, "-c", code, "search", "value", *extra],
            capture_output=True,
            encoding="utf-8",
            cwd=Path(__file__).parent.parent,
        )
        assert done.returncode == 1
        assert "error: unexpected ZeroDivisionError" in done.stderr
        assert ("Traceback" in done.stderr) is told


def commands_of(text: str) -> list[str]:
    return re.findall(r"^│ ([a-z-]+) ", text.split("─ Commands ─")[1], re.MULTILINE)


def test_the_name_of_a_command_calls_only_that_and_any_other_word_lists_all():
    everything = ["ask", "search", "claim", "tensions", "chat", "serve", "doctor", "eval"]
    everything += ["export", "verify-pack", "index", "corpus"]
    for word in ("", "--help", "serch", "--index"):
        result = CliRunner().invoke(program(word), ["--help"])
        assert commands_of(result.stdout) == everything
    assert commands_of(CliRunner().invoke(program("search"), ["--help"]).stdout) == ["search"]
    result = CliRunner().invoke(program("index"), ["index", "--help"])
    assert commands_of(result.stdout) == ["build", "status", "verify"]


def test_a_command_that_is_not_known_is_told_with_those_that_are():
    done = process("serch", "value")
    assert done.returncode == 2
    assert "Did you mean 'search', 'serve'?" in done.stderr


def test_options_may_stand_before_the_command(assistant_none):
    index = str(assistant_none.settings.index)
    done = process("--index", index, "--json", "search", "loyal customers", "--top-k", "1")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["hits"]) == 1


def test_a_search_imports_nothing_that_it_does_not_need(assistant_none):
    code = f"""
import sys
sys.argv = ["assistant", "search", "value", "--index", {str(assistant_none.settings.index)!r}]
from assistant.cli import main
try:
    main()
except SystemExit:
    pass
sys.stdout.write("\\n" + " ".join(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "assistant.retrieval.searcher" in loaded, done.stderr
    unneeded = {"assistant.answering", "assistant.library.indexing", "assistant.evaluation"}
    unneeded |= {"markdown_it", "pybtex", "snowballstemmer", "sentencex", "httpx", "torch", "yaml"}
    assert not loaded & unneeded


def test_the_same_question_has_the_same_answer_in_two_processes(assistant_none):
    given = ["--index", str(assistant_none.settings.index), "--no-write", "--json"]
    given += ["--corpus", str(assistant_none.settings.corpus)]
    question = "What can go wrong when the company judges value itself?"
    first, second = (json.loads(process("ask", question, *given).stdout) for _ in range(2))
    assert first.pop("timings").keys() == second.pop("timings").keys()
    assert first == second
    assert first["sentences"]
