"""Tiny models made on the spot, the packaged embedder prepared once, and a scripted server."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from assistant.models.cache import MANIFEST, is_sound
from assistant.models.machine import quiet_libraries
from assistant.models.prepare import Task
from assistant.models.wiring import open_embedder
from assistant.settings import Settings

WORDS = (
    "who defines value customer company government society shared responsibility profit "
    "the a of and is not , . ? what for strategy loyalty creating porter kramer"
).split()
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(corpus=tmp_path, index=tmp_path, cache=tmp_path / "cache")


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings whose cache holds the packaged embedder, made over a damaged predecessor."""
    home = tmp_path_factory.mktemp("packaged")
    settings = Settings(corpus=home, index=home, cache=home / "cache")
    from assistant.models.wiring import _embedder_task

    target = Path(_embedder_task(settings, print).target)
    target.mkdir(parents=True)
    (target / "model.ort").write_bytes(b"cut off")
    (target / MANIFEST).write_text('{"files": {"model.ort": [23000000, "…"]}}', encoding="utf-8")
    said: list[str] = []
    open_embedder(settings, said.append)
    assert said[0] == "preparing all-MiniLM-L6-v2 (once)"
    assert is_sound(target)
    assert sorted(path.name for path in target.parent.iterdir()) == [
        target.name,
        f"{target.name}.lock",
    ]
    return settings


def write_sentence_transformer(
    folder: Path, *, pooling: str = "mean", prompts: dict[str, str] | None = None
) -> Path:
    """Save a random two-layer BERT with mean pooling; the same each time."""
    with quiet_libraries():
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.models import Normalize, Pooling, Transformer
        from transformers import BertConfig, BertModel, BertTokenizerFast

        base = folder.with_name(f"{folder.name}-encoder")
        base.mkdir(parents=True)
        tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
        tokens += [*LETTERS, *(f"##{letter}" for letter in LETTERS)]
        vocabulary = {token: at for at, token in enumerate(dict.fromkeys(tokens))}
        torch.manual_seed(7)
        config = BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
            initializer_range=0.5,
        )
        BertModel(config).save_pretrained(base)
        BertTokenizerFast(vocab=vocabulary, do_lower_case=True).save_pretrained(base)
        modules = [Transformer(str(base), max_seq_length=48), Pooling(32, pooling), Normalize()]
        model = SentenceTransformer(modules=modules, device="cpu", prompts=prompts)
        model.save(str(folder), create_model_card=False)
    return folder


@pytest.fixture(scope="session")
def make_sentence_transformer() -> Callable[..., Path]:
    return write_sentence_transformer


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny sentence-transformers model."""
    return write_sentence_transformer(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def embedder_task(tmp_path: Path) -> Callable[..., Task]:
    """Tasks that prepare a source."""

    def task(source: Path, **other: object) -> Task:
        values = {"name": "tiny", "precision": "float32", "target": str(tmp_path / "prepared")}
        return Task(kind="embedder", source=str(source), **(values | other))

    return task


def write_causal_model(folder: Path, *, template: bool = True) -> Path:
    """Save a random two-layer Llama that writes one word a token; the same each time."""
    with quiet_libraries():
        import torch
        from tokenizers import Tokenizer, models, pre_tokenizers
        from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

        words = {word: at for at, word in enumerate(["<unk>", "<end>", "system", "user", *WORDS])}
        words |= {f"word{n}": len(words) + n for n in range(200)}
        tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        fast = PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, unk_token="<unk>", eos_token="<end>"
        )
        if template:
            fast.chat_template = (
                "{% for m in messages %}{{ m['role'] }} {{ m['content'] }} {% endfor %}"
            )
        fast.save_pretrained(folder)
        torch.manual_seed(11)
        config = LlamaConfig(
            vocab_size=len(words),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=256,
            initializer_range=0.6,
            bos_token_id=None,
            eos_token_id=None,
            pad_token_id=0,
        )
        model = LlamaForCausalLM(config)
        model.lm_head.weight.data[:2] = 0  # neither <unk> nor <end> is ever the likeliest
        model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def make_causal_model() -> Callable[..., Path]:
    return write_causal_model


@pytest.fixture(scope="session")
def tiny_causal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny causal model with a chat template."""
    return write_causal_model(tmp_path_factory.mktemp("causal") / "model")


@dataclass
class Script:
    """What the server answers, and what it was asked."""

    chunks: list[bytes] = field(default_factory=list)
    models: bytes = b'{"data": [{"id": "nomic-embed-text"}, {"id": "tiny-chat"}]}'
    status: int = 200
    cut: bool = False  # close in the middle of a chunk
    pause: threading.Event | None = None  # wait for it before the last chunk
    asked: list[dict[str, object]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def serve() -> Iterator[Callable[..., Script]]:
    """Run a server that follows a script, until the test ends."""
    with ExitStack() as running:
        yield lambda **script: running.enter_context(_serving(Script(**script)))


@pytest.fixture
def serve_hub() -> Iterator[Callable[[dict[str, bytes]], Script]]:
    """Run a hub that has one model with these files."""
    with ExitStack() as running:

        def start(files: dict[str, bytes]) -> Script:
            script = Script()
            running.enter_context(_running(_hub_handler(script, files), script))
            return script

        yield start


def _hub_handler(script: Script, files: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        def do_GET(self) -> None:
            script.asked.append({"path": self.path})
            path = self.path.partition("?")[0]
            if "/resolve/" in path:
                self._answer(files[path.split("/resolve/")[1].partition("/")[2]])
            elif "/tree/" in path:
                tree = [
                    {"type": "file", "path": name, "size": len(content), "oid": "b" * 40}
                    for name, content in files.items()
                ]
                self._answer(json.dumps(tree).encode())
            else:
                siblings = [{"rfilename": name} for name in files]
                info = {"id": "someone/model", "sha": "a" * 40, "siblings": siblings}
                self._answer(json.dumps(info).encode())

        do_HEAD = do_GET

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{hashlib.sha1(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", "a" * 40)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _serving(script: Script) -> Iterator[Script]:

    class Handler(_Handler):
        def do_GET(self) -> None:
            self._answer(script.models, "application/json")

        def _answer(self, body: bytes, kind: str) -> None:
            self.send_response(script.status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            script.asked.append({"path": self.path} | json.loads(self.rfile.read(length)))
            if script.status != 200:
                self._answer(b'{"error": "no such model"}', "application/json")
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at, chunk in enumerate(script.chunks):
                if script.pause and at == len(script.chunks) - 1:
                    script.pause.wait(10)
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.flush()
            if script.cut:
                self.wfile.write(b"ff\r\ndata: {")
                self.close_connection = True
            else:
                self.wfile.write(b"0\r\n\r\n")

    with _running(Handler, script):
        yield script


@contextmanager
def _running(handler: type[BaseHTTPRequestHandler], script: Script) -> Iterator[None]:
    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that leaves early is part of the tests."""

    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
