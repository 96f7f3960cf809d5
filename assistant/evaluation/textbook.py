"""A textbook with its own questions: ``docs/`` and ``questions.jsonl``, as from OpenStax.

A question names the document it stands in (``source_doc``, a path below ``docs/``): that is
where its answer has to be found. Any course in this form can be measured.
"""

from __future__ import annotations

from pathlib import Path

from assistant.errors import SettingsError
from assistant.evaluation.cases import SearchQuestion, SearchSet
from assistant.evaluation.lines import Row, each_row, found_file


def is_textbook(folder: Path) -> bool:
    """Whether a folder holds texts and questions on them."""
    return (folder / "docs").is_dir() and found_file(folder, "questions") is not None


def load_textbook(folder: Path) -> SearchSet:
    """Return the questions with their documents; options of a choice are part of the question.

    Raises SettingsError naming the line that cannot be read, or a document that is not there.
    """
    path = found_file(folder, "questions")
    docs = folder / "docs"
    if path is None or not docs.is_dir():
        raise SettingsError(
            f"{folder} has no questions.jsonl or no docs/.",
            remedy="See evaluation/README.md for the form of a textbook.",
        )
    questions = tuple(each_row(path, _question))
    for question in questions:
        for name in question.relevant:
            if not (docs / name).is_file():
                raise SettingsError(
                    f"{path}: question {question.id} names {name}, which is not in docs/.",
                    remedy="Mend source_doc, or add the text.",
                )
    return SearchSet(texts=(), questions=questions, corpus=docs)


def _question(row: Row) -> SearchQuestion:
    options = row.get("options") or ()
    return SearchQuestion(
        id=str(row["id"]),
        question=" ".join([str(row["question"]), *map(str, options)]),
        relevant={str(row["source_doc"]): 1},
        kind=str(row.get("kind", "")),
    )
