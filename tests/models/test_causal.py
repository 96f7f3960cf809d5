from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from assistant.errors import ModelError
from assistant.models.causal import CausalModel
from assistant.models.machine import quiet_libraries

SYSTEM = "the company defines value ."
USER = "who defines value for the customer , and for society ?"


@pytest.fixture(scope="module")
def model(tiny_causal) -> CausalModel:
    model = CausalModel("tiny", lambda: tiny_causal, device="cpu", dtype="float32")
    model.load()
    return model


@pytest.fixture
def slow(model, monkeypatch) -> CausalModel:
    """The model, a twentieth of a second a step."""
    network = model._ready().model
    forward = network.forward

    def crawl(*args, **kwargs):
        time.sleep(0.05)
        return forward(*args, **kwargs)

    monkeypatch.setattr(network, "forward", crawl)
    return model


def _write(model: CausalModel, *, max_tokens: int = 20, stop: threading.Event | None = None):
    return model.write(SYSTEM, USER, max_tokens=max_tokens, stop=stop or threading.Event())


def _writers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "writing"]


def _wait_until_idle(seconds: float = 3.0) -> None:
    deadline = time.monotonic() + seconds
    while _writers():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_constructing_loads_nothing_and_loading_happens_once(tiny_causal):
    located: list[Path] = []

    def locate() -> Path:
        located.append(tiny_causal)
        return tiny_causal

    model = CausalModel("tiny", locate, device="cpu")
    assert located == []
    threads = [threading.Thread(target=model.load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert located == [tiny_causal]
    assert model.context_tokens == 256


def test_tokens_are_the_models_own(model):
    assert model.count_tokens("who defines value ?") == 4
    assert model.count_tokens("") == 0


def test_the_stream_is_what_greedy_writing_gives(model):
    tokenizer, network = model._ready().tokenizer, model._ready().model
    text = f"system {SYSTEM} user {USER} "
    ids = tokenizer(text, return_tensors="pt", return_token_type_ids=False)
    with quiet_libraries():
        whole = network.generate(**ids, max_new_tokens=20, do_sample=False, pad_token_id=0)
    expected = tokenizer.decode(whole[0, ids["input_ids"].shape[1] :], skip_special_tokens=True)
    pieces = list(_write(model))
    assert "".join(pieces) == expected
    assert len(expected.split()) == 20
    assert len(pieces) > 5


def test_without_a_template_the_prompt_is_plain(make_causal_model, tmp_path):
    folder = make_causal_model(tmp_path / "model", template=False)
    model = CausalModel("plain", lambda: folder, device="cpu")
    assert len("".join(_write(model, max_tokens=8)).split()) == 8


def test_a_stop_ends_the_text(slow):
    stop = threading.Event()
    pieces = []
    for piece in _write(slow, max_tokens=200, stop=stop):
        pieces.append(piece)
        stopped = time.monotonic()
        stop.set()
    assert time.monotonic() - stopped < 1.0
    assert len(pieces) == 1
    _wait_until_idle()


def test_a_stop_before_the_first_word(slow):
    stop = threading.Event()
    stop.set()
    assert list(_write(slow, stop=stop)) == []
    _wait_until_idle()


def test_closing_early_ends_the_thread(slow):
    pieces = _write(slow, max_tokens=200)
    next(pieces)
    assert len(_writers()) == 1
    pieces.close()
    _wait_until_idle()


def test_a_forgotten_answer_does_not_block_the_next(slow):
    forgotten = _write(slow, max_tokens=20)
    next(forgotten)
    assert len("".join(_write(slow, max_tokens=4)).split()) == 4
    forgotten.close()
    _wait_until_idle()


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (RuntimeError("shapes do not match"), "shapes do not match"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), "ran out of memory"),
        (MemoryError(), "ran out of memory"),
    ],
)
def test_an_error_while_writing_reaches_the_reader(model, monkeypatch, failure, words):
    calls = []
    network = model._ready().model
    forward = network.forward

    def break_later(*args, **kwargs):
        calls.append(None)
        if len(calls) > 5:
            raise failure
        return forward(*args, **kwargs)

    monkeypatch.setattr(network, "forward", break_later)
    written = []
    with pytest.raises(ModelError, match=words) as caught:
        written.extend(_write(model))
    assert caught.value.__cause__ is failure
    monkeypatch.undo()
    assert "".join(_write(model))  # and the next answer is written as ever


def test_a_prompt_that_does_not_fit_is_refused(model):
    with pytest.raises(ModelError, match=r"does not fit into the 256"):
        list(_write(model, max_tokens=250))


def test_a_folder_without_a_model_is_told(tmp_path):
    model = CausalModel("nothing", lambda: tmp_path)
    with pytest.raises(ModelError, match=r"is not a causal language model.*no config\.json"):
        model.load()
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(ModelError, match=r"is not a causal language model.*a tokenizer"):
        model.load()


def test_an_absent_device_is_told(tiny_causal):
    model = CausalModel("tiny", lambda: tiny_causal, device="cuda:99x")
    with pytest.raises(ModelError, match="--device auto"):
        model.load()


@pytest.mark.slow
@pytest.mark.weights
def test_the_packaged_model_writes_from_its_prompt(settings):
    from assistant.models.wiring import open_language_model

    said: list[str] = []
    model = open_language_model(settings, said.append)
    assert (model.name, said) == ("SmolLM2-135M-Instruct", [])
    model.load()
    assert said[0] == "preparing SmolLM2-135M-Instruct (once)"
    assert model.count_tokens("In 2011") == 6  # digits stand alone in its vocabulary
    source = "Porter and Kramer (2011) call for creating shared value instead of philanthropy."
    answer = "".join(
        model.write(
            "Answer from the source in one sentence.",
            f"Source: {source}\nQuestion: What do Porter and Kramer call for?",
            max_tokens=40,
            stop=threading.Event(),
        )
    )
    assert "shared value" in answer
