"""Laying claims beside their evidence: what the app's check says, and what our judge says."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.evaluation.cases import Claim, ClaimSet
from assistant.evaluation.definitions import part_of
from assistant.evaluation.judging import Judge
from assistant.evaluation.observed import (
    Failure,
    Observed,
    OnProgress,
    Samples,
    shortened,
    told,
    worst_first,
)
from assistant.ports import Checker, TokenCounter
from assistant.reading.markdown import read_markdown
from assistant.reading.passages import split_passages
from assistant.records import (
    AnswerSentence,
    Document,
    DocumentCard,
    Evidence,
    Hit,
    Perspective,
    ScoredSentence,
)

_CLASSES = {"supported": 0, "contradicted": 1, "not in the sources": 2}
_THREE_WAY = {"entailment": 0, "contradiction": 1, "neutral": 2}
_SPECIAL_TOKENS = 2


def checked(
    claims: ClaimSet, checker: Checker, judge: Judge, counter: TokenCounter, on_progress: OnProgress
) -> Observed:
    """Return the samples of the check and of the judge, and the claims that went wrong."""
    samples = Samples()
    failures: list[Failure] = []
    for claim in told(claims.claims, "Checking", on_progress):
        evidence = evidence_of(claim.evidence, counter)
        text = _cut(claim.claim, counter)
        said = checker.check(text, evidence)
        verdict = verdict_of(said)
        stands = verdict == "supported"
        _add(samples, claim, "", stands=stands)
        _add(samples, claim, "judge", stands=judge.carries(text, claim.evidence))
        if claim.label in _THREE_WAY:
            wanted = _THREE_WAY[claim.label]
            samples.by_name.setdefault("three-way balanced accuracy", {})[claim.id] = (
                float(wanted),
                float(_CLASSES[verdict] == wanted),
            )
        if stands != claim.supported:
            failures.append(_failure(claim, said, stands=stands))
    if len({row[0] for row in samples.by_name.get("three-way balanced accuracy", {}).values()}) < 3:
        samples.by_name.pop("three-way balanced accuracy", None)
    return Observed(
        asked=tuple(c.id for c in claims.claims),
        samples=samples.by_name,
        failures=worst_first(failures),
        kinds={c.id: c.label for c in claims.claims},
    )


def verdict_of(said: AnswerSentence) -> str:
    """Return the verdict in one of the three words of the field."""
    word = said.verdict.value
    if word in ("supported", "quoted"):
        return "supported"
    return "contradicted" if word == "contradicted" else "not in the sources"


def evidence_of(paragraphs: Sequence[str], counter: TokenCounter) -> tuple[Evidence, ...]:
    """Return given texts as the evidence of an answer, read and split as the app does it."""
    from assistant.evaluation.corpora import as_markdown

    plain = read_markdown(as_markdown("\n".join(paragraphs)))
    card = DocumentCard("given", "given.md", "", Perspective.OVERVIEW, "")
    document = Document(card, plain.text, plain.blocks, plain.sentences)
    return tuple(
        Evidence(
            number=n,
            hit=Hit(passage, card, score=1.0, cosine=1.0, lexical=1.0),
            chosen=tuple(
                ScoredSentence(s, document.text[s.start : s.end], 1.0) for s in passage.sentences
            ),
        )
        for n, passage in enumerate(split_passages(document, counter), start=1)
    )


def _cut(text: str, counter: TokenCounter) -> str:
    """Return as much of a text as the embedder takes at once."""
    spans = counter.token_spans(text)
    most = counter.max_tokens - _SPECIAL_TOKENS
    return text if len(spans) <= most else text[: spans[most - 1][1]]


def _add(samples: Samples, claim: Claim, part: str, *, stands: bool) -> None:
    right = float(stands == claim.supported)
    name = part_of("balanced accuracy", part)
    samples.by_name.setdefault(name, {})[claim.id] = (float(claim.supported), right)
    one = "supported kept" if claim.supported else "unsupported struck"
    samples.add(part_of(one, part), claim.id, right)


def _failure(claim: Claim, said: AnswerSentence, *, stands: bool) -> Failure:
    """Return a wrong verdict; letting stand what is not carried is worse than striking."""
    return Failure(
        claim.id,
        shortened(claim.claim, 240),
        claim.label,
        "let stand" if stands else f"struck: {said.reason}",
        wanted=(claim.label,),
        found=tuple(shortened(line) for line in claim.evidence[:2]),
        badness=1.0 + said.score if stands else said.score,
    )
