"""Testing a text in the page: POST /claims and /claims/file, told as it goes, a JSON line each.

The answer is one stream: whoever goes away, or stops, ends the test. Testing keeps a core busy,
so few run at once and some wait; more are refused.

A line is one of: {"working", "done", "total"}, {"title", "only", "warning"}, {"claim", …},
{"end": true}, {"problem", "remedy"}, or empty, to hear whether somebody still listens.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from assistant.debate.claims import JudgedClaim, Standing, summary_of
from assistant.errors import AssistantError, LibraryError, QuestionError
from assistant.exchange import whole
from assistant.reading.formats import DocumentError, DocumentReader, Limits
from assistant.records import Filters, Progress
from assistant.service import Assistant
from assistant.web.backstage import Backstage
from assistant.web.markup import showable
from assistant.web.requests import (
    body_of,
    filters_from,
    json_object,
    opened,
    refuse_unknown,
    refused,
    texts_in,
)
from assistant.web.verdicts import claim_html, listed_claim, plain_claim, tally_html, title_words
from assistant.web.words import filter_words, progress_words

log = logging.getLogger(__name__)

MOST_FILE_BYTES = 20_000_000
FILE_SUFFIXES = (".txt", ".md", ".pdf", ".docx", ".odt", ".rtf", ".html", ".epub")
_LIMITS = Limits(file_bytes=MOST_FILE_BYTES, seconds=60, ocr_seconds=300, characters=2_000_000)
_AT_ONCE = 2
_MOST_WAITING = 6
_LISTENING_EVERY_S = 1.0
_LONGEST_NAME = 200
_TEXT_KEYS = frozenset({"claim", "perspectives", "documents"})
_FILE_KEYS = frozenset({"name", "perspective", "document"})
_USAGE = 'Write it as {"claim": "In CSR the company defines value."}.'

Line = dict[str, Any]
Tell = Callable[[Line], None]


@dataclass(frozen=True, slots=True)
class Given:
    """What is to be tested: a text, or a file that holds one."""

    text: str
    filters: Filters
    name: str = ""  # of the file
    content: bytes = b""


def add_testing(app: FastAPI, backstage: Backstage) -> None:
    """Put the routes into an application."""
    threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="claims")
    running: set[Trial] = set()

    def begun(given: Given) -> Response:
        if len(running) >= _AT_ONCE + _MOST_WAITING:
            raise LibraryError(
                "Too many texts are being tested at once.", remedy="Try again in a minute."
            )
        test = Trial(opened(backstage), backstage, given)
        running.add(test)
        lines = _lines(test, threads, lambda: running.discard(test))
        return StreamingResponse(lines, media_type="application/x-ndjson")

    @app.post("/claims")
    async def text(request: Request) -> Response:
        try:
            return begun(_given_text(await body_of(request)))
        except AssistantError as error:
            return refused(error)

    @app.post("/claims/file")
    async def file(request: Request) -> Response:
        try:
            return begun(_given_file(request, await body_of(request, MOST_FILE_BYTES)))
        except AssistantError as error:
            return refused(error)


def _given_text(body: bytes) -> Given:
    given = json_object(body, "claim", usage=_USAGE)
    refuse_unknown(given, _TEXT_KEYS)
    perspectives = texts_in(given, "perspectives", usage=_USAGE)
    filters = filters_from(perspectives, texts_in(given, "documents", usage=_USAGE))
    return Given(whole(given["claim"]), filters)


def _given_file(request: Request, content: bytes) -> Given:
    query = request.query_params
    refuse_unknown(query, _FILE_KEYS)
    name = re.split(r"[/\\]", showable(query.get("name", "")))[-1][-_LONGEST_NAME:] or "file"
    if len(content) > MOST_FILE_BYTES:
        raise QuestionError(
            f"{name} is larger than {MOST_FILE_BYTES // 1_000_000} MB.",
            remedy="Save its text without pictures, or test it in parts.",
        )
    filters = filters_from(query.getlist("perspective"), query.getlist("document"))
    return Given("", filters, name, content)


async def _lines(
    test: Trial, threads: ThreadPoolExecutor, on_end: Callable[[], None]
) -> AsyncIterator[bytes]:
    """Yield what a test tells until it ends; it ends when nobody listens any more."""
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[Line | None] = asyncio.Queue()

    def tell(line: Line | None) -> None:
        loop.call_soon_threadsafe(told.put_nowait, line)

    def work() -> None:
        try:
            test.run(tell)
        finally:
            tell(None)

    task = threads.submit(work)
    try:
        while True:
            try:
                line = await asyncio.wait_for(told.get(), _LISTENING_EVERY_S)
            except TimeoutError:
                waits = {"working": "Waiting until another text has been tested"}
                yield b"\n" if task.running() else _encoded(waits)
                continue
            if line is None:
                return
            yield _encoded(line)
    finally:
        test.end()
        task.cancel()
        on_end()


def _encoded(line: Line) -> bytes:
    return json.dumps(line).encode() + b"\n"


class Trial:
    """One text on its way; told line by line to whoever waits for it."""

    def __init__(self, assistant: Assistant, backstage: Backstage, given: Given) -> None:
        self._assistant = assistant
        self._backstage = backstage
        self._given = given
        self._stop = Event()
        self._reader: DocumentReader | None = None
        self._counts: Counter[Standing] = Counter()
        self._needing = 0
        self._told_to = 0  # character of the text

    def end(self) -> None:
        """Stop it, from another thread."""
        self._stop.set()
        if (reader := self._reader) is not None:
            reader.cancel()

    def run(self, tell: Tell) -> None:
        """Test the text to its end, or until it is stopped; an error is told as a problem."""
        try:
            self._run(tell)
        except AssistantError as error:
            about = f"{self._given.name}: " if isinstance(error, DocumentError) else ""
            tell({"problem": f"{about}{error.args[0]}", "remedy": error.remedy})
        except Exception as error:  # a traceback helps no student
            log.exception("testing failed")
            words = f"Something unexpected went wrong ({type(error).__name__})."
            remedy = "The terminal shows what it was. Try again, or run: assistant doctor."
            tell({"problem": words, "remedy": remedy})

    def _run(self, tell: Tell) -> None:
        only = filter_words(self._given.filters.perspectives, self._titles())
        text = self._text(tell)
        title = title_words(self._given.name, text)
        tell({"title": title, "only": only, "warning": self._assistant.load_trained()})

        def on_progress(progress: Progress) -> None:
            words = progress_words(progress)
            tell({"working": words, "done": progress.done, "total": progress.total})

        self._assistant.claim(
            text,
            self._given.filters,
            on_progress,
            on_claim=lambda claim: tell(self._claim(text, claim)),
            stop=self._stop,
        )
        tell({"end": True, "summary": summary_of(self._counts)})

    def _titles(self) -> list[str]:
        if not self._given.filters.documents:
            return []
        cards = self._backstage.catalogue.cards(self._assistant)
        if any(slug not in cards for slug in self._given.filters.documents):
            raise QuestionError(
                "The document to be tested against is not in the library now.",
                remedy="Remove it above the text, or choose another one in the library.",
            )
        return [cards[slug].title for slug in sorted(self._given.filters.documents)]

    def _text(self, tell: Tell) -> str:
        """Return what is to be tested; a file is read by the confined worker."""
        if not self._given.name:
            return self._given.text
        tell({"working": f"Reading {self._given.name}"})
        with DocumentReader(_LIMITS) as self._reader:
            return self._reader.read(self._given.name, self._given.content).text

    def _claim(self, text: str, claim: JudgedClaim) -> Line:
        gap, self._told_to = text[self._told_to : claim.start], claim.end
        self._counts[claim.standing] += 1
        self._needing += claim.needs_source
        breaks = gap.count("\n")
        return {
            "claim": claim_html(claim),
            "gap": "\n\n" if breaks > 1 else "\n" if breaks else " " if gap else "",
            "plain": plain_claim(claim),
            "listed": listed_claim(claim),
            "summary": summary_of(self._counts),
            "tally": tally_html(self._counts, self._needing),
        }
