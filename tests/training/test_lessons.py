from __future__ import annotations

import math
from random import Random

import pytest
import torch

from training.encoder import AdaptedEncoder, Pairs
from training.entailment_lessons import EntailmentLessons, entailment_loss, family_figures
from training.loop import Plan
from training.records import CONTRADICTED, NOT_IN_SOURCES, SUPPORTED, UNSUPPORTED, Group, Pair
from training.relevance_lessons import RelevanceLessons, _drawn, _list_loss


def test_unsupported_is_the_sum_of_contradicted_and_not_in_sources():
    logits = torch.log(torch.tensor([[0.5, 0.2, 0.3]]))
    losses = [
        float(entailment_loss(logits, torch.tensor([label])))
        for label in (SUPPORTED, CONTRADICTED, NOT_IN_SOURCES, UNSUPPORTED)
    ]
    assert losses == pytest.approx([-math.log(p) for p in (0.5, 0.2, 0.3, 0.5)])


def test_the_list_loss_compares_a_right_text_with_all_wrong_ones():
    logits = torch.tensor([2.0, 1.0, 0.0])
    shares = torch.softmax(logits, 0)
    assert float(_list_loss(logits, torch.tensor([1.0, 0, 0]))) == pytest.approx(
        -math.log(float(shares[0]))
    )


def test_figures_are_balanced_accuracies_of_supported():
    pairs = [Pair("fever", "a", "e", "c", label) for label in (0, 0, 0, 1)]
    logits = torch.tensor([[9.0, 0, 0], [9, 0, 0], [0, 9, 0], [0, 0, 9]]).numpy()
    figures = family_figures(pairs, logits)
    assert figures["claims"] == pytest.approx((2 / 3 + 1) / 2)
    assert figures["three_way"] == pytest.approx(2 / 4)


GROUPS = [
    Group("selqa", f"a{n}", f"who said {n}", ("friedman said", *"abcdefgh"), (True, *[False] * 8))
    for n in range(10)
]
ALONE = Group("squad", "b", "when", ("in 1970",), (False,), ranked=False)


@pytest.fixture
def lessons(tiny_encoder):
    return RelevanceLessons(
        [*GROUPS, ALONE],
        GROUPS[:3],
        Pairs(tiny_encoder, 32),
        repeats={"squad": 4},
        pairs_a_batch=14,
    )


def test_a_draw_has_one_right_text_and_at_most_five_wrong_ones():
    drawn = _drawn(GROUPS[0], Random(1))
    assert drawn.answers == (True, *[False] * 5)
    assert drawn.texts[0] == "friedman said"
    assert len(set(drawn.texts)) == 6
    assert _drawn(ALONE, Random(1)) == ALONE


def test_an_epoch_sees_every_group_as_often_as_it_should(lessons):
    batches = [lessons.batch(0, n) for n in range(lessons.batches(0))]
    assert sum(len(b.ranked) for b in batches) == len(GROUPS) + 4
    assert all(len(b.tokens) <= 14 for b in batches)
    assert sum(b.ranked.count(False) for b in batches) == 4
    assert lessons.counted == {"selqa": 10, "squad": 1}


def test_a_batch_comes_again_and_another_epoch_draws_anew(lessons):
    first = lessons.batch(0, 0).tokens
    other = lessons.batch(1, 0).tokens
    assert lessons.batch(0, 0).tokens == first
    assert other != first


def test_logits_do_not_depend_on_the_neighbours_in_a_batch(tiny_encoder):
    torch.manual_seed(3)
    model = AdaptedEncoder(tiny_encoder, 2, rank=4).eval()
    texts = ["value", "the company said , the customer defines value " * 3, "a of and", "who"]
    tokens = Pairs(tiny_encoder, 64)([("who defines value", t) for t in texts])
    with torch.no_grad():
        together = model.logits(tokens, bfloat16=False)
        alone = torch.cat([model.logits([t], bfloat16=False) for t in tokens])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_the_relevance_loss_is_lower_when_the_right_text_leads(lessons):
    batch = lessons.batch(0, 0)

    class Says:
        def __init__(self, gap: float) -> None:
            self.gap = gap

        def logits(self, tokens, *, bfloat16):
            return batch.answers.unsqueeze(1) * self.gap + torch.zeros(len(tokens), 2)

    plan = Plan(steps=1, bfloat16=False)
    losses = [float(lessons.loss(Says(gap), batch, plan)) for gap in (-4.0, 0.0, 4.0)]
    assert losses == sorted(losses, reverse=True)


def test_entailment_figures_are_those_of_the_logits_given(tiny_encoder):
    pairs = [
        Pair("fever", str(n), "friedman said", "porter said", (SUPPORTED, CONTRADICTED)[n % 2])
        for n in range(6)
    ]
    lessons = EntailmentLessons(pairs, pairs, Pairs(tiny_encoder, 32))
    right = torch.eye(3)[[p.label for p in lessons.validation]].numpy()
    given = iter(range(0, 6, 6))

    def logits_of(asked):
        at = next(given)
        return right[at : at + len(asked)]

    assert lessons.figures_by(logits_of)["claims"] == 1.0
