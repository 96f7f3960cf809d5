"""Each task on a small set whose outcome can be seen at a glance."""

import pytest
from fakes import HashEmbedder
from hypothesis import given as drawn
from hypothesis import strategies as st
from jsonl import lines

from assistant.evaluation.ablating import ablated, by_reciprocal_rank
from assistant.evaluation.ablation_tables import as_markdown, read_ablation, write_ablation
from assistant.evaluation.checks import evidence_of, verdict_of
from assistant.evaluation.corpora import as_markdown as written_as_markdown
from assistant.evaluation.corpora import shelved
from assistant.evaluation.forms import load_sets
from assistant.evaluation.measuring import measured, shelf_of
from assistant.evaluation.searching import over_better_half
from assistant.evaluation.splitting import Splitting, split_anew
from assistant.reading.markdown import read_markdown
from assistant.records import AnswerSentence, DocumentCard, Hit, Passage, Perspective, Verdict

PLAIN = st.text([chr(n) for n in range(32, 127)] + ["\n", "é", "–"])


def only(path, **options):
    (found,) = load_sets(path, **options)
    return found


def value(results, name):
    return results.figures[name].value


# -- collections -------------------------------------------------------------------------------


@drawn(PLAIN)
def test_plain_text_survives_being_markdown(text):
    written = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    read = read_markdown(written_as_markdown(text)).text.split("\n\n") if written else []
    cited = [line for line in written if "[" in line and "@" in line]  # taken out by design
    if not cited:
        assert [" ".join(line.split()) for line in read] == written


def test_texts_keep_their_names_and_titles(beir, bench):
    shelf = shelf_of(only(beir), bench, lambda _: None)
    assert set(shelf.names.values()) == {"a-1", "b/2", "3"}
    titles = {shelf.names[c.id]: c.title for c in shelf.assistant.documents()}
    assert titles["b/2"] == "Bananas"
    cherry = next(d for d, name in shelf.names.items() if name == "3")
    assert shelf.assistant.document(cherry).text == "*Cherries* are stone fruits; 2 * 3 = 6."


def test_a_second_run_embeds_nothing(beir, bench):
    records = only(beir).records
    embedder = HashEmbedder()

    def again():
        shelved(
            records.texts,
            name="fruit",
            work=bench.work,
            settings=bench.settings,
            embedder=embedder,
        )
        return len(embedder.embedded)

    first = again()
    assert first > 0
    assert again() == first


def test_other_texts_get_another_library(beir, bench, tmp_path):
    before = shelf_of(only(beir), bench, lambda _: None).assistant.settings.index
    rows = [{"_id": "a-1", "title": "Apples", "text": "Apples fall."}]
    (beir / "corpus.jsonl.gz").unlink()
    lines(beir / "corpus.jsonl", *rows)
    shelf = shelf_of(only(beir), bench, lambda _: None)
    assert shelf.assistant.settings.index != before
    assert set(shelf.names.values()) == {"a-1"}


# -- search ------------------------------------------------------------------------------------


def test_a_retrieval_set(beir, bench):
    results = measured(only(beir), bench)
    assert results.n == 2
    assert value(results, "hit@1") == 1.0
    assert value(results, "recall@5") == 1.0
    assert value(results, "recall@1 · BM25 only") <= 1.0
    assert "hit@1 · BM25 over whole documents" in results.figures
    assert {"embedder", "splitter", "reader", "set"} <= results.fingerprints.keys()


def test_fused_is_laid_beside_the_better_half():
    parts = {
        "": {"hit@1": {"a": (1.0, 1.0), "b": (0.0, 1.0)}},
        "BM25 only": {"hit@1": {"a": (0.0, 1.0), "b": (0.0, 1.0)}},
        "dense only": {"hit@1": {"a": (1.0, 1.0), "b": (1.0, 1.0)}},
    }
    assert over_better_half(parts) == {
        "hit@1 · fused over dense only": {"a": (0.0, 1.0), "b": (-1.0, 1.0)}
    }


def test_what_was_not_first_is_listed_with_what_was(textbook, bench):
    folder = textbook()
    row = {"id": "wrong", "question": "bakers and rivers?", "source_doc": "part-23.md"}
    lines(folder / "questions.jsonl", row)
    (failure,) = measured(only(folder), bench).failures
    assert failure.what.startswith("found at rank ")
    assert failure.wanted == ("part-23.md",)
    assert failure.found[0].startswith("part-00.md: The beginning speaks")


# -- answers from a given text -----------------------------------------------------------------


@pytest.fixture
def given(tmp_path):
    """Two questions on one text, one of which it answers."""
    passage = "The otter eats fish.\nThe badger eats worms at night.\nThe stoat hunts rabbits."
    rows = [
        {
            "id": "said",
            "question": "What does the badger eat?",
            "passage": passage,
            "answerable": True,
            "sentence_labels": [0, 1, 0],
        },
        {
            "id": "unsaid",
            "question": "Which wine goes with goose?",
            "passage": passage,
            "answerable": False,
            "sentence_labels": [0, 0, 0],
        },
    ]
    return lines(tmp_path / "animals" / "test.jsonl", *(rows))


