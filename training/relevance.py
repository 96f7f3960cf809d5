"""Train the relevance adapter: `uv run training/relevance.py`, again to go on, --finish to ship.

Two logits a pair of question and text: how well the text answers beside others, and whether
it answers at all. Checkpoints and log lie under --work; interrupting loses four minutes at most.
"""

from __future__ import annotations

from pathlib import Path

from assistant.models.weights import embedder_weights
from assistant.models.wiring import open_embedder
from assistant.settings import Settings
from training.encoder import Pairs
from training.options import Options
from training.records import Group
from training.relevance_data import divided, outside_groups
from training.relevance_lessons import OUTPUTS, RelevanceLessons
from training.relevance_own import own_groups, text_groups, textbook_groups
from training.running import run_command
from training.store import kept

NAME = "relevance"
MAX_TOKENS = 256
EPOCHS = 1.5
RATE = 7e-4
REPEATS = {"own-questions": 3, "own-texts": 2}  # the domain that counts, and small


def lessons_for(options: Options) -> RelevanceLessons:
    """Return the lessons: all sets there are, or a few of our own questions for --smoke."""
    if options.smoke:
        groups = [g for g in own_groups() if g.ranked][:40]
        return RelevanceLessons(
            groups[:32], groups[32:], Pairs(embedder_weights(), 64), pairs_a_batch=12
        )
    groups = kept(options.work / "groups.jsonl", Group, lambda: _collected(options.data))
    training, validation = divided(groups)
    pairs = Pairs(embedder_weights(), MAX_TOKENS)
    return RelevanceLessons(training, validation, pairs, repeats=REPEATS, seed=options.plan.seed)


def _collected(data: Path) -> list[Group]:
    embedder = open_embedder(Settings.load({}))
    own = own_groups(embedder=embedder) + text_groups(embedder=embedder)
    return outside_groups(data) + own + textbook_groups(data)


if __name__ == "__main__":
    run_command(NAME, __doc__ or "", lessons_for, outputs=OUTPUTS, epochs=EPOCHS, rate=RATE)
