"""The literature behind a pack as a .bib file, as other programs read it."""

from __future__ import annotations

from assistant.exporting import wording
from assistant.exporting.pack import Pack
from assistant.exporting.plain import shown


def as_bibtex(pack: Pack) -> str:
    """Return the entries of all works that the pack cites, after a comment that says whence.

    BibTeX reads everything outside of an entry as a comment, and an entry begins at an ``@``.
    """
    lines = [f"Literature behind: {wording.title_of(pack)}", wording.made_words(pack)]
    unknown = [shown(work.key) for work in pack.literature if not work.bibtex.strip()]
    if unknown:
        lines.append(f"Not in the library's bibliography: {', '.join(unknown)}")
    if not pack.literature:
        lines.append("No literature stands behind these answers.")
    comment = "\n".join(f"% {line}".replace("@", "(at)") for line in lines)
    entries = [_lines(work.bibtex) for work in pack.literature if work.bibtex.strip()]
    return "\n\n".join([comment, *entries]) + "\n"


def _lines(bibtex: str) -> str:
    """Return an entry with nothing in it that cannot be shown, its lines kept."""
    return "\n".join(
        line[: len(line) - len(line.lstrip(" "))] + shown(line)
        for line in bibtex.strip().splitlines()
    )
