"""Train the entailment adapter: `uv run training/entailment.py`, again to go on, --finish to ship.

Three logits a pair of evidence and claim: supported, contradicted, not in the sources.
Checkpoints and log lie under --work; interrupting loses four minutes at most.
"""

from __future__ import annotations

from assistant.models.weights import embedder_weights
from training.encoder import Pairs
from training.entailment_data import (
    all_flips,
    divided_pairs,
    flipped_pairs,
    outside_pairs,
    own_texts,
)
from training.entailment_lessons import EntailmentLessons
from training.options import Options
from training.records import VERDICTS, Pair
from training.running import run_command
from training.store import kept

NAME = "entailment"
MAX_TOKENS = 256
EPOCHS = 1.5
RATE = 7e-4
# small sets whose targets are named, and which nothing else stands for
REPEATS = {"scifact-claims": 3, "wice": 2, "attributionbench": 2, "begin": 2, "fool-me-twice": 2}


def lessons_for(options: Options) -> EntailmentLessons:
    """Return the lessons: all sets there are, or a few flips of our own texts for --smoke."""
    if options.smoke:
        flips = list(flipped_pairs("own-texts", own_texts(measured=False)[:4], share=0.6, seed=1))
        return EntailmentLessons(
            flips[:200], flips[200:240], Pairs(embedder_weights(), 64), pairs_a_batch=12
        )
    pairs = kept(
        options.work / "pairs.jsonl",
        Pair,
        lambda: all_flips(options.data) + outside_pairs(options.data),
    )
    training, validation = divided_pairs(pairs)
    return EntailmentLessons(
        training,
        validation,
        Pairs(embedder_weights(), MAX_TOKENS),
        repeats=REPEATS,
        seed=options.plan.seed,
    )


if __name__ == "__main__":
    run_command(NAME, __doc__ or "", lessons_for, outputs=VERDICTS, epochs=EPOCHS, rate=RATE)
