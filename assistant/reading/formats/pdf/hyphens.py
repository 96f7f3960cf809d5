"""Words that were parted at the end of a line: "busi-" and "ness", but "well-" and "known"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from assistant.reading.formats.pdf.lines import Run

_WORD = re.compile(r"[^\W\d_]+(?:[-‐][^\W\d_]+)*")
_FIRST = re.compile(r"[^\W\d_]+")
_LAST = re.compile(r"[^\W\d_]+$")
# Words of their own that also begin others: "outstanding", "understanding".
_PREFIXES = frozenset("out under over with for fore back down off any every some ever".split())
_HYPHENS = "-‐\u00ad"


class Joiner:
    """Joins lines; how a parted word is written is learnt from the rest of the document.

    A document that never parts a word of which it is known that it is one does not part words at
    all: then every hyphen at the end of a line is the author's.
    """

    def __init__(self, lines: Sequence[Run]) -> None:
        self._known: Counter[str] = Counter()
        for line in lines:
            words = _WORD.findall(line.text)
            whole = words[1:-1] if self.parts(line) else words[1:]  # the first may be half a word
            self._known.update(word.casefold().replace("‐", "-") for word in whole)
        halves = [
            (_LAST.search(above.text.rstrip(_HYPHENS)), _FIRST.match(below.text))
            for above, below in pairwise(lines)
            if self.parts(above)
        ]
        self._parts_words = not halves or any(
            self._known[f"{a.group()}{b.group()}".casefold()] for a, b in halves if a and b
        )

    @staticmethod
    def parts(line: Run) -> bool:
        """Say whether a line ends within a word."""
        return line.breaks or (
            line.text.endswith(tuple(_HYPHENS)) and _LAST.search(line.text[:-1]) is not None
        )

    def joined(self, above: str, below: str) -> str:
        """Return the text of a line that ends within a word, and that of the next.

        >>> Joiner([]).joined("the busi-", "ness of business")
        'the business of business'
        """
        above = above.rstrip(_HYPHENS)
        first, second = _LAST.search(above), _FIRST.match(below)
        if first is None or second is None:
            return f"{above}-{below}"
        return f"{above}{self._sign(first.group(), second.group())}{below}"

    def _sign(self, first: str, second: str) -> str:
        """Return what stands between the halves: a hyphen or nothing."""
        first, second = first.casefold(), second.casefold()
        together, apart = self._known[first + second], self._known[f"{first}-{second}"]
        if together or apart:
            return "" if together >= apart else "-"
        if not self._parts_words:
            return "-"
        both_are_words = self._known[first] and self._known[second] > 1 and len(first) > 1
        is_compound = (
            self._known[first] > 1
            and len(first) >= 3
            and first not in _PREFIXES
            and len(second) >= 6
            and second.endswith(("ing", "ed"))
        )
        return "-" if both_are_words or is_compound else ""
