"""Our own form of question set: one JSON object a line, with gold evidence.

A line is a question, or a conversation with ``turns``; ``answerable`` says whether the
collection holds the answer, ``evidence`` quotes the sentences that give it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import SettingsError


@dataclass(frozen=True, slots=True)
class GoldEvidence:
    """Sentences of one document that answer a question, word for word."""

    document: str
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with what a good answer rests on."""

    id: str
    question: str
    kind: str
    topic: str
    split: str
    answerable: bool
    expected_points: tuple[str, ...]
    evidence: tuple[GoldEvidence, ...]
    standalone: str  # the question completed by a person; equal to it where it stands alone
    before: tuple[str, ...] = ()  # earlier questions of the conversation

    @property
    def documents(self) -> frozenset[str]:
        """The documents in which the answer stands."""
        return frozenset(e.document for e in self.evidence)


def load_questions(path: Path, *, split: str | None = None) -> tuple[GoldQuestion, ...]:
    """Return the questions of a file, turns of conversations one by one.

    Raises SettingsError naming the line that cannot be read.
    """
    found: list[GoldQuestion] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as cause:
        raise SettingsError(f"{path} cannot be read.", remedy="Check the path.") from cause
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.extend(_questions(json.loads(line)))
        except (ValueError, KeyError, TypeError) as cause:
            raise SettingsError(
                f"{path}, line {number}: {cause!r}.",
                remedy="See evaluation/README.md for the form of a question.",
            ) from cause
    return tuple(q for q in found if split is None or q.split == split)


def _questions(row: dict[str, Any]) -> Iterator[GoldQuestion]:
    if "turns" not in row:
        yield _question(row, row)
        return
    before: list[str] = []
    for n, turn in enumerate(row["turns"], start=1):
        yield _question(
            {**turn, "id": f"{row['id']}/{n}"}, {**row, **turn, "topic": row["topic"]}, before
        )
        before.append(turn["question"])


def _question(
    own: dict[str, Any], row: dict[str, Any], before: list[str] | None = None
) -> GoldQuestion:
    return GoldQuestion(
        id=own["id"],
        question=own["question"],
        kind=own.get("kind", ""),
        topic=row.get("topic", ""),
        split=row.get("split", ""),
        answerable=bool(own.get("answerable", True)),
        expected_points=tuple(own.get("expected_points", ())),
        evidence=tuple(
            GoldEvidence(e["document"], tuple(e["quotes"])) for e in own.get("evidence", ())
        ),
        standalone=own.get("standalone", own["question"]),
        before=tuple(before or ()),
    )
