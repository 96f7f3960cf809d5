"""The nouns of the assistant: frozen values that pass from stage to stage.

All offsets count characters of ``Document.text``, and ``text[start:end]`` is exact.
Read this module first, then ``ports.py``, then ``service.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Perspective(StrEnum):
    """Whose view of value a document carries."""

    CRM = "crm"
    CSR = "csr"
    CSV = "csv"
    STAKEHOLDER = "stakeholder"
    SHAREHOLDER = "shareholder"
    CRITIQUE = "critique"
    MEASUREMENT = "measurement"
    REGULATION = "regulation"
    HISTORY = "history"
    OVERVIEW = "overview"

    @property
    def label(self) -> str:
        """The name shown to people."""
        return _LABELS[self]


_LABELS: Mapping[Perspective, str] = {
    Perspective.CRM: "Customer strategy (CRM)",
    Perspective.CSR: "Social responsibility (CSR)",
    Perspective.CSV: "Shared value (CSV)",
    Perspective.STAKEHOLDER: "Stakeholder view",
    Perspective.SHAREHOLDER: "Shareholder view",
    Perspective.CRITIQUE: "Critique",
    Perspective.MEASUREMENT: "Measurement",
    Perspective.REGULATION: "Law and regulation",
    Perspective.HISTORY: "History",
    Perspective.OVERVIEW: "Overview",
}

BlockKind = Literal["heading", "paragraph", "item", "quote", "row", "code"]


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph, list item, quotation, table row or code block of a text."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0  # depth of a heading (1-6), of a list item (1…); 0 otherwise


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, and the keys of the literature that it cites."""

    start: int
    end: int
    literature: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentCard:
    """What is known about a document without its text."""

    id: str  # the slug
    path: str
    title: str
    perspective: Perspective
    sha256: str  # of the file's bytes
    kind: str = ""
    stance: str = ""
    stance_on: str = ""
    period: str = ""
    question: str = ""
    authors_discussed: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    opposes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A text, its parts and its sentences, in reading order."""

    card: DocumentCard
    text: str
    blocks: tuple[Block, ...]
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A work of the literature that sentences cite by its key."""

    key: str
    text: str  # readable: authors, year, title, place
    bibtex: str
    perspective: str = ""
    verified: str = ""  # verified | mixed | general knowledge
    quote: str = ""  # the one sentence that may be quoted from it


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a document that is embedded, searched and cited as one."""

    document_id: str
    heading: tuple[str, ...]  # path of headings, outermost first, without the title
    start: int
    end: int
    text: str
    sentences: tuple[Sentence, ...]
    page: int | None = None
    id: int = 0  # row in the library; 0 before it is stored


@dataclass(frozen=True, slots=True)
class Filters:
    """Which part of the library a question is put to; empty means all of it."""

    perspectives: frozenset[Perspective] = frozenset()
    documents: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found by a search, with the scores of each list."""

    passage: Passage
    document: DocumentCard
    score: float  # fused, higher is better
    cosine: float  # of question and passage, -1…1
    lexical: float  # BM25 as a share of the best in the list, 0…1


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence of an evidence passage and how well it answers, 0…1."""

    sentence: Sentence
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage that may be cited, under its number, and the sentences chosen in it."""

    number: int
    hit: Hit
    chosen: tuple[ScoredSentence, ...]  # in the order of the text

    @property
    def passage(self) -> Passage:
        """The passage itself."""
        return self.hit.passage

    @property
    def document(self) -> DocumentCard:
        """The document it comes from."""
        return self.hit.document

    @property
    def score(self) -> float:
        """The score of its best sentence."""
        return max(s.score for s in self.chosen)


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for an answer being in the evidence; each 0…1."""

    best_cosine: float  # of the question and a passage
    on_subject: float  # the same, stretched: 0 where nothing is near, 1 where something is
    best_sentence: float  # score of the best sentence
    covered_at_once: float  # share of the question's words, by rarity, in the best passage
    covered_in_sentence: float  # the same in the best sentence
    named_at_once: float  # share of its names and numbers in the best passage
    answers: float | None = None  # that the best sentences together answer; None: not judged


class Verdict(StrEnum):
    """What the check says of a sentence."""

    QUOTED = "quoted"  # word for word from its evidence
    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"  # the evidence does not say it
    CONTRADICTED = "contradicted"  # the evidence says otherwise

    @property
    def stands(self) -> bool:
        """Whether a sentence with this verdict may be in an answer."""
        return self in (Verdict.QUOTED, Verdict.SUPPORTED)


@dataclass(frozen=True, slots=True)
class Citation:
    """From a sentence of an answer to the span that carries it."""

    evidence: int  # number
    start: int  # of the deciding span in the document
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence of an answer with its proof."""

    text: str
    verdict: Verdict
    score: float
    citations: tuple[Citation, ...] = ()
    reason: str = ""  # why it was struck, in words; empty where it stands
    group: Perspective | None = None  # heading under which it is shown, if any


