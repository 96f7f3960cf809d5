"""Markdown to plain text with its blocks, sentences and literature.

The text keeps the words and drops the marks: headings, paragraphs, list items,
quotations and table rows become blocks that are parted by an empty line.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant.reading.literature import LiteratureMark, take_out_citations
from assistant.reading.sentences import sentence_spans
from assistant.records import Block, BlockKind, Sentence

# Raw HTML is text here, never markup: documents are shown, not trusted.
_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
_SEPARATOR = "\n\n"


@dataclass(frozen=True, slots=True)
class PlainText:
    """What a Markdown body says."""

    text: str
    blocks: tuple[Block, ...]
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class _RawBlock:
    kind: BlockKind
    source: str  # plain words, citations still inside
    level: int = 0


def read_markdown(body: str) -> PlainText:
    """Return the plain text of a Markdown body with exact offsets."""
    pieces: list[str] = []
    blocks: list[Block] = []
    sentences: list[Sentence] = []
    position = 0
    for raw in _raw_blocks(_PARSER.parse(body)):
        text, marks = take_out_citations(raw.source)
        stripped = text.strip()
        if not stripped:
            if marks and sentences:  # a citation in a paragraph of its own, after its quotation
                sentences[-1] = _also_citing(sentences[-1], marks)
            continue
        if pieces:
            position += len(_SEPARATOR)
        shift = position - text.index(stripped)
        blocks.append(Block(raw.kind, position, position + len(stripped), raw.level))
        if raw.kind != "heading":
            sentences.extend(_sentences(stripped, position, marks, shift))
        pieces.append(stripped)
        position += len(stripped)
    return PlainText(_SEPARATOR.join(pieces), tuple(blocks), tuple(sentences))


def _sentences(
    text: str, position: int, marks: Sequence[LiteratureMark], shift: int
) -> Iterator[Sentence]:
    """Give each mark to the sentence that ends at it or holds it."""
    spans = sentence_spans(text)
    keys: list[list[str]] = [[] for _ in spans]
    ends = [end + position for _, end in spans]
    for mark in marks:
        if spans:
            owner = min(bisect_left(ends, mark.at + shift), len(spans) - 1)
            keys[owner].extend(k for k in mark.keys if k not in keys[owner])
    for (start, end), literature in zip(spans, keys, strict=True):
        yield Sentence(start + position, end + position, tuple(literature))


def _also_citing(sentence: Sentence, marks: Sequence[LiteratureMark]) -> Sentence:
    keys = dict.fromkeys((*sentence.literature, *(k for mark in marks for k in mark.keys)))
    return Sentence(sentence.start, sentence.end, tuple(keys))


def _raw_blocks(tokens: Sequence[Token]) -> Iterator[_RawBlock]:  # noqa: C901 - one flat table
    """Walk the block tokens; markdown-it nests by pairs of open and close tokens."""
    kind: BlockKind = "paragraph"
    level = list_depth = quote_depth = 0
    table = _Table()
    for token in tokens:
        match token.type:
            case "heading_open":
                kind, level = "heading", int(token.tag[1])
            case "heading_close":
                kind, level = "paragraph", 0
            case "bullet_list_open" | "ordered_list_open":
                list_depth += 1
            case "bullet_list_close" | "ordered_list_close":
                list_depth -= 1
            case "blockquote_open":
                quote_depth += 1
            case "blockquote_close":
                quote_depth -= 1
            case "fence" | "code_block":
                yield _RawBlock("code", token.content)
            case "tr_close":
                if (row := table.finish_row()) is not None:
                    yield row
            case "table_close":
                table = _Table()
            case "th_open" | "td_open":
                table.open_cell(header=token.type == "th_open")
            case "inline" if table.in_cell:
                table.add(_words(token))
            case "inline" if kind == "heading":
                yield _RawBlock("heading", _words(token), level)
            case "inline" if list_depth:
                yield _RawBlock("item", _words(token), list_depth)
            case "inline":
                yield _RawBlock("quote" if quote_depth else "paragraph", _words(token))


class _Table:
    """Turns rows into text that can be read alone: "Judge: Customer; Instrument: Choice"."""

    def __init__(self) -> None:
        self.in_cell = False
        self._header: list[str] = []
        self._row: list[str] = []
        self._is_header = False

    def open_cell(self, *, header: bool) -> None:
        self.in_cell, self._is_header = True, header

    def add(self, words: str) -> None:
        self._row.append(words.strip())
        self.in_cell = False

    def finish_row(self) -> _RawBlock | None:
        row, self._row = self._row, []
        if self._is_header:
            self._header = row
            return None
        cells = [
            f"{name}: {cell}" if name else cell
            for name, cell in zip(self._header, row, strict=False)
            if cell
        ]
        return _RawBlock("row", "; ".join(cells))


def _words(token: Token) -> str:
    """Return the words of an inline token without emphasis marks and link addresses."""
    parts: list[str] = []
    for child in token.children or ():
        match child.type:
            case "text" | "code_inline" | "html_inline":
                parts.append(child.content)
            case "softbreak":
                parts.append(" ")
            case "hardbreak":
                parts.append(" ")
            case "image":
                parts.append(_words(child))
    return "".join(parts)
