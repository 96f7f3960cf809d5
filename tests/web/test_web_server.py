from __future__ import annotations

import re
import socket
import time
from types import SimpleNamespace

import pytest
from web_samples import BIBTEX, TEXT, WORKS, card, document

from assistant.errors import LibraryMissingError, ModelError, PortInUseError
from assistant.records import BuildReport, FileProblem, Perspective, Progress
from assistant.settings import Settings
from assistant.web.backstage import Backstage, ModelPhase, Phase
from assistant.web.routes import STATIC
from assistant.web.server import listening_socket, url_of


class Library:
    """An assistant with one document, built on demand."""

    model_name = "none"

    def __init__(self, *, built: bool = True, load_error: ModelError | None = None) -> None:
        self.built = built
        self.load_error = load_error
        self.trained = False
        if load_error:
            self.model_name = "Tiny"

    def search(self, question, *, top_k):
        if not self.built:
            raise LibraryMissingError("There is no index.", remedy="Build it.")

    def build(self, on_progress):
        on_progress(Progress("Embedding the passages", 1, 2, 1.0))
        self.built = True
        problem = FileProblem("bad.md", "It is empty.", "Write something.")
        return BuildReport(("a",), (), (), 0, (problem,), 2, 2, 1, 0.1)

    def load_trained(self):
        self.trained = True
        return ""

    def find_tensions(self):
        self.tensions_found = True

    def disputes(self, document):
        return ()

    def load_model(self):
        if self.load_error:
            raise self.load_error

    def status(self):
        return SimpleNamespace(documents=1, passages=2)

    def documents(self):
        return (card(perspective=Perspective.CSR),)

    def document(self, slug):
        return document() if slug == "who-judges" else None

    def literature(self):
        return WORKS


def started(tmp_path, opener, **flags: object) -> Backstage:
    settings = Settings(corpus=tmp_path, index=tmp_path, **{"model": "none", **flags})
    behind = Backstage(settings, opener)
    behind.start()
    until = time.monotonic() + 10
    while not behind.state.settled and time.monotonic() < until:
        time.sleep(0.01)
    return behind


def test_the_library_is_told_in_words(tmp_path):
    state = started(tmp_path, lambda *_, **__: Library()).state
    assert (state.phase, state.library) == (Phase.READY, "1 document, 2 passages")
    assert state.model == "answers are quotations only, no language model"
    assert state.perspectives == {"csr": 1}


def test_a_missing_library_is_built_and_what_was_left_out_is_told(tmp_path):
    state = started(tmp_path, lambda *_, **__: Library(built=False)).state
    assert state.phase is Phase.READY
    assert state.problems == ("bad.md: It is empty. Write something.",)


def test_what_ranks_and_checks_is_loaded_before_the_first_question(tmp_path):
    library = Library()
    behind = started(tmp_path, lambda *_, **__: library)
    assert behind.state.phase is Phase.READY
    assert library.trained


def test_a_model_that_cannot_be_loaded_leaves_quotations(tmp_path, capsys):
    error = ModelError("The server does not answer.", remedy="Start it.")
    state = started(tmp_path, lambda *_, **__: Library(load_error=error), model="x").state
    assert (state.phase, state.model_phase) == (Phase.READY, ModelPhase.FAILED)
    assert state.model == "quotations only, no language model"
    assert state.model_problem == "The server does not answer. Start it."
    assert "The server does not answer." in capsys.readouterr().err


def test_a_model_that_does_not_exist_leaves_quotations(tmp_path):
    def opener(settings, **_):
        if settings.model != "none":
            raise ModelError("There is no model of that name.", remedy="Name another.")
        return Library()

    state = started(tmp_path, opener, model="nowhere/nothing").state
    assert (state.phase, state.model_phase) == (Phase.READY, ModelPhase.FAILED)
    assert "no model of that name" in state.model_problem


def test_a_failure_is_told_with_its_remedy_and_can_be_tried_again(tmp_path):
    tries = []

    def opener(*_, **__):
        tries.append(1)
        if len(tries) == 1:
            raise ModelError("No weights.", remedy="Install them.")
        return Library()

    behind = started(tmp_path, opener)
    assert (behind.state.headline, behind.state.detail) == ("No weights.", "Install them.")
    behind._thread.join()
    behind.start()
    behind._thread.join()
    assert behind.state.phase is Phase.READY


def test_a_port_in_use_gives_way_to_the_next_unless_it_was_asked_for():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=rf"Port {port} is in use.*--port"):
            listening_socket("127.0.0.1", port, only_this=True)
        with listening_socket("127.0.0.1", port, only_this=False) as other:
            assert port < other.getsockname()[1] <= port + 20


