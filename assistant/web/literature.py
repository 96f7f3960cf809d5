"""The works behind sentences: short names, proper references with their mark, and BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from assistant.exchange import literature_of
from assistant.records import Answer, Document, Evidence, Reference
from assistant.web.markup import esc
from assistant.web.words import count

Works = Mapping[str, Reference]
_NAMES = re.compile(r'\b(?:author|editor) = "(.*?)",?$', re.MULTILINE)
_YEAR = re.compile(r'\byear = "(.*?)",?$', re.MULTILINE)
_AUTHORS_AND_YEAR = re.compile(r".{1,120}?\(\d{4}[a-z]?\)")
_OUTER_BRACES_OR_AND = re.compile(r"\{[^{}]*\}|\s+and\s+")
_MOST_NAMED = 2
_MARKS = {
    "verified": "verified",
    "mixed": "partly verified, partly general knowledge",
    "general knowledge": "general knowledge",
}


def keys_of_document(document: Document) -> tuple[str, ...]:
    """Return the works that a document cites, in the order in which they come up."""
    return tuple(dict.fromkeys(key for s in document.sentences for key in s.literature))


def keys_of_answer(answer: Answer) -> tuple[str, ...]:
    """Return the works behind the cited sentences, in the order of the citations."""
    keys = (key for s in answer.sentences for key in literature_of(s, answer.evidence))
    return tuple(dict.fromkeys(keys))


def keys_of_evidence(answer: Answer, evidence: Evidence) -> tuple[str, ...]:
    """Return the works behind what an answer cites of a passage, or else of what it chose there."""
    spans = [
        (c.start, c.end)
        for s in answer.sentences
        for c in s.citations
        if c.evidence == evidence.number
    ] or [(s.sentence.start, s.sentence.end) for s in evidence.chosen]
    keys = (
        key
        for source in evidence.passage.sentences
        if any(source.start < end and start < source.end for start, end in spans)
        for key in source.literature
    )
    return tuple(dict.fromkeys(keys))


def short_name(key: str, works: Works) -> str:
    """Return "Porter & Kramer (2011)"; the key where the work is not known."""
    if key not in works:
        return key
    reference = works[key]
    names, year = _NAMES.search(reference.bibtex), _YEAR.search(reference.bibtex)
    if names and year:
        return f"{_surnames(names[1])} ({_plain(year[1])})"
    named = _AUTHORS_AND_YEAR.match(reference.text)
    return named[0] if named else reference.text or key


def short_names(keys: Iterable[str], works: Works) -> str:
    """Return the short names of works, told apart by semicolons."""
    return "; ".join(short_name(key, works) for key in keys)


def verified_words(reference: Reference) -> str:
    """Return how far the details of a work were confirmed; empty where nobody says."""
    return _MARKS.get(reference.verified, reference.verified)


def bibtex_of(keys: Iterable[str], works: Works) -> str:
    """Return the entries of the works that are known, ready for a .bib file."""
    entries = [works[key].bibtex.strip() for key in keys if key in works]
    return "\n\n".join(entry for entry in entries if entry) + "\n"


def references_html(keys: Sequence[str], works: Works) -> str:
    """Return works as a list of proper references, each with its mark in words."""
    items = "".join(f'<li dir="auto">{_reference(key, works)}</li>' for key in keys)
    return f'<ul class="references">{items}</ul>'


def copy_bibtex(keys: Sequence[str], works: Works) -> str:
    """Return the button that copies the BibTeX, and the text that it copies; or nothing."""
    entries = bibtex_of(keys, works).strip()
    if not entries:
        return ""
    return (
        '<button type="button" class="act" data-act="copy-bibtex">Copy BibTeX</button>'
        f'<pre class="bibtex" hidden>{esc(entries)}</pre>'
    )


def behind_the_answer(answer: Answer, works: Works) -> str:
    """Return the fold below an answer with every work behind its cited sentences."""
    keys = keys_of_answer(answer)
    if not keys:
        return ""
    return (
        f'<details class="fold behind"><summary>{count(len(keys), "reference")}</summary>'
        f'{references_html(keys, works)}<div class="actions">{copy_bibtex(keys, works)}</div>'
        "</details>"
    )


def behind_the_evidence(answer: Answer, evidence: Evidence, works: Works) -> str:
    """Return the fold in a card of evidence: short names, and within it the references."""
    keys = keys_of_evidence(answer, evidence)
    if not keys:
        return ""
    return (
        '<details class="fold"><summary dir="auto">Literature: '
        f"{esc(short_names(keys, works))}</summary>{references_html(keys, works)}</details>"
    )


def _reference(key: str, works: Works) -> str:
    if key not in works:
        return f"<code>{esc(key)}</code>"
    mark = verified_words(works[key])
    words = f' <span class="verified">{esc(mark)}</span>' if mark else ""
    return f"{esc(works[key].text or key)}{words}"


def _surnames(names: str) -> str:
    """Return "Porter & Kramer", "Crane et al."; "and" within braces belongs to a name."""
    marked = _OUTER_BRACES_OR_AND.sub(lambda m: "\0" if m[0][0] != "{" else m[0], names)
    surnames = [_plain(name if "{" in name else name.split(",")[0]) for name in marked.split("\0")]
    if len(surnames) > _MOST_NAMED:
        return f"{surnames[0]} et al."
    return " & ".join(surnames)


def _plain(text: str) -> str:
    return re.sub(r"[{}\\]", "", text).strip()
