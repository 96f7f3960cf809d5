"""How a prepared embedder is served: the files of its folder, and the plan that describes them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

EXPORTER_VERSION = "1"  # raise it whenever exported vectors change
MERGER_VERSION = "1"  # raise it whenever the logits of an exported adapter change
FORMAT_VERSION = "ort1"  # raise it whenever the files change and the vectors do not
GRAPH_FILE = "model.ort"  # optimised ahead, in onnxruntime's own format
TOKENIZER_FILE = "tokenizer.json"
PLAN_FILE = "plan.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a prepared embedder is served."""

    name: str
    source_sha256: str
    served_by: Literal["onnx", "sentence-transformers"]
    precision: str  # int8 or float32
    dimension: int
    max_tokens: int
    question_prompt: str = ""
    passage_prompt: str = ""
    prompt_tokens: int = 0  # of the longer one
    reason: str = ""  # why it was not exported

    @property
    def fingerprint(self) -> str:
        """Changes whenever the vectors would."""
        how = {"onnx": f"onnx{EXPORTER_VERSION}", "sentence-transformers": "st"}[self.served_by]
        return f"{self.name}/{self.source_sha256[:12]}/{self.precision}/{how}"


def read_plan(folder: Path) -> Plan:
    """Return the plan of a prepared embedder."""
    return Plan(**json.loads((folder / PLAN_FILE).read_text(encoding="utf-8")))


def write_plan(folder: Path, plan: Plan) -> None:
    """Put the plan beside the files that it describes."""
    text = json.dumps(asdict(plan), indent=1, ensure_ascii=False)
    (folder / PLAN_FILE).write_text(text, encoding="utf-8")
