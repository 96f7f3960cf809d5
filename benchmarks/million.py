"""Search alone in a million vectors: ours, and a flat index of the same vectors.

The vectors grow from real ones: embedded sentences of the data sets (as many as are ready).
Each further vector is normalise(x + t (y − x) + n), x a random real vector, y one of its ten
nearest neighbours, t uniform in 0…1, and n normal noise of length ``NOISE``. Among real ones the
median cosine to the nearest neighbour grows with their number, .60 among 5,000 and .69 among
40,000; the noise sets it to what a million would have by that, and both medians are written
down. Queries are embedded questions of SQuAD; the truth is an exact search of all vectors.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

import faiss
import numpy as np

from assistant.library.database import Library
from assistant.library.rows import DocumentChange, StoredPassage
from assistant.library.vectors import VECTORS_NAME, StoreOfGeneration
from assistant.ports import Floats2d, Ints1d
from assistant.records import Document, DocumentCard, Passage, Perspective
from measuring import TOP_K, Clock, Figures, percentiles, sha256

NOISE = 0.7
_NEIGHBOURS = 10
_CHUNK = 20_000
_SEED = 20_261_123
_DEPTH = 100  # of the dense half of our hybrid search
_PASSAGES_PER_DOCUMENT = 1_000
_MODEL = "grown"


def enlarge(real: Floats2d, count: int, target: Path) -> Figures:
    """Write ``count`` unit vectors: the real ones first, then made ones."""
    random = np.random.default_rng(_SEED)
    near = _neighbours(real)
    grown = np.lib.format.open_memmap(
        target.with_suffix(".part"), mode="w+", dtype=np.float32, shape=(count, real.shape[1])
    )
    kept = min(len(real), count)
    grown[:kept] = real[:kept]
    for first in range(kept, count, _CHUNK):
        size = min(_CHUNK, count - first)
        rows = random.integers(len(real), size=size)
        others = near[rows, random.integers(1, _NEIGHBOURS + 1, size=size)]
        noise = random.normal(size=(size, real.shape[1])) * (NOISE / np.sqrt(real.shape[1]))
        steps = random.random((size, 1))
        made = real[rows] + steps * (real[others] - real[rows]) + noise  # (size, d)
        grown[first : first + size] = made / np.linalg.norm(made, axis=1, keepdims=True)
    grown.flush()
    target.with_suffix(".part").rename(target)
    return {
        "real": kept,
        "nearest_cosine_real": _nearest(real, np.arange(kept), random),
        "nearest_cosine_made": _nearest(grown, np.arange(kept, count), random),
    }


def _neighbours(real: Floats2d) -> Ints1d:
    """Return each vector's row and its ten nearest ones', shape (n, 11), found by cells."""
    cells = max(1, int(len(real) ** 0.5))
    index = faiss.index_factory(real.shape[1], f"IVF{cells},Flat", faiss.METRIC_INNER_PRODUCT)
    index.train(real[:: max(1, len(real) // (40 * cells))])
    index.add(real)
    index.nprobe = 8
    return index.search(real, _NEIGHBOURS + 1)[1]


def _nearest(vectors: Floats2d, rows: Ints1d, random: np.random.Generator) -> float:
    """Return the median cosine of 200 of the rows to their nearest neighbour among all."""
    if not len(rows):
        return float("nan")
    some = np.asarray(vectors[random.choice(rows, min(200, len(rows)), replace=False)])
    best = np.full((len(some), 2), -1.0, np.float32)
    for first in range(0, len(vectors), _CHUNK):
        scores = some @ np.asarray(vectors[first : first + _CHUNK]).T  # (200, chunk)
        best = np.sort(np.hstack([best, np.partition(scores, -2, axis=1)[:, -2:]]), axis=1)[:, -2:]
    return round(float(np.median(best[:, 0])), 4)  # the best is the vector itself


def exact(vectors: Floats2d, queries: Floats2d) -> Ints1d:
    """Return the ten best rows of each query, shape (q, 10)."""
    scores = np.full((len(queries), TOP_K), -2.0, np.float32)
    rows = np.zeros((len(queries), TOP_K), np.int64)
    for first in range(0, len(vectors), _CHUNK):
        product = queries @ np.asarray(vectors[first : first + _CHUNK]).T  # (q, chunk)
        there = np.argpartition(-product, min(TOP_K, product.shape[1] - 1), axis=1)[:, :TOP_K]
        scores = np.hstack([scores, np.take_along_axis(product, there, axis=1)])
        rows = np.hstack([rows, there + first])
        order = np.argsort(-scores, axis=1)[:, :TOP_K]
        scores = np.take_along_axis(scores, order, axis=1)
        rows = np.take_along_axis(rows, order, axis=1)
    return rows


def build_ours(vectors: Floats2d, folder: Path) -> Figures:
    """Make a library of so many passages, a word each, and its store of vectors."""
    shutil.rmtree(folder, ignore_errors=True)
    with Clock() as clock, Library(folder).writing() as writer:
        for first in range(0, len(vectors), _PASSAGES_PER_DOCUMENT):
            some = np.asarray(vectors[first : first + _PASSAGES_PER_DOCUMENT])
            change = _document(first, len(some))
            keys = [stored.vector_key for stored in change.passages]
            writer.store_vectors(_MODEL, keys, some)
            writer.put(change)
        writer.remember({"embedder": _MODEL})
        writer.next_generation()
    with Clock() as storing, Library(folder).reading() as snapshot:
        assert len(StoreOfGeneration(folder).get(snapshot)) == len(vectors)
    return {
        "library_s": clock.figures["wall_s"],
        **storing.figures,
        "disk_mb": round((folder / VECTORS_NAME).stat().st_size / 1e6, 1),
    }


def _document(first: int, count: int) -> DocumentChange:
    """Return a document whose passages are numbered from ``first``, as their vectors are."""
    name = f"d{first}"
    card = DocumentCard(name, f"{name}.txt", name, Perspective.OVERVIEW, sha256(name))
    passages = (
        StoredPassage(Passage(name, (), 0, 1, "w", ()), name, sha256(str(n)))
        for n in range(first, first + count)
    )
    return DocumentChange(Document(card, "w", (), ()), tuple(passages))


def search_ours(folder: Path, queries: Floats2d, truth: Ints1d) -> Figures:
    """Ask our store for ten, and for as many as a hybrid search asks it for.

    As in a search, each question opens its own view of the library: the best are compared
    with the exact vectors, which lie in the database.
    """
    before = resident_mb()
    library, stores = Library(folder), StoreOfGeneration(folder)
    with Clock() as opening, library.reading() as snapshot:
        stores.get(snapshot)
    figures: Figures = {"open_s": opening.figures["wall_s"]}
    for k in (TOP_K, _DEPTH):
        found, milliseconds = [], []
        for query in queries:
            began = time.perf_counter()
            with library.reading() as snapshot:
                ids, _ = stores.get(snapshot).search(query, k)
            milliseconds.append((time.perf_counter() - began) * 1000)
            found.append(ids[:TOP_K] - 1)  # passages count from one
        figures[f"top_{k}"] = {**percentiles(milliseconds), **_recall(np.stack(found), truth)}
    return {**figures, "vectors_mb": round(resident_mb() - before, 1)}


def search_flat(grown: Path, queries: Floats2d, truth: Ints1d) -> Figures:
    """Ask a flat index of 32-bit floats."""
    count, dimension = np.load(grown, mmap_mode="r").shape
    before = resident_mb()
    index = faiss.IndexFlatIP(dimension)
    with grown.open("rb") as file:
        file.seek(-count * dimension * 4, os.SEEK_END)
        for _ in range(0, count, _CHUNK):
            index.add(np.fromfile(file, np.float32, _CHUNK * dimension).reshape(-1, dimension))
    growth = resident_mb() - before
    milliseconds, found = [], []
    for query in queries[:100]:
        began = time.perf_counter()
        found.append(index.search(query[None, :], TOP_K)[1][0])
        milliseconds.append((time.perf_counter() - began) * 1000)
    recall = _recall(np.stack(found), truth[: len(found)])
    figures = {**percentiles(milliseconds), **recall}
    return {f"top_{TOP_K}": figures, "vectors_mb": round(growth, 1)}


def _recall(found: Ints1d, truth: Ints1d) -> Figures:
    shared = sum(len(np.intersect1d(a, b)) for a, b in zip(found, truth, strict=True))
    return {"recall_10": round(shared / truth.size, 4)}


def resident_mb() -> float:
    """Return the memory of this process, mapped files included, where the system tells it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmRSS"].split()[0]) / 1024


def main() -> None:
    """``python million.py VERB FOLDER COUNT``: prepare | build | search | flat."""
    verb, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    grown, library = folder / f"grown-{count}.npy", folder / f"library-{count}"
    truth_file = folder / f"truth-{count}.npy"
    queries = np.load(folder / "questions.npy")
    if verb == "prepare":
        figures = enlarge(np.load(folder / "short.npy"), count, grown)
        np.save(truth_file, exact(np.load(grown, mmap_mode="r"), queries))
    elif verb == "build":
        figures = build_ours(np.load(grown, mmap_mode="r"), library)
    elif verb == "search":
        figures = search_ours(library, queries, np.load(truth_file))
    else:
        figures = search_flat(grown, queries, np.load(truth_file))
    print(json.dumps({"figures": figures, "versions": {}}))


if __name__ == "__main__":
    main()