def test_answering_from_the_given_text(given, bench):
    results = measured(only(given), bench)
    assert value(results, "best sentence is gold") == 1.0
    assert value(results, "evidence recall") == 1.0
    assert value(results, "abstention recall") == 1.0
    assert results.figures["abstention recall"].n == 1
    assert set(results.kinds) == {"answerable", "unanswerable"}


def test_only_the_own_text_is_seen(tmp_path, bench):
    rows = [
        {
            "id": name,
            "question": "What does the badger eat?",
            "passage": text,
            "answerable": name == "said",
            "sentence_labels": None,
        }
        for name, text in (("said", "The badger eats worms."), ("unsaid", "The moon is far."))
    ]
    results = measured(only(lines(tmp_path / "two" / "dev.jsonl", *rows)), bench)
    assert value(results, "abstention recall") == 1.0  # the other text would answer


# -- claims ------------------------------------------------------------------------------------


def test_claims_are_checked_by_the_app_and_by_the_judge(tmp_path, bench):
    premise = "Michael Porter and Mark Kramer wrote about shared value in 2011."
    rows = [
        {"id": "same", "premise": premise, "hypothesis": premise, "label": "entailment"},
        {
            "id": "year",
            "premise": premise,
            "hypothesis": premise.replace("2011", "2006"),
            "label": "contradiction",
        },
        {
            "id": "other",
            "premise": premise,
            "hypothesis": "Michael Porter and Mark Kramer sold ice cream in 2011.",
            "label": "neutral",
        },
    ]
    results = measured(only(lines(tmp_path / "nli" / "dev.jsonl", *rows)), bench)
    assert value(results, "balanced accuracy") == 1.0
    assert value(results, "balanced accuracy · judge") == 1.0
    assert results.figures["supported kept"].n == 1
    assert results.figures["unsupported struck"].n == 2
    # the literal check strikes what is contradicted like what is not said
    assert value(results, "three-way balanced accuracy") == pytest.approx(2 / 3)


def test_given_evidence_is_split_as_the_app_does_it(bench):
    evidence = evidence_of(
        ("One fish swims. Two fish rest.", "Red fish [1] * blue."), bench.embedder
    )
    texts = [s.text for e in evidence for s in e.chosen]
    assert texts == ["One fish swims.", "Two fish rest.", "Red fish [1] * blue."]
    assert [e.number for e in evidence] == list(range(1, len(evidence) + 1))


def test_verdicts_are_told_in_three_words():
    assert verdict_of(AnswerSentence("x", Verdict.QUOTED, 1.0)) == "supported"
    assert verdict_of(AnswerSentence("x", Verdict.UNSUPPORTED, 0.0)) == "not in the sources"


# -- ablations ---------------------------------------------------------------------------------


def hit(id_: int) -> Hit:
    card = DocumentCard("d", "d.md", "D", Perspective.OVERVIEW, "")
    return Hit(Passage("d", (), 0, 1, "x", (), id=id_), card, 0.0, 0.0, 0.0)


def test_reciprocal_ranks_by_hand():
    joined = by_reciprocal_rank([hit(1), hit(2)], [hit(3), hit(2)], 10)
    # 2: 1/12 + 1/12, 1 and 3: 1/11 each
    assert [h.passage.id for h in joined] == [2, 1, 3]


def test_smaller_passages_are_a_library_of_their_own(textbook, bench):
    shelf = shelf_of(only(textbook()), bench, lambda _: None)
    small = split_anew(shelf, Splitting(max_tokens=8), home=bench.work)
    assert small.assistant.status().passages > 3 * shelf.assistant.status().passages
    assert small.names == shelf.names
    with small.assistant.library.reading() as snapshot:
        passages = snapshot.passages_of(next(iter(small.names)))
    assert max(len(bench.embedder.token_spans(p.text)) for p in passages) <= 8


def test_an_ablation_has_a_row_for_each_choice(textbook, bench, tmp_path):
    ablation = ablated(only(textbook()), bench)
    names = [(v.choice, v.name) for v in ablation.variants]
    assert names[:3] == [
        ("search", "as in the app"),
        ("search", "BM25 only"),
        ("search", "dense only"),
    ]
    assert ("passage size", "100 tokens") in names
    assert ("heading path", "without") in names
    app = ablation.variants[0]
    assert app.changes == {}
    bm25 = ablation.variants[1]
    assert bm25.changes["hit@1"].value == pytest.approx(
        bm25.figures["hit@1"].value - app.figures["hit@1"].value
    )
    write_ablation(ablation, tmp_path / "out")
    again = read_ablation(tmp_path / "out" / "ablation.json")
    assert as_markdown(again) == as_markdown(ablation)