def test_an_address_that_is_not_here_is_told():
    with pytest.raises(PortInUseError, match=r"192\.0\.2\.1"):
        listening_socket("192.0.2.1", 0, only_this=True)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:7860"),
        ("0.0.0.0", "http://127.0.0.1:7860"),
        ("::1", "http://[::1]:7860"),
        ("::", "http://[::1]:7860"),
    ],
)
def test_the_address_can_be_opened(host, url):
    assert url_of(host, 7860) == url


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    from fastapi.testclient import TestClient

    from assistant.web.routes import build_routes

    behind = started(tmp_path_factory.mktemp("web"), lambda *_, **__: Library())
    with TestClient(build_routes(behind)) as client:
        yield client


def test_the_reader_marks_what_was_asked_for(client):
    start = TEXT.index("The customer")
    page = client.get(f"/reader?document=who-judges&start={start}&end={start + 12}")
    assert page.status_code == 200
    assert "<mark>The customer</mark>" in page.text


@pytest.mark.parametrize("query", ["", "document=../../etc/passwd", "document=%00", "start=1"])
def test_the_reader_knows_only_documents_of_the_library(client, query):
    page = client.get(f"/reader?{query}")
    assert page.status_code == 404
    assert "Not in the library" in page.text


def test_the_library_is_a_list_to_look_through(client):
    page = client.get("/library").json()
    assert page["size"] == "1 text"
    assert page["perspectives"] == {"csr": "Social responsibility (CSR)"}
    (entry,) = page["documents"]
    assert (entry["id"], entry["length"], entry["year"]) == ("who-judges", "27 words, 1 min", 2011)


def test_the_literature_of_a_document_is_a_file(client):
    served = client.get("/bibliography?document=who-judges")
    assert served.headers["Content-Type"] == "application/x-bibtex; charset=utf-8"
    assert served.headers["Content-Disposition"] == 'attachment; filename="who-judges.bib"'
    assert served.text == BIBTEX + "\n"


@pytest.mark.parametrize("slug", ["", "<script>x</script>", '"; x=', "..%2F..%2Fetc"])
def test_a_file_that_is_not_there_says_nothing_of_the_request(client, slug):
    served = client.get(f"/bibliography?document={slug}")
    assert served.status_code == 404
    assert served.text == "There is no such document.\n"
    assert "Content-Disposition" not in served.headers


def test_the_status_is_told(client):
    state = client.get("/status").json()
    assert (state["phase"], state["settled"]) == ("ready", True)


def test_a_page_may_reach_nothing_but_its_server(client):
    policy = client.get("/status").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src-attr 'none'" in policy
    assert not re.search(r"https?:", policy)


def test_our_own_files_name_no_other_server(client):
    for path in STATIC.iterdir():
        served = client.get(f"/web/{path.name}")
        assert served.status_code == 200
        text = served.text.replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\(", text), path.name


LIGHT = re.compile(r":root \{(.*?)\}", re.DOTALL)
DARK = re.compile(r':root\[data-theme="dark"\] \{(.*?)\}', re.DOTALL)
COLOUR = re.compile(r"--([a-z-]+): (#[0-9a-f]{6})")


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(colour: str, ground: str, share: float) -> str:
    pairs = [(int(colour[n : n + 2], 16), int(ground[n : n + 2], 16)) for n in (1, 3, 5)]
    return "#" + "".join(f"{round(c * share + g * (1 - share)):02x}" for c, g in pairs)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_have_contrast_aa(scheme):
    sheet = (STATIC / "page.css").read_text(encoding="utf-8")
    found = (LIGHT if scheme == "light" else DARK).search(sheet)
    colours = dict(COLOUR.findall(found[1]))
    start = r'\[data-theme="dark"\] ' if scheme == "dark" else r"(?<!\] )"
    for name in ("ink", "muted", "warn", "accent", "for", "against", "both"):
        for ground in ("paper", "raised"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5
    assert contrast(colours["on-marked"], colours["marked"]) >= 4.5
    tints = dict(re.findall(start + r"\.p-([a-z]+) \{ --p: (#[0-9a-f]{6})", sheet))
    assert set(tints) == {p.value for p in Perspective}
    for name, tint in tints.items():
        assert contrast(tint, mixed(tint, colours["raised"], 0.09)) >= 4.5, name
        assert contrast(colours["ink"], mixed(tint, colours["raised"], 0.09)) >= 4.5, name
        assert contrast(colours["muted"], mixed(tint, colours["raised"], 0.08)) >= 4.5, name
        assert contrast(colours["raised"], tint) >= 4.5, name


def test_every_option_of_the_app_is_described_and_named_as_by_serve(capsys):
    import app

    with pytest.raises(SystemExit):
        app.main(["--help"])
    options = capsys.readouterr().out.split("options:")[1]
    entries = re.findall(r"^  (?:-h, )?(--[a-z-]+)(?: [A-Z_]+)?\s+(\S.*)$", options, re.MULTILINE)
    described = {name for name, _ in entries}
    assert described == set(re.findall(r"^  (?:-h, )?(--[a-z-]+)", options, re.MULTILINE))
    assert {"--open-browser", "--no-browser", "--no-write", "--model-name"} <= described
