"""Retrieval sets in the form of BEIR: corpus, queries, and qrels by split.

The form is that of Thakur et al. 2021, "BEIR: A Heterogeneous Benchmark for Zero-shot
Evaluation of Information Retrieval Models", https://github.com/beir-cellar/beir.
"""

from __future__ import annotations

from pathlib import Path

from assistant.errors import SettingsError
from assistant.evaluation.cases import SearchQuestion, SearchSet, Text
from assistant.evaluation.lines import each_row, found_file, read_text

_DEFAULT_SPLIT = "test"


def is_beir(folder: Path) -> bool:
    """Whether a folder holds a corpus, queries and qrels."""
    files = (found_file(folder, "corpus"), found_file(folder, "queries"))
    return None not in files and (folder / "qrels").is_dir()


def load_beir(folder: Path, *, split: str | None = None) -> SearchSet:
    """Return the set with the questions of a split, ``test`` where none is named.

    Raises SettingsError naming the file and line that cannot be read.
    """
    corpus, queries = found_file(folder, "corpus"), found_file(folder, "queries")
    if corpus is None or queries is None:
        raise SettingsError(
            f"{folder} has no corpus.jsonl or no queries.jsonl.",
            remedy="See evaluation/README.md for the form of a BEIR folder.",
        )
    texts = tuple(
        each_row(corpus, lambda row: Text(str(row["_id"]), row.get("title", ""), row["text"]))
    )
    relevant = _qrels(folder / "qrels" / f"{split or _DEFAULT_SPLIT}.tsv")
    asked = each_row(queries, lambda row: (str(row["_id"]), str(row["text"])))
    return SearchSet(
        texts=texts,
        questions=tuple(
            SearchQuestion(id_, text, relevant[id_]) for id_, text in asked if id_ in relevant
        ),
    )


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    """Return query -> document -> grade; grades of 0 say that a document does not answer."""
    found: dict[str, dict[str, int]] = {}
    for number, line in enumerate(read_text(path).splitlines()[1:], start=2):
        if not line.strip():
            continue
        try:
            query, document, grade = line.split("\t")
            if int(grade) > 0:
                found.setdefault(query, {})[document] = int(grade)
        except ValueError as cause:
            raise SettingsError(
                f"{path}, line {number}: {cause}.",
                remedy="A line is query-id, corpus-id and score, parted by tabs.",
            ) from cause
    return found
