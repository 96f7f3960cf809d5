"""What a file says of itself: title, authors, language. Much of it is rubbish."""

from __future__ import annotations

import re

from lxml import etree

from assistant.reading.formats.manuscript import cleaned
from assistant.reading.formats.packages import local_name

# What programs put there by themselves: file names, their own names, their first template.
_RUBBISH = re.compile(
    r"(untitled|unnamed|document|presentation|powerpoint presentation|slide|title|no title|page|"
    r"microsoft word|microsoft powerpoint|word document|new document|template|test|blank|"
    r"(pii|doi)\b.*|(microsoft (word|powerpoint)|print) - .*|"
    r".*\.(docx?|pptx?|tex|dvi|indd|qxd|qxp|pdf|rtf|odt|p65|html?|pages|key|cdr|ai|ps|eps))"
    r"[\s\d()_.-]*",
    re.IGNORECASE,
)
_NAVIGATION = frozenset(
    "contents|table of contents|index|inhalt|inhaltsverzeichnis|sommaire|indice|abstract|summary|"
    "introduction|preface|foreword|acknowledgements|cover|title page|copyright".split("|")
)
_NOBODY = frozenset(
    "anonymous unknown user admin administrator owner author root default".split()
) | {"microsoft office user", "windows user", "unknown author"}
_AUTHORS = re.compile(r"\s*(?:;|\band\b|&|\n)\s*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_TITLE_LENGTH = 300


def sensible_title(text: str) -> str:
    """Return a title that a person gave; empty where a program did."""
    title = cleaned(text)[:_TITLE_LENGTH]
    return title if re.search(r"[^\W\d_]{2}", title) and not _RUBBISH.fullmatch(title) else ""


def is_navigation(heading: str) -> bool:
    """Say whether a heading names a part that every work has, and so not the work."""
    return cleaned(heading).casefold() in _NAVIGATION


def authors_in(text: str) -> tuple[str, ...]:
    """Return the names in "Ada Lovelace; Grace Hopper"."""
    names = (cleaned(name) for name in _AUTHORS.split(text))
    named = (name[:100] for name in names if name and name.casefold() not in _NOBODY)
    return tuple(named)[:20]


def language_tag(text: str) -> str:
    """Return "en-GB" from what a file says; empty where it is no language tag."""
    tag = text.strip()[:35]
    return tag.replace("_", "-") if _LANGUAGE.fullmatch(tag) else ""


def dublin_core(root: etree._Element) -> dict[str, list[str]]:
    """Return name -> texts of the simple elements below ``root``: title, creator, language."""
    found: dict[str, list[str]] = {}
    for element in root.iter():
        text = cleaned("".join(element.itertext())) if len(element) == 0 else ""
        if text:
            found.setdefault(local_name(element), []).append(text)
    return found
