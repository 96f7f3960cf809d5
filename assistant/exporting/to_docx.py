"""A pack as a Word document: real headings, citations as links, the pack as a part of its own."""

from __future__ import annotations

from io import BytesIO

from docx import Document as new_document
from docx.document import Document as WordDocument
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from assistant.exporting import wording
from assistant.exporting.pack import Pack, PackedSentence, PackedSource, PackedTurn, Quotation
from assistant.exporting.plain import shown
from assistant.exporting.word_parts import (
    LINK,
    PLAIN,
    STRUCK,
    Marks,
    StyleIds,
    add_page_number,
    attach_pack,
    dress,
    link_run,
    set_core,
)


def as_docx(pack: Pack) -> bytes:
    """Return the file."""
    word = new_document()
    dress(word)
    set_core(word, title=wording.title_of(pack), program=shown(pack.program), made=pack.made_at)
    _Writer(word, pack).write()
    add_page_number(word, "Whose Value?")
    attach_pack(word, pack)
    file = BytesIO()
    word.save(file)
    return file.getvalue()


class _Writer:
    """Writes the body from top to bottom."""

    def __init__(self, word: WordDocument, pack: Pack) -> None:
        self._word = word
        self._pack = pack
        self._marks = Marks()
        self._styles = StyleIds(word)
        self._work_marks = {w.key: f"work{n}" for n, w in enumerate(pack.literature, start=1)}

    def write(self) -> None:
        """Write everything that is read."""
        pack = self._pack
        self._add(wording.title_of(pack), style="Title")
        self._add(f"{wording.made_words(pack)} {wording.content_words(pack)}", style="Subtitle")
        if how := wording.reading_words(pack):
            self._add(how, style="Subtitle")
        for n, turn in enumerate(pack.turns, start=1):
            if heading := wording.heading_of(pack, n):
                self._add(heading, style="Heading 1")
            self._turn(turn, n)
        if pack.literature:
            self._references()
        self._verification()

    def _add(self, words: str = "", *, style: str = "Normal") -> Paragraph:
        paragraph = self._word.add_paragraph(words)
        self._styles.dress_paragraph(paragraph, style)
        return paragraph

    def _run(self, paragraph: Paragraph, words: str, style: str = PLAIN) -> Run:
        run = paragraph.add_run(words)
        self._styles.dress_run(run, style)
        return run

    def _link(self, paragraph: Paragraph, words: str, *, to: str, about: str = "") -> None:
        link_run(paragraph, self._run(paragraph, words, LINK), to=to, about=about)

    def _turn(self, turn: PackedTurn, n: int) -> None:
        if complete := wording.understood(turn):
            self._add(f"Understood as: {complete}", style="Subtitle")
        if message := wording.message_of(turn):
            self._add(message)
        for group in wording.groups(turn):
            if group.heading:
                self._add(group.heading, style="Heading 2")
            for at, sentence in group.sentences:
                style = "Body Text" if group.is_lead else "List Bullet"
                self._sentence(turn, n, at, self._add(style=style), sentence)
        if turn.warning:
            self._add(shown(turn.warning), style="Subtitle")
        for heading, sources in wording.source_lists(turn):
            self._add(heading, style="Heading 2")
            for source in sources:
                self._source(turn, n, source)
        if turn.struck:
            self._struck(turn)

    def _struck(self, turn: PackedTurn) -> None:
        self._add(wording.struck_words(turn), style="Heading 2")
        for struck in turn.struck:
            paragraph = self._add(style="List Bullet")
            self._run(paragraph, shown(struck.text), STRUCK)
            self._run(paragraph, f" – {wording.struck_reason(struck)}")

    def _sentence(
        self, turn: PackedTurn, n: int, at: int, paragraph: Paragraph, sentence: PackedSentence
    ) -> None:
        self._marks.put(paragraph, f"q{n}s{at + 1}")
        paragraph.add_run(wording.sentence_words(sentence))
        for number in sentence.numbers:
            source = turn.source(number)
            paragraph.add_run("\u00a0")
            about = wording.document_title(self._pack.document(source.document)) if source else ""
            self._link(paragraph, f"[{number}]", to=f"q{n}e{number}", about=about)

    def _source(self, turn: PackedTurn, n: int, source: PackedSource) -> None:
        document = self._pack.document(source.document)
        head = self._add(style="Heading 3")
        if source.number:
            self._marks.put(head, f"q{n}e{source.number}")
            head.add_run(f"[{source.number}] ")
        head.add_run(wording.document_title(document))
        place = self._add(style="List Continue")
        place.paragraph_format.keep_with_next = True
        if path := wording.path_of(source):
            self._run(place, f"{path} · ")
        self._run(place, shown(document.perspective_label)).bold = True
        if document.path:
            self._run(place, f" · {shown(document.path)}")
        for quotation in source.quotations:
            self._quotation(turn, n, source.number, quotation)
        if source.literature:
            works = self._add(style="List Continue")
            self._run(works, "Literature: ")
            for at, key in enumerate(source.literature):
                if at:
                    self._run(works, "; ")
                name = wording.short_name(self._pack.works[key])
                self._link(works, name, to=self._work_marks[key])

    def _quotation(self, turn: PackedTurn, n: int, number: int, quotation: Quotation) -> None:
        paragraph = self._add(style="Quote")
        paragraph.add_run(f"“{shown(quotation.text)}”")
        self._run(paragraph, f" {wording.span_words(quotation)}")
        span = (number, quotation.start, quotation.end)
        for at, sentence in enumerate(turn.sentences, start=1):
            if any((c.evidence, c.start, c.end) == span for c in sentence.citations):
                paragraph.add_run(" ")
                self._link(paragraph, "↩", to=f"q{n}s{at}", about=f"Back to sentence {at}")

    def _references(self) -> None:
        self._add(wording.REFERENCES, style="Heading 1")
        for key, work in self._pack.works.items():
            paragraph = self._add(style="List")
            self._marks.put(paragraph, self._work_marks[key])
            paragraph.add_run(wording.reference_words(work))
            if mark := wording.verified_words(work):
                self._run(paragraph, f" ({mark})")

    def _verification(self) -> None:
        self._add(wording.VERIFICATION, style="Heading 1")
        self._add(f"{wording.HOW_TO_VERIFY} {wording.COMMAND}")
        for name, value in wording.fingerprints(self._pack):
            paragraph = self._add(style="List Continue")
            paragraph.add_run(f"{name}: ").bold = True
            self._run(paragraph, value)
