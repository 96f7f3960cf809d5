"""The data sets: where they lie, their licences, and how their lines are read."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "corpus"
QUESTIONS = ROOT / "evaluation" / "questions.jsonl"


@dataclass(frozen=True, slots=True)
class DataSet:
    """What the model card says about a set."""

    title: str
    licence: str
    note: str = ""


# Nothing that the data folder's README marks "measure only" stands here.
SETS: dict[str, DataSet] = {
    "own-questions": DataSet("this project's questions, split `dev`", "Apache 2.0"),
    "own-texts": DataSet("this project's texts", "as the repository", "changed by rules"),
    "squad-sentences": DataSet("SQuAD v1.1, third split of Du et al.", "CC BY-SA 4.0, split MIT"),
    "squad": DataSet("SQuAD v2.0 dev, articles for training", "CC BY-SA 4.0"),
    "qnli": DataSet("GLUE QNLI dev, without the articles measured on", "CC BY-SA 4.0"),
    "selqa": DataSet("SelQA, answer sentence selection", "Apache 2.0, text CC BY-SA"),
    "boolq": DataSet(
        "BoolQ and other stretches of the same article", "CC BY-SA 3.0", "negatives are silver"
    ),
    "clapnq-answers": DataSet("ClapNQ, long answers", "Apache 2.0, text CC BY-SA 3.0"),
    "covid-qa": DataSet("COVID-QA", "Apache 2.0, papers CC BY"),
    "scifact": DataSet("SciFact, training claims", "claims CC BY 4.0, abstracts ODC-By 1.0"),
    "openstax-economics": DataSet(
        "OpenStax Principles of Economics 3e", "CC BY 4.0", "answering passage found by rules"
    ),
    "fever": DataSet("FEVER (ERASER form)", "CC BY-SA 3.0", "neutral pairs are silver"),
    "fool-me-twice": DataSet("FoolMeTwice", "Apache 2.0, text CC BY-SA 3.0"),
    "wice": DataSet("WiCE", "ODC-BY 1.0, text CC BY-SA and Common Crawl terms"),
    "snli": DataSet("SNLI dev", "CC BY-SA 4.0"),
    "multinli": DataSet("MultiNLI dev matched", "OANC; CC BY 3.0, CC BY-SA 3.0"),
    "taxinli": DataSet("TaxiNLI", "C-UDA 1.0, text as MultiNLI"),
    "snli-counterfactual": DataSet(
        "counterfactually revised SNLI", "Apache 2.0, text CC BY-SA 4.0"
    ),
    "begin": DataSet("BEGIN dev", "CC BY 4.0; CDLA-Sharing 1.0"),
    "expertqa": DataSet("ExpertQA", "MIT", "evidence: web snippets"),
    "attributionbench": DataSet("AttributionBench dev", "Apache 2.0 (its card)"),
    "scifact-claims": DataSet("SciFact claims, train", "claims CC BY 4.0, abstracts ODC-By 1.0"),
    "factcg-synthetic": DataSet(
        "FactCG CG2C-Doc", "MIT", "written by GPT-4, whose terms may matter; news text"
    ),
    "negation-nli": DataSet("negation benchmarks, SNLI and MultiNLI parts", "MIT"),
    "med": DataSet("MED, monotonicity", "CC BY-SA 4.0"),
    "hans-regenerated": DataSet("HANS templates, drawn anew", "MIT"),
    "scitail": DataSet("SciTail test", "Apache 2.0"),
    "breaking-nli": DataSet("Breaking NLI", "CC BY-SA 4.0"),
}


def data_home(chosen: Path | None) -> Path:
    """Return the folder of the data sets: the chosen one, $ASSISTANT_DATA or ../shared/data."""
    named = os.environ.get("ASSISTANT_DATA")
    return chosen or (Path(named) if named else ROOT.parent / "shared" / "data")


def rows(home: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of ``<home>/<name>.jsonl[.gz]``; none where the file is absent.

    ``name`` is as in "snli/dev". Data sets are optional one by one: the card lists what was
    there.
    """
    packed = home / f"{name}.jsonl.gz"
    if packed.exists():
        with gzip.open(packed, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)
        return
    plain = home / f"{name}.jsonl"
    if plain.exists():
        with plain.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def squad_articles(home: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield title and paragraphs of each article of SQuAD v2.0 dev; none where it is absent."""
    path = home / "squad" / "dev-v2.0.json.gz"
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for article in json.load(file)["data"]:
                yield article["title"], article["paragraphs"]


def relevant_abstracts(home: Path, split: str) -> dict[str, set[str]]:
    """Return the ids of the abstracts that each SciFact query of a split cites."""
    path = home / "scifact" / "qrels" / f"{split}.tsv"
    found: dict[str, set[str]] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            query, document, score = line.split("\t")
            if int(score) > 0:
                found.setdefault(query, set()).add(document)
    return found
