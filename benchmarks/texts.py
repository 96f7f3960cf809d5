"""The texts of the benchmark: 20,050 passages, questions, and short texts for large sizes.

Passages: the paragraphs of SQuAD first, then paragraphs made of sentences of the other data
sets. Each is at most ``MAX_TOKENS`` MiniLM tokens long, so that no system cuts it, is one line
of plain words, and no sentence stands in two of them. Questions: 1,000 of SQuAD, answered by
the words that were kept. Requests: all questions of SQuAD, so that no server is asked one
twice. Short texts: single sentences, all different.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from assistant.models.weights import embedder_weights
from assistant.reading.markdown import read_markdown
from assistant.reading.sentences import sentence_spans

PASSAGES = 20_000
ADDED = 50
QUESTIONS = 1_000
SHORT = 400_000  # at most; as many as there are
MAX_TOKENS = 195  # our splitter parts at 200, sentence-transformers cuts at 256
_ENOUGH_TOKENS = 110
_MIN_WORDS = 50
_SEED = 20_261_123

_PARAGRAPHS = (  # files below the data folder, and the field that holds the text
    ("scifact/corpus.jsonl.gz", "text"),
    ("fever/evidence_*.jsonl.gz", "passage"),
    ("boolq/*.jsonl.gz", "passage"),
    ("covid-qa/*.jsonl.gz", "passage"),
    ("pubmedqa/*.jsonl.gz", "passage"),
    ("multispanqa/*.jsonl.gz", "passage"),
    ("fool-me-twice/evidence_*.jsonl.gz", "passage"),
    ("selqa/*.jsonl.gz", "passage"),
    ("wice/evidence_*.jsonl.gz", "passage"),
    ("clapnq-answers/*.jsonl.gz", "passage"),
    ("factcg-synthetic/*.jsonl.gz", "evidence"),
    ("attributionbench/*.jsonl.gz", "evidence"),
    ("expertqa/*.jsonl.gz", "evidence"),
    ("squad-sentences/*.jsonl.gz", "passage"),
)
_SENTENCES = (
    ("*/*.jsonl.gz", "premise"),
    ("*/*.jsonl.gz", "hypothesis"),
    ("*/*.jsonl.gz", "evidence"),
    ("*/*.jsonl.gz", "claim"),
    ("*/*.jsonl.gz", "text"),
    ("*/*.jsonl.gz", "rewrite"),
    ("*/*.jsonl.gz", "question"),
)


@dataclass(frozen=True, slots=True)
class Passage:
    """One text under a name that says nothing about it."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the passage that it was asked about."""

    text: str
    passage: str


def write_texts(data: Path, folder: Path) -> None:
    """Write passages, questions, requests and short texts as JSONL, unless they are there."""
    if (folder / "short.jsonl").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    trim = Trimmer()
    paragraphs, questions, requests = _squad(data, trim)
    seen = {_key(s) for text in paragraphs for s in _sentences(text)}
    rest = _paragraphs(data, trim, seen)
    wanted = PASSAGES + ADDED - len(paragraphs)
    paragraphs += [text for text, _ in zip(rest, range(wanted), strict=False)]
    if len(paragraphs) < PASSAGES + ADDED:
        raise SystemExit(f"{data} holds only {len(paragraphs)} passages; is it complete?")
    random.Random(_SEED).shuffle(questions)
    random.Random(_SEED).shuffle(requests)
    _write(folder / "passages.jsonl", _named(paragraphs))
    _write(folder / "requests.jsonl", requests)
    _write(folder / "questions.jsonl", questions[:QUESTIONS])
    _write(folder / "short.jsonl", _named(_short(data, paragraphs)))  # last: the others are whole


