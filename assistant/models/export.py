"""Turns a sentence-transformers model into an ONNX graph; runs in the preparing process only.

Exported are models that are a Transformer, mean pooling and perhaps a normalisation, and
whose exported vectors agree with their own. All others are left to sentence-transformers.
Texts are embedded one at a time, so the graph has no padding and no attention mask.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from assistant.errors import ModelError
from assistant.models.cache import Report
from assistant.models.exporter import quantise, quiet_export
from assistant.models.plan import GRAPH_FILE, TOKENIZER_FILE, Plan, write_plan
from assistant.models.session import open_session, save_optimised
from assistant.models.weights import check_embedder_weights, sha256_of

if TYPE_CHECKING:
    from assistant.models.prepare import Task

log = logging.getLogger(__name__)

_SHAPING = {".json", ".safetensors", ".txt", ".model"}
_AGREEMENT = 0.999  # least cosine of exported and original vectors
_QUANTISED_AGREEMENT = 0.95  # below, the model does not bear int8 and stays float32
_PROBES = (
    "Who defines value: the customer, the company, or government and civil society?",
    "CSR",
    "Creating shared value, Porter and Kramer write, is not philanthropy (2011). " * 3,
    "Naïve café; £3.5 billion — “greenwashing”?",
)


def export_embedder(task: Task, folder: Path, report: Report) -> None:
    """Fill ``folder`` with what is needed to serve the embedder ``task.source``."""
    source = Path(task.source)
    if task.packaged:
        check_embedder_weights(source)
    report(f"loading {task.name}")
    with quiet_export():
        model = load_sentence_transformer(str(source), "cpu")
        obstacle = _obstacle(model)
        precision: str = task.precision
        if not obstacle:
            report(f"exporting {task.name}")
            obstacle, precision = _export(model, folder, wanted=task.precision)
    if obstacle:
        log.warning("%s is served by sentence-transformers: %s", task.name, obstacle)
        (folder / GRAPH_FILE).unlink(missing_ok=True)
    question_prompt = model.prompts.get("query") or ""
    passage_prompt = model.prompts.get("document") or model.prompts.get("passage") or ""
    plan = Plan(
        name=task.name,
        source_sha256=_source_sha256(task),
        served_by="sentence-transformers" if obstacle else "onnx",
        precision="int8" if precision == "int8" and not obstacle else "float32",
        dimension=int(model.get_embedding_dimension()),
        max_tokens=_max_tokens(model),
        question_prompt=question_prompt,
        passage_prompt=passage_prompt,
        prompt_tokens=max(
            _token_count(model, prompt) for prompt in (question_prompt, passage_prompt)
        ),
        reason=obstacle,
    )
    write_plan(folder, plan)


def load_sentence_transformer(source: str, device: str | None) -> Any:  # noqa: ANN401
    """Return the SentenceTransformer in the folder ``source``, or raise ModelError."""
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(
            source,
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            # plain attention exports to a smaller graph, a tenth faster than the fused one
            model_kwargs={"attn_implementation": "eager", "use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError) as cause:
        words = str(cause).strip().partition("\n")[0].rstrip(" .:")
        raise ModelError(
            f"{source} is not a sentence-transformers model that can be loaded: {words}.",
            remedy="Give a folder with modules.json, config.json, a tokenizer and safetensors.",
        ) from cause


def _obstacle(model: Any) -> str:  # noqa: ANN401
    """Say what keeps ``model`` from being exported; empty when nothing does."""
    names = [type(module).__name__ for module in model]
    if names not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return f"its modules are {', '.join(names)}"
    if model[1].pooling_mode not in ("mean", ("mean",), ["mean"]):
        return f"its pooling is {model[1].pooling_mode}"
    if not model[1].include_prompt:
        return "its prompt is left out of the pooling"
    if getattr(model.tokenizer, "backend_tokenizer", None) is None:
        return "it has no fast tokenizer"
    return ""


def _export(
    model: Any,  # noqa: ANN401
    folder: Path,
    *,
    wanted: str,
) -> tuple[str, str]:
    """Write the graph and the tokenizer; return what went wrong, if anything, and the precision."""
    (folder / TOKENIZER_FILE).write_text(
        model.tokenizer.backend_tokenizer.to_str(), encoding="utf-8"
    )
    oracle = model.encode(list(_PROBES), batch_size=1, normalize_embeddings=True)
    with tempfile.TemporaryDirectory(dir=folder) as aside:
        whole, small = Path(aside) / "float32.onnx", Path(aside) / "int8.onnx"
        try:
            _export_graph(model, whole)
            save_optimised(whole, folder / GRAPH_FILE)
            agreement = _agreement(folder, oracle, _max_tokens(model))
        except Exception as error:  # torch's exporter raises anything
            log.info("the export failed", exc_info=True)
            return f"the export failed with {type(error).__name__}", wanted
        if agreement < _AGREEMENT:
            return f"the exported vectors differ (cosine {agreement:.4f})", wanted
        if wanted != "int8":
            return "", "float32"
        quantise(whole, small)
        save_optimised(small, folder / GRAPH_FILE)
        quantised = _agreement(folder, oracle, _max_tokens(model))
        log.info("cosine to the original: float32 %.5f, int8 %.5f", agreement, quantised)
        if quantised < _QUANTISED_AGREEMENT:
            save_optimised(whole, folder / GRAPH_FILE)
            return "", "float32"
        return "", "int8"


def _export_graph(model: Any, path: Path) -> None:  # noqa: ANN401
    """Write ids (1, n) -> vector (1, d): encoder, mean pooling, normalisation."""
    import torch

    encoder = model[0].auto_model if hasattr(model[0], "auto_model") else model[0].model

    class Encoder(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            tokens = self.encoder(input_ids=ids).last_hidden_state  # (1, n, d)
            return torch.nn.functional.normalize(tokens.mean(dim=1), dim=1)

    length = torch.export.Dim("length", min=2, max=_max_tokens(model))
    with torch.no_grad():
        torch.onnx.export(
            Encoder().eval(),
            (torch.ones(1, 16, dtype=torch.long),),
            path,
            input_names=["ids"],
            dynamic_shapes=({1: length},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def _agreement(folder: Path, oracle: npt.NDArray[np.float32], max_tokens: int) -> float:
    """Return the least cosine between the exported vectors and the model's own."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    session = open_session(folder / GRAPH_FILE)
    ids = [np.array([tokenizer.encode(text).ids], dtype=np.int64) for text in _PROBES]
    vectors = np.concatenate([session.run(None, {"ids": row})[0] for row in ids])  # (n, d)
    return float((vectors * oracle).sum(axis=1).min())


def _max_tokens(model: Any) -> int:  # noqa: ANN401
    limit = model.max_seq_length or getattr(model[0].model.config, "max_position_embeddings", 256)
    return int(limit)


def _token_count(model: Any, text: str) -> int:  # noqa: ANN401
    return len(model.tokenizer(text, add_special_tokens=False)["input_ids"])


def _source_sha256(task: Task) -> str:
    """Return the sha256 of the packaged weights, else of every file that shapes the vectors."""
    source = Path(task.source)
    if task.packaged:
        return sha256_of(source / "model.safetensors")
    files = sorted(path for path in source.rglob("*") if path.suffix in _SHAPING)
    lines = [f"{path.relative_to(source).as_posix()} {sha256_of(path)}\n" for path in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
