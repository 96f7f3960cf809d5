"""Questions with texts that answer them and texts that do not, from every set there is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from assistant.reading.sentences import sentence_spans
from training.mining import Likeness
from training.records import Group, is_validation, share_of
from training.sets import relevant_abstracts, rows, squad_articles

_MEASURED_SHARE = 0.45  # of SQuAD's articles
_PLAIN = re.compile(r"[^a-z0-9]+")
_JOINED = 3  # sentences of "joined evidence"


def is_measured(title: str) -> bool:
    """Say whether an article of SQuAD v2.0 dev is kept for measuring."""
    return share_of(title, salt="squad") < _MEASURED_SHARE


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [text[start:end] for start, end in sentence_spans(text)]


def labelled(home: Path, name: str, source: str, *, most: int = 12) -> Iterator[Group]:
    """Yield the rows of a qa set whose passages have labelled lines."""
    for row in rows(home, name):
        texts, labels = row["passage"].split("\n"), row["sentence_labels"]
        if labels is None or len(texts) != len(labels) or not any(labels) or all(labels):
            continue
        keep = _window(labels, most)
        yield Group(
            source,
            _article_of(row["id"], source),
            row["question"],
            tuple(texts[i] for i in keep),
            tuple(bool(labels[i]) for i in keep),
        )


def _article_of(row_id: str, source: str) -> str:
    """Return a name for the article: rows stand in its order, so that 200 in turn share it."""
    number = row_id.rpartition("-")[2]
    return f"{source}/{int(number) // 200}" if number.isdigit() else row_id


def _window(labels: Sequence[int], most: int) -> list[int]:
    """Return at most ``most`` rows: those that answer first, then their neighbours."""
    answering = [i for i, label in enumerate(labels) if label]
    near = sorted(range(len(labels)), key=lambda i: min(abs(i - a) for a in answering))
    return sorted([*answering, *(i for i in near if not labels[i])][:most])


def squad_groups(home: Path, *, measured: bool) -> Iterator[Group]:
    """Yield SQuAD v2.0 dev: sentences to rank, and joined evidence that answers or not."""
    for title, paragraphs in squad_articles(home):
        if is_measured(title) is not measured:
            continue
        for paragraph in paragraphs:
            context = paragraph["context"]
            spans = sentence_spans(context)
            texts = tuple(context[start:end] for start, end in spans)
            for question in paragraph["qas"]:
                answering = _answering(spans, question)
                words = question["question"].strip()
                if any(answering) and not all(answering):
                    yield Group("squad", title, words, texts, answering)
                joined = _joined(words, texts, answering)
                yield Group("squad", title, words, (joined,), (any(answering),), ranked=False)


def _answering(spans: Sequence[tuple[int, int]], question: dict[str, Any]) -> tuple[bool, ...]:
    if question["is_impossible"] or not question["answers"]:
        return tuple(False for _ in spans)
    starts = {answer["answer_start"] for answer in question["answers"]}
    return tuple(any(start <= at < end for at in starts) for start, end in spans)


def _joined(question: str, texts: Sequence[str], answering: Sequence[bool]) -> str:
    """Return the sentences that share most words with a question, what answers among them."""
    asked = set(_PLAIN.sub(" ", question.lower()).split())

    def likeness(i: int) -> tuple[bool, float]:
        words = set(_PLAIN.sub(" ", texts[i].lower()).split())
        return answering[i], len(words & asked) / (5 + len(words)) ** 0.5

    best = sorted(range(len(texts)), key=likeness, reverse=True)[:_JOINED]
    return " ".join(texts[i] for i in sorted(best))


def qnli_groups(home: Path) -> Iterator[Group]:
    """Yield QNLI, without the sentences of articles that are kept for measuring."""
    articles = {
        title: _PLAIN.sub("", "".join(p["context"] for p in paragraphs).lower())
        for title, paragraphs in squad_articles(home)
    }
    for row in rows(home, "qnli/dev"):
        plain = _PLAIN.sub("", row["passage"].lower())
        title = next((t for t, text in articles.items() if plain in text), "")
        if not (title and is_measured(title)):
            answers = (bool(row["answerable"]),)
            article = title or f"qnli/{plain[:40]}"
            yield Group("qnli", article, row["question"], (row["passage"],), answers, ranked=False)


def boolq_groups(home: Path) -> Iterator[Group]:
    """Yield BoolQ: the paragraph that answers against another stretch of its article."""
    others = {r["id"]: r["passage"] for r in rows(home, "boolq/test_constructed_unanswerable")}
    for row in rows(home, "boolq/test"):
        other = others.get(f"{row['id']}-n")
        if other:
            yield Group("boolq", row["id"], row["question"], (row["passage"], other), (True, False))


def clapnq_groups(home: Path) -> Iterator[Group]:
    """Yield ClapNQ's long answers, each among others that sound like it."""
    answers = list(rows(home, "clapnq-answers/train"))
    if not answers:
        return
    near = Likeness([r["passage"] for r in answers]).nearest([r["question"] for r in answers], 6)
    for at, (row, others) in enumerate(zip(answers, near, strict=True)):
        wrong = [answers[i]["passage"].replace("\n", " ") for i in others if i != at][:5]
        right = row["passage"].replace("\n", " ")
        yield Group(
            "clapnq-answers",
            row["id"],
            row["question"],
            (right, *wrong),
            (True, *(False for _ in wrong)),
        )


