from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import ModelError
from assistant.models.embedding import (
    OnnxEmbedder,
    SentenceTransformerEmbedder,
    open_prepared,
)
from assistant.models.export import export_embedder, load_sentence_transformer
from assistant.models.machine import quiet_libraries
from assistant.models.plan import read_plan
from assistant.models.weights import embedder_weights
from assistant.models.wiring import open_embedder

TEXTS = [
    "Who defines value?",
    "creating shared value is not philanthropy , porter and kramer say .",
    "a",
    "",
    "The customer defines value; naïve café “quotes” and 12345 digits.",
    "profit of the company and responsibility " * 5,
]


@pytest.fixture(scope="session")
def exported(tiny, tmp_path_factory):
    """The tiny model as ONNX, and as sentence-transformers serves it."""
    from assistant.models.prepare import Task

    folder = tmp_path_factory.mktemp("exported")
    task = Task("embedder", "tiny", str(tiny), str(folder), "float32")
    export_embedder(task, folder, print)
    return folder


@pytest.fixture(scope="session")
def unexportable(tmp_path_factory, make_sentence_transformer):
    """A model whose pooling is not exported."""
    from assistant.models.prepare import Task

    source = make_sentence_transformer(tmp_path_factory.mktemp("cls") / "model", pooling="cls")
    folder = tmp_path_factory.mktemp("served")
    export_embedder(Task("embedder", "cls", str(source), str(folder), "int8"), folder, print)
    return SentenceTransformerEmbedder(source, folder, device="cpu")


@pytest.fixture(params=["onnx", "sentence-transformers"])
def embedder(request):
    if request.param == "onnx":
        return OnnxEmbedder(request.getfixturevalue("exported"), workers=2)
    return request.getfixturevalue("unexportable")


def test_vectors_have_length_one(embedder):
    vectors = embedder.embed_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_a_text_has_the_same_vector_alone_in_company_and_as_a_question(embedder):
    together = embedder.embed_passages(TEXTS * 3)
    for at, text in enumerate(TEXTS * 3):
        assert np.array_equal(embedder.embed_passages([text])[0], together[at])
        assert np.array_equal(embedder.embed_question(text), together[at])


def test_no_texts_give_no_vectors(embedder):
    assert embedder.embed_passages([]).shape == (0, embedder.dimension)


def test_token_spans_slice_the_text(embedder):
    text = "Who   defines value? Café!"
    spans = embedder.token_spans(text)
    words = [text[start:end].lower() for start, end in spans]
    assert words[:4] == ["who", "defines", "value", "?"]
    assert "".join(words) == "whodefinesvalue?café!"
    assert embedder.token_spans("") == []


def test_a_long_passage_is_refused_and_a_long_question_cut(embedder):
    fitting = " ".join(["value"] * (embedder.max_tokens - 2))  # [CLS] and [SEP] count
    embedder.embed_passages([fitting])
    with pytest.raises(ValueError, match=r"50 tokens; 48 are the most"):
        embedder.embed_passages(["fine", fitting + " profit profit"])
    assert np.array_equal(
        embedder.embed_question(fitting + " profit profit"), embedder.embed_question(fitting)
    )


def test_the_export_agrees_with_sentence_transformers(tiny, exported):
    with quiet_libraries():
        model = load_sentence_transformer(str(tiny), "cpu")
        expected = model.encode(TEXTS, batch_size=1)
    found = OnnxEmbedder(exported).embed_passages(TEXTS)
    assert np.abs(found - expected).max() < 1e-5


def test_what_cannot_be_exported_agrees_with_sentence_transformers(unexportable):
    plan = unexportable._plan
    assert plan.served_by == "sentence-transformers"
    assert "cls" in plan.reason
    with quiet_libraries():
        model = load_sentence_transformer(str(unexportable._source), "cpu")
        expected = model.encode(TEXTS, batch_size=1)
    assert np.abs(unexportable.embed_passages(TEXTS) - expected).max() < 1e-5


