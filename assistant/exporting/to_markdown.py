"""A pack as Markdown (CommonMark): readable as it is, with the pack itself in a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.exporting import wording
from assistant.exporting.pack import Pack, PackedSentence, PackedSource, PackedTurn
from assistant.exporting.pack_json import pack_text
from assistant.exporting.plain import shown

OPENING = "<!-- evidence-pack"
CLOSING = "-->"

# Backslashes where every Markdown since the first knows them; elsewhere character references,
# for what a backslash does not stop in all of them: tags, tables, formulas, mentions.
_ALWAYS = {ord(c): f"\\{c}" for c in "\\`*_{}[]#"}
_ALWAYS |= {ord(c): f"&#{ord(c)};" for c in "|~$^@"} | {ord("<"): "&lt;", ord(">"): "&gt;"}
_ALWAYS[0] = "&#"
_SOMETIMES = re.compile(r"&(?=#|\w+;)|==|(?<=:)//|:(?=[\w+-]+:)|(?<=www)\.", re.IGNORECASE)
_LIST_MARK = re.compile(r"^(?:(?P<number>\d{1,9})(?P<point>[.)])|(?P<mark>[-+=%:]))")


def as_markdown(pack: Pack) -> str:
    """Return a whole file: what is read, then the pack, which is not shown."""
    return f"{markdown_of(pack)}\n{OPENING}\n{pack_text(pack)}\n{CLOSING}\n"


def markdown_of(pack: Pack) -> str:
    """Return what is read, for the clipboard."""
    return "\n\n".join(_blocks(pack)) + "\n"


def escaped(text: str, *, at_start: bool = True) -> str:
    r"""Return one line of text such that Markdown shows it as it is.

    ``at_start``: also where a number or a mark at the beginning would open a list.

    >>> escaped("1. <b>*x*</b>")
    '1\\. &lt;b&gt;\\*x\\*&lt;/b&gt;'
    """
    text = _SOMETIMES.sub(lambda m: "".join(f"\0{ord(c)};" for c in m[0]), text)
    text = text.translate(_ALWAYS)  # \0 is in no text that can be shown
    return _LIST_MARK.sub(_unlisted, text) if at_start else text


def _unlisted(match: re.Match[str]) -> str:
    if match["number"]:
        return f"{match['number']}\\{match['point']}"
    return f"&#{ord(match['mark'])};"


def _blocks(pack: Pack) -> Iterator[str]:
    yield f"# {escaped(wording.title_of(pack))}"
    yield escaped(f"{wording.made_words(pack)} {wording.content_words(pack)}")
    if how := wording.reading_words(pack):
        yield escaped(how)
    for n, turn in enumerate(pack.turns, start=1):
        if heading := wording.heading_of(pack, n):
            yield f"## {escaped(heading, at_start=False)}"
        yield from _turn(pack, turn, "###" if heading else "##")
    if pack.literature:
        yield f"## {wording.REFERENCES}"
        yield "\n".join(f"- {_work(pack, key)}" for key in pack.works)
    yield f"## {wording.VERIFICATION}"
    yield f"{wording.HOW_TO_VERIFY} `{wording.COMMAND}`"
    yield "\n".join(
        f"- {escaped(name)}: {escaped(value)}" for name, value in wording.fingerprints(pack)
    )


def _turn(pack: Pack, turn: PackedTurn, level: str) -> Iterator[str]:
    if complete := wording.understood(turn):
        yield f"*Understood as:* {escaped(complete)}"
    if message := wording.message_of(turn):
        yield escaped(message)
    for group in wording.groups(turn):
        if group.heading:
            yield f"**{escaped(group.heading)}**"
        lines = [_sentence(sentence) for _, sentence in group.sentences]
        yield lines[0] if group.is_lead else "\n".join(f"- {line}" for line in lines)
    if turn.warning:
        yield f"*{escaped(shown(turn.warning))}*"
    for heading, sources in wording.source_lists(turn):
        yield f"{level} {heading}"
        yield from _sources(pack, sources)
    if turn.struck:
        yield f"**{escaped(wording.struck_words(turn))}**"
        yield "\n".join(
            f"- {escaped(shown(s.text))} – *{escaped(wording.struck_reason(s))}*"
            for s in turn.struck
        )


def _sentence(sentence: PackedSentence) -> str:
    numbers = "".join(f" \\[{n}\\]" for n in sentence.numbers)
    return f"{escaped(wording.sentence_words(sentence))}{numbers}"


def _sources(pack: Pack, sources: Sequence[PackedSource]) -> Iterator[str]:
    for source in sources:
        document = pack.document(source.document)
        about = [
            f"**{escaped(wording.document_title(document))}**",
            *(f"› {escaped(path)}" for path in [wording.path_of(source)] if path),
        ]
        origin = f" ({escaped(words)})" if (words := wording.origin_of(document)) else ""
        number = f"\\[{source.number}\\] " if source.number else ""
        yield f"{number}{' '.join(about)}{origin}"
        for quotation in source.quotations:
            words = escaped(f"“{shown(quotation.text)}”")
            yield f"> {words} ({escaped(wording.span_words(quotation))})"
        if source.literature:
            names = "; ".join(wording.short_name(pack.works[key]) for key in source.literature)
            yield f"Literature: {escaped(names)}"


def _work(pack: Pack, key: str) -> str:
    work = pack.works[key]
    mark = wording.verified_words(work)
    return escaped(wording.reference_words(work)) + (f" ({escaped(mark)})" if mark else "")
