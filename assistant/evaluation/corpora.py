"""The collection of a set as a library: read, split, embedded and stored as the app does it.

Libraries are kept in a work folder under a key of the set's texts, the embedder, the reader
and the splitter, so that a second run is quick and a change of any of them makes a new one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from assistant.errors import LibraryMissingError
from assistant.evaluation.cases import Text
from assistant.library.planning import fingerprints
from assistant.ports import Embedder, Floats1d, Floats2d, TrainedModels
from assistant.records import Progress
from assistant.service import Assistant
from assistant.settings import Settings

_KEY_LENGTH = 16
# What Markdown or Pandoc would take for marks in plain words.
_MARKS = re.compile(r"([\\`*_{}\[\]<>#+|~^$&!@=-])")
_DIGITS_DOT = re.compile(r"^(\s*\d+)([.)])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection in an assistant's library, and the names of its documents in the set."""

    assistant: Assistant
    embedder: Embedder
    names: Mapping[str, str]  # id of the document in the library -> id of the text in the set
    trained: TrainedModels = field(default_factory=TrainedModels)

    def again(self, **changes: Any) -> Assistant:  # noqa: ANN401 - the fields of Settings
        """Return an assistant on the same library with other settings; it quotes only."""
        settings = replace(self.assistant.settings, **changes)
        return Assistant(settings, self.embedder, None, lambda: self.trained)


class Remembering:
    """An embedder that embeds a question once: it is put to the same library several times."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._questions: dict[str, Floats1d] = {}
        self.fingerprint = embedder.fingerprint
        self.dimension = embedder.dimension
        self.max_tokens = embedder.max_tokens

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Return the character span of each token."""
        return self._embedder.token_spans(text)

    def embed_passages(self, texts: Sequence[str]) -> Floats2d:
        """Return one unit vector a text, shape (n, dimension)."""
        return self._embedder.embed_passages(texts)

    def embed_question(self, text: str) -> Floats1d:
        """Return the unit vector of a question, shape (dimension,)."""
        if text not in self._questions:
            self._questions[text] = self._embedder.embed_question(text)
        return self._questions[text]


def shelved(
    source: Sequence[Text] | Path,
    *,
    name: str,
    work: Path,
    settings: Settings,
    embedder: Embedder,
    trained: TrainedModels | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Shelf:
    """Return the texts, or the folder of texts, in a library; built where it is not yet.

    ``settings`` hold for everything but corpus, index and model.
    """
    key = _key(_contents(source), *fingerprints(embedder).values())
    home = work / f"{name}-{key}"
    corpus = source if isinstance(source, Path) else _written(source, home / "texts")
    judges = trained or TrainedModels()
    own = replace(settings, corpus=corpus, index=home / "index", model="none")
    assistant = Assistant(own, embedder, None, lambda: judges)
    if not _is_complete(assistant, home):
        assistant.build(on_progress)
        (home / "complete").touch()
    by_path = None if isinstance(source, Path) else dict(_paths(source))
    names = {c.id: c.path if by_path is None else by_path[c.path] for c in assistant.documents()}
    return Shelf(assistant, embedder, names, judges)


def _is_complete(assistant: Assistant, home: Path) -> bool:
    try:
        return (home / "complete").exists() and assistant.status().documents > 0
    except LibraryMissingError:
        return False


def _contents(source: Sequence[Text] | Path) -> str:
    digest = hashlib.sha256()
    if isinstance(source, Path):
        for path in sorted(p for p in source.rglob("*") if p.is_file()):
            digest.update(str(path).encode())  # the library knows its texts by their place
            digest.update(path.read_bytes())
    else:
        for text in source:
            digest.update(json.dumps([text.id, text.title, text.body]).encode())
    return digest.hexdigest()


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_KEY_LENGTH]


def _paths(texts: Sequence[Text]) -> list[tuple[str, str]]:
    """Return the file name of each text: numbers, because ids need not be names of files."""
    return [(f"{n:06d}.md", text.id) for n, text in enumerate(texts)]


def _written(texts: Sequence[Text], folder: Path) -> Path:
    if (folder.parent / "complete").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for (path, _), text in zip(_paths(texts), texts, strict=True):
        title = json.dumps(" ".join(text.title.split()), ensure_ascii=False)
        head = f"---\ntitle: {title}\n---\n\n" if text.title.strip() else ""
        (folder / path).write_text(head + as_markdown(text.body) + "\n", encoding="utf-8")
    return folder


def as_markdown(plain: str) -> str:
    r"""Return plain text so that reading it as Markdown gives it back: "2 * 3" -> "2 \* 3".

    Each line becomes a paragraph.
    """
    lines = (line.strip() for line in plain.splitlines())
    escaped = (_MARKS.sub(r"\\\1", line) for line in lines if line)
    return "\n\n".join(_DIGITS_DOT.sub(r"\1\\\2", line) for line in escaped)
