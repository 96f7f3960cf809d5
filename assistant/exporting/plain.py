"""Text from anywhere as text: nothing in it steers a page, a terminal or a word processor."""

from __future__ import annotations

import re
import unicodedata

# Shown as a replacement character, not obeyed: controls, what turns the direction of writing,
# what has no width, half characters, and what XML forbids (https://www.w3.org/TR/xml/#charsets).
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_SPACES = re.compile("[ \t\n\r\x0b\x0c\u2028\u2029]+")
_LONGEST_NAME = 60
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)$")  # names that Windows keeps for itself


def shown(text: str) -> str:
    """Return text in one line, what cannot be shown made visible; not yet fit for a format."""
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", collapsed(text))


def collapsed(text: str) -> str:
    """Return text with one space for each stretch of blanks and line breaks."""
    return _SPACES.sub(" ", text).strip()


def folded(text: str) -> str:
    """Return text as it is compared where only its words count."""
    return collapsed(text).casefold()


def safe_name(title: str, fallback: str = "answer") -> str:
    """Return a file name without ending, of a-z, 0-9 and hyphens, for every system.

    >>> safe_name("Who defines value in CSR?")
    'who-defines-value-in-csr'
    """
    ascii_ = unicodedata.normalize("NFKD", title[:1_000]).encode("ascii", "ignore").decode()
    name = "-".join(re.findall(r"[a-z0-9]+", ascii_.lower()))
    if len(name) > _LONGEST_NAME:
        name = name[: _LONGEST_NAME + 1].rpartition("-")[0] or name[:_LONGEST_NAME]
    return f"{fallback}-{name}" if _DEVICES.match(name) else name or fallback
