"""Which form a path is in, and its records."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from assistant.errors import SettingsError
from assistant.evaluation.beir import is_beir, load_beir
from assistant.evaluation.cases import ClaimSet, Form, GivenSet, SearchSet
from assistant.evaluation.grounded import grounded_files, load_grounded
from assistant.evaluation.lines import first_row
from assistant.evaluation.one_schema import load_one_schema, schema_files
from assistant.evaluation.questions import GoldQuestion, load_questions
from assistant.evaluation.textbook import is_textbook, load_textbook

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class GoldSet:
    """Questions with gold evidence in a corpus of ours."""

    questions: tuple[GoldQuestion, ...]


Records = GoldSet | SearchSet | GivenSet | ClaimSet


@dataclass(frozen=True, slots=True)
class LoadedSet:
    """A set ready to be measured."""

    name: str  # file or folder, and the split where one was asked for
    form: Form
    records: Records
    sha256: str  # of its files' names and bytes


def recognised(path: Path) -> Form:
    """Return the form of a file or folder; raises SettingsError when it is none of ours."""
    if path.is_dir():
        if is_beir(path):
            return Form.BEIR
        if is_textbook(path):
            return Form.TEXTBOOK
        if (path / "questions.jsonl").is_file():
            return Form.QUESTIONS
    elif path.suffix == ".jsonl" and _is_ours(path):
        return Form.QUESTIONS
    if path.exists() and schema_files(path):
        return Form.ONE_SCHEMA
    if path.exists() and grounded_files(path):
        return Form.GROUNDED
    raise SettingsError(
        f"{path} is in none of the forms of question sets." if path.exists() else f"No {path}.",
        remedy="See evaluation/README.md for the forms, or name one with --form: "
        f"{', '.join(Form)}.",
    )


def load_sets(
    path: Path, *, form: Form | None = None, split: str | None = None
) -> tuple[LoadedSet, ...]:
    """Return the sets at a path: one, or one for each file of a folder of one-schema files.

    Raises SettingsError when nothing can be read there, or nothing is of that split.
    """
    form = form or recognised(path)
    match form:
        case Form.ONE_SCHEMA:
            found = [
                (f"{f.parent.name}/{f.name.split('.')[0]}", load_one_schema(f), [f])
                for f in schema_files(path, split=split)
            ]
        case Form.QUESTIONS:
            file = path / "questions.jsonl" if path.is_dir() else path
            questions = load_questions(file, split=split)
            found = [(_named(path, split), GoldSet(questions), [file])]  # type: ignore[list-item]
        case Form.BEIR:
            found = [(_named(path, split or "test"), load_beir(path, split=split), _files(path))]  # type: ignore[list-item]
        case Form.TEXTBOOK:
            found = [(path.name, load_textbook(path), _files(path))]  # type: ignore[list-item]
        case Form.GROUNDED:
            found = [(path.name, load_grounded(path), list(grounded_files(path)))]
    if not found or not all(size(records) for _, records, _ in found):
        part = f" of the split {split}" if split else ""
        raise SettingsError(f"{path} holds no questions{part}.", remedy="Check --split and path.")
    return tuple(LoadedSet(n, form, records, _sha256(files)) for n, records, files in found)


def size(records: Records) -> int:
    """Return how many questions or claims there are."""
    return len(records.claims if isinstance(records, ClaimSet) else records.questions)


def limited(records: Records, most: int | None) -> Records:
    """Return at most so many questions, spread evenly; conversations stay whole."""
    match records:
        case GoldSet(questions):
            starts = [n for n, q in enumerate(questions) if not q.before]
            ends = [*starts[1:], len(questions)]
            parts = [questions[a:b] for a, b in zip(starts, ends, strict=True)]
            return GoldSet(tuple(q for part in spread(parts, most) for q in part))
        case SearchSet(questions=asked):
            return replace(records, questions=tuple(spread(asked, most)))
        case GivenSet(texts, given):
            kept = tuple(spread(given, most))
            used = {q.text for q in kept}
            return GivenSet(tuple(t for t in texts if t.id in used), kept)
        case ClaimSet(claims):
            return ClaimSet(tuple(spread(claims, most)))


def spread(items: tuple[_T, ...] | list[_T], most: int | None) -> list[_T]:
    """Return ``most`` items at even distances; the first of a file are often of one sort."""
    if most is None or most >= len(items):
        return list(items)
    return [items[n * len(items) // most] for n in range(most)]


def _is_ours(path: Path) -> bool:
    row = first_row(path)
    return "turns" in row or {"question", "evidence", "answerable"} <= row.keys()


def _named(path: Path, split: str | None) -> str:
    return f"{path.name}, {split}" if split else path.name


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def _sha256(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
