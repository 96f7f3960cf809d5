"""The rooms of the house and the doors between them: imports point one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import assistant

HOME = Path(assistant.__file__).parent

_NOUNS = {"records", "errors"}
_CORE = _NOUNS | {"ports", "settings"}
_FACES = _CORE | {"reading", "library", "retrieval", "answering", "debate", "service", "exchange"}

# room -> the rooms it may import
DOORS = {
    "errors": set(),
    "records": set(),
    "ports": {"records"},
    "settings": {"errors"},
    "reading": _CORE,
    "library": _CORE | {"reading"},
    "retrieval": _CORE | {"reading", "library"},
    "answering": _CORE | {"reading", "retrieval"},
    "corpus": _NOUNS | {"reading"},
    "debate": _CORE | {"reading", "library", "retrieval", "answering"},
    "models": _CORE,
    "service": _CORE | {"reading", "library", "retrieval", "answering", "debate", "models"},
    "exchange": _NOUNS | {"answering", "debate"},
    "doctor": _CORE | {"reading", "library", "models"},
    "evaluation": _FACES,
    "exporting": _NOUNS | {"ports", "exchange", "reading"},
    "web": _FACES | {"exporting"},
    "commands": _FACES | {"doctor", "models", "web", "evaluation", "corpus", "exporting"},
    "cli": {"commands"},
    "__init__": {"records", "service", "settings"},  # on first use only
    "__main__": {"cli"},
}

# package -> the only rooms that may import it
HEAVY = {
    "torch": {"models"},
    "transformers": {"models"},
    "sentence_transformers": {"models"},
    "onnxruntime": {"models"},
    "onnx": {"models"},
    "tokenizers": {"models"},
    "gguf": {"models"},
    "safetensors": {"models"},
    "huggingface_hub": {"models"},
    "httpx": {"models"},
    "faiss": {"library"},
    "sqlite3": {"library", "doctor"},
    "gradio": {"web"},
    "docx": {"exporting"},
    "fastapi": {"web"},
    "uvicorn": {"web"},
    "typer": {"cli", "commands"},
    "rich": {"commands"},
}

# Outside models/ a model is had by its port, from the one place where models are wired.
WIRING = {"assistant.models.wiring"}
WIRING_OF_DOCTOR = WIRING | {"assistant.models.cache", "assistant.models.weights"}

SOURCES = sorted(HOME.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(HOME).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    """Yield the full name of every module imported, at whatever depth in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by dots"
            assert node.module is not None
            inside = node.module == "assistant" or node.module.count(".") == 1
            if node.module.startswith("assistant") and inside:
                for alias in node.names:
                    name = f"{node.module}.{alias.name}"
                    as_path = HOME.parent / name.replace(".", "/")
                    is_module = as_path.is_dir() or as_path.with_suffix(".py").exists()
                    yield name if is_module else node.module
            else:
                yield node.module


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(HOME).as_posix())
def test_a_room_opens_only_its_doors(path):
    room = room_of(path)
    for name in imports_of(path):
        package, _, rest = name.partition(".")
        if package == "assistant" and rest:
            other = rest.split(".")[0]
            assert other in DOORS[room] | {room}, f"{room} must not import {name}"
            if other == "models" and room != "models":
                allowed = WIRING_OF_DOCTOR if room == "doctor" else WIRING
                assert name in allowed, f"{room} must not import {name}"
        elif package in HEAVY:
            assert room in HEAVY[package], f"{room} must not import {package}"


def test_the_table_names_every_room():
    assert {room_of(path) for path in SOURCES} <= set(DOORS)


def test_the_order_has_no_circle():
    done: set[str] = set()
    while len(done) < len(DOORS):
        ready = {r for r, doors in DOORS.items() if r not in done and doors & set(DOORS) <= done}
        assert ready, f"a circle among {set(DOORS) - done}"
        done |= ready


def loaded_after(code: str) -> set[str]:
    """Return the packages that a new process has loaded at the end of ``code``."""
    said = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print('\\n' + ' '.join(sys.modules))"],
        check=True,
        capture_output=True,
        encoding="utf-8",
        cwd=HOME.parent,
    )
    return {name.split(".")[0] for name in said.stdout.splitlines()[-1].split()}


def test_import_assistant_is_light():
    loaded = loaded_after("import assistant")
    assert "assistant" in loaded
    assert not loaded & {"torch", "gradio", "numpy", "transformers", "onnxruntime", "faiss"}


def test_the_help_of_the_command_line_is_light():
    code = "import assistant.cli as c, typer.main; typer.main.get_command(c.program())"
    assert not loaded_after(code) & {"torch", "gradio", "numpy", "transformers", "onnxruntime"}


def test_a_quoted_answer_needs_no_torch(assistant_none):
    code = f"""
from assistant import Assistant
answer = Assistant.open(index={str(assistant_none.settings.index)!r}, model="none").ask(
    "Who defines value in CSR?"
)
assert answer.sentences, answer
"""
    loaded = loaded_after(code)
    assert {"onnxruntime", "faiss"} <= loaded
    assert not loaded & {"torch", "transformers", "sentence_transformers", "gradio", "onnx"}
