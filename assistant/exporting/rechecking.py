"""Written sentences put to the checker again, with the library's passages as evidence."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.exporting.desk import Desk
from assistant.exporting.pack import Pack, PackedSentence, PackedTurn
from assistant.exporting.verified import CheckedSentence
from assistant.ports import Checker
from assistant.records import Evidence, Hit, Verdict


def rechecked(pack: Pack, desk: Desk, checker: Checker) -> Iterator[CheckedSentence]:
    """Yield every written sentence; one that is not carried any more with the objection."""
    for n, turn in enumerate(pack.turns, start=1):
        for place, sentence in enumerate(turn.sentences, start=1):
            if sentence.verdict is not Verdict.SUPPORTED:
                continue
            evidence = list(_evidence(turn, sentence, desk))
            objection = "what it cites does not stand in the library"
            if evidence:
                again = checker.check(sentence.text, evidence)
                stands = again.verdict.stands
                objection = "" if stands else again.reason
            yield CheckedSentence(n, place, sentence, objection)


def _evidence(turn: PackedTurn, sentence: PackedSentence, desk: Desk) -> Iterator[Evidence]:
    """Yield the passages that a sentence cites, as the library has them now."""
    for number in sentence.numbers:
        source = turn.source(number)
        document = desk.document(source.document) if source is not None else None
        if source is None or document is None:
            continue
        for c in sentence.citations:
            passage = desk.passage(source.document, c.start, c.end)
            if c.evidence == number and passage is not None:
                hit = Hit(passage, document.card, score=0.0, cosine=0.0, lexical=0.0)
                yield Evidence(number, hit, chosen=())
