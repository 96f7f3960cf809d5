"""A text of one's own, tested in the page: what is told, drawn, copied, refused and ended."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from web_samples import HOSTILE, card, text_of

from assistant.debate.claims import JudgedClaim, Standing, Witness
from assistant.ports import TrainedModels
from assistant.service import Assistant
from assistant.web.backstage import Backstage, Phase
from assistant.web.routes import build_routes
from assistant.web.testing import FILE_SUFFIXES, MOST_FILE_BYTES
from assistant.web.verdicts import SIGNS, claim_html, listed_claim, plain_claim, tally_html

SAMPLES = Path(__file__).parents[1] / "samples"
QUOTED = "ISO 26000 is guidance only, and no organisation can be certified under it."
UNKNOWN = "Jane Doe of Ulan Bator sold seven purple bicycles in 1999."
ESSAY = f"# My view\n\n{QUOTED} {UNKNOWN}\nWho would know?\n"


class Deliberate:
    """Leaves every claim open, and takes its time."""

    fingerprint = "deliberate"

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.judged = 0

    def judge(self, claim, evidence):
        self.judged += 1
        time.sleep(self.seconds)
        return np.tile(np.array([[0.0, 0.0, 1.0]], np.float32), (len(evidence), 1))


def served(assistant_none, entailer=None) -> TestClient:
    """Serve the real library; what stands there word for word is supported, nothing else."""
    trained = TrainedModels(entailer=entailer, warning="" if entailer else "Words only.")
    settings, embedder = assistant_none.settings, assistant_none._embedder
    behind = Backstage(settings)
    behind.assistant = Assistant(settings, embedder, None, lambda: trained)
    behind.state = replace(behind.state, phase=Phase.READY)
    return TestClient(build_routes(behind))


@pytest.fixture(scope="module")
def client(assistant_none):
    return served(assistant_none)


def lines_of(reply) -> list[dict]:
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in reply.text.splitlines() if line]


def told_of(client, text: str, **more) -> list[dict]:
    return lines_of(client.post("/claims", json={"claim": text, **more}))


def sent(client, name: str, content: bytes, **more) -> list[dict]:
    reply = client.post("/claims/file", params={"name": name, **more}, content=content)
    return lines_of(reply)


# -- what is told ------------------------------------------------------------------------------


def test_a_text_is_told_claim_by_claim(client):
    lines = told_of(client, ESSAY)
    assert lines[0] == {"title": "Your text, 30 words", "only": "", "warning": "Words only."}
    steps = [(line["done"], line["total"]) for line in lines if "working" in line]
    assert steps == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert lines[3]["working"].startswith("Testing claims: 1 of 4, about ")
    claims = [line for line in lines if "claim" in line]
    assert [c["gap"] for c in claims] == ["", "\n\n", " ", "\n"]
    shown = [text_of(c["claim"].split('<div class="witnesses"')[0]) for c in claims]
    assert shown == [
        "# My view",
        f"{QUOTED} ✓ supported",
        f"{UNKNOWN} ? not in the sources needs a source",
        "Who would know?",
    ]
    assert claims[-1]["summary"] == "2 claims: 1 supported, 1 not in the sources."
    assert lines[-1] == {"end": True, "summary": claims[-1]["summary"]}


def test_the_text_with_its_verdicts_can_be_taken_along(client):
    claims = [line for line in told_of(client, ESSAY) if "claim" in line]
    assert "".join(c["gap"] + c["plain"] for c in claims) == (
        f"# My view\n\n{QUOTED} [✓ supported] {UNKNOWN} [? not in the sources; needs a source]\n"
        "Who would know?"
    )
    assert claims[1]["listed"].startswith(f"{QUOTED} [supported]\n    for: “{QUOTED}” (")


def test_the_evidence_opens_in_the_reader_at_its_span(client, assistant_none):
    page = next(line["claim"] for line in told_of(client, QUOTED) if "claim" in line)
    button = re.search(r'<button[^>]*class="cite open[^>]*>', page)[0]
    place = dict(re.findall(r'data-([a-z-]+)="([^"]*)"', button))
    text = assistant_none.document(place["document"]).text
    assert text[int(place["start"]) : int(place["end"])] == QUOTED
    read = client.get("/reader", params={k: v for k, v in place.items() if k != "number"})
    assert "".join(re.findall(r"<mark>(.*?)</mark>", read.text)) == QUOTED
    assert 'class="b tint"' in read.text or 'class="tint"' in read.text


def test_a_filter_is_in_force_and_told(client):
    lines = told_of(client, QUOTED, perspectives=["crm"], documents=["seed-essay"])
    titles = [line["only"] for line in lines if "title" in line]
    assert titles[0].startswith("Customer strategy (CRM), “")
    only_crm = [line["claim"] for line in told_of(client, QUOTED, perspectives=["crm"])[2:3]]
    chips = re.findall(r'<span class="chip p-([a-z]+)">', only_crm[0])
    assert chips and set(chips) == {"crm"}


def test_a_document_that_is_gone_is_told(client):
    (problem,) = told_of(client, QUOTED, documents=["gone"])
    assert problem["problem"].startswith("The document to be tested against is not in the library")
    assert problem["remedy"]


def test_an_empty_text_and_one_without_claims_say_so(client):
    assert told_of(client, " ")[-1]["problem"] == "There is no claim."
    assert told_of(client, "Why?")[-1]["summary"].startswith("There is no claim in this text")
    assert told_of(client, "x" * 200_001)[-1]["remedy"] == "Test it in parts."


# -- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("pandoc.txt", "pandoc.docx", "libreoffice.odt", "pandoc.rtf", "libreoffice.html"),
        *("pandoc-3.epub", "libreoffice-notes.pdf"),
    ],
)
def test_a_file_of_each_format_is_read_and_tested(assistant_none, name):
    client = served(assistant_none, Deliberate())
    lines = sent(client, name, (SAMPLES / name).read_bytes())
    assert lines[0] == {"working": f"Reading {name}"}
    assert re.fullmatch(rf"{re.escape(name)}, [\d,]+ words", lines[1]["title"])
    assert sum("claim" in line for line in lines) > 3
    assert lines[-1]["end"]
    assert Path(name).suffix in FILE_SUFFIXES


def test_markdown_is_read_without_its_marks(client):
    lines = sent(client, "essay.md", f"# My view\n\n**{QUOTED}**\n".encode())
    shown = [line["plain"] for line in lines if "claim" in line]
    assert shown == ["My view", f"{QUOTED} [✓ supported]"]


@pytest.mark.parametrize(
    ("name", "content", "cause", "remedy"),
    [
        ("locked.pdf", (SAMPLES / "locked.pdf").read_bytes(), "password", "without a password"),
        ("torn.docx", b"PK\x03\x04torn", "", "save it again"),
        ("empty.txt", b"", "empty", ""),
        ("song.mp3", b"ID3\x03\x00\x00", "", "plain text"),
    ],
)
def test_a_file_that_cannot_be_read_says_which_why_and_what_to_do(
    client, name, content, cause, remedy
):
    problem = sent(client, name, content)[-1]
    assert problem["problem"].startswith(f"{name}: ")
    assert cause in problem["problem"]
    assert remedy in problem["remedy"]
    assert problem["remedy"]


def test_a_file_that_is_too_large_is_refused_with_the_limit(client):
    reply = client.post("/claims/file?name=big.txt", content=b"x" * (MOST_FILE_BYTES + 1))
    assert reply.status_code == 400
    assert reply.json()["error"] == "big.txt is larger than 20 MB."
    assert reply.json()["remedy"]


def test_the_name_of_a_file_is_a_name_and_no_path(client):
    lines = sent(client, "../../etc/\u202epass\\wd.txt", QUOTED.encode())
    assert lines[0] == {"working": "Reading wd.txt"}
    assert sent(client, "", QUOTED.encode())[1]["title"].startswith("file, ")


# -- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "cause"),
    [
        ("/claims", b"{", "The request is not JSON"),
        ("/claims", b'{"text": "x"}', 'The request has no "claim".'),
        ("/claims", b'{"claim": "x", "perspectives": ["x"]}', "There is no perspective 'x'."),
        ("/claims", b'{"claim": "x", "k": 1}', "Unknown in the request: k."),
        ("/claims/file?name=a.txt&perspective=x", b"x", "There is no perspective 'x'."),
        ("/claims/file?file=a.txt", b"x", "Unknown in the request: file."),
    ],
)
def test_what_cannot_be_tested_is_refused_with_its_remedy(client, path, body, cause):
    reply = client.post(path, content=body)
    assert reply.status_code == 400
    assert reply.json()["error"].startswith(cause)
    assert reply.json()["remedy"]


def test_before_the_library_is_open_it_says_so(assistant_none):
    client = TestClient(build_routes(Backstage(assistant_none.settings)))
    reply = client.post("/claims", json={"claim": QUOTED})
    assert (reply.status_code, reply.json()["error"]) == (503, "The library is not open yet.")


def test_a_library_that_cannot_be_read_is_told_with_its_remedy(assistant_none, tmp_path):
    settings = assistant_none.settings.updated({"index": tmp_path / "none"}, origin="test")
    behind = Backstage(settings)
    behind.assistant = Assistant(settings, assistant_none._embedder, None)
    problem = told_of(TestClient(build_routes(behind)), QUOTED)[-1]
    assert problem["problem"].startswith("There is no index")
    assert "assistant index build" in problem["remedy"]


def test_what_goes_wrong_unexpectedly_is_told_in_words(assistant_none):
    class Broken(Deliberate):
        def judge(self, claim, evidence):
            raise ZeroDivisionError

    problem = told_of(served(assistant_none, Broken()), QUOTED)[-1]
    assert problem["problem"] == "Something unexpected went wrong (ZeroDivisionError)."
    assert problem["remedy"]


# -- whoever leaves ----------------------------------------------------------------------------


@pytest.fixture
def serving(assistant_none):
    """Serve on a real port with an entailer that takes its time."""
    import uvicorn

    entailer = Deliberate(0.05)
    client = served(assistant_none, entailer)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(client.app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield listener.getsockname(), entailer
    server.should_exit = True
    thread.join(20)
    listener.close()


def begin(address) -> socket.socket:
    body = json.dumps({"claim": f"{QUOTED} {UNKNOWN} " * 300}).encode()
    head = f"POST /claims HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    asking = socket.create_connection(address)
    asking.settimeout(20)
    asking.sendall(head + body)
    return asking


def await_judging(entailer, more_than: int) -> None:
    until = time.monotonic() + 20
    while entailer.judged <= more_than and time.monotonic() < until:
        time.sleep(0.02)
    assert entailer.judged > more_than


def test_whoever_leaves_ends_the_test(serving):
    address, entailer = serving
    with begin(address):
        await_judging(entailer, 2)
    time.sleep(1.0)
    after = entailer.judged
    time.sleep(0.5)
    assert entailer.judged == after < 600


def test_some_wait_and_more_are_refused_until_others_leave(serving):
    address, entailer = serving
    asking = [begin(address) for _ in range(8)]
    await_judging(entailer, 2)
    assert b"200 OK" in asking[0].recv(200)
    heard = b""
    while b"Waiting until another text has been tested" not in heard:
        heard += asking[7].recv(4000)
    with begin(address) as refused:
        reply = refused.recv(2000)
        assert b"503" in reply.split(b"\r\n")[0]
    for one in asking:
        one.close()
    time.sleep(1.5)
    with begin(address) as next_one:
        assert b"200 OK" in next_one.recv(200)


# -- as HTML and as text -----------------------------------------------------------------------


def witness(text: str = "The customer judges.", **values) -> Witness:
    given = {"heading": ("Part",), "start": 4, "end": 24, "probability": 0.9, "passage": (0, 99)}
    return Witness(document=card(), text=text, **(given | values))


def claim(standing: Standing, **values) -> JudgedClaim:
    return JudgedClaim("Customers judge.", 0, 16, standing, 0.9, **values)


@pytest.mark.parametrize("standing", list(SIGNS))
def test_a_verdict_is_a_sign_and_a_word(standing):
    page = claim_html(claim(standing))
    button = re.search(r"<button[^>]*>.*?</button>", page)[0]
    assert text_of(button) == f"{SIGNS[standing]} {standing.value}"
    assert 'aria-expanded="false"' in button
    assert f'aria-label="{standing.value}, evidence on: Customers judge."' in button
    assert "Nothing in the library is near this claim." in page


def test_each_side_has_its_heading_and_numbers_go_on():
    page = claim_html(
        claim(
            Standing.DISPUTED,
            supporting=(witness(), witness()),
            contradicting=(witness(),),
            beside=(witness(),),
        )
    )
    heads = re.findall(r"<h3>(.*?)</h3>", page)
    assert heads == ["For it", "Against it", "Beside it: near, but it leaves the claim open"]
    assert re.findall(r'data-number="(\d)"', page) == ["1", "2", "3", "4"]
    assert page.count('data-passage-start="0" data-passage-end="99"') == 8


def test_whatever_a_text_holds_stays_text():
    page = claim_html(
        replace(
            claim(Standing.SUPPORTED, supporting=(witness(HOSTILE, heading=(HOSTILE,)),)),
            text=HOSTILE,
        )
    )
    assert "<script" not in page and "<img" not in page and 'onerror="' not in page
    assert "\u202e" not in page


def test_the_copied_text_names_the_strongest_on_each_side():
    disputed = claim(
        Standing.DISPUTED,
        supporting=(witness("Yes."), witness("Aye.")),
        contradicting=(witness("No."),),
        beside=(witness("Perhaps."),),
    )
    assert plain_claim(disputed) == "Customers judge. [± disputed]"
    assert listed_claim(disputed) == (
        "Customers judge. [disputed]\n"
        "    for: “Yes.” (Who judges? › Part; Customer strategy (CRM))\n"
        "    against: “No.” (Who judges? › Part; Customer strategy (CRM))"
    )
    assert listed_claim(claim(Standing.NOT_IN_SOURCES)) == ""
    assert plain_claim(claim(Standing.NO_CLAIM)) == "Customers judge."


def test_the_tally_leads_to_each_kind_and_is_left_out_for_one_claim():
    counts = Counter({Standing.SUPPORTED: 2, Standing.NOT_IN_SOURCES: 1, Standing.NO_CLAIM: 7})
    page = tally_html(counts, 1)
    assert re.findall(r'data-kind="([a-z-]+)"', page) == [
        *("v-supported", "v-not-in-the-sources", "needs"),
    ]
    assert 'aria-label="2 supported: go to the next"' in page
    assert tally_html(Counter({Standing.SUPPORTED: 1, Standing.NO_CLAIM: 7}), 0) == ""
