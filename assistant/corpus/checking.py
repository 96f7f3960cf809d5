"""The whole collection against its rules: every finding, the balance, how readable it is."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from assistant.corpus.rules import Collection, Finding, body_words, findings, readability
from assistant.errors import UnreadableFileError
from assistant.reading.bibliography import BIBLIOGRAPHY_NAME, read_bibliography
from assistant.reading.files import corpus_files, read_bytes, read_document
from assistant.records import Document

ESSAY = "seed-essay"  # the client's own document, verbatim: no rule of ours binds it
BALANCE_NAME = "balance.toml"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many documents there are of a sort, and how many there should be."""

    sort: str  # perspective or stance
    name: str
    found: int
    wanted: int


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """What a check found."""

    documents: int
    words: int
    lix: float  # mean over the documents
    findings: tuple[Finding, ...]
    balance: tuple[Tally, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing has to be mended."""
        return not self.findings and all(t.found == t.wanted for t in self.balance)


def check_corpus(folder: Path) -> CorpusReport:
    """Check every text below ``folder``; raises CorpusError when the folder cannot be read."""
    documents: list[tuple[Document, str]] = []
    found: list[Finding] = []
    for path in corpus_files(folder):
        try:
            content = read_bytes(path)
            document = read_document(path, content, root=folder)
        except UnreadableFileError as error:
            found.append(Finding(path.name, "reading", str(error)))
            continue
        documents.append((document, content.decode("utf-8-sig")))
    try:
        references = {r.key: r for r in read_bibliography(folder / BIBLIOGRAPHY_NAME)}
    except UnreadableFileError as error:
        found.append(Finding(BIBLIOGRAPHY_NAME, "reading", str(error)))
        references = {}
    collection = Collection(frozenset(d.card.id for d, _ in documents), references)
    ours = [(d, raw) for d, raw in documents if d.card.id != ESSAY]
    for document, raw in ours:
        found.extend(findings(document, raw, collection))
    return CorpusReport(
        documents=len(documents),
        words=sum(body_words(d) for d, _ in documents),
        lix=sum(readability(d) for d, _ in documents) / max(1, len(documents)),
        findings=tuple(found),
        balance=_balance(folder / BALANCE_NAME, [d for d, _ in ours]),
    )


def _balance(path: Path, documents: list[Document]) -> tuple[Tally, ...]:
    """Compare the collection with the balance that was agreed on, where there is one."""
    if not path.exists():
        return ()
    wanted = tomllib.loads(path.read_text(encoding="utf-8"))
    found = {
        "perspective": Counter(d.card.perspective.value for d in documents),
        "stance": Counter(_stance(d) for d in documents),
    }
    return tuple(
        Tally(sort, name, found[sort][name], wanted.get(sort, {}).get(name, 0))
        for sort in found
        for name in dict.fromkeys([*wanted.get(sort, {}), *found[sort]])
    )


def _stance(document: Document) -> str:
    card = document.card
    return f"{card.stance} {card.stance_on}" if card.stance in {"for", "against"} else card.stance