class Outcome(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    ABSTAINED = "abstained"


class Notice(StrEnum):
    """Why an answer is not made from evidence."""

    NONE = ""
    HELP = "help"  # small talk, or a question about the assistant
    NOT_COVERED = "not_covered"  # the sources do not say
    FALSE_PREMISE = "false_premise"  # the sources contradict what the question assumes


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of a conversation with its answer."""

    question: str
    standalone_question: str
    answer: str
    documents: tuple[str, ...] = ()  # cited, best first


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer: every sentence in it carries its citations.

    An abstention may carry sentences too: those with which the sources say that they do
    not know, or that the question assumes something wrong.
    """

    question: str
    standalone_question: str
    outcome: Outcome
    sentences: tuple[AnswerSentence, ...]
    evidence: tuple[Evidence, ...]
    struck: tuple[AnswerSentence, ...] = ()
    notice: Notice = Notice.NONE
    message: str = ""  # fixed words: why there is no answer
    nearest: tuple[Hit, ...] = ()  # shown when abstaining
    model: str = "none"
    generation: int = 0
    timings: Mapping[str, float] = field(default_factory=dict)  # stage -> milliseconds
    signs: Signs | None = None  # None where nothing was searched
    answerability: float = 0.0  # 0…1, made of the signs, compared with the threshold
    warning: str = ""  # what went wrong without spoiling the answer

    @property
    def text(self) -> str:
        """The answer as plain text with numbered citations."""
        cited = (
            s.text + "".join(f" [{n}]" for n in sorted({c.evidence for c in s.citations}))
            for s in self.sentences
        )
        return " ".join(part for part in (self.message, *cited) if part)

    @property
    def ledger(self) -> str:
        """Say how its sentences fared: "5 of 6 sentences supported, 1 struck"; empty without any.

        Quotations count as supported: they are what the source says.
        """
        stands, struck = len(self.sentences), len(self.struck)
        if not stands + struck:
            return ""
        noun = "sentence" if stands + struck == 1 else "sentences"
        against = sum(s.verdict is Verdict.CONTRADICTED for s in self.struck)
        parts = [f"{stands} of {stands + struck} {noun} supported"]
        if struck:
            parts.append(f"{struck} struck")
        if against:
            parts.append(f"{against} of them contradicted")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Searching:
    """The question is complete and the search begins."""

    standalone_question: str


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """The quoted answer is ready; a model may still write."""

    quoted: Answer


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the model's draft, not yet checked."""

    text: str


@dataclass(frozen=True, slots=True)
class SentenceChecked:
    """A sentence of the draft was kept or struck."""

    sentence: AnswerSentence


@dataclass(frozen=True, slots=True)
class AnswerReady:
    """The last event of every stream."""

    answer: Answer


Event = Searching | EvidenceFound | TextDelta | SentenceChecked | AnswerReady


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long task is."""

    stage: str  # in words
    done: int
    total: int
    eta_s: float | None = None


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file that was left out, why, and what to do."""

    path: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    problems: tuple[FileProblem, ...]
    passages: int
    embedded: int  # texts that had to be embedded
    generation: int
    seconds: float
