"""How the relevance adapter learns: which text answers better, and whether one answers at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from training.encoder import AdaptedEncoder, Pairs, Tokens
from training.loop import Plan, shuffled
from training.records import Group

OUTPUTS = ("relevance", "answerability")  # the logits, in order
LogitsOf = Callable[[Sequence[tuple[str, str]]], np.ndarray]
_PAIRS_A_BATCH = 96
_MOST_WRONG = 5  # of one group in one epoch
_ABSOLUTE_SHARE = 0.3  # of "does it answer?" beside "which answers better?"


@dataclass(frozen=True, slots=True)
class Batch:
    """Groups laid end to end."""

    tokens: list[Tokens]
    starts: list[int]  # of each group, and the end
    answers: Tensor  # (n,)
    ranked: list[bool]  # one for each group


class RelevanceLessons:
    """Batches of whole groups; wrong texts are drawn anew in every epoch."""

    def __init__(
        self,
        training: Sequence[Group],
        validation: Sequence[Group],
        pairs: Pairs,
        *,
        repeats: dict[str, int] | None = None,
        seed: int = 7,
        max_validation: int = 500,
        pairs_a_batch: int = _PAIRS_A_BATCH,
    ) -> None:
        often = repeats or {}
        self.counted = dict(sorted(Counter(g.source for g in training).items()))
        self._groups = [g for g in training for _ in range(often.get(g.source, 1))]
        chosen = shuffled(len(validation), seed=1, epoch=0)[:max_validation]
        self._validation = [validation[i] for i in chosen]
        self._pairs = pairs
        self._seed = seed
        self._pairs_a_batch = pairs_a_batch
        self._epoch = -1
        self._order: list[list[int]] = []

    def batches(self, epoch: int) -> int:
        """Return the number of batches of an epoch."""
        self._arrange(epoch)
        return len(self._order)

    def batch(self, epoch: int, number: int) -> Batch:
        """Return batch ``number`` of an epoch; the same arguments, the same batch."""
        self._arrange(epoch)
        random = Random(f"{self._seed}/{epoch}/{number}")
        return self._batch([_drawn(self._groups[i], random) for i in self._order[number]])

    def _arrange(self, epoch: int) -> None:
        if epoch == self._epoch:
            return
        self._order, self._epoch = [], epoch
        size = self._pairs_a_batch
        for at in shuffled(len(self._groups), seed=self._seed, epoch=epoch):
            width = min(len(self._groups[at].texts), _MOST_WRONG + 1)
            if size + width > self._pairs_a_batch:
                self._order.append([])
                size = 0
            self._order[-1].append(at)
            size += width

    def _batch(self, groups: Sequence[Group]) -> Batch:
        pairs = [(g.question, text) for g in groups for text in g.texts]
        starts = np.cumsum([0, *(len(g.texts) for g in groups)]).tolist()
        answers = torch.tensor([float(a) for g in groups for a in g.answers])
        return Batch(self._pairs(pairs), starts, answers, [g.ranked for g in groups])

    def loss(self, model: AdaptedEncoder, batch: Batch, plan: Plan) -> Tensor:
        """Return the list-wise loss of ranked groups, and "does it answer?" of every text."""
        logits = model.logits(batch.tokens, bfloat16=plan.bfloat16)  # (n, 2)
        answers = batch.answers.to(logits.device)
        ranked = torch.tensor(
            [
                batch.ranked[at]
                for at, (start, end) in enumerate(_bounds(batch))
                for _ in range(end - start)
            ],
            device=logits.device,
        )
        lists = [
            _list_loss(logits[start:end, 0], answers[start:end])
            for at, (start, end) in enumerate(_bounds(batch))
            if batch.ranked[at]
        ]
        total = cross_entropy(logits[:, 1], answers)
        if lists:
            absolute = cross_entropy(logits[ranked, 0], answers[ranked])
            total = total + torch.stack(lists).mean() + _ABSOLUTE_SHARE * absolute
        return total

    def figures(self, model: AdaptedEncoder, plan: Plan) -> dict[str, float]:
        """Return how often a right text stands first, and how well answers are told apart."""

        def logits_of(pairs: Sequence[tuple[str, str]]) -> np.ndarray:
            return model.logits(self._pairs(pairs), bfloat16=plan.bfloat16).cpu().numpy()

        return self.figures_by(logits_of)

    def figures_by(self, logits_of: LogitsOf) -> dict[str, float]:
        """Return the same for whatever gives logits, shape (n, 2), to pairs."""
        first: dict[str, list[float]] = {}
        logits: list[float] = []
        answers: list[bool] = []
        for group, found in self.scored(logits_of):
            if group.ranked:
                best = int(found[:, 0].argmax())
                first.setdefault(group.source, []).append(float(group.answers[best]))
            else:
                logits.extend(found[:, 1].tolist())
                answers.extend(group.answers)
        means = {name: float(np.mean(values)) for name, values in sorted(first.items())}
        told = float(roc_auc_score(answers, logits)) if len(set(answers)) == 2 else 0.5
        every = [v for values in first.values() for v in values]
        top = float(np.mean(every)) if every else 0.0
        return {"choose": 0.7 * top + 0.3 * told, "first": top, "answerable_auc": told} | means

    def scored(self, logits_of: LogitsOf) -> Iterator[tuple[Group, np.ndarray]]:
        """Yield each validation group with the logits of its texts, shape (n, 2)."""
        for at in range(0, len(self._validation), 40):
            groups = self._validation[at : at + 40]
            found = logits_of([(g.question, text) for g in groups for text in g.texts])
            ends = np.cumsum([len(g.texts) for g in groups])[:-1]
            yield from zip(groups, np.split(found, ends), strict=True)


def _bounds(batch: Batch) -> list[tuple[int, int]]:
    return list(zip(batch.starts[:-1], batch.starts[1:], strict=True))


def _list_loss(logits: Tensor, answers: Tensor) -> Tensor:
    """Return the mean over right texts of -log softmax against the wrong ones."""
    right, wrong = logits[answers > 0.5], logits[answers < 0.5]
    against = torch.logsumexp(wrong, 0)
    return torch.nn.functional.softplus(against - right).mean()


def _drawn(group: Group, random: Random) -> Group:
    """Return the group with one right text and at most ``_MOST_WRONG`` wrong ones."""
    if not group.ranked:
        return group
    right = [t for t, a in zip(group.texts, group.answers, strict=True) if a]
    wrong = [t for t, a in zip(group.texts, group.answers, strict=True) if not a]
    if len(wrong) > _MOST_WRONG:
        wrong = random.sample(wrong, _MOST_WRONG)
    texts = (random.choice(right), *wrong)
    answers = (True, *(False for _ in wrong))
    return Group(group.source, group.article, group.question, texts, answers)
