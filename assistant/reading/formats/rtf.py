"""Rich text (RTF 1.9): headings by outline level, lists, tables, notes, code pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from assistant.reading.formats.converted import Format
from assistant.reading.formats.job import Job
from assistant.reading.formats.manuscript import Manuscript
from assistant.reading.formats.problems import DocumentError, Reason
from assistant.reading.formats.result import Result
from assistant.reading.formats.rtf_words import (
    ASIDE,
    KEPT,
    LEFT_OUT,
    LISTED,
    SYMBOLS,
    TOKEN,
    code_page,
    code_page_of_charset,
)
from assistant.reading.formats.tables import add_table
from assistant.reading.formats.titles import authors_in, sensible_title

_HEADING = re.compile(r"heading ([1-9])|(title)\b", re.IGNORECASE)
_MOST_GROUPS = 2_000  # nested
_SKIP = "skip"


@dataclass(frozen=True, slots=True)
class _State:
    """What holds within a group and is given back at its end."""

    destination: str = ""  # empty: the text itself
    fallbacks: int = 1  # characters that stand after \u for programs without Unicode
    font: int = -1
    style: int = 0
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """What the paragraph is that is being written."""

    level: int = 0  # of a heading
    depth: int = 0  # of an item
    in_table: bool = False


@dataclass(slots=True)
class _Walk:
    """Walks the tokens once and puts the blocks down."""

    manuscript: Manuscript
    encoding: str = "cp1252"
    fonts: dict[int, str] = field(default_factory=dict)  # number of the font -> code page
    styles: dict[int, int] = field(default_factory=dict)  # number of the style -> level
    words: dict[str, list[str]] = field(default_factory=dict)  # by destination
    known: dict[str, str] = field(default_factory=dict)  # title, author
    notes: list[str] = field(default_factory=list)
    state: _State = field(default_factory=_State)
    stack: list[_State] = field(default_factory=list)
    paragraph: _Paragraph = field(default_factory=_Paragraph)
    cells: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)  # of characters of several bytes
    to_skip: int = 0  # fallbacks of the last \u
    starred: bool = False
    pictures: int = 0

    def run(self, text: str) -> None:
        """Read a whole file, given as Latin-1 so that characters are bytes."""
        at = 0
        while (token := TOKEN.match(text, at)) is not None:
            at = token.end()
            word, number, byte, symbol, brace, plain = token.groups()
            if byte is not None:
                self._bytes(bytes.fromhex(byte))
            elif plain is not None:
                self._bytes(plain.replace("\r", "").replace("\n", "").encode("latin-1"))
            elif brace is not None:
                self._brace(brace)
            elif symbol is not None:
                self._symbol(symbol)
            elif word == "bin":  # raw bytes, whatever they look like
                at += max(int(number or 0), 0)
            elif word is not None:
                self._word(word, None if number is None else int(number))
        self._end_paragraph()
        self._end_table()

    def _bytes(self, content: bytes) -> None:
        if self.to_skip and content:
            skipped = min(self.to_skip, len(content))
            self.to_skip -= skipped
            content = content[skipped:]
        if content and self.state.destination != _SKIP:
            self.pending += content

    def _text(self, text: str) -> None:
        """Write a text where the group sends it."""
        self._decode()
        if self.state.destination != _SKIP and not self.state.hidden:
            self.words.setdefault(self.state.destination, []).append(text)

    def _decode(self) -> None:
        """Write the bytes that were collected, in the code page of their font."""
        if self.pending:
            encoding = self.fonts.get(self.state.font) or self.encoding
            text = self.pending.decode(encoding, "replace")
            self.pending.clear()
            self._text(text)

    def _take(self, destination: str) -> str:
        """Return what was written to a destination, with halves of characters joined."""
        text = "".join(self.words.pop(destination, ()))
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _brace(self, brace: str) -> None:
        self._decode()
        self.to_skip = 0
        self.starred = False
        if brace == "{":
            if len(self.stack) >= _MOST_GROUPS:
                raise DocumentError(Reason.BROKEN, "Its groups are nested too deeply.")
            self.stack.append(self.state)
        elif self.stack:
            ended, self.state = self.state, self.stack.pop()
            if ended.destination == "stylesheet":
                self._define_style(ended.style)
            elif ended.destination != self.state.destination:
                self._end_destination(ended.destination)

    def _end_destination(self, destination: str) -> None:
        if destination in ("title", "author"):
            self.known[destination] = self._take(destination)
        elif destination == "footnote":
            self.notes.append(self._take(destination))

    def _define_style(self, number: int) -> None:
        if match := _HEADING.match(self._take("stylesheet").strip()):
            self.styles.setdefault(number, int(match.group(1) or 1))

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self.starred = True
        elif symbol in "\r\n":
            self._end_paragraph()
        elif symbol in SYMBOLS:
            self._text(SYMBOLS[symbol])

    def _word(self, word: str, number: int | None) -> None:
        self._decode()
        starred, self.starred = self.starred, False
        if self.state.destination == _SKIP and word != "shptxt":
            return
        if word in LEFT_OUT or (starred and word not in KEPT):
            self._send(_SKIP)
        elif word in LISTED:
            self.paragraph = replace(self.paragraph, depth=max(self.paragraph.depth, 1))
            self._send(_SKIP)
        elif word == "pict":
            self.pictures += 1
            self._send(_SKIP)
        elif word in ASIDE:
            self._send(word)
        elif word == "shptxt":
            self._send("")
        elif word == "u" and number is not None:
            self._text(chr(number % 65_536))
            self.to_skip = self.state.fallbacks
        elif word in SYMBOLS:
            self._text(SYMBOLS[word])
        elif self.state.destination in ("", "stylesheet", "fonttbl"):
            self._format(word, number)

    def _send(self, destination: str) -> None:
        self.state = replace(self.state, destination=destination)

    def _format(self, word: str, number: int | None) -> None:  # noqa: C901 - one flat table
        value = number or 0
        match word:
            case "par" | "sect":
                self._end_paragraph()
            case "cell":
                self.cells.append(self._take(""))
            case "row":
                self.rows.append(self.cells)
                self.cells = []
            case "pard":
                self.paragraph = _Paragraph()
            case "intbl":
                self.paragraph = replace(self.paragraph, in_table=True)
            case "s":
                self.state = replace(self.state, style=value)
                self.paragraph = replace(self.paragraph, level=self.styles.get(value, 0))
            case "outlinelevel" if 0 <= value < 9:
                self.paragraph = replace(self.paragraph, level=value + 1)
                if self.state.destination == "stylesheet":
                    self.styles[self.state.style] = value + 1
            case "ls" if value > 0:
                self.paragraph = replace(self.paragraph, depth=max(self.paragraph.depth, 1))
            case "ilvl" if 0 <= value < 9:
                self.paragraph = replace(self.paragraph, depth=value + 1)
            case "f":
                self.state = replace(self.state, font=value)
            case "fcharset":
                self.fonts[self.state.font] = code_page_of_charset(value)
            case "v" | "deleted":
                self.state = replace(self.state, hidden=number != 0)
            case "plain":
                self.state = replace(self.state, hidden=False)
            case "uc":
                self.state = replace(self.state, fallbacks=max(min(value, 8), 0))
            case "ansicpg":
                self.encoding = code_page(value)
            case "mac":
                self.encoding = "mac_roman"
            case "pc" | "pca":
                self.encoding = "cp437" if word == "pc" else "cp850"

    def _end_paragraph(self) -> None:
        self._decode()
        if self.paragraph.in_table:  # a cell of several paragraphs
            self.words.setdefault("", []).append(" ")
            return
        self._end_table()
        text = self._take("")
        if self.paragraph.level:
            self.manuscript.add("heading", text, min(self.paragraph.level, 6))
        elif self.paragraph.depth:
            self.manuscript.add("item", text.lstrip(" •·-"), self.paragraph.depth)
        else:
            self.manuscript.add("paragraph", text)
        self._end_notes()

    def _end_table(self) -> None:
        rows, self.rows = self.rows, []
        if rows:
            add_table(self.manuscript, rows)
            self._end_notes()

    def _end_notes(self) -> None:
        notes, self.notes = self.notes, []
        for note in notes:
            self.manuscript.add("paragraph", note)


def convert(job: Job) -> Result:
    """Return the words of a rich text; it has no pages of its own."""
    if not job.content.lstrip().startswith(b"{\\rtf"):
        raise DocumentError(Reason.BROKEN, "It is no RTF: it does not begin like one.")
    manuscript = Manuscript(job.limits.characters)
    walk = _Walk(manuscript)
    walk.run(job.content.decode("latin-1"))
    return Result(
        Format.RTF,
        manuscript,
        title=sensible_title(walk.known.get("title", "")),
        authors=authors_in(walk.known.get("author", "")),
        pictures=walk.pictures,
    )