class Trimmer:
    """Keeps whole sentences from the front while they fit."""

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_file(str(embedder_weights() / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def length(self, text: str) -> int:
        """Return the number of tokens without special ones."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def __call__(self, text: str) -> str:
        """Return ``text`` up to the last sentence that fits; "" when the first does not."""
        if self.length(text) <= MAX_TOKENS:
            return text
        ends = [end for _, end in sentence_spans(text) if self.length(text[:end]) <= MAX_TOKENS]
        return text[: ends[-1]] if ends else ""


def _squad(data: Path, trim: Trimmer) -> tuple[list[str], list[Question], list[Question]]:
    """Return the paragraphs of SQuAD, the questions that what was kept answers, and all."""
    with gzip.open(data / "squad" / "dev-v2.0.json.gz", "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    paragraphs: list[str] = []
    questions: list[Question] = []
    requests: list[Question] = []
    for paragraph in (p for article in articles for p in article["paragraphs"]):
        text = trim(_plain(paragraph["context"]))
        if not text or text in paragraphs:
            continue
        for asked in paragraph["qas"]:
            question = Question(_plain(asked["question"]), _name(len(paragraphs)))
            requests.append(question)
            answers = [_plain(answer["text"]) for answer in asked["answers"]]
            if not asked["is_impossible"] and any(answer in text for answer in answers):
                questions.append(question)
        paragraphs.append(text)
    return paragraphs, questions, requests


def _paragraphs(data: Path, trim: Trimmer, seen: set[str]) -> Iterator[str]:
    """Yield paragraphs of sentences that were not used yet."""
    blocks = (block for pattern, field in _PARAGRAPHS for block in _fields(data, pattern, field))
    for block in (*_textbooks(data), *blocks):
        sentences: list[str] = []
        for sentence in _sentences(block):
            key = _key(sentence)
            if key in seen:
                continue
            seen.add(key)
            sentences.append(sentence)
            text = " ".join(sentences)
            if trim.length(text) > _ENOUGH_TOKENS:
                sentences = []
                if len(text.split()) >= _MIN_WORDS and trim(text) == text and _is_plain(text):
                    yield text


def _textbooks(data: Path) -> list[str]:
    """Return the paragraphs of the textbooks, one section after the other."""
    files = sorted(data.glob("openstax-*/docs/*.md"))
    texts = [file.read_text(encoding="utf-8") for file in files]
    return ["\n".join(x for x in text.splitlines() if re.match(r"[A-Z]", x)) for text in texts]


def _short(data: Path, paragraphs: list[str]) -> list[str]:
    """Return different sentences: of the passages, then of all data sets but SQuAD's questions."""
    blocks = (b for p, field in (*_PARAGRAPHS, *_SENTENCES) for b in _fields(data, p, field))
    known: dict[str, str] = {}
    for block in (*paragraphs, *_textbooks(data), *blocks):
        for sentence in _sentences(block):
            if 4 <= len(sentence.split()) <= 40 and _is_plain(sentence):
                known.setdefault(_key(sentence), sentence)
        if len(known) >= SHORT:
            break
    return list(known.values())[:SHORT]


def _fields(data: Path, pattern: str, field: str) -> Iterator[str]:
    for file in sorted(data.glob(pattern)):
        if "squad" in file.parent.name and file.parent.name != "squad-sentences":
            continue  # the passages hold its paragraphs; its questions are asked
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                if isinstance(row, dict) and isinstance(row.get(field), str):
                    yield row[field]


def _sentences(block: str) -> Iterator[str]:
    for line in block.splitlines():
        text = _plain(line)
        yield from (text[start:end] for start, end in sentence_spans(text))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _key(sentence: str) -> str:
    return "".join(re.findall(r"\w+", sentence.casefold()))


def _is_plain(text: str) -> bool:
    """Say whether our reader takes the text for what it is, word for word."""
    return text[0].isalnum() and read_markdown(text).text == text


def _name(n: int) -> str:
    return f"t{n:06d}"


def _named(texts: Iterable[str]) -> Iterator[Passage]:
    return (Passage(_name(n), text) for n, text in enumerate(texts))


def _write(path: Path, rows: Iterable[Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)


if __name__ == "__main__":
    write_texts(Path(sys.argv[1]), Path(sys.argv[2]))
