"""Does an exported file still say what it said, and does the library still say it too?

Three questions. Is the pack in the file as it was written (digest and hashes)? Are the words that
the file shows those of the pack? And does everything the pack quotes stand in the library: the
same text, the words at their place, the literature known? Whoever forges a file can compute its
digest anew; but a quotation has to stand in the library, and a written sentence can be put to the
checker again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

from assistant.exporting.desk import Desk
from assistant.exporting.lookup import checked_document, checked_quotations, checked_work
from assistant.exporting.opening import Opened, opened
from assistant.exporting.pack import Pack, PackedTurn, Shelf
from assistant.exporting.pack_json import read_pack
from assistant.exporting.packing import PROGRAM
from assistant.exporting.plain import collapsed, shown
from assistant.exporting.rechecking import rechecked
from assistant.exporting.verified import CheckedSentence, Difference, VerifiedPack
from assistant.exporting.writing import Format, written
from assistant.ports import Checker
from assistant.records import Verdict

_MOST_COMPARED = 2_000  # paragraphs; finding the least difference takes their square


def verify(
    content: bytes, shelf: Shelf, *, checker: Callable[[], Checker] | None = None
) -> VerifiedPack:
    """Check an exported file against itself and the library.

    With a ``checker``, which is made only where it is needed, written sentences are checked anew
    against the library's passages. Raises PackError when there is no pack in the file.
    """
    file = opened(content)
    read = read_pack(file.pack)
    pack = read.pack
    as_written = written(pack, file.format)
    is_exact = file.format is not Format.DOCX and file.text.strip() == as_written.decode().strip()
    differences = () if is_exact else tuple(_differences(file, pack, as_written))
    desk = Desk(shelf)
    again = tuple(rechecked(pack, desk, checker())) if checker and has_written(pack) else ()
    known = {work.key: work for work in shelf.literature()}
    return VerifiedPack(
        pack=pack,
        format=file.format,
        is_intact=read.intact,
        is_exact=is_exact,
        differences=differences,
        quotations=checked_quotations(pack, desk),
        documents=tuple(checked_document(d, pack, desk) for d in pack.documents),
        works=tuple(checked_work(work, known) for work in pack.literature),
        objections=(*_unproved(pack), *(c for c in again if c.objection)),
        rechecked=len(again),
        notes=tuple(_notes(file, pack, is_exact=is_exact, is_rechecked=bool(again))),
        library=shelf.meta.get("library", ""),
        generation=shelf.generation,
    )


def _differences(file: Opened, pack: Pack, as_written: bytes) -> Iterator[Difference]:
    """Yield where the file shows other words than the pack."""
    if file.format is Format.JSON:
        return  # shows nothing but the pack
    if pack.program != PROGRAM:
        yield from _lacking(file, pack)
        return
    expected = opened(as_written).paragraphs
    if expected != file.paragraphs:
        yield from _changed(expected, file.paragraphs)
    elif file.format is not Format.DOCX:
        yield Difference("", "(the words agree, but not the markup: it may hide or add some)")


def _lacking(file: Opened, pack: Pack) -> Iterator[Difference]:
    """Yield what a file of another version of the program lacks of its pack."""
    page = collapsed(" ".join(file.paragraphs))
    for turn in pack.turns:
        for words in _words_of(turn):
            if collapsed(shown(words)) not in page:
                yield Difference(shown(words), "")


def _words_of(turn: PackedTurn) -> Iterator[str]:
    yield turn.question
    yield from (s.text for s in (*turn.sentences, *turn.struck))
    yield from (q.text for s in (*turn.sources, *turn.nearest) for q in s.quotations)


def _changed(expected: Sequence[str], found: Sequence[str]) -> Iterator[Difference]:
    """Yield where two texts differ, both without what they begin and end with alike."""
    shorter = min(len(expected), len(found))
    start = next((n for n in range(shorter) if expected[n] != found[n]), shorter)
    tail = range(1, shorter - start + 1)
    end = next((n - 1 for n in tail if expected[-n] != found[-n]), shorter - start)
    one, other = expected[start : len(expected) - end], found[start : len(found) - end]
    if max(len(one), len(other)) > _MOST_COMPARED:
        yield Difference("\n".join(one), "\n".join(other))
        return
    for kind, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind != "equal":
            yield Difference("\n".join(one[a:b]), "\n".join(other[c:d]))


def _unproved(pack: Pack) -> Iterator[CheckedSentence]:
    """Yield the sentences for which the pack itself has no proof."""
    for n, turn in enumerate(pack.turns, start=1):
        words = {(s.number, q.start, q.end): q.text for s in turn.sources for q in s.quotations}
        for place, sentence in enumerate(turn.sentences, start=1):
            cited = [words.get((c.evidence, c.start, c.end)) for c in sentence.citations]
            texts = [collapsed(text) for text in cited if text is not None]
            if not texts or len(texts) < len(cited):
                reason = "no quotation stands behind it"
            elif not sentence.verdict.stands:
                reason = "the check had struck it"
            elif sentence.verdict is Verdict.QUOTED and not _is_in(sentence.text, texts):
                reason = "it is not, word for word, what it quotes"
            else:
                continue
            yield CheckedSentence(n, place, sentence, reason)


def _is_in(sentence: str, quotations: Sequence[str]) -> bool:
    return bool(sentence.strip()) and any(collapsed(sentence) in text for text in quotations)


def has_written(pack: Pack) -> bool:
    """Whether a model wrote sentences of the pack, which are not quotations."""
    return any(s.verdict is Verdict.SUPPORTED for turn in pack.turns for s in turn.sentences)


def _notes(file: Opened, pack: Pack, *, is_exact: bool, is_rechecked: bool) -> Iterator[str]:
    if pack.program != PROGRAM and not is_exact:
        yield (
            f"The file was exported by {shown(pack.program)}, this is {PROGRAM}: every sentence "
            "and quotation was looked for in it, but not what else it shows. Export it anew for "
            "reading: assistant export FILE NEW.html"
        )
    if file.format is Format.DOCX:
        yield "Of a DOCX the words are compared, not how they look."
    if has_written(pack) and not is_rechecked:
        yield _WRITTEN


_WRITTEN = (
    "The digest finds accidents and edits by hand; it is no signature. What cannot be forged are "
    "the quotations: compare the written sentences with them."
)
