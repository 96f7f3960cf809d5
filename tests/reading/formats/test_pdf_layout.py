"""From placed words to reading order, paragraphs, tables and joined words."""

from __future__ import annotations

import pytest
from hostile import pdf_page
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.reading.formats.converting import converted
from assistant.reading.formats.job import Job
from assistant.reading.formats.pdf.columns import reading_order
from assistant.reading.formats.pdf.furniture import PageRuns, without_furniture
from assistant.reading.formats.pdf.hyphens import Joiner
from assistant.reading.formats.pdf.lines import Run, runs_of
from assistant.reading.formats.pdf.paragraphs import paragraphs_of, usual_pitch
from assistant.reading.formats.pdf.ruled import without_ruled_tables
from assistant.reading.formats.pdf.unruled import stretches, table_of
from assistant.reading.formats.pdf.words import Rule, Word


def run(
    text: str, x0: float, top: float, *, width: float = 0.0, size: float = 10.0, bold: bool = False
) -> Run:
    """A line of type 5 points wide for each character, unless ``width`` says otherwise."""
    return Run(
        text=text.removesuffix("-|") if text.endswith("-|") else text,
        x0=x0,
        x1=x0 + (width or 5.0 * len(text)),
        top=top,
        bottom=top + size * 1.1,
        size=size,
        bold=bold,
        words=len(text.split()),
        breaks=text.endswith("-|"),
    )


def column(name: str, x0: float, lines: int, *, top: float = 100.0) -> list[Run]:
    return [
        run(f"{name}{n} with some words of prose", x0, top + 12.0 * n, width=200.0)
        for n in range(lines)
    ]


def order(runs: list[Run]) -> list[str]:
    (page,) = reading_order([runs])
    return [" ".join(r.text.split()[0] for r in row) for region in page for row in region.rows]


def paragraphs(runs: list[Run]) -> list[str]:
    (page,) = reading_order([runs])
    pitches = usual_pitch(page)
    return [p.text for region in page for p in paragraphs_of(region, 0, pitches)]


class TestColumns:
    def test_two_columns_are_read_one_after_the_other(self):
        left, right = column("l", 60, 8), column("r", 300, 8)
        mixed = [r for pair in zip(left, right, strict=True) for r in pair]
        assert order(mixed) == [f"l{n}" for n in range(8)] + [f"r{n}" for n in range(8)]

    def test_what_reaches_across_parts_the_columns(self):
        title = run("title across both of the columns of this page", 60, 80, width=440)
        middle = run("figure across both of the columns of this page", 60, 200, width=440)
        runs = [
            title, middle,
            *column("a", 60, 8), *column("b", 300, 8),
            *column("c", 60, 6, top=220), *column("d", 300, 6, top=220),
        ]  # fmt: skip
        assert order(runs) == [
            "title",
            *(f"a{n}" for n in range(8)),
            *(f"b{n}" for n in range(8)),
            "figure",
            *(f"c{n}" for n in range(6)),
            *(f"d{n}" for n in range(6)),
        ]

    def test_three_columns(self):
        runs = [r for n, name in enumerate("abc") for r in column(name, 40 + 220 * n, 6)]
        assert order(runs) == [f"{name}{n}" for name in "abc" for n in range(6)]

    def test_a_table_of_short_cells_is_read_by_rows(self):
        runs = [
            run(f"{name}{n}", x, 100 + 12 * n)
            for n in range(6)
            for name, x in (("a", 60), ("b", 300))
        ]
        assert order(runs) == [f"a{n} b{n}" for n in range(6)]

    def test_right_to_left_columns_begin_on_the_right(self):
        (page,) = reading_order([column("l", 60, 6) + column("r", 300, 6)], right_to_left=True)
        assert [row[0].text[0] for region in page for row in region.rows] == ["r"] * 6 + ["l"] * 6

    @settings(max_examples=60)
    @given(
        st.lists(
            st.tuples(st.integers(0, 500), st.integers(0, 60), st.integers(1, 50)), max_size=80
        )
    )
    def test_no_run_is_lost_or_read_twice(self, places):
        runs = [
            run(f"w{n} x", 1.0 * x, 12.0 * y, width=6.0 * w) for n, (x, y, w) in enumerate(places)
        ]
        (page,) = reading_order([runs])
        found = [
            word
            for region in page
            for row in region.rows
            for r in row
            for word in r.text.split()
            if word != "x"
        ]
        assert sorted("".join(found).replace("x", "").split("w")[1:]) == sorted(
            str(n) for n in range(len(places))
        )


