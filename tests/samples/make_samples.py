# /// script
# requires-python = ">=3.11"
# dependencies = ["pillow", "pypdf[crypto]", "python-docx", "python-pptx", "reportlab"]
# ///
"""Make the samples of this folder again, with the programs that people use.

    uv run tests/samples/make_samples.py

Needs chromium, ghostscript, groff, LibreOffice (writer, impress, calc), pandoc, poppler-utils
and tesseract; on Debian: apt install chromium ghostscript groff libreoffice-writer-nogui
libreoffice-impress-nogui libreoffice-calc-nogui pandoc poppler-utils tesseract-ocr. All texts
are ours (corpus/, CC BY 4.0). The tests read what lies here and never run this file.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import docx
import pptx
from PIL import Image
from pptx.util import Inches
from pypdf import PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

HERE = Path(__file__).parent
CORPUS = HERE.parent.parent / "corpus"
WORK = Path(tempfile.mkdtemp())

NOTES = (
    ("view, shared value is unoriginal", "The four charges are numbered as in the article."),
    ("asks companies to raise their", "The article appeared in the Harvard Business Review."),
    ("wrote in 2003 that every", "Emerson called it blended value."),
    ("Volkswagen stood accused", "The accuser was a federal agency."),
)
RUNNING_TITLE = "Reader on value, spring term"
COLUMNS = """
@page { size: A4; margin: 2cm }
body { font: 10pt serif; text-align: justify; hyphens: auto }
main { columns: %d; column-gap: 8mm }
table { border-collapse: collapse } td, th { border: 1px solid #999; padding: 3px }
"""


def run(*command: object, **more: object) -> None:
    subprocess.run([str(part) for part in command], check=True, cwd=WORK, **more)


def text_of(name: str) -> str:
    """Return a text of the corpus without its head, its citations and its links."""
    text = (CORPUS / f"{name}.md").read_text(encoding="utf-8")
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"[ \t]*\[[^\[\]\n]*?(?<![\w@])@\w[^\[\]\n]*\]", "", text)
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)


def sources() -> None:
    """Write the texts that everything is made from: one with notes, one with a table."""
    text = text_of("crane-critique")
    for number, (place, note) in enumerate(NOTES, 1):
        at = text.index(place)
        end = text.index(".", at) + 1
        paragraph_end = text.index("\n\n", end)
        text = (
            f"{text[:end]}[^{number}]{text[end:paragraph_end]}"
            f"\n\n[^{number}]: {note}{text[paragraph_end:]}"
        )
    head = "---\ntitle: Four charges\nauthor: A. Student; B. Student\nlang: en-GB\n---\n\n"
    (WORK / "notes.md").write_text(head + text, encoding="utf-8")
    head = "---\ntitle: Judges of value\nauthor: A. Student\nlang: en-GB\n---\n\n"
    (WORK / "table.md").write_text(head + text_of("value-judges-compared"), encoding="utf-8")
    slides = """---
title: Whose value?
author: A. Student
---

# Three judges

- The customer, by choice
- Government and civil society
    - by law
    - by public pressure
- The company, by strategy

::: notes
Ask the class who is missing here.
:::

# What goes wrong

| Judge | Failure |
|-------|---------|
| Customer | harmful wants |
| Company | tensions ignored |

# The open question

Who decides when the judges disagree remains an open question.
"""
    (WORK / "slides.md").write_text(slides, encoding="utf-8")


def office(kind: str, file: Path, name: str) -> None:
    """Convert with LibreOffice."""
    run(
        "soffice", f"-env:UserInstallation=file://{WORK}/lo", "--headless",
        "--convert-to", kind, "--outdir", WORK / "out", file,
    )  # fmt: skip
    suffix = kind.partition(":")[0]
    shutil.move(WORK / "out" / f"{file.stem}.{suffix}", HERE / name)


def page(name: str, css: str, *, furniture: bool) -> None:
    """Print a text with Chromium, with a running title on each page or without."""
    body = subprocess.run(
        ["pandoc", "-f", "commonmark_x", "-t", "html", f"{WORK}/{name}.md"],
        check=True, capture_output=True, encoding="utf-8",
    ).stdout  # fmt: skip
    body = re.sub(r"<hr />.*?<h2|^---.*?---", "", body, flags=re.DOTALL)
    html = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>'
    margins = '; @top-left { content: "%s" } @bottom-right { content: counter(page) }'
    css = css.replace("2cm }", f"2cm {margins % RUNNING_TITLE} }}") if furniture else css
    file = WORK / f"{name}.print.html"
    file.write_text(f"{html}<style>{css}</style><main>{body}</main>", encoding="utf-8")
    run(
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={WORK}/cr",
        "--no-pdf-header-footer", f"--print-to-pdf={WORK}/{name}.print.pdf", file,
    )  # fmt: skip


def pdfs() -> None:
    page("table", COLUMNS % 1, furniture=False)
    shutil.copy(WORK / "table.print.pdf", HERE / "chromium-table.pdf")
    page("notes", COLUMNS % 2, furniture=True)
    shutil.copy(WORK / "notes.print.pdf", HERE / "chromium-two-columns.pdf")
    page("notes", (COLUMNS % 3).replace("10pt", "8pt"), furniture=False)
    shutil.copy(WORK / "notes.print.pdf", HERE / "chromium-three-columns.pdf")
    run("pandoc", "notes.md", "-o", "notes.docx")
    office("pdf", WORK / "notes.docx", "libreoffice-notes.pdf")
    ms = subprocess.run(
        ["pandoc", "-t", "ms", "-s", f"{WORK}/notes.md"],
        check=True, capture_output=True, encoding="utf-8",
    ).stdout.replace("\n.SH 2\n", "\n.2C\n.SH 2\n", 1)  # fmt: skip
    with (WORK / "groff.pdf").open("wb") as out:
        run("groff", "-k", "-t", "-ms", "-Tpdf", input=ms.encode(), stdout=out)
    run("gs", "-q", "-sDEVICE=pdfwrite", "-o", HERE / "groff-two-columns.pdf", WORK / "groff.pdf")
    labelled(HERE / "libreoffice-notes.pdf", HERE / "labelled.pdf")
    locked(HERE / "libreoffice-notes.pdf")
    turned(HERE / "chromium-table.pdf", HERE / "rotated.pdf")
    drawn(HERE / "reportlab-columns.pdf")


def labelled(source: Path, target: Path) -> None:
    """Number the first page in Roman figures and the rest from 101, as printed readers are."""
    writer = PdfWriter(clone_from=source)
    writer.set_page_label(0, 0, style=PageLabelStyle.LOWERCASE_ROMAN, start=9)
    writer.set_page_label(1, len(writer.pages) - 1, style=PageLabelStyle.DECIMAL, start=101)
    writer.write(target)


def locked(source: Path) -> None:
    for name, user in (("locked.pdf", "secret"), ("locked-against-printing.pdf", "")):
        writer = PdfWriter(clone_from=source)
        writer.encrypt(user_password=user, owner_password="owner", algorithm="AES-256")
        writer.write(HERE / name)


def turned(source: Path, target: Path) -> None:
    writer = PdfWriter(clone_from=source)
    for sheet in writer.pages:
        sheet.rotate(90)
    writer.write(target)


def drawn(target: Path) -> None:
    """Draw two columns line by line across the page, as careless programs do."""
    body = re.sub("[#*]", "", text_of("case-nestle").partition("\n\n")[2])
    words = " ".join(body.split())
    lines = re.findall(r"\S.{0,44}(?= |$)", words)[:80]
    sheet = canvas.Canvas(str(target), pagesize=A4)
    sheet.setTitle("untitled")
    sheet.setFont("Times-Bold", 16)
    sheet.drawString(60, 780, "The case of Nestle")
    sheet.setFont("Times-Roman", 10)
    half = len(lines) // 2
    for n in range(half):
        for column in (0, 1):
            sheet.drawString(60 + 250 * column, 750 - 13 * n, lines[n + half * column])
    sheet.drawCentredString(297, 40, "- 1 -")
    sheet.save()


def scans() -> None:
    """Make scans: without text, with Tesseract's text below, and one between pages of text."""
    run("pdftoppm", "-r", "150", "-gray", "-png", HERE / "chromium-two-columns.pdf", "scan")
    images = [Image.open(file).convert("1") for file in sorted(WORK.glob("scan-*.png"))[:2]]
    images[0].save(HERE / "scanned.pdf", save_all=True, append_images=images[1:], resolution=150)
    images[0].save(WORK / "page.png", dpi=(150, 150))
    run("tesseract", "page.png", "searchable", "pdf")
    shutil.copy(WORK / "searchable.pdf", HERE / "tesseract-searchable.pdf")
    writer = PdfWriter()
    text, scan = PdfReader(HERE / "libreoffice-notes.pdf"), PdfReader(HERE / "scanned.pdf")
    for sheet in (text.pages[0], scan.pages[0], text.pages[1]):
        writer.add_page(sheet)
    writer.write(HERE / "scan-between-text.pdf")


def documents() -> None:
    for kind in ("docx", "odt", "rtf", "html"):
        source = "table.md" if kind == "rtf" else "notes.md"
        run("pandoc", source, "-s", "-o", HERE / f"pandoc.{kind}")
    run("pandoc", "table.md", "-t", "plain", "-o", HERE / "pandoc.txt")
    run("pandoc", "notes.md", "-t", "epub3", "-o", HERE / "pandoc-3.epub")
    run("pandoc", "table.md", "-t", "epub2", "-o", HERE / "pandoc-2.epub")
    run("pandoc", "slides.md", "-o", HERE / "pandoc.pptx")
    run("pandoc", "table.md", "-o", "table.docx")
    office("docx:MS Word 2007 XML", HERE / "pandoc.odt", "libreoffice.docx")
    office("odt", WORK / "table.docx", "libreoffice.odt")
    office("rtf", WORK / "notes.docx", "libreoffice.rtf")
    office("html", WORK / "table.docx", "libreoffice.html")
    office("odp", HERE / "pandoc.pptx", "libreoffice.odp")
    office("pptx", HERE / "libreoffice.odp", "libreoffice.pptx")
    office("pdf", HERE / "pandoc.pptx", "libreoffice-slides.pdf")
    word(HERE / "python-docx.docx")
    powerpoint(HERE / "python-pptx.pptx")


def word(target: Path) -> None:
    """Write with Word's own template, which python-docx carries."""
    document = docx.Document()
    document.core_properties.title = "A reader on value"
    document.core_properties.author = "A. Student"
    document.add_heading("A reader on value", 0)
    document.add_heading("Who is asked", 1)
    document.add_paragraph("The customer is asked first.")
    document.add_paragraph("by choice", style="List Bullet")
    document.add_paragraph("by complaint", style="List Bullet 2")
    document.add_heading("A table", 2)
    table = document.add_table(rows=1, cols=3, style="Table Grid")
    for cell, text in zip(table.rows[0].cells, ("Judge", "Instrument", "Year"), strict=True):
        cell.text = text
    for row in (("Customer", "Choice", "1954"), ("Society", "Law", "1953")):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_page_break()
    document.add_paragraph("After the break, “quoted” words and a dash – here.", style="Quote")
    document.save(target)


def powerpoint(target: Path) -> None:
    """Write with PowerPoint's own template, which python-pptx carries."""
    deck = pptx.Presentation()
    deck.core_properties.title = "PowerPoint Presentation"  # what PowerPoint writes itself
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text = "Shared value in class"
    first.placeholders[1].text = "A first lesson"
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Two readings"
    frame = second.shapes.add_table(3, 2, Inches(1), Inches(2), Inches(6), Inches(1)).table
    for n, text in enumerate(("Author", "Claim", "Porter", "unity", "Crane", "tension")):
        frame.cell(n // 2, n % 2).text = text
    third = deck.slides.add_slide(deck.slide_layouts[6])
    group = third.shapes.add_group_shape()
    box = group.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1))
    box.text_frame.text = "A box within a group says this."
    third.notes_slide.notes_text_frame.text = "Remember the box."
    deck.save(target)


def tables() -> None:
    rows = "Year;Judge;Event\n1953;Society;Bowen publishes\n1954;Customer;Drucker, too\n"
    (WORK / "judges.csv").write_text(rows, encoding="utf-8")
    run(
        "soffice", f"-env:UserInstallation=file://{WORK}/lo", "--headless",
        "--infilter=CSV:59,34,76", "--convert-to", "ods", "--outdir", WORK / "out",
        WORK / "judges.csv",
    )  # fmt: skip
    office("csv:Text - txt - csv (StarCalc):44,34,76,1", WORK / "out" / "judges.ods", "calc.csv")


if __name__ == "__main__":
    sources()
    pdfs()
    scans()
    documents()
    tables()
    shutil.rmtree(WORK)
