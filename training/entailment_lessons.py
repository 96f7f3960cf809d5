"""How the entailment adapter learns: supported, contradicted, or not in the sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.metrics import balanced_accuracy_score
from torch import Tensor

from training.encoder import AdaptedEncoder, Pairs, Tokens
from training.loop import Plan, shuffled
from training.records import CONTRADICTED, NOT_IN_SOURCES, SUPPORTED, UNSUPPORTED, Pair

LogitsOf = Callable[[Sequence[tuple[str, str]]], np.ndarray]
_PAIRS_A_BATCH = 80
FAMILIES = {
    "nli": {"snli", "multinli", "taxinli", "snli-counterfactual", "negation-nli", "scitail"},
    "traps": {"med", "hans-regenerated", "breaking-nli"},
    "claims": {"fever", "fool-me-twice", "scifact-claims"},
    "grounded": {"wice", "begin", "expertqa", "attributionbench", "factcg-synthetic"},
    "flips": {"own-texts", "openstax-economics", "squad"},
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs and their labels."""

    tokens: list[Tokens]
    labels: Tensor  # (n,)


class EntailmentLessons:
    """Batches of pairs in a new order every epoch."""

    def __init__(
        self,
        training: Sequence[Pair],
        validation: Sequence[Pair],
        pairs: Pairs,
        *,
        repeats: dict[str, int] | None = None,
        seed: int = 7,
        max_validation: int = 2400,
        pairs_a_batch: int = _PAIRS_A_BATCH,
    ) -> None:
        often = repeats or {}
        self.counted = dict(sorted(Counter(p.source for p in training).items()))
        self._training = [p for p in training for _ in range(often.get(p.source, 1))]
        chosen = shuffled(len(validation), seed=1, epoch=0)[:max_validation]
        self._validation = [validation[i] for i in chosen]
        self._pairs = pairs
        self._seed = seed
        self._size = pairs_a_batch
        self._epoch = -1
        self._order: list[int] = []

    def batches(self, epoch: int) -> int:
        """Return the number of batches of an epoch."""
        del epoch
        return -(-len(self._training) // self._size)

    def batch(self, epoch: int, number: int) -> Batch:
        """Return batch ``number`` of an epoch; the same arguments, the same batch."""
        if epoch != self._epoch:
            self._order = shuffled(len(self._training), seed=self._seed, epoch=epoch)
            self._epoch = epoch
        chosen = self._order[number * self._size : (number + 1) * self._size]
        return self._batch([self._training[i] for i in chosen])

    def _batch(self, pairs: Sequence[Pair]) -> Batch:
        tokens = self._pairs([(p.evidence, p.claim) for p in pairs])
        return Batch(tokens, torch.tensor([p.label for p in pairs]))

    def loss(self, model: AdaptedEncoder, batch: Batch, plan: Plan) -> Tensor:
        """Return the mean of -log of the probability that the label allows."""
        logits = model.logits(batch.tokens, bfloat16=plan.bfloat16)  # (n, 3)
        return entailment_loss(logits, batch.labels.to(logits.device))

    def figures(self, model: AdaptedEncoder, plan: Plan) -> dict[str, float]:
        """Return the balanced accuracy of "supported" for each family of sets."""

        def logits_of(pairs: Sequence[tuple[str, str]]) -> np.ndarray:
            return model.logits(self._pairs(pairs), bfloat16=plan.bfloat16).cpu().numpy()

        return self.figures_by(logits_of)

    def figures_by(self, logits_of: LogitsOf) -> dict[str, float]:
        """Return the same for whatever gives logits, shape (n, 3), to pairs."""
        return family_figures(self._validation, self.scored(logits_of))

    @property
    def validation(self) -> Sequence[Pair]:
        """The pairs that are not trained on."""
        return self._validation

    def scored(self, logits_of: LogitsOf) -> np.ndarray:
        """Return the logits of the validation pairs, shape (n, 3)."""
        pairs = [(p.evidence, p.claim) for p in self._validation]
        return np.concatenate([logits_of(pairs[at : at + 160]) for at in range(0, len(pairs), 160)])


def entailment_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the loss; "unsupported" is right when either of its two kinds is likely."""
    logs = torch.log_softmax(logits, dim=1)  # (n, 3)
    either = torch.logsumexp(logs[:, [CONTRADICTED, NOT_IN_SOURCES]], dim=1)
    exact = logs.gather(1, labels.clamp(max=NOT_IN_SOURCES).unsqueeze(1)).squeeze(1)
    return -torch.where(labels == UNSUPPORTED, either, exact).mean()


def family_figures(pairs: Sequence[Pair], logits: np.ndarray) -> dict[str, float]:
    """Return balanced accuracies by family, their mean, and how often three-way labels are met.

    ``logits`` has shape (n, 3).
    """
    said = logits.argmax(axis=1)
    labels = np.array([p.label for p in pairs])
    figures: dict[str, float] = {}
    for family, sources in FAMILIES.items():
        rows = np.array([p.source in sources for p in pairs])
        if len(set((labels[rows] == SUPPORTED).tolist())) == 2:
            figures[family] = float(
                balanced_accuracy_score(labels[rows] == SUPPORTED, said[rows] == SUPPORTED)
            )
    exact = labels != UNSUPPORTED
    three_way = float((said[exact] == labels[exact]).mean()) if exact.any() else 0.0
    mean = float(np.mean(list(figures.values()))) if figures else three_way
    return {"choose": mean, "three_way": three_way} | figures
