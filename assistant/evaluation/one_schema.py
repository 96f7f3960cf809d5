"""Sets with one schema each: [nli], [grounded] and [qa], one file a split.

- nli: premise, hypothesis, label (entailment, neutral, contradiction, not_entailment)
- grounded: evidence, claim, label (supported, unsupported)
- qa: question, passage (a sentence a line), answerable, sentence_labels (0/1 a line, or null)

The first two measure the check, the third the choice of evidence and the abstention.
"""

from __future__ import annotations

from pathlib import Path

from assistant.errors import SettingsError
from assistant.evaluation.cases import Claim, ClaimSet, GivenQuestion, GivenSet, Text
from assistant.evaluation.lines import Row, each_row, first_row

_KEYS = {
    "nli": {"premise", "hypothesis", "label"},
    "grounded": {"evidence", "claim", "label"},
    "qa": {"question", "passage", "answerable"},
}
_LABELS = {
    **{label: label for label in ("supported", "unsupported")},
    **{label: label for label in ("entailment", "neutral", "contradiction", "not_entailment")},
    "SUPPORT": "entailment",  # scifact-claims keeps the words of SciFact
    "CONTRADICT": "contradiction",
    "NOT_ENOUGH_INFO": "neutral",
}


def schema_of(path: Path) -> str | None:
    """Return nli, grounded or qa by the first row of a file; None for another form."""
    if not path.is_file() or ".jsonl" not in path.suffixes:
        return None
    keys = first_row(path).keys()
    return next((name for name, wanted in _KEYS.items() if wanted <= keys), None)


def schema_files(path: Path, *, split: str | None = None) -> tuple[Path, ...]:
    """Return the files of a set in one of the schemas; of a folder those of a split.

    ``evidence_dev`` and ``dev_constructed_neutral`` belong to the split ``dev``.
    """
    files = sorted(path.glob("*.jsonl*")) if path.is_dir() else [path]
    wanted = [f for f in files if split is None or split in f.name.split(".")[0].split("_")]
    return tuple(f for f in wanted if schema_of(f) is not None)


def load_one_schema(path: Path) -> ClaimSet | GivenSet:
    """Return the rows of one file; raises SettingsError naming the line that cannot be read."""
    match schema_of(path):
        case "nli":
            return ClaimSet(tuple(each_row(path, _nli)))
        case "grounded":
            return ClaimSet(tuple(each_row(path, _grounded)))
        case "qa":
            return _qa_set(path)
        case _:
            raise SettingsError(
                f"{path} has none of the schemas nli, grounded, qa.",
                remedy="See evaluation/README.md for the forms of question sets.",
            )


def _nli(row: Row) -> Claim:
    return Claim(str(row["id"]), row["hypothesis"], (row["premise"],), _label(row))


def _grounded(row: Row) -> Claim:
    lines = tuple(line for line in str(row["evidence"]).splitlines() if line.strip())
    return Claim(str(row["id"]), row["claim"], lines, _label(row))


def _label(row: Row) -> str:
    if row["label"] not in _LABELS:
        raise ValueError(f"unknown label {row['label']!r}")
    return _LABELS[row["label"]]


def _qa_set(path: Path) -> GivenSet:
    """Return questions and passages; a passage that several questions share stands once."""
    texts: dict[str, Text] = {}
    questions = []
    for question, passage in each_row(path, _qa):
        text = texts.setdefault(passage, Text(question.text, "", passage))
        questions.append(
            GivenQuestion(
                question.id,
                question.question,
                text.id,
                question.answerable,
                question.gold,
                question.kind,
            )
        )
    return GivenSet(tuple(texts.values()), tuple(questions))


def _qa(row: Row) -> tuple[GivenQuestion, str]:
    passage = str(row["passage"])
    lines = passage.split("\n")
    labels = row.get("sentence_labels") or []
    if labels and len(labels) != len(lines):
        raise ValueError(f"{len(labels)} labels for {len(lines)} sentences")
    answerable = bool(row["answerable"])
    question = GivenQuestion(
        id=str(row["id"]),
        question=str(row["question"]),
        text=str(row["id"]),
        answerable=answerable,
        gold=tuple(s for s, y in zip(lines, labels, strict=False) if y) if answerable else (),
        kind="answerable" if answerable else "unanswerable",
    )
    return question, passage
