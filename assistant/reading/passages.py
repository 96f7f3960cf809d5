"""Documents to passages: whole paragraphs under one heading, short enough to embed uncut."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from assistant.ports import TokenCounter
from assistant.records import Block, Document, DocumentCard, Passage, Sentence

SPLITTER_VERSION = "paragraphs-2"
MAX_PASSAGE_TOKENS = 200
_SPECIAL_TOKENS = 2  # [CLS] and [SEP]
_ARROW = " › "

# Lists of links and works: worth reading, not worth finding.
_NAVIGATION = frozenset({"see also", "references", "bibliography", "further reading", "contents"})

Span = tuple[int, int]


def split_passages(
    document: Document, counter: TokenCounter, *, max_tokens: int = MAX_PASSAGE_TOKENS
) -> tuple[Passage, ...]:
    """Return the passages of a document in reading order.

    Whole paragraphs are grouped up to ``max_tokens``; a paragraph that is longer is
    parted between sentences, a sentence that is longer between tokens. Together with its
    heading path (``header_of``) no passage is longer than ``counter.max_tokens``.
    """
    passages: list[Passage] = []
    for path, blocks in _sections(document):
        if path and path[-1].casefold() in _NAVIGATION:
            continue
        opening = not passages or path == passages[0].heading
        header = header_of(document.card, path, counter, opening=opening)
        room = counter.max_tokens - _SPECIAL_TOKENS - len(counter.token_spans(header + "\n"))
        limit = min(max_tokens, room)
        pieces = (p for block in blocks for p in _pieces(document, block, counter, limit))
        for start, end in _grouped(document.text, pieces, counter, limit):
            passages.append(
                Passage(
                    document_id=document.card.id,
                    heading=path,
                    start=start,
                    end=end,
                    text=document.text[start:end],
                    sentences=_sentences_within(document, start, end),
                )
            )
    return tuple(passages)


def embedding_text(header: str, passage: Passage) -> str:
    """Return what both indexes read of a passage."""
    return f"{header}\n{passage.text}"


def header_of(
    card: DocumentCard, path: tuple[str, ...], counter: TokenCounter, *, opening: bool = False
) -> str:
    """Return title and heading path, cut to a fifth of the room: user files have endless ones.

    The opening section answers the document's guiding question and is found by it too.
    """
    header = _ARROW.join(
        (card.title, *path, *([card.question] if opening and card.question else []))
    )
    spans = counter.token_spans(header)
    most = counter.max_tokens // 5
    return header if len(spans) <= most else header[: spans[most - 1][1]]


def _sections(document: Document) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    """Yield each heading path with the blocks that stand directly under it."""
    path: list[tuple[int, str]] = []
    blocks: list[Block] = []
    for block in document.blocks:
        if block.kind != "heading":
            blocks.append(block)
            continue
        if blocks:
            yield tuple(name for _, name in path), blocks
            blocks = []
        path = [(level, name) for level, name in path if level < block.level]
        path.append((block.level, document.text[block.start : block.end]))
    if blocks:
        yield tuple(name for _, name in path), blocks


def _pieces(document: Document, block: Block, counter: TokenCounter, limit: int) -> Iterator[Span]:
    """Yield the block, or its sentences when it is too long, or parts of those."""
    if len(counter.token_spans(document.text[block.start : block.end])) <= limit:
        yield block.start, block.end
        return
    for sentence in _sentences_within(document, block.start, block.end):
        yield from _cut(document.text, (sentence.start, sentence.end), counter, limit)


def _cut(text: str, span: Span, counter: TokenCounter, limit: int) -> Iterator[Span]:
    """Yield parts of a span; one that begins within a word may count more than it did there."""
    start, end = span
    tokens = counter.token_spans(text[start:end])
    if len(tokens) <= limit:
        yield span
        return
    ends = list(_last_tokens(tokens, limit))
    if not ends:  # a single character is longer than the limit: it cannot be parted
        yield span
        return
    offset = start
    for n in ends:
        yield from _cut(text, (start, offset + tokens[n][1]), counter, limit)
        start = offset + tokens[n + 1][0]
    yield from _cut(text, (start, end), counter, limit)


def _last_tokens(tokens: list[Span], limit: int) -> Iterator[int]:
    """Yield the last token of each part but the last; no cut falls into a character."""
    whole = [n for n in range(len(tokens) - 1) if tokens[n][1] <= tokens[n + 1][0]]
    first = 0
    while first + limit < len(tokens):
        at = bisect_right(whole, first + limit - 1) - 1
        if at < 0 or whole[at] < first:
            at += 1
        if at == len(whole):
            return
        yield whole[at]
        first = whole[at] + 1


def _grouped(
    text: str, pieces: Iterable[Span], counter: TokenCounter, limit: int
) -> Iterator[Span]:
    """Join neighbouring pieces while they fit."""
    current: Span | None = None
    for start, end in pieces:
        if current is not None and len(counter.token_spans(text[current[0] : end])) <= limit:
            current = (current[0], end)
            continue
        if current is not None:
            yield current
        current = (start, end)
    if current is not None:
        yield current


def _sentences_within(document: Document, start: int, end: int) -> tuple[Sentence, ...]:
    """Return the sentences that lie in the span; one that was cut is clipped to it."""
    sentences = document.sentences
    first = bisect_right(sentences, start, key=lambda s: s.end)
    last = bisect_left(sentences, end, key=lambda s: s.start)
    return tuple(
        Sentence(max(s.start, start), min(s.end, end), s.literature) for s in sentences[first:last]
    )
