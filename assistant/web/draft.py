"""The draft while it is written: finished sentences with their verdict, then the open end."""

from __future__ import annotations

from assistant.records import AnswerSentence
from assistant.web.markup import esc


class Draft:
    """Follows a model's text as it comes and is checked."""

    def __init__(self) -> None:
        self._checked: list[AnswerSentence] = []
        self._pending = ""

    def add(self, text: str) -> None:
        """Take in a piece of the text."""
        self._pending += text

    def check(self, sentence: AnswerSentence) -> None:
        """Take in a verdict: its sentence leaves the open end."""
        self._checked.append(sentence)
        self._pending = after(self._pending, sentence.text)

    def html(self) -> str:
        """Return the draft under words that say what it is."""
        done = "".join(_verdict(s) for s in self._checked)
        words = "Writing … not yet checked"
        return (
            f'<div class="draft"><p class="draft-head">{words}</p>'
            f'<p class="draft-text" dir="auto">{done}<span class="pending">{esc(self._pending)}'
            "</span></p></div>"
        )


def after(text: str, sentence: str) -> str:
    """Return what follows ``sentence`` in ``text``, whatever the white space and list marks."""
    wanted = [c for c in sentence if not c.isspace()]
    position = len(text) - len(text.lstrip(" \n\t-*•#"))
    for character in wanted:
        while position < len(text) and text[position].isspace():
            position += 1
        if position >= len(text) or text[position] != character:
            return ""  # the checker changed the words: show only what comes next
        position += 1
    return text[position:]


def _verdict(sentence: AnswerSentence) -> str:
    text = esc(sentence.text)
    if not sentence.verdict.stands:
        return f'<span class="checked"><s>{text}</s> <span class="sign">struck</span></span> '
    return f'<span class="checked">{text} <span class="sign">✓ kept</span></span> '
