"""Results as JSON and Markdown."""

import json

from assistant.evaluation.figures import Figure, Measured
from assistant.evaluation.questions import GoldQuestion
from assistant.evaluation.reporting import Results, as_json, as_markdown, failures


def question(id_: str, *, answerable: bool = True) -> GoldQuestion:
    return GoldQuestion(id_, f"{id_}?", "cause", "csr", "dev", answerable, (), (), f"{id_}?")


def row(id_: str, **changes) -> Measured:
    values = {
        "id": id_,
        "answerable": True,
        "answered": True,
        "gold": frozenset(),
        "ranked": (),
        "cites_gold_document": True,
        "quotes_gold_sentence": True,
        "milliseconds": 1.0,
    }
    return Measured(**{**values, **changes})


def test_failures_are_named_the_worst_first():
    rows = [
        row("fine"),
        row("other sentence", quotes_gold_sentence=False),
        row("refused", answered=False),
        row("made up", answerable=False),
    ]
    found = failures([question(r.id, answerable=r.answerable) for r in rows], rows)
    assert [f.id for f in found] == ["made up", "refused", "other sentence"]


def test_the_table_has_every_figure_and_the_json_can_be_read_again():
    results = Results(
        set="mine",
        form="questions",
        n=3,
        figures={
            "success@5": Figure(0.9, 0.8, 1.0, 3),
            "milliseconds p50": Figure(41.6, 40, 43, 3),
        },
        failures=(),
        versions={"whose-value": "0"},
        fingerprints={},
    )
    table = as_markdown(results)
    assert "| success@5 | 0.900 | 0.800–1.000 | 3 | questions with such a passage" in table
    assert "| milliseconds p50 | 42 | 40–43 | 3 |" in table
    again = json.loads(json.dumps(as_json(results)))
    assert again["figures"]["success@5"] == {"value": 0.9, "low": 0.8, "high": 1.0, "n": 3}
