"""What our Markdown says, line by line: the reverse of ``to_markdown``, not a reader for all of it.

Lines that this program did not write come out with their marks, so that they can be pointed to.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from assistant.exporting.plain import collapsed

_BEGINNING = re.compile(r"^(?:#{1,6}|-|>) ")
_MARK = re.compile(r"\\(?P<kept>[!-/:-@\[-`{-~])|[*`]+")
_REFERENCE = re.compile(r"&#?\w{1,31};")
_OFTEN = {f"&{name};": sign for name, sign in (("lt", "<"), ("gt", ">"), ("amp", "&"))}


def markdown_paragraphs(text: str) -> Iterator[str]:
    """Yield every line that says something, without marks and escapes."""
    for line in text.split("\n"):
        bare = _MARK.sub(lambda m: m["kept"] or "", _BEGINNING.sub("", line))
        if words := collapsed(_REFERENCE.sub(_sign, bare)):
            yield words


def _sign(reference: re.Match[str]) -> str:
    return _OFTEN.get(reference[0]) or html.unescape(reference[0])
