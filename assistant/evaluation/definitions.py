"""What each figure is: its statistic, which way is better, and where it comes from.

A name may have a part behind " · ": "nDCG@10 · BM25 only" is nDCG@10 of that part, and
"recall@1 · fused over better half" a difference. Only whole figures decide whether a run is
worse than another; parts explain them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from assistant.evaluation.figures import Statistic

PART = " · "


class Better(Enum):
    """Which way a figure should go."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure in one line."""

    what: str
    statistic: Statistic = Statistic.RATIO
    better: Better = Better.HIGHER
    digits: int = 3
    gates: bool = True  # whether getting worse is a fault; speed on another machine is none


def definition_of(name: str) -> Definition:
    """Return the definition of a figure by its name, with or without a part."""
    return DEFINITIONS[name.split(PART)[0]]


def gates(name: str) -> bool:
    """Whether a figure decides if a run is worse than another."""
    return PART not in name and definition_of(name).gates


def part_of(name: str, part: str) -> str:
    """Return the name of a figure of a part; the name itself where the part is empty."""
    return f"{name}{PART}{part}" if part else name


def _shown(what: str) -> Definition:
    return Definition(what, gates=False)


def _time(what: str, statistic: Statistic) -> Definition:
    return Definition(what, statistic, Better.LOWER, digits=0, gates=False)


DEFINITIONS: Mapping[str, Definition] = {
    # search
    "nDCG@10": Definition("discounted gain of the first ten (Järvelin 2002; ir_measures)"),
    "recall@1": Definition("of all that is relevant, what stands first (ir_measures)"),
    "recall@5": Definition("of all that is relevant, what stands in the first five (ir_measures)"),
    "hit@1": Definition("questions with something relevant in first place (ir_measures)"),
    "hit@5": Definition("questions with something relevant among the first five (ir_measures)"),
    "MRR@10": Definition("one over the rank of the first relevant one, 0 past ten (ir_measures)"),
    "gold evidence recall@5": Definition(
        "questions of whose alternative gold passages one is among the first five"
    ),
    "perspective recall@5": Definition(
        "debated questions of which all sides with gold evidence are in the first five, or five "
        "sides (MRECALL of Min et al. 2021, as in BERDS, Chen and Choi 2024)"
    ),
    "own question@3": Definition("documents among the first three for their own guiding question"),
    # evidence
    "evidence precision": Definition("chosen evidence sentences that are gold"),
    "evidence recall": Definition("gold sentences, all alternatives, that were chosen"),
    "gold evidence in 750 words": Definition(
        "questions with a gold sentence in the first passages that make up 750 words"
    ),
    "words of evidence": Definition(
        "words of the evidence, mean", better=Better.LOWER, digits=0, gates=False
    ),
    "evidence F1": Definition("mean over questions of the harmonic mean of the two"),
    "best sentence is gold": Definition("questions whose best-scored sentence is gold"),
    # answers
    "answered": Definition("answerable questions that were answered"),
    "cites gold document": Definition("of these, answers that cite a document with gold evidence"),
    "quotes gold sentence": Definition("of these, answers with a gold sentence, word for word"),
    "expected points covered": Definition(
        "points of a good answer that the answer makes; stems and cosine, see points.py"
    ),
    "citation recall": Definition(
        "sentences of answers that their citations carry (ALCE, Gao et al. 2023; our judge)"
    ),
    "citation precision": Definition(
        "citations that carry their sentence or without which the others do not (ALCE)"
    ),
    "written sentences kept": _shown("sentences of drafts that the check let stand"),
    "follow-up success": Definition("answerable follow-ups answered from a gold document"),
    "abstention precision": Definition("refusals that were right"),
    "abstention recall": Definition("unanswerable questions that were refused"),
    "abstention balanced accuracy": Definition(
        "mean of answerables answered and unanswerables refused", Statistic.BALANCED
    ),
    "risk-coverage area": Definition(
        "mean share of wrong answers over all coverages, most confident first (AURC, Geifman et "
        "al. 2019); wrong: unanswerable, or without gold evidence",
        Statistic.AURC,
        Better.LOWER,
    ),
    # checks
    "balanced accuracy": Definition(
        "mean of carried claims let stand and others struck", Statistic.BALANCED
    ),
    "three-way balanced accuracy": Definition(
        "the same over supported, contradicted and not in the sources", Statistic.BALANCED
    ),
    "supported kept": Definition("claims that the evidence carries and the check let stand"),
    "unsupported struck": Definition("claims that it does not carry and the check struck"),
    # speed
    "ms p50": _time(
        "milliseconds from question to answer, or of a stage, median", Statistic.MEDIAN
    ),
    "ms p95": _time("the same, 95th percentile", Statistic.P95),
    "peak memory MB": _time(
        "largest resident size of the process up to then (getrusage)", Statistic.MEDIAN
    ),
}
