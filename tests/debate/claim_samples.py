"""Three texts that differ about loyalty, and an entailer that goes by their words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from fakes import HashEmbedder

from assistant.ports import Entailer, TrainedModels
from assistant.service import Assistant
from assistant.settings import Settings

TEXTS = {
    "for.md": """\
---
title: Loyalty pays
perspective: crm
---

## The case

Loyal customers are cheap to serve. Frederick Reichheld measured loyalty with one question
in 2003. Every firm should thank them.
""",
    "against.md": """\
---
title: Loyalty costs
perspective: critique
---

## The doubt

Loyal customers are not cheap to serve. Loyalty schemes never raise profits.
""",
    "aside.md": """\
---
title: Schemes
perspective: history
---

Loyalty schemes began with trading stamps in shops.
""",
}
_DENIALS = frozenset({"not", "never", "no"})


class WordEntailer:
    """A text that has all words of a claim carries it, or denies it where one denies alone."""

    fingerprint = "words"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def judge(self, claim: str, evidence):
        self.asked.append(claim)
        return np.array([self._row(claim, text) for text in evidence], np.float32)

    def _row(self, claim: str, text: str) -> tuple[float, float, float]:
        told, said = self._words(claim), self._words(text)
        if not told - _DENIALS <= said:
            return 0.1, 0.1, 0.8
        same = bool(told & _DENIALS) == bool(said & _DENIALS)
        return (0.96, 0.02, 0.02) if same else (0.02, 0.96, 0.02)

    def _words(self, text: str) -> set[str]:
        return set(re.findall(r"\w+", text.lower())) - {"the", "a", "are", "is", "that", "did"}


def open_library(
    folder: Path, entailer: Entailer | None, *, warning: str = ""
) -> tuple[Assistant, Callable[..., None]]:
    """Return an assistant with the three texts, and what adds a text to its library."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    for name, text in TEXTS.items():
        (corpus / name).write_text(text, encoding="utf-8")
    flags = {"corpus": corpus, "index": folder / "index", "model": "none"}
    settings = Settings.load(flags, file=None)
    trained = TrainedModels(None, entailer, warning)
    assistant = Assistant(settings, HashEmbedder(dimension=256), None, lambda: trained)
    assistant.build()

    def add(name: str, text: str) -> None:
        (corpus / name).write_text(text, encoding="utf-8")
        assistant.build()

    return assistant, add
