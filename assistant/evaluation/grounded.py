"""Answer from the passage or abstain: ClapNQ and SQuAD v2, each row with its own passage.

ClapNQ: Rosenthal et al. 2024, arXiv:2404.02103. SQuAD v2: Rajpurkar, Jia and Liang 2018,
arXiv:1806.03822; its gold sentence is the one in which the answer's span begins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assistant.errors import SettingsError
from assistant.evaluation.cases import GivenQuestion, GivenSet, Text
from assistant.evaluation.lines import Row, each_row, first_row, read_text
from assistant.reading.sentences import sentence_spans

_REMEDY = "See evaluation/README.md for the forms of grounded sets."


def grounded_files(path: Path) -> tuple[Path, ...]:
    """Return the files of a grounded set, or none when it is not one."""
    candidates = sorted(path.glob("*.json*")) if path.is_dir() else [path]
    return tuple(p for p in candidates if p.is_file() and (_is_squad(p) or _is_clapnq(p)))


def load_grounded(path: Path) -> GivenSet:
    """Return the questions of all files of the set; raises SettingsError."""
    files = grounded_files(path)
    if not files:
        raise SettingsError(f"{path} is no grounded set.", remedy=_REMEDY)
    texts: dict[str, Text] = {}
    questions: list[GivenQuestion] = []
    for file in files:
        rows = _squad(file) if _is_squad(file) else each_row(file, _clapnq)
        for text, asked in rows:
            texts[text.id] = text
            questions.extend(asked)
    return GivenSet(tuple(texts.values()), tuple(questions))


def _is_clapnq(path: Path) -> bool:
    return ".jsonl" in path.suffixes and {"input", "passages", "output"} <= first_row(path).keys()


def _is_squad(path: Path) -> bool:
    return ".json" in path.suffixes and '"paragraphs"' in read_text(path)[:1000]


def _clapnq(row: Row) -> tuple[Text, list[GivenQuestion]]:
    (passage,) = row["passages"]
    id_ = str(row["id"])
    body = "\n".join(as_written(s) for s in passage["sentences"])
    output: Row = row["output"][0] if row["output"] else {}
    gold = tuple(as_written(s) for s in output.get("selected_sentences") or () if s.strip())
    answerable = bool(output.get("answer"))
    question = GivenQuestion(
        id_, str(row["input"]), id_, answerable, gold if answerable else (), _kind(answerable)
    )
    return Text(id_, str(passage["title"]), body), [question]


def _squad(path: Path) -> Iterator[tuple[Text, list[GivenQuestion]]]:
    try:
        articles = json.loads(read_text(path))["data"]
        for article in articles:
            for n, paragraph in enumerate(article["paragraphs"]):
                title = str(article["title"])
                text = Text(f"{title}-{n:03d}", title.replace("_", " "), paragraph["context"])
                yield text, [_squad_question(qa, text) for qa in paragraph["qas"]]
    except (ValueError, KeyError, TypeError) as cause:
        raise SettingsError(f"{path}: {cause!r}.", remedy=_REMEDY) from cause


def _squad_question(qa: dict[str, Any], text: Text) -> GivenQuestion:
    answerable = not qa["is_impossible"]
    starts = {int(a["answer_start"]) for a in qa["answers"]} if answerable else set()
    spans = sentence_spans(text.body)
    gold = tuple(text.body[a:b] for a, b in spans if any(a <= start < b for start in starts))
    return GivenQuestion(
        str(qa["id"]), str(qa["question"]), text.id, answerable, gold, _kind(answerable)
    )


def _kind(answerable: bool) -> str:
    return "answerable" if answerable else "unanswerable"


def as_written(tokens: str) -> str:
    """Return a text of the old Penn style as people write it: "`` a '' , it 's" -> '"a", it's'."""
    text = " ".join(tokens.split())
    for pattern, written in _PENN:
        text = pattern.sub(written, text)
    return text


_PENN: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile(r"`` ?"), '"'),
    (re.compile(r" ?''"), '"'),
    (re.compile(r" (?=[.,;:?!)\]%])"), ""),
    (re.compile(r"(?<=[(\[$]) "), ""),
    (re.compile(r" (?='(?:s|re|ve|ll|d|m)\b|n't\b)"), ""),
    (re.compile(r" -- "), " – "),
    (re.compile(r" - "), "-"),
)
