"""The rules a text of the collection has to keep, one function each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant.records import Block, Document, Reference

KINDS = frozenset(
    """framing definition comparison argument critique reply debate history profile method
    standard case glossary faq""".split()
)
STANCES = frozenset({"for", "against", "mixed", "neutral"})
STANCES_ON = frozenset({"crm", "csr", "csv", "shareholder", "stakeholder", "none"})
_LOOSE_KINDS = frozenset({"glossary", "faq"})  # no set length, no set headings
_LOOSE_SLUGS = frozenset({"timeline"})
_WORDS = range(500, 901)
MAX_SENTENCE_WORDS = 40
_SEE_ALSO = "See also"
_JUDGE = "Who defines value here?"
_LINK = re.compile(r"\]\(([^)\s]+\.md)\)")
_QUOTATION = re.compile(r"[“\"]([^“”\"]+)[”\"]")
_MARKED = re.compile(  # an inference or an invented example says so and needs no key
    r"\b(one (may|might|could)|may (be )?(read|infer|ask|say)|invented|as one|imagine|suppose"
    r"|an? inference|this collection|the collection|would (have|say|ask|answer|reply|accept))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a text that breaks a rule."""

    document: str
    rule: str
    words: str


@dataclass(frozen=True, slots=True)
class Collection:
    """What a single text is checked against."""

    slugs: frozenset[str]
    references: Mapping[str, Reference]


def findings(document: Document, raw: str, collection: Collection) -> Iterator[Finding]:
    """Yield every rule that a document breaks; ``raw`` is the Markdown it was read from."""
    slug = document.card.id
    for rule, check in _RULES.items():
        for words in check(document, raw, collection):
            yield Finding(slug, rule, words)


def _front_matter(document: Document, raw: str, collection: Collection) -> Iterator[str]:
    card = document.card
    if card.path != f"{card.id}.md":
        yield f"the slug is {card.id}, the file {card.path}"
    for key, allowed in (("kind", KINDS), ("stance", STANCES), ("stance_on", STANCES_ON)):
        if (value := getattr(card, key)) not in allowed:
            yield f"{key} is {value!r}; allowed: {', '.join(sorted(allowed))}"
    for key in ("title", "period", "question", "sources", "opposes"):
        if not getattr(card, key):
            yield f"{key} is missing"
    if card.stance in {"for", "against"} and card.stance_on == "none":
        yield f"stance is {card.stance!r}, but stance_on is 'none'"


def _links(document: Document, raw: str, collection: Collection) -> Iterator[str]:
    for target in _LINK.findall(raw):
        if target.removesuffix(".md") not in collection.slugs:
            yield f"the link to {target} leads nowhere"
    for slug in document.card.opposes:
        if slug not in collection.slugs:
            yield f"opposes {slug}, which does not exist"


def _see_also(document: Document, raw: str, collection: Collection) -> Iterator[str]:
    items = [b for b in document.blocks if _section(document, b) == _SEE_ALSO and b.kind == "item"]
    if len(items) != 3:
        yield f"See also has {len(items)} items, not 3"


def _keys(document: Document, raw: str, collection: Collection) -> Iterator[str]:
    cited = {key for s in document.sentences for key in s.literature}
    for key in sorted(cited - set(collection.references)):
        yield f"@{key} is not in references.bib"
    for key in sorted(cited - set(document.card.sources)):
        yield f"@{key} is cited but not among the sources"
    for key in sorted(set(document.card.sources) - set(collection.references)):
        yield f"source {key} is not in references.bib"


def _evidence(document: Document, raw: str, collection: Collection) -> Iterator[str]:
    for block in document.blocks:
        if block.kind == "heading" or _section(document, block) == _SEE_ALSO:
            continue
        text = document.text[block.start : block.end]
        keyed = any(s.literature for s in document.sentences if block.start <= s.start < block.end)
        if not keyed and not _MARKED.search(text) and len(text.split()) > 12:
            yield f"no key behind: {_shortened(text)}"


def _quotations(document: Document, raw: str, collection: Collection) -> Iterator[str]:
    for sentence in document.sentences:
        text = document.text[sentence.start : sentence.end]
        allowed = [
            _folded(r.quote + " " + r.text)
            for key in sentence.literature
            if (r := collection.references.get(key)) is not None
        ]
        for quotation in _QUOTATION.findall(text):
            long = len(quotation.split()) >= 5
            if long and not any(_folded(quotation) in source for source in allowed):
                yield f"not a permitted quotation: {_shortened(quotation)}"


def _length(document: Document, raw: str, collection: Collection) -> Iterator[str]:
    if not _is_loose(document) and (n := body_words(document)) not in _WORDS:
        yield f"{n} words; {_WORDS.start} to {_WORDS.stop - 1} are wanted"


def _headings(document: Document, raw: str, collection: Collection) -> Iterator[str]:
    names = [document.text[b.start : b.end] for b in document.blocks if b.kind == "heading"]
    wanted = [_SEE_ALSO] if _is_loose(document) else ["In short", _JUDGE, _SEE_ALSO]
    for name in wanted:
        if name not in names:
            yield f"the heading {name!r} is missing"
    if any(b.level == 1 for b in document.blocks if b.kind == "heading"):
        yield "a heading of level 1: the title stands in the front matter"


def _sentence_length(document: Document, raw: str, collection: Collection) -> Iterator[str]:
    rows = [(b.start, b.end) for b in document.blocks if b.kind == "row"]
    for s in document.sentences:
        text = document.text[s.start : s.end]
        in_table = any(start <= s.start < end for start, end in rows)
        if not in_table and len(text.split()) > MAX_SENTENCE_WORDS:
            yield f"{len(text.split())} words in: {_shortened(text)}"


_RULES = {
    "front matter": _front_matter,
    "links": _links,
    "see also": _see_also,
    "keys": _keys,
    "evidence": _evidence,
    "quotation": _quotations,
    "length": _length,
    "headings": _headings,
    "sentence": _sentence_length,
}


def body_words(document: Document) -> int:
    """Return the number of words outside headings, tables and See also."""
    return sum(
        len(document.text[b.start : b.end].split())
        for b in document.blocks
        if b.kind not in {"heading", "row"} and _section(document, b) != _SEE_ALSO
    )


def readability(document: Document) -> float:
    """Return the LIX of the text: words per sentence + per cent of words over six letters.

    Björnsson 1968; 40 is plain, 50 is academic, 60 is hard.
    """
    words = re.findall(r"[^\W\d_]+", document.text)
    long = sum(len(w) > 6 for w in words)
    return len(words) / max(1, len(document.sentences)) + 100 * long / max(1, len(words))


def _is_loose(document: Document) -> bool:
    return document.card.kind in _LOOSE_KINDS or document.card.id in _LOOSE_SLUGS


def _section(document: Document, block: Block) -> str:
    """Return the level-2 heading under which a block stands."""
    name = ""
    for other in document.blocks:
        if other.start > block.start:
            break
        if other.kind == "heading" and other.level <= 2:
            name = document.text[other.start : other.end]
    return name


def _folded(text: str) -> str:
    plain = text.replace("’", "'").replace("‘", "'").replace("—", "-").replace("–", "-")
    return re.sub(r"[\s.…,]+", " ", plain).casefold().strip()


def _shortened(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:88]}…"
