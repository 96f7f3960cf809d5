"""Evidence with claims that it supports, contradicts or leaves open, from every set there is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from training.flips import Flipper, reworded
from training.records import (
    CONTRADICTED,
    NOT_IN_SOURCES,
    SUPPORTED,
    UNSUPPORTED,
    Pair,
    is_validation,
    share_of,
)
from training.relevance_data import is_measured, sentences_of
from training.relevance_own import own_documents, sentences_in
from training.selecting import bearing_on
from training.sets import ROOT, rows, squad_articles

_NLI = {
    "entailment": SUPPORTED,
    "contradiction": CONTRADICTED,
    "neutral": NOT_IN_SOURCES,
    "not_entailment": UNSUPPORTED,
}
_SCIFACT = {
    "SUPPORT": SUPPORTED,
    "CONTRADICT": CONTRADICTED,
    "NOT_ENOUGH_INFO": NOT_IN_SOURCES,
}
_MEASURED_TEXTS = 0.25  # share of our own texts whose flips are only measured
_LETTERS = re.compile(r"[^a-z0-9]+")


def nli_pairs(home: Path, name: str, source: str, *, most: int = 0) -> Iterator[Pair]:
    """Yield an nli set; with ``most``, a sample of about that many rows."""
    found = list(rows(home, name))
    share = most / len(found) if most and found else 1.0
    for row in found:
        if share < 1 and share_of(row["id"], salt="sample") > share:
            continue
        yield Pair(
            source,
            _premise_name(row["premise"]),
            row["premise"],
            row["hypothesis"],
            _NLI[row["label"]],
        )


def _premise_name(premise: str) -> str:
    """Return what pairs of one premise or article have in common."""
    title, colon, _ = premise.partition(": ")
    return title if colon and len(title) < 60 else _LETTERS.sub("", premise.lower())[:24]


def grounded_pairs(home: Path, name: str, source: str) -> Iterator[Pair]:
    """Yield a grounded set, which tells supported from unsupported only."""
    for row in rows(home, name):
        label = SUPPORTED if row["label"] == "supported" else UNSUPPORTED
        lines = row["evidence"].split("\n")
        evidence = bearing_on(row["claim"], [s for line in lines for s in sentences_of(line)])
        article = _LETTERS.sub("", (row["question"] or row["evidence"]).lower())[:40]
        yield Pair(source, article, evidence, row["claim"], label)


def scifact_pairs(home: Path, split: str) -> Iterator[Pair]:
    """Yield SciFact claims with the sentences that decide them."""
    for row in rows(home, f"scifact-claims/{split}"):
        yield Pair(
            "scifact-claims",
            str(row["doc_id"]),
            row["evidence"],
            row["claim"],
            _SCIFACT[row["label"]],
        )


def distant_pairs(pairs: Sequence[Pair], *, seed: int) -> Iterator[Pair]:
    """Yield claims with the evidence of another claim of the same set, likely of another topic."""
    random = Random(seed)
    for pair in pairs:
        other = random.choice(pairs)
        if other.article != pair.article:
            yield Pair(
                pair.source, pair.article, other.evidence, pair.claim, NOT_IN_SOURCES, "distant"
            )


def is_measured_text(name: str) -> bool:
    """Say whether one of our own texts is kept for measuring flips."""
    return share_of(name, salt="texts") < _MEASURED_TEXTS


def flipped_pairs(
    source: str,
    texts: Sequence[tuple[str, Sequence[str]]],
    *,
    share: float,
    seed: int,
    leave_out: frozenset[str] = frozenset(),
    flips_a_sentence: int = 2,
) -> Iterator[Pair]:
    """Yield flips and true rewordings of the sentences of named texts.

    The evidence is the sentence, mostly among its neighbours. As many claims are true as false.
    """
    random = Random(seed)
    flipper = Flipper([s for _, sentences in texts for s in sentences])
    for name, sentences in texts:
        for at, sentence in enumerate(sentences):
            if random.random() > share or _LETTERS.sub("", sentence.lower()) in leave_out:
                continue
            if not 7 <= len(sentence.split()) <= 45:
                continue
            start, end = at - random.choice([0, 0, 1, 1, 2]), at + 1 + random.choice([0, 0, 1, 1])
            evidence = " ".join(sentences[max(0, start) : end])
            true = [sentence, *reworded(sentence, random)]
            wording = random.choice(true)
            changes = flipper.flips(wording, random)
            random.shuffle(changes)
            for change in changes[:flips_a_sentence]:
                yield Pair(source, name, evidence, change.claim, change.label, change.kind)
            kept = random.sample(true, min(len(true), max(1, min(len(changes), flips_a_sentence))))
            for claim in kept:
                kind = "same" if claim == sentence else "reworded"
                yield Pair(source, name, evidence, claim, SUPPORTED, kind)
            others = [i for i in range(len(sentences)) if not start - 3 <= i < end + 3]
            if others and random.random() < 0.4:
                other = sentences[random.choice(others)]
                yield Pair(source, name, evidence, other, NOT_IN_SOURCES, "elsewhere")


def own_texts(*, measured: bool) -> list[tuple[str, list[str]]]:
    """Return our own texts of one side with their sentences."""
    return [
        (d.card.id, sentences_in(d))
        for d in own_documents()
        if is_measured_text(d.card.id) is measured
    ]


def fixed_claims() -> frozenset[str]:
    """Return the claims that the tests of the checker are made of, as bare letters."""
    path = ROOT / "tests" / "answering" / "claims.jsonl"
    claims = (row["claim"] for row in rows(path.parent, path.stem))
    return frozenset(_LETTERS.sub("", c.lower()) for c in claims)


def all_flips(home: Path) -> list[Pair]:
    """Return flips of our own texts, of a textbook and of SQuAD's articles for training."""
    from training.relevance_own import _book_sentences

    book = list(_book_sentences(home / "openstax-economics" / "docs").items())
    wiki = [
        (title, [s for p in paragraphs for s in sentences_of(p["context"])])
        for title, paragraphs in squad_articles(home)
        if not is_measured(title)
    ]
    left_out = fixed_claims()
    own = own_texts(measured=False)
    return [
        *flipped_pairs("own-texts", own, share=1.0, seed=1, leave_out=left_out),
        *flipped_pairs("openstax-economics", book, share=0.2, seed=2),
        *flipped_pairs("squad", wiki, share=0.7, seed=3),
    ]