class TestFurniture:
    def pages(self, *texts: tuple[str, float]) -> list[PageRuns]:
        """Pages of eight lines, each with one more line at a height."""
        return [
            PageRuns(
                (*column(f"{'abcdef'[n]} page's line ", 60, 8, top=200), run(text, 60, top)),
                595.0,
                842.0,
                frozenset({str(n + 1)}),
            )
            for n, (text, top) in enumerate(texts)
        ]

    def dropped(self, pages: list[PageRuns]) -> list[bool]:
        return [len(kept) == 8 for kept in without_furniture(pages)]

    def test_running_titles_with_changing_figures_go(self):
        texts = [(f"Chapter One {n}", 30.0) for n in range(4)]
        assert self.dropped(self.pages(*texts)) == [True] * 4

    def test_page_numbers_go_even_where_there_are_two_pages(self):
        assert self.dropped(self.pages(("- 1 -", 800.0), ("- 2 -", 800.0))) == [True, True]

    def test_a_number_that_is_not_that_of_its_page_stays(self):
        assert self.dropped(self.pages(("1953", 800.0))) == [False]

    def test_a_title_on_its_own_page_stays(self):
        texts = [("On value", 30.0), ("Second thoughts", 60.0), ("An ending", 40.0)]
        assert self.dropped(self.pages(*texts)) == [False] * 3

    def test_titles_that_change_from_page_to_page_go_by_their_place(self):
        names = ("Aims", "Means", "Ends", "Doubts", "Answers", "Outlook")
        assert self.dropped(self.pages(*((name, 30.0) for name in names))) == [True] * 6


class TestParagraphs:
    def test_an_indent_begins_one(self):
        runs = [
            run("The first paragraph begins here and goes on", 72, 100, width=188),
            run("to its second line, which is full to the end", 60, 112, width=200),
            run("and to a third that is full as well, and ends.", 60, 124, width=200),
            run("The second begins with an indent and goes on", 72, 136, width=188),
            run("to its end.", 60, 148),
        ]
        assert [p[:10] for p in paragraphs(runs)] == ["The first ", "The second"]

    def test_a_wider_space_begins_one(self):
        runs = [*column("a", 60, 4), *column("b", 60, 4, top=160)]
        assert [p[:2] for p in paragraphs(runs)] == ["a0", "b0"]

    def test_bullets_and_numbers_begin_items(self):
        runs = [
            run("• One item that goes on for a line or more", 60, 100, width=200),
            run("to its end", 72, 112),
            run("• Another item", 60, 124),
            run("1. A numbered one", 60, 136),
        ]
        assert [p[:3] for p in paragraphs(runs)] == ["• O", "• A", "1. "]

    def test_type_begins_one(self):
        runs = [run("A heading", 60, 100, size=14, bold=True), *column("a", 60, 3, top=120)]
        assert paragraphs(runs)[0] == "A heading"


