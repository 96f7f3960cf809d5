"""Print the table of targets for the adapters: `uv run training/measure.py`, --most 200 for a look.

Measured is what is served: merged, quantised, calibrated, without torch. Nothing measured here
was trained on; sets that are not on this machine are left out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from assistant.models.adapter import ADAPTERS, ENTAILMENT, RELEVANCE
from training.measure_entailment import entailment_rows
from training.measure_relevance import relevance_rows
from training.row import Row, as_table
from training.served import entailer_of, scorer_of
from training.sets import data_home


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=[RELEVANCE, ENTAILMENT])
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    parser.add_argument("--adapters", type=Path, default=ADAPTERS)
    parser.add_argument("--work", type=Path, help="where prepared models are kept")
    parser.add_argument("--most", type=int, default=0, help="rows of each set; 0 for all")
    parser.add_argument("--json", type=Path, help="write the rows here as well")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        work = given.work or Path(aside)
        found = [
            row
            for name in given.names
            for row in rows_of(name, given.adapters / name, work, data_home(given.data), given.most)
        ]
    print(as_table(found))
    if given.json:
        given.json.write_text(json.dumps([asdict(row) for row in found], indent=1), "utf-8")


def rows_of(name: str, source: Path, work: Path, data: Path, most: int) -> Iterator[Row]:
    """Yield the rows of one adapter, each printed when it is known."""
    if name == RELEVANCE:
        found = relevance_rows(scorer_of(source, work), data, most=most)
    else:
        found = entailment_rows(entailer_of(source, work), data, most=most)
    for row in found:
        print(f"{row.figure:8.3f}  {row.what}", flush=True)
        yield row


if __name__ == "__main__":
    main()