def outside_pairs(home: Path) -> list[Pair]:
    """Return all training pairs from outside the project."""
    makers: list[Callable[[], Iterator[Pair]]] = [
        lambda: nli_pairs(home, "snli/dev", "snli"),
        lambda: nli_pairs(home, "multinli/dev", "multinli"),
        lambda: nli_pairs(home, "taxinli/train", "taxinli"),
        lambda: nli_pairs(home, "snli-counterfactual/train", "snli-counterfactual"),
        lambda: nli_pairs(home, "fever/dev", "fever"),
        lambda: nli_pairs(home, "fever/dev_constructed_neutral", "fever"),
        lambda: nli_pairs(home, "fool-me-twice/dev", "fool-me-twice"),
        lambda: nli_pairs(home, "hans-regenerated/train", "hans-regenerated", most=1500),
        lambda: nli_pairs(home, "med/test", "med", most=3000),
        lambda: nli_pairs(home, "breaking-nli/test", "breaking-nli", most=2000),
        lambda: nli_pairs(home, "scitail/test", "scitail"),
        lambda: _negations(home),
        lambda: grounded_pairs(home, "wice/train", "wice"),
        lambda: grounded_pairs(home, "wice/dev", "wice"),
        lambda: wice_supports(home),
        lambda: grounded_pairs(home, "begin/dev", "begin"),
        lambda: grounded_pairs(home, "expertqa/train", "expertqa"),
        lambda: grounded_pairs(home, "expertqa/dev", "expertqa"),
        lambda: grounded_pairs(home, "attributionbench/dev", "attributionbench"),
        lambda: scifact_pairs(home, "train"),
        lambda: grounded_pairs(home, "factcg-synthetic/train", "factcg-synthetic"),
    ]
    found = [pair for make in makers for pair in make()]
    sources = {"fever", "fool-me-twice", "scifact-claims", "multinli"}
    some = [p for p in found if p.source in sources]
    strangers = list(distant_pairs([p for p in some if share_of(p.claim) < 0.15], seed=5))
    return [*found, *strangers]


def _negations(home: Path) -> Iterator[Pair]:
    """Yield the negation benchmarks without their RTE part, whose licence is unclear."""
    for row in rows(home, "negation-nli/test"):
        if "-rte-" not in row["id"]:
            yield Pair(
                "negation-nli",
                _premise_name(row["premise"]),
                row["premise"],
                row["hypothesis"],
                _NLI[row["label"]],
            )


def wice_supports(home: Path) -> Iterator[Pair]:
    """Yield WiCE's claims with the lines that support them alone, of its dev part."""
    for row in rows(home, "wice/evidence_dev"):
        lines = row["passage"].split("\n")
        right = [t for t, label in zip(lines, row["sentence_labels"], strict=True) if label]
        article = _LETTERS.sub("", row["passage"].lower())[:40]
        yield Pair("wice", article, " ".join(right), row["question"], SUPPORTED)
        wrong = [t for t, label in zip(lines, row["sentence_labels"], strict=True) if not label]
        yield Pair("wice", article, " ".join(wrong[:8]), row["question"], UNSUPPORTED)


def divided_pairs(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Return the pairs to train on and to validate on, apart by article."""
    held = [is_validation(f"{p.source}/{p.article}") for p in pairs]
    training = [p for p, out in zip(pairs, held, strict=True) if not out]
    return training, [p for p, out in zip(pairs, held, strict=True) if out]