class TestTables:
    GRID = (
        *(Rule(60, 300, y, y + 0.5) for y in (100, 120, 160)),
        *(Rule(x, x + 0.5, 100, 160) for x in (60, 120, 300)),
    )

    def test_a_frame_gives_the_cells(self):
        runs = [
            run("Judge", 64, 104), run("Means", 124, 104),
            run("Society", 64, 134), run("law and", 124, 126), run("protest", 124, 138),
            run("A sentence below.", 60, 200),
        ]  # fmt: skip
        rest = without_ruled_tables(runs, self.GRID)
        assert [r.text for r in rest if r.table is None] == ["A sentence below."]
        (table,) = [r.table for r in rest if r.table is not None]
        assert table.rows == (("Judge", "Means"), ("Society", "law and protest"))

    def test_a_frame_around_text_is_no_table(self):
        box = (Rule(60, 300, 90, 91), Rule(60, 300, 300, 301), Rule(60, 61, 90, 300))
        assert len(without_ruled_tables(column("a", 64, 6), box)) == 6

    def test_without_a_frame_the_alignment_gives_the_cells(self):
        lines = [
            (run("Judge", 60, 100), run("Means", 160, 100)),
            (run("Customer", 60, 118), run("choice in the", 160, 118)),
            (run("market", 160, 130),),
            (run("Society", 60, 148), run("law", 160, 148)),
        ]
        ((rows, is_table),) = stretches(lines)
        assert is_table
        assert table_of(rows).rows == (
            ("Judge", "Means"),
            ("Customer", "choice in the market"),
            ("Society", "law"),
        )

    def test_an_upright_rule_parts_words_that_stand_near(self):
        def word(text: str, x0: float) -> Word:
            return Word(text, x0, x0 + 20, 100, 110, 10, False, False, False)

        words = [word("1953", 60), word("Bowen", 86)]
        assert [r.text for r in runs_of(words)] == ["1953 Bowen"]
        rule = Rule(83, 83.5, 90, 120)
        assert [r.text for r in runs_of(words, [rule])] == ["1953", "Bowen"]

    @settings(max_examples=60)
    @given(st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=4, unique=True), max_size=20))
    def test_every_line_is_in_one_stretch_in_order(self, lines):
        rows = [
            tuple(run("ab", 12.0 * x, 14.0 * n) for x in sorted(line))
            for n, line in enumerate(lines)
        ]
        found = [row[0].top for part, _ in stretches(rows) for row in part]
        assert found == [row[0].top for row in rows]
        for part, is_table in stretches(rows):
            if is_table:
                cells = " ".join(cell for row in table_of(part).rows for cell in row)
                assert cells.count("ab") == sum(len(row) for row in part)


class TestParted:
    @pytest.mark.parametrize(
        ("elsewhere", "above", "below", "joined"),
        [
            ("of the business here", "the busi-|", "ness model", "the business model"),
            ("the well-known firm", "a well-|", "known firm", "a well-known firm"),
            ("some company is here and company", "some com-|", "pany", "some company"),
            ("", "Crane-|", "Palazzo", "Crane-Palazzo"),
            ("", "in 2010-|", "2011", "in 2010-2011"),
            ("", "a law-|", "breaking firm", "a law-breaking firm"),
        ],
    )
    def test_the_rest_of_the_document_says_how(self, elsewhere, above, below, joined):
        lines = [run(f"x {elsewhere} y", 0, 0), run(above, 0, 12), run(below, 0, 24)]
        joiner = Joiner(lines)
        assert joiner.parts(lines[1])
        assert joiner.joined(lines[1].text, below) == joined

    def test_where_words_are_parted_an_unknown_half_is_no_word(self):
        lines = [run(t, 0, 0) for t in ("x the business y", "busi-|", "ness x", "stra-|", "tegy")]
        assert Joiner(lines).joined("stra", "tegy") == "strategy"


def test_a_page_drawn_by_hand():
    drawing = b"""BT /F 18 Tf 60 780 Td (A heading) Tj ET
    BT /F 10 Tf 60 750 Td (The first line ends with a hy-) Tj ET
    BT /F 10 Tf 60 738 Td (phen, and the hyphen is gone.) Tj ET
    BT /F 10 Tf 0 1 -1 0 30 300 Tm (stamped sideways) Tj ET
    BT /F 10 Tf 290 30 Td (1) Tj ET"""
    found = converted(Job("a.pdf", pdf_page(drawing)))
    assert found.text == "A heading\n\nThe first line ends with a hyphen, and the hyphen is gone."
    assert [(b.kind, b.level) for b in found.blocks] == [("heading", 1), ("paragraph", 0)]
