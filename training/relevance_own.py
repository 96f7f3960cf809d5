"""Training groups from the project's own texts and questions, and from a textbook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.errors import UnreadableFileError
from assistant.evaluation.questions import GoldQuestion, load_questions
from assistant.ports import Embedder
from assistant.reading.files import corpus_files, read_bytes, read_document
from assistant.records import Document
from training.mining import Likeness
from training.records import Group
from training.sets import CORPUS, QUESTIONS, rows

_PLAIN = re.compile(r"[^a-z0-9]+")
_SHORT = 5  # words; shorter sentences answer nothing alone
_FAR = 8  # similar sentences of other documents beside those of the same passages
_REPEATS = 3  # a question with many answering documents makes that many groups


def own_documents() -> list[Document]:
    """Return the texts of the repository."""
    found = []
    for path in corpus_files(CORPUS):
        try:
            found.append(read_document(path, read_bytes(path), root=CORPUS))
        except UnreadableFileError:
            continue
    return found


def sentences_in(document: Document) -> list[str]:
    """Return the sentences of a document that say something."""
    texts = [document.text[s.start : s.end] for s in document.sentences]
    return [t for t in texts if len(t.split()) >= _SHORT]


def own_groups(*, split: str = "dev", embedder: Embedder | None = None) -> list[Group]:
    """Return groups from the questions of one split: gold sentences among similar ones."""
    documents = {d.card.id: sentences_in(d) for d in own_documents()}
    pool = [(t, name) for name, texts in documents.items() for t in texts]
    questions = questions_of(split)
    likeness = Likeness([t for t, _ in pool], embedder)
    near = likeness.nearest([q.standalone for q in questions], 40)
    groups: list[Group] = []
    for question, found in zip(questions, near, strict=True):
        similar = [pool[i][0] for i in found]
        if question.answerable and question.documents:
            groups.extend(_gold_groups(question, documents, similar))
        elif not question.answerable:
            joined = " ".join(similar[:3])
            groups.append(
                Group(
                    "own-questions",
                    question.topic,
                    question.standalone,
                    (*similar[:5], joined),
                    (False,) * 6,
                    ranked=False,
                )
            )
    return groups


def questions_of(split: str) -> list[GoldQuestion]:
    """Return the questions of a split; of "dev", without what is also asked in "test"."""
    asked = {q.standalone for q in load_questions(QUESTIONS, split="test")}
    found = load_questions(QUESTIONS, split=split)
    return [q for q in found if split != "dev" or q.standalone not in asked]


def _gold_groups(
    question: GoldQuestion, documents: dict[str, list[str]], similar: Sequence[str]
) -> Iterator[Group]:
    gold = {_plain(q) for e in question.evidence for q in e.quotes}
    for evidence in question.evidence[:_REPEATS]:
        sentences = documents.get(evidence.document, [])
        quotes = {_plain(q) for q in evidence.quotes}
        right = [i for i, t in enumerate(sentences) if _matches(t, quotes)]
        if not right:
            continue
        beside = sorted(
            (i for i in range(len(sentences)) if not _matches(sentences[i], gold)),
            key=lambda i: min(abs(i - r) for r in right),
        )[:6]
        far = [t for t in similar if not _matches(t, gold)][:_FAR]
        wrong = list(dict.fromkeys([*(sentences[i] for i in beside), *far]))
        texts = [*(sentences[i] for i in right), *wrong]
        answers = tuple(n < len(right) for n in range(len(texts)))
        asked = question.standalone
        yield Group("own-questions", question.topic, asked, tuple(texts), answers)
        joined = " ".join(sentences[i] for i in sorted([*right[:2], *beside[:1]]))
        yield Group("own-questions", question.topic, asked, (joined,), (True,), ranked=False)


def _plain(text: str) -> str:
    return _PLAIN.sub(" ", text.lower()).strip()


def _matches(sentence: str, quotes: set[str]) -> bool:
    plain = _plain(sentence)
    return any(plain == q or (len(q) > 30 and (q in plain or plain in q)) for q in quotes)


def text_groups(*, embedder: Embedder | None = None) -> list[Group]:
    """Return groups that the texts themselves give: the question a text puts, and its summary.

    Each text names its question in its front matter and answers it under "In short"; the
    first sentences below it are right, similar ones of other documents are wrong.
    """
    documents = [d for d in own_documents() if d.card.question]
    pool = [(t, d.card.id) for d in documents for t in sentences_in(d)]
    likeness = Likeness([t for t, _ in pool], embedder)
    near = likeness.nearest([d.card.question for d in documents], 40)
    groups = []
    for document, found in zip(documents, near, strict=True):
        right = sentences_in(document)[:2]
        wrong = [pool[i][0] for i in found if pool[i][1] != document.card.id][12:24]
        texts = (*right, *wrong)
        answers = tuple(n < len(right) for n in range(len(texts)))
        groups.append(Group("own-texts", document.card.id, document.card.question, texts, answers))
    return groups


def textbook_groups(home: Path, book: str = "openstax-economics") -> list[Group]:
    """Return groups from a textbook's questions and its sentences.

    Right are the two sentences of the question's own module that are most like the book's
    answer; wrong are similar sentences of other modules. Found by rules, not by people.
    """
    sentences = _book_sentences(home / book / "docs")
    questions = [r for r in rows(home, f"{book}/questions") if r["source_doc"] in sentences]
    questions = [r for r in questions if r["answer"] and not r.get("needs_figure")]
    if not questions:
        return []
    pool = [(t, name) for name, texts in sentences.items() for t in texts]
    near = Likeness([t for t, _ in pool]).nearest([r["question"] for r in questions], 40)
    groups = []
    for row, found in zip(questions, near, strict=True):
        own = sentences[row["source_doc"]]
        best = Likeness(own).nearest([f"{row['question']} {row['answer']}"], 2)[0]
        right = [own[i] for i in best]
        wrong = [pool[i][0] for i in found if pool[i][1] != row["source_doc"]][:10]
        answers = tuple(n < len(right) for n in range(len(right) + len(wrong)))
        article = f"{book}/{row['chapter']}"
        groups.append(Group(book, article, row["question"], (*right, *wrong), answers))
    return groups


def _book_sentences(folder: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in corpus_files(folder) if folder.is_dir() else []:
        try:
            document = read_document(path, read_bytes(path), root=folder)
        except UnreadableFileError:
            continue
        found[path.name] = sentences_in(document)
    return {name: texts for name, texts in found.items() if len(texts) > 3}
