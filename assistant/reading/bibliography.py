"""references.bib: the works behind the sentences, as readable references and as BibTeX."""

from __future__ import annotations

from pathlib import Path

from pybtex.database import BibliographyData, Entry, Person, parse_string
from pybtex.exceptions import PybtexError
from pybtex.richtext import Text

from assistant.errors import UnreadableFileError
from assistant.records import Reference

BIBLIOGRAPHY_NAME = "references.bib"
_OURS = ("perspective", "verified", "quote")  # our own fields: not for other people's BibTeX


def read_bibliography(path: Path) -> tuple[Reference, ...]:
    """Return the references of a BibTeX file in its order; empty when there is no file.

    Raises UnreadableFileError when it is not UTF-8 or not BibTeX.
    """
    if not path.exists():
        return ()
    try:
        entries = parse_string(path.read_text(encoding="utf-8"), "bibtex").entries
    except (OSError, UnicodeDecodeError, PybtexError) as cause:
        reason = " ".join(str(cause).split())
        raise UnreadableFileError(
            f"{path.name}: {reason}.", remedy="Mend the entry and build again."
        ) from cause
    return tuple(_reference(key, entry) for key, entry in entries.items())


def _reference(key: str, entry: Entry) -> Reference:
    fields = entry.fields
    return Reference(
        key=key,
        text=formatted(entry),
        bibtex=_plain_bibtex(key, entry),
        perspective=fields.get("perspective", ""),
        verified=fields.get("verified", ""),
        quote=fields.get("quote", ""),
    )


def formatted(entry: Entry) -> str:
    """Return "Porter, M. E., & Kramer, M. R. (2011). Title. Journal, 89(1/2), 62–77."

    Follows the order of the APA's Publication Manual (7th edition), as far as the fields go.
    """
    fields = entry.fields
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    title = _bare(fields.get("title", ""))
    year = fields.get("year", "n.d.")
    who = _people(people)
    head = f"{who} ({year}). {title}" if who else f"{title} ({year})"
    parts = [_ended(head)]
    if "journal" in fields:
        parts.append(_ended(_journal(entry)))
    for field in ("publisher", "institution", "note"):
        value = _bare(fields.get(field, ""))
        if value and value != who:
            parts.append(_ended(value))
    if "doi" in fields:
        parts.append(f"doi:{fields['doi']}")
    return " ".join(parts)


def _journal(entry: Entry) -> str:
    fields = entry.fields
    number = f"({_bare(fields['number'])})" if "number" in fields else ""
    volume = f", {_bare(fields.get('volume', ''))}{number}" if "volume" in fields or number else ""
    pages = f", {_bare(fields['pages'])}" if "pages" in fields else ""
    return f"{_bare(fields['journal'])}{volume}{pages}"


def _people(people: list[Person]) -> str:
    names = [_name(p) for p in people]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])}, & {names[-1]}"


def _name(person: Person) -> str:
    family = " ".join([*person.prelast_names, *person.last_names])
    given = " ".join([*person.first_names, *person.middle_names])
    return _bare(f"{family}, {given}" if given else family)


def _plain_bibtex(key: str, entry: Entry) -> str:
    kept = [(name, value) for name, value in entry.fields.items() if name not in _OURS]
    plain = Entry(entry.type, fields=kept, persons=entry.persons)
    return str(BibliographyData({key: plain}).to_string("bibtex")).strip()


def _bare(text: str) -> str:
    """Return the text without TeX: braces and double hyphens are marks for typesetters."""
    return str(Text.from_latex(text))


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
