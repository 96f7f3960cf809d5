"""Files of every format as other people's programs write them: words, structure, pages."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from assistant.reading.formats import Converted, DocumentError, DocumentReader, Limits, Reason

# Sentences of two texts of the corpus; each runs over lines, some over columns or pages.
CHARGES = (
    "In the four critics' view, shared value is unoriginal, ignores tensions between social and "
    "economic goals, takes a naive view of business compliance and a shallow one of the "
    "corporation's role.",
    "Michael Porter and Mark Kramer's article of 2011 presumes that firms keep the law and ethical "
    "standards.",
    'Volkswagen stood accused from 18 September 2015 of using a "defeat device" in some 482,000 '
    "diesel cars; the accuser was the US Environmental Protection Agency.",
    "Political CSR holds that multinationals act politically where states are weak, and then owe "
    "legitimacy through deliberation with civil society.",
    "The joint charge of Andrew Crane and his co-authors would run: a concept that borrows from "
    "earlier work, but leaves out conflict, law-breaking and power, will look fresh and simple.",
    "Porter and Kramer explained the attention by the article's single strategic view of the "
    "corporation's place in society.",
)
NOTES = (
    "The four charges are numbered as in the article.",
    "The article appeared in the Harvard Business Review.",
    "Emerson called it blended value.",
    "The accuser was a federal agency.",
)
CHARGES_HEADINGS = (
    "In short",
    "The claim",
    "Strengths granted",
    "First charge: unoriginal",
    "Second charge: tensions ignored",
    "Third charge: naive about compliance",
    "Fourth charge: a shallow view of the corporation",
    "At its strongest",
    "What is said against it",
    "Who defines value here?",
    "See also",
)
CHARGES_ITEMS = ("Volkswagen: praised and cheating: the case behind the third charge in detail.",)
JUDGES = (
    "The customer's title to judge rests on Zeithaml's view of 1988 that value is personal and "
    "lies with the customer.",
    "Capitalism threatens its own conditions, in Henderson's view, and firms alone are not enough "
    "to save it.",
    "Who decides when the judges disagree stays open, and the seed essay of 2011 calls for debate.",
)
JUDGES_HEADINGS = ("Three judges and their failures", "Norms for hard cases: CSV+", "See also")
JUDGES_ROWS = (
    "Judge: Customer; Instrument: Choice in the market and use; Typical failure: The poor may be "
    "led into poor choices by what is sold to them",
    "Judge: Company; Instrument: Strategy and measured results; Typical failure: Tensions between "
    "social and economic goals are ignored",
)
SLIDES_HEADINGS = ("Three judges", "What goes wrong", "The open question")
SLIDES_ROWS = (
    "Judge: Customer; Failure: harmful wants",
    "Judge: Company; Failure: tensions ignored",
)
SLIDES_PAGES = {
    "The customer, by choice": "2",
    "by public pressure": "2",
    "harmful wants": "3",
    "Who decides when the judges disagree remains an open question.": "4",
}
STUDENTS = ("A. Student", "B. Student")
RUNNING_TITLE = "Reader on value, spring term"


@dataclass(frozen=True)
class Sample:
    """What has to be found in a file."""

    file: str
    format: str
    sentences: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    pages: dict[str, str] = field(default_factory=dict)  # words -> label of their page
    kind: str = ""
    count: int = 0
    title: str = ""
    authors: tuple[str, ...] = ()
    language: str = ""
    absent: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.file


TABLE = (
    Sample(
        "chromium-table.pdf", "pdf", JUDGES, JUDGES_HEADINGS, rows=JUDGES_ROWS, kind="page",
        pages={"One judge is hardly enough": "1", "Typical failure": "1", "Balance in the": "2"},
        count=2,
    ),
    Sample(
        "chromium-two-columns.pdf", "pdf", CHARGES, CHARGES_HEADINGS, kind="page",
        pages={CHARGES[0]: "1", CHARGES[5]: "2"}, count=2, absent=(RUNNING_TITLE,),
    ),
    Sample(
        "chromium-three-columns.pdf", "pdf", CHARGES, CHARGES_HEADINGS,
        kind="page", pages={CHARGES[0]: "1", CHARGES[5]: "1"}, count=1,
    ),
    Sample(
        "libreoffice-notes.pdf", "pdf", (*CHARGES, *NOTES), CHARGES_HEADINGS, CHARGES_ITEMS,
        kind="page", pages={CHARGES[0]: "1", CHARGES[2]: "2", CHARGES[5]: "3", NOTES[3]: "2"},
        count=3, title="Four charges", authors=STUDENTS,
    ),
    Sample(
        "labelled.pdf", "pdf", (*CHARGES, *NOTES), CHARGES_HEADINGS, CHARGES_ITEMS, kind="page",
        pages={CHARGES[0]: "ix", CHARGES[2]: "101", CHARGES[5]: "102", NOTES[3]: "101"}, count=3,
    ),
    Sample(
        "groff-two-columns.pdf", "pdf", (*CHARGES, *NOTES), CHARGES_HEADINGS, CHARGES_ITEMS,
        kind="page", pages={CHARGES[0]: "1", CHARGES[5]: "2", NOTES[2]: "1", NOTES[3]: "2"},
        count=2, title="Four charges",
    ),
    Sample(
        "libreoffice-slides.pdf", "pdf", headings=SLIDES_HEADINGS, rows=SLIDES_ROWS, kind="page",
        items=("The customer, by choice", "by public pressure"), pages=SLIDES_PAGES, count=4,
    ),
    Sample(
        "locked-against-printing.pdf", "pdf", CHARGES, CHARGES_HEADINGS, kind="page", count=3
    ),
    Sample("rotated.pdf", "pdf", JUDGES, JUDGES_HEADINGS, rows=JUDGES_ROWS, kind="page", count=2),
    Sample(
        "reportlab-columns.pdf", "pdf", headings=("The case of Nestle",), kind="page", count=1,
        sentences=(
            "Nestlé is both the model and the counter-example of creating shared value (CSV); the "
            "verdict depends on the judge.",
        ),
        title="The case of Nestle", absent=("- 1 -",),
    ),
    Sample(
        "tesseract-searchable.pdf", "pdf", (CHARGES[1],), ("The claim",), kind="page", count=1
    ),
    Sample(
        "scan-between-text.pdf", "pdf", (CHARGES[0], CHARGES[2]), CHARGES_HEADINGS[:6],
        kind="page", pages={CHARGES[0]: "1", CHARGES[2]: "3"}, count=3,
    ),
    *(
        Sample(
            file, format, (*CHARGES, *NOTES), CHARGES_HEADINGS, CHARGES_ITEMS,
            title="Four charges", authors=STUDENTS, language=language,
        )
        for file, format, language in (
            ("pandoc.docx", "docx", "en-GB"),
            ("libreoffice.docx", "docx", "en-GB"),
            ("pandoc.odt", "odt", "en-GB"),
            ("libreoffice.rtf", "rtf", ""),
            ("pandoc.html", "html", "en-GB"),
        )
    ),
    Sample(
        "python-docx.docx", "docx", ("The customer is asked first.",),
        ("A reader on value", "Who is asked", "A table"), ("by choice", "by complaint"),
        ("Judge: Customer; Instrument: Choice; Year: 1954",), title="A reader on value",
    ),
    *(
        Sample(file, format, JUDGES, JUDGES_HEADINGS, rows=JUDGES_ROWS)
        for file, format in (
            ("libreoffice.odt", "odt"),
            ("libreoffice.html", "html"),
            ("pandoc.rtf", "rtf"),
        )
    ),
    Sample("pandoc.txt", "txt", JUDGES, JUDGES_HEADINGS),
    *(
        Sample(
            file, format, (), SLIDES_HEADINGS,
            ("The customer, by choice", "by public pressure"), SLIDES_ROWS,
            SLIDES_PAGES | {"Ask the class who is missing here.": "2"}, "slide", 4,
            "Whose value?", ("A. Student",),
        )
        for file, format in (
            ("pandoc.pptx", "pptx"),
            ("libreoffice.pptx", "pptx"),
            ("libreoffice.odp", "odp"),
        )
    ),
    Sample(
        "python-pptx.pptx", "pptx", ("A box within a group says this.", "Remember the box."),
        ("Shared value in class", "Two readings"), (), ("Author: Porter; Claim: unity",),
        {"A first lesson": "1", "Claim: tension": "2", "A box within": "3", "Remember": "3"},
        "slide", 3, "Shared value in class",
    ),
    Sample(
        "pandoc-3.epub", "epub", (*CHARGES, *NOTES), CHARGES_HEADINGS, CHARGES_ITEMS, (),
        {CHARGES[0]: "In short", CHARGES[2]: "Third charge: naive about compliance"}, "chapter",
        13, "Four charges", STUDENTS, "en-GB",
    ),
    Sample(
        "pandoc-2.epub", "epub", JUDGES, JUDGES_HEADINGS, (), JUDGES_ROWS,
        {JUDGES[0]: "Three judges and their failures", JUDGES[2]: "Who defines value here?"},
        "chapter", 13, "Judges of value", ("A. Student",), "en-GB",
    ),
    Sample(
        "calc.csv", "csv", rows=("Year: 1953; Judge: Society; Event: Bowen publishes",),
        pages={"Bowen publishes": "2", "Drucker, too": "3"}, kind="row", count=3,
    ),
)  # fmt: skip


def plain(text: str) -> str:
    """Return a text with the quotation marks of a keyboard, as the table is written."""
    return text.translate(str.maketrans("’‘“”–", "''\"\"-"))


def texts(converted: Converted, *kinds: str) -> list[str]:
    return [plain(converted.text[b.start : b.end]) for b in converted.blocks if b.kind in kinds]


@pytest.fixture(scope="module")
def read(reader, samples):
    known: dict[str, Converted] = {}

    def read(file: str) -> Converted:
        if file not in known:
            known[file] = reader.read(file, (samples / file).read_bytes())
        return known[file]

    return read


@pytest.mark.parametrize("sample", TABLE, ids=str)
def test_words_and_structure(read, sample):
    converted = read(sample.file)
    assert converted.format == sample.format
    found = [plain(converted.text[s.start : s.end]) for s in converted.sentences]
    assert [s for s in sample.sentences if s not in found] == []
    headings = texts(converted, "heading")
    assert [h for h in sample.headings if h not in headings] == []
    assert [i for i in sample.items if i not in texts(converted, "item")] == []
    assert [r for r in sample.rows if r not in texts(converted, "row")] == []
    assert [a for a in sample.absent if a in converted.text] == []


@pytest.mark.parametrize("sample", TABLE, ids=str)
def test_pages(read, sample):
    converted = read(sample.file)
    assert (converted.page_kind, converted.page_count) == (sample.kind, sample.count)
    text = plain(converted.text)
    assert len(text) == len(converted.text)
    for words, label in sample.pages.items():
        page = converted.page_at(text.index(words))
        assert page is not None
        assert page.label == label, words


@pytest.mark.parametrize("sample", TABLE, ids=str)
def test_what_a_file_says_of_itself(read, sample):
    converted = read(sample.file)
    if sample.title:
        assert converted.title == sample.title
    if sample.authors:
        assert converted.authors == sample.authors
    if sample.language:
        assert converted.language == sample.language


def test_headings_of_one_rank_have_one_level(read):
    for file in ("libreoffice-notes.pdf", "chromium-two-columns.pdf", "pandoc.docx", "pandoc.rtf"):
        converted = read(file)
        levels = {
            b.level
            for b in converted.blocks
            if b.kind == "heading" and converted.text[b.start : b.end] in CHARGES_HEADINGS
        }
        assert len(levels) == 1, file


def test_a_scan_is_named_with_its_remedy(reader, samples):
    with pytest.raises(DocumentError) as caught:
        reader.read("scanned.pdf", (samples / "scanned.pdf").read_bytes())
    assert caught.value.reason is Reason.SCANNED
    assert caught.value.cause == "Its 2 pages are pictures (scanned), without text."
    assert "tesseract" in caught.value.remedy.lower()


def test_a_scanned_page_between_others_is_told(read):
    assert read("scan-between-text.pdf").warnings == (
        "Page 2 was left out: a picture without text.",
    )


def test_a_locked_file_is_named(reader, samples):
    with pytest.raises(DocumentError) as caught:
        reader.read("locked.pdf", (samples / "locked.pdf").read_bytes())
    assert caught.value.reason is Reason.ENCRYPTED


@pytest.mark.slow
def test_scans_are_recognised_where_tesseract_is_installed(samples):
    from assistant.reading.formats import found_tesseract

    if found_tesseract() is None:
        pytest.skip("Tesseract is not installed")
    stages: list[tuple[str, int, int]] = []
    with DocumentReader(Limits(ocr_seconds=600.0)) as reader:
        converted = reader.read(
            "scanned.pdf",
            (samples / "scanned.pdf").read_bytes(),
            on_pages=lambda *stage: stages.append(stage),
        )
    found = " ".join(plain(converted.text).split())
    assert [s for s in (CHARGES[1], CHARGES[3], CHARGES[4]) if s not in found] == []
    assert converted.page_at(converted.text.index("Political CSR holds")).label == "1"
    assert converted.warnings == (
        "Pages 1 and 2 were recognised from a picture: letters may be wrong.",
    )
    assert ("recognising", 0, 2) in stages
