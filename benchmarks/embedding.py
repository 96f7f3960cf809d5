"""Ready vectors, so that storing and searching can be measured without embedding again.

``python embedding.py texts TEXTS TARGET COUNT EMBEDDER``: float32 for the passages of the
rivals (what sentence-transformers computes, to 1e-6), our quantised one for the short texts,
which stand for any vectors. What was embedded is kept; a killed run goes on.

``python embedding.py library JOB FOLDER``: builds our index of the passages, embedding them
as a user's would be, and prints the file to which it wrote its vectors.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from assistant.library.database import Library
from assistant.models.wiring import open_embedder
from assistant.settings import Settings
from measuring import Job, sha256
from systems.ours import Ours

_BATCH = 256


def embed_file(texts: Path, target: Path, count: int, embedder: str) -> None:
    """Write the vectors of the first ``count`` texts, unless they are there."""
    have = np.load(target, mmap_mode="r") if target.exists() else np.zeros((0, 384), np.float32)
    if len(have) >= count:
        return
    with texts.open(encoding="utf-8") as lines:
        rows = [json.loads(line)["text"] for line in lines][:count]
    model = open_embedder(Settings.load({"embedder": embedder}))
    done = [np.asarray(have)]
    saved = time.monotonic()
    for first in range(len(have), len(rows), _BATCH):
        done.append(model.embed_passages(rows[first : first + _BATCH]))
        if time.monotonic() - saved > 20 or first + _BATCH >= len(rows):
            done, saved = [np.concatenate(done)], time.monotonic()
            unfinished = target.with_suffix(".part.npy")
            np.save(unfinished, done[0])
            unfinished.replace(target)
            print(f"  embedded {len(done[0]):,} of {len(rows):,}", file=sys.stderr, flush=True)


def embed_library(job: Job, folder: Path) -> Path:
    """Build our index, unless it is there, and return the file of its vectors, by passage."""
    embedder = open_embedder(Settings.load())
    target = folder / f"own-{job.count}-{sha256(embedder.fingerprint)[:8]}.npy"
    if not target.exists():
        print("  building our index", file=sys.stderr, flush=True)
        Ours(job).build(job.passages())
        with Library(Path(job.folder)).reading() as snapshot:
            ids, vectors = snapshot.vectors(embedder.fingerprint)
            passages = snapshot.passages(ids.tolist())
        rows = [int(passages[id_][0].document_id[1:]) for id_ in ids.tolist()]
        np.save(target, vectors[np.argsort(rows)])
    return target


if __name__ == "__main__":
    if sys.argv[1] == "library":
        print(embed_library(Job(**json.loads(sys.argv[2])), Path(sys.argv[3])))
    else:
        embed_file(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
