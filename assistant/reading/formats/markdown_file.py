"""Markdown of any origin: notes of other programs have heads that ours do not know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assistant.errors import UnreadableFileError
from assistant.reading.formats.converted import Format
from assistant.reading.formats.encodings import decoded
from assistant.reading.formats.job import Job
from assistant.reading.formats.manuscript import Manuscript, cleaned, without_unseen
from assistant.reading.formats.problems import DocumentError, Reason
from assistant.reading.formats.result import Result
from assistant.reading.formats.titles import authors_in, language_tag, sensible_title
from assistant.reading.front_matter import split_front_matter
from assistant.reading.markdown import read_markdown


def convert(job: Job) -> Result:
    """Return the words of a Markdown text; its citations stay with their sentences."""
    read = decoded(job.content)
    warnings = [read.warning] if read.warning else []
    try:
        head, body = split_front_matter(read.text, Path(job.name))
    except UnreadableFileError as problem:
        warnings.append(f"Its first lines are taken as text: {problem.args[0]}")
        head, body = {}, read.text
    plain = read_markdown(without_unseen(body))
    if len(plain.text) > job.limits.characters:
        raise DocumentError(
            Reason.TOO_LARGE, f"It has more than {job.limits.characters:,} characters of text."
        )
    manuscript = Manuscript(job.limits.characters)
    manuscript.take(plain.text, plain.blocks, plain.sentences)
    return Result(
        Format.MARKDOWN,
        manuscript,
        title=sensible_title(_word(head, "title")),
        authors=tuple(_names(head, "author") or _names(head, "authors")),
        language=language_tag(_word(head, "lang") or _word(head, "language")),
        head=head,
        warnings=tuple(warnings),
    )


def _word(head: dict[str, Any], key: str) -> str:
    value = head.get(key, "")
    return cleaned(value) if isinstance(value, str) else ""


def _names(head: dict[str, Any], key: str) -> list[str]:
    value = head.get(key, [])
    if isinstance(value, list):
        return [cleaned(name) for name in value if isinstance(name, str) and cleaned(name)]
    return list(authors_in(value)) if isinstance(value, str) else []