def scifact_groups(home: Path) -> Iterator[Group]:
    """Yield SciFact's training claims: cited abstracts among similar ones."""
    wanted = relevant_abstracts(home, "train")
    claims = [r for r in rows(home, "scifact/queries") if r["_id"] in wanted]
    abstracts = {r["_id"]: f"{r['title']} {r['text']}" for r in rows(home, "scifact/corpus")}
    if not claims:
        return
    ids = list(abstracts)
    near = Likeness(list(abstracts.values())).nearest([c["text"] for c in claims], 24)
    for claim, found in zip(claims, near, strict=True):
        right = wanted[claim["_id"]]
        wrong = [ids[i] for i in found if ids[i] not in right]
        texts = [abstracts[i] for i in [*sorted(right)[:2], *wrong[:10]] if i in abstracts]
        answers = tuple(n < min(2, len(right)) for n in range(len(texts)))
        yield Group("scifact", f"scifact/{min(right)}", claim["text"], tuple(texts), answers)


def with_strangers(groups: Sequence[Group], count: int, *, among: int = 20) -> list[Group]:
    """Add to each group ``count`` similar sentences of other articles."""
    pool = sorted({(t, g.article) for g in groups for t in g.texts})
    near = Likeness([t for t, _ in pool]).nearest([g.question for g in groups], among)
    widened = []
    for group, found in zip(groups, near, strict=True):
        own = set(group.texts)
        strangers = [pool[i][0] for i in found if pool[i][1] != group.article]
        strangers = [t for t in strangers if t not in own][:count]
        widened.append(
            Group(
                group.source,
                group.article,
                group.question,
                (*group.texts, *strangers),
                (*group.answers, *(False for _ in strangers)),
            )
        )
    return widened


def unanswerable_twins(groups: Sequence[Group], *, share: float, seed: int) -> Iterator[Group]:
    """Yield questions with a name or number exchanged, beside the sentence that answered them."""
    random = Random(seed)
    names = sorted({name for g in groups for name in _NAME.findall(g.question[1:])})
    for group in groups:
        if random.random() > share:
            continue
        changed = _changed(group.question, names, random)
        right = [t for t, answers in zip(group.texts, group.answers, strict=True) if answers]
        if changed and right:
            yield Group(group.source, group.article, changed, (right[0],), (False,), ranked=False)


_NAME = re.compile(r"\b[A-Z][a-zé]+(?: [A-Z][a-zé]+)*")
_NUMBER = re.compile(r"\b\d{1,4}\b")


def _changed(question: str, names: Sequence[str], random: Random) -> str:
    found = [m for m in _NAME.finditer(question) if m.start() > 0]
    numbers = list(_NUMBER.finditer(question))
    if numbers and (not found or random.random() < 0.5):
        match = random.choice(numbers)
        other = str(int(match[0]) + random.choice([-30, -11, -4, 3, 7, 12, 25]))
    elif found and names:
        match, other = random.choice(found), random.choice(names)
        if other == match[0]:
            return ""
    else:
        return ""
    return question[: match.start()] + other + question[match.end() :]


def outside_groups(home: Path) -> list[Group]:
    """Return all training groups from outside the project."""
    squad_sentences = list(labelled(home, "squad-sentences/train", "squad-sentences"))
    squad = list(squad_groups(home, measured=False))
    makers: list[Callable[[], Iterator[Group]]] = [
        lambda: qnli_groups(home),
        lambda: labelled(home, "selqa/test", "selqa"),
        lambda: boolq_groups(home),
        lambda: clapnq_groups(home),
        lambda: labelled(home, "covid-qa/test", "covid-qa", most=8),
        lambda: labelled(home, "fever/evidence_dev", "fever", most=8),
        lambda: labelled(home, "fool-me-twice/evidence_dev", "fool-me-twice", most=8),
        lambda: labelled(home, "wice/evidence_dev", "wice", most=10),
        lambda: scifact_groups(home),
    ]
    found = [*(with_strangers(squad_sentences, 2) if squad_sentences else []), *squad]
    found.extend(unanswerable_twins([g for g in squad if g.ranked], share=0.5, seed=1))
    numbered = [g for g in squad_sentences if _NUMBER.search(g.question)]
    found.extend(unanswerable_twins(numbered, share=0.6, seed=2))
    return [*found, *(group for make in makers for group in make())]


def divided(groups: Sequence[Group]) -> tuple[list[Group], list[Group]]:
    """Return the groups to train on and to validate on, apart by article."""
    held = [is_validation(f"{g.source}/{g.article}") for g in groups]
    training = [g for g, out in zip(groups, held, strict=True) if not out]
    return training, [g for g, out in zip(groups, held, strict=True) if out]


def calibration_questions(home: Path) -> Iterator[tuple[str, list[str], bool]]:
    """Yield questions with the sentences of one passage, and whether these answer."""
    for name in ("boolq/dev", "boolq/dev_constructed_unanswerable"):
        for row in rows(home, name):
            if share_of(row["id"].removesuffix("-n"), salt="calibration") < 0.2:
                sentences = sentences_of(row["passage"].replace("\n", " "))
                yield row["question"], sentences, bool(row["answerable"])
    for name in ("answerable", "unanswerable"):
        for row in rows(home, f"clapnq/dev_{name}"):
            (passage,) = row["passages"]
            yield row["input"], list(passage["sentences"]), name == "answerable"