def test_prompts_belong_to_the_text(make_sentence_transformer, embedder_task, tmp_path):
    prompts = {"query": "who : ", "document": "the value of "}
    source = make_sentence_transformer(tmp_path / "model", prompts=prompts)
    export_embedder(embedder_task(source), tmp_path, print)
    embedder = OnnxEmbedder(tmp_path)
    with quiet_libraries():
        model = load_sentence_transformer(str(source), "cpu")
        question = model.encode_query("customer profit", batch_size=1)
        passage = model.encode_document("customer profit", batch_size=1)
    assert np.abs(embedder.embed_question("customer profit") - question).max() < 1e-5
    assert np.abs(embedder.embed_passages(["customer profit"])[0] - passage).max() < 1e-5
    assert embedder.max_tokens == 48 - 3


def test_fingerprints_tell_models_apart(exported, unexportable):
    prints = {OnnxEmbedder(exported).fingerprint, unexportable.fingerprint}
    assert len(prints) == 2
    assert unexportable.fingerprint.endswith("/float32/st")


def test_a_folder_without_a_model_is_told(tmp_path, embedder_task):
    (tmp_path / "notes.txt").write_text("no model")
    with pytest.raises(ModelError, match=r"is not a sentence-transformers model.*modules\.json"):
        export_embedder(embedder_task(tmp_path), tmp_path, print)


def test_a_prepared_file_that_cannot_be_read_is_told(exported, tmp_path):
    for path in exported.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.ort").write_bytes(b"not a graph")
    with pytest.raises(ModelError, match="Delete that folder"):
        open_prepared(tmp_path, tmp_path, device="cpu")


@pytest.mark.weights
def test_the_packaged_embedder(packaged):
    embedder = open_embedder(packaged)
    assert embedder.fingerprint == "all-MiniLM-L6-v2/53aa51172d14/int8/onnx1"
    assert (embedder.dimension, embedder.max_tokens) == (384, 256)
    texts = [
        "Shared value means policies that raise competitiveness and social conditions at once.",
        "The customer's lifetime value is the profit over the whole relationship.",
        "Milton Friedman held that the business of business is business. " * 12,
    ]
    vectors = embedder.embed_passages(texts)
    with quiet_libraries():
        model = load_sentence_transformer(str(embedder_weights()), "cpu")
        expected = model.encode(texts, batch_size=1)
    assert (vectors * expected).sum(axis=1).min() > 0.98
    assert np.array_equal(embedder.embed_passages(texts[::-1]), vectors[::-1])
    question = embedder.embed_question("What is a client worth over time?")
    assert int(np.argmax(vectors @ question)) == 1


@pytest.mark.weights
def test_once_prepared_it_is_served_without_torch(packaged):
    program = """
import json, sys
from pathlib import Path
import assistant.models.wiring as wiring
imported = [name for name in sys.argv[2].split() if name in sys.modules]
from assistant.settings import Settings
here = Path(sys.argv[1])
embedder = wiring.open_embedder(Settings(corpus=here, index=here, cache=here))
embedder.embed_passages(["one", "two"])
used = [name for name in sys.argv[2].split() if name in sys.modules]
print(json.dumps([imported, used]))
"""
    heavy = "torch transformers sentence_transformers onnxruntime huggingface_hub httpx gradio"
    run = subprocess.run(
        [sys.executable, "-c", program, str(packaged.cache), heavy],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(run.stdout) == [[], ["onnxruntime"]]
    assert run.stderr == ""


def test_the_plan_is_kept_beside_the_graph(exported):
    plan = read_plan(exported)
    assert (plan.served_by, plan.precision, plan.max_tokens) == ("onnx", "float32", 48)
    assert sorted(Path(path).name for path in exported.iterdir()) == [
        "model.ort",
        "plan.json",
        "tokenizer.json",
    ]
