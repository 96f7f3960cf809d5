from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from training import entailment_data, relevance_data
from training.entailment_data import (
    fixed_claims,
    flipped_pairs,
    grounded_pairs,
    is_measured_text,
    nli_pairs,
    own_texts,
    scifact_pairs,
)
from training.records import (
    CONTRADICTED,
    NOT_IN_SOURCES,
    SUPPORTED,
    UNSUPPORTED,
    Group,
    Pair,
    share_of,
)
from training.relevance_data import is_measured, labelled, qnli_groups, squad_groups
from training.relevance_own import own_documents, own_groups, sentences_in
from training.selecting import bearing_on
from training.sets import SETS
from training.store import kept

MEASURE_ONLY = ("anli", "rte", "sick", "multispanqa", "cast")


def write(home: Path, name: str, *rows: dict) -> None:
    path = home / f"{name}.jsonl.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def titles(measured: bool, count: int) -> list[str]:
    return [t for n in range(99) if is_measured(t := f"Article {n}") is measured][:count]


def write_squad(home: Path) -> tuple[str, str]:
    """Write one article of each side; return the one that is measured and the other."""
    (held,), (free,) = titles(True, 1), titles(False, 1)
    context = "It began in 1066 at sea. Nobody won. The king was Harold of Wessex."
    articles = [
        {
            "title": title,
            "paragraphs": [
                {
                    "context": f"{title}. {context}",
                    "qas": [
                        {
                            "question": "Who was the king?",
                            "is_impossible": False,
                            "answers": [{"text": "Harold", "answer_start": len(title) + 48}],
                        },
                        {"question": "Who lost?", "is_impossible": True, "answers": []},
                    ],
                }
            ],
        }
        for title in (held, free)
    ]
    path = home / "squad" / "dev-v2.0.json.gz"
    path.parent.mkdir(parents=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        json.dump({"data": articles}, file)
    return held, free


def test_nothing_for_measuring_only_is_read_or_named():
    assert not set(MEASURE_ONLY) & set(SETS)
    for module in (entailment_data, relevance_data):
        source = Path(module.__file__).read_text(encoding="utf-8")
        assert not [name for name in MEASURE_ONLY if f'"{name}/' in source]


def test_squad_articles_stand_on_one_side_only(tmp_path):
    held, free = write_squad(tmp_path)
    assert {g.article for g in squad_groups(tmp_path, measured=True)} == {held}
    assert {g.article for g in squad_groups(tmp_path, measured=False)} == {free}


def test_squad_gives_the_answering_sentence_and_joined_evidence(tmp_path):
    write_squad(tmp_path)
    ranked, answered, unanswered = squad_groups(tmp_path, measured=False)
    assert [t for t, a in zip(ranked.texts, ranked.answers, strict=True) if a] == [
        "The king was Harold of Wessex."
    ]
    assert answered.answers == (True,)
    assert "Harold" in answered.texts[0]
    assert (unanswered.answers, unanswered.ranked) == ((False,), False)


def test_qnli_leaves_out_the_articles_that_are_measured(tmp_path):
    held, free = write_squad(tmp_path)
    write(
        tmp_path,
        "qnli/dev",
        {"question": "q", "passage": f"{held}. It began in 1066 at sea.", "answerable": True},
        {"question": "q", "passage": f"{free}. It began in 1066 at sea.", "answerable": True},
        {"question": "q", "passage": "Elsewhere.", "answerable": False},
    )
    assert [g.article for g in qnli_groups(tmp_path)] == [free, "qnli/elsewhere"]


def test_labelled_passages_keep_what_answers_and_its_neighbours(tmp_path):
    lines = [str(n) for n in range(9)]
    write(
        tmp_path,
        "selqa/test",
        {
            "id": "selqa-test-7",
            "question": "q",
            "passage": "\n".join(lines),
            "sentence_labels": [0, 0, 0, 0, 0, 0, 1, 0, 0],
        },
        {"id": "x", "question": "q", "passage": "a\nb", "sentence_labels": None},
        {"id": "y", "question": "q", "passage": "a\nb", "sentence_labels": [1, 1]},
    )
    (group,) = labelled(tmp_path, "selqa/test", "selqa", most=4)
    assert set(group.texts) <= set("45678")
    assert group.texts[group.answers.index(True)] == "6"


def test_labels_of_each_form(tmp_path):
    labels = ("entailment", "contradiction", "neutral", "not_entailment")
    write(
        tmp_path,
        "snli/dev",
        *({"id": x, "premise": "p", "hypothesis": x, "label": x} for x in labels),
    )
    assert [p.label for p in nli_pairs(tmp_path, "snli/dev", "snli")] == [
        SUPPORTED,
        CONTRADICTED,
        NOT_IN_SOURCES,
        UNSUPPORTED,
    ]
    grounded = {"question": None, "evidence": "One.\nTwo.", "claim": "c"}
    write(
        tmp_path,
        "wice/dev",
        grounded | {"label": "supported"},
        grounded | {"label": "unsupported"},
    )
    found = list(grounded_pairs(tmp_path, "wice/dev", "wice"))
    assert [(p.evidence, p.label) for p in found] == [
        ("One. Two.", SUPPORTED),
        ("One. Two.", UNSUPPORTED),
    ]
    row = {"doc_id": 1, "evidence": "e", "claim": "c"}
    write(tmp_path, "scifact-claims/train", row | {"label": "CONTRADICT"})
    assert [p.label for p in scifact_pairs(tmp_path, "train")] == [CONTRADICTED]


def test_absent_sets_give_no_rows(tmp_path):
    assert list(nli_pairs(tmp_path, "snli/dev", "snli")) == []
    assert list(squad_groups(tmp_path, measured=True)) == []


def test_our_texts_are_split_by_document_and_both_sides_have_some():
    held = {name for name, _ in own_texts(measured=True)}
    free = {name for name, _ in own_texts(measured=False)}
    assert held and free
    assert not held & free
    assert all(is_measured_text(name) for name in held)
    assert len(held | free) == len(own_documents())


def test_flips_leave_out_the_claims_that_are_measured():
    left_out = fixed_claims()
    assert len(left_out) > 100
    pairs = flipped_pairs(
        "own-texts", own_texts(measured=False), share=1.0, seed=1, leave_out=left_out
    )
    same = {entailment_data._LETTERS.sub("", p.claim.lower()) for p in pairs if p.change == "same"}
    assert same
    assert not same & left_out


def test_true_claims_of_the_generator_repeat_their_evidence():
    pairs = list(flipped_pairs("own-texts", own_texts(measured=True)[:3], share=1.0, seed=2))
    for pair in pairs:
        if pair.change == "same":
            assert pair.label == SUPPORTED
            assert pair.claim in pair.evidence
        if pair.change == "number":
            assert pair.claim not in pair.evidence
    kinds = {p.change for p in pairs}
    assert {"same", "reworded", "number", "negation", "elsewhere"} <= kinds


def test_gold_sentences_of_our_dev_questions_are_found_in_the_texts():
    groups = [g for g in own_groups() if g.ranked]
    sentences = {s for d in own_documents() for s in sentences_in(d)}
    assert len(groups) > 100
    assert all(any(g.answers) and not all(g.answers) for g in groups)
    assert all(text in sentences for g in groups for text in g.texts)


def test_test_questions_are_not_among_the_groups_to_train_on():
    train = {g.question for g in own_groups(split="dev")}
    measure = {g.question for g in own_groups(split="test")}
    assert train and measure
    assert not train & measure


def test_rows_are_kept_as_they_were(tmp_path):
    groups = [Group("s", "a", "q", ("x", "y"), (True, False))]
    pairs = [Pair("s", "a", "e", "c", 3, "name")]
    for kind, found in ((Group, groups), (Pair, pairs)):
        path = tmp_path / f"{kind.__name__}.jsonl"
        kept(path, kind, lambda found=found: found)
        assert kept(path, kind, lambda: pytest.fail("made again")) == found


def test_shares_are_the_same_everywhere_and_even():
    assert share_of("Normans", salt="squad") == pytest.approx(0.3, abs=0.5)
    assert share_of("a") == share_of("a")
    shares = [share_of(str(n)) for n in range(2000)]
    assert sum(s < 0.25 for s in shares) / 2000 == pytest.approx(0.25, abs=0.03)


def test_long_evidence_is_cut_to_the_sentences_that_bear_on_the_claim():
    filler = [f"Filler sentence {n} about nothing much at all." for n in range(30)]
    told = ["Reichheld measured loyalty in 2003.", "Loyalty was measured with one question."]
    claim = "Reichheld measured loyalty with one question."
    found = bearing_on(claim, [*filler[:20], told[0], *filler[20:], told[1]], words=20)
    assert told[0] in found
    assert found.index(told[0]) < found.index(told[1])
    assert len(found.split()) <= 20
    assert bearing_on(claim, told) == " ".join(told)
    assert bearing_on(claim, ["word " * 200]) == "word " * 200
