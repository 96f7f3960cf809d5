"""Ends a draft that begins to go round in circles, before the reader sees it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_SENTENCE_END = re.compile(r"[.!?][\"”’')\]]*\s+|\n+")
_WORD = re.compile(r"\w+")
_LEAST_WORDS = 5  # shorter ones ("Both are true.") may well come twice


def without_repetition(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the text until a sentence says nothing that was not said before."""
    guard = RepetitionGuard()
    for piece in pieces:
        if shown := guard.feed(piece):
            yield shown
        if guard.repeating:
            return
    if shown := guard.rest():
        yield shown


class RepetitionGuard:
    """Passes text on, but holds back a sentence as long as it only says again what was said."""

    def __init__(self) -> None:
        self.repeating = False
        self._said = " "  # the words of finished sentences, between spaces
        self._sentence = ""  # the one at work
        self._passed = 0  # characters of it that were passed on

    def feed(self, piece: str) -> str:
        """Return what of the text so far can be shown now; ``repeating`` ends it."""
        self._sentence += piece
        shown = ""
        while not self.repeating and (end := _SENTENCE_END.search(self._sentence)):
            shown += self._finish(end.end())
        if not self.repeating and (self._passed or self._is_new()):
            shown += self._sentence[self._passed :]
            self._passed = len(self._sentence)
        return shown

    def rest(self) -> str:
        """Return what was held back at the end of the text."""
        return "" if self.repeating else self._finish(len(self._sentence))

    def _finish(self, end: int) -> str:
        """Close the sentence that ends at ``end``; return what of it was not yet shown."""
        words = _WORD.findall(self._sentence[:end].lower())
        if len(words) >= _LEAST_WORDS and f" {' '.join(words)} " in self._said:
            self.repeating = True
            return ""
        shown = self._sentence[self._passed : end]
        self._said += "".join(f"{word} " for word in words)
        self._sentence, self._passed = self._sentence[end:], 0
        return shown

    def _is_new(self) -> bool:
        """Say whether the sentence at work has left the words of those before it."""
        words = _WORD.findall(self._sentence.lower())
        return f" {' '.join(words)}" not in self._said
