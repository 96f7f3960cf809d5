"""The YAML head of a Markdown file, checked and turned into a DocumentCard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeGuard

import yaml

from assistant.errors import UnreadableFileError
from assistant.records import DocumentCard, Perspective

_FENCE = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LISTS = ("authors_discussed", "sources", "opposes")
_TEXTS = ("title", "slug", "kind", "stance", "stance_on", "period", "question")
_KNOWN = {*_LISTS, *_TEXTS, "perspective", "licence"}
_NOTHING = ("", "~", "null")


def split_front_matter(text: str, path: Path) -> tuple[dict[str, Any], str]:
    """Return the head as a mapping (empty where there is none) and the body.

    Raises UnreadableFileError when the head is not closed or not a YAML mapping.
    """
    if not re.match(r"---[ \t]*\n", text):
        return {}, text
    match = _FENCE.match(text)
    if match is None:
        raise _broken(path, "the front matter is not closed by a line of three hyphens")
    try:
        # The base loader leaves every value as it is written: a period 2011-10 is no date,
        # a title "No" is not false, and a tag cannot make it fail.
        head = yaml.load(match.group(1), Loader=yaml.BaseLoader)
    except yaml.YAMLError as cause:
        reason = " ".join(str(cause).split())
        raise _broken(path, f"the front matter is not YAML ({reason})") from cause
    except RecursionError as cause:
        raise _broken(path, "the front matter is nested too deeply") from cause
    if head is None or head == "":
        head = {}
    if not isinstance(head, dict):
        raise _broken(path, "the front matter is not a list of 'key: value' lines")
    return head, text[match.end() :]


def card_from(head: dict[str, Any], *, path: Path, title: str, sha256: str) -> DocumentCard:
    """Return the card of a file; ``title`` serves where the head names none.

    Raises UnreadableFileError for unknown keys and values of the wrong kind.
    """
    unknown = sorted(set(head) - _KNOWN)
    if unknown:
        raise _broken(path, f"unknown front matter: {', '.join(unknown)}")
    texts = {key: _text(head, key, path) for key in _TEXTS}
    slug = texts["slug"] or slugify(path.stem)
    if not _SLUG.fullmatch(slug):
        raise _broken(path, f"the slug {slug!r} is not made of a-z, 0-9 and single hyphens")
    return DocumentCard(
        id=slug,
        path=path.as_posix(),
        title=texts["title"] or title or path.stem,
        perspective=_perspective(head, path),
        sha256=sha256,
        kind=texts["kind"],
        stance=texts["stance"],
        stance_on=texts["stance_on"],
        period=texts["period"],
        question=texts["question"],
        authors_discussed=_names(head, "authors_discussed", path),
        sources=_names(head, "sources", path),
        opposes=_names(head, "opposes", path),
    )


def slugify(name: str) -> str:
    """Return ``name`` in lower case with single hyphens: "My Notes (2)" -> "my-notes-2"."""
    return "-".join(re.findall(r"[a-z0-9]+", name.lower())) or "untitled"


def _perspective(head: dict[str, Any], path: Path) -> Perspective:
    value = _text(head, "perspective", path)
    try:
        return Perspective(value or Perspective.OVERVIEW)
    except ValueError as cause:
        known = ", ".join(p.value for p in Perspective)
        raise _broken(path, f"perspective {value!r} is none of: {known}") from cause


def _text(head: dict[str, Any], key: str, path: Path) -> str:
    value = head.get(key, "")
    if not _is_text(value):
        raise _broken(path, f"{key} is not a text")
    return "" if value in _NOTHING else " ".join(value.split())


def _names(head: dict[str, Any], key: str, path: Path) -> tuple[str, ...]:
    value = head.get(key, [])
    if isinstance(value, str) and value in _NOTHING:
        return ()
    if not isinstance(value, list) or not all(_is_text(v) for v in value):
        raise _broken(path, f"{key} is not a list of names, as in {key}: [one, two]")
    return tuple(value)


def _is_text(value: object) -> TypeGuard[str]:
    """Say whether a value is a text that can be stored: YAML can spell half a character."""
    return isinstance(value, str) and not re.search(r"[\x00\ud800-\udfff]", value)


def _broken(path: Path, reason: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"{path.name}: {reason}.", remedy="Mend the first lines of the file and build again."
    )
