"""Finding tensions: near passages of different documents, laid side by side sentence by sentence.

What shows an exact sign of opposition (``opposition``) and is near enough is an answer, or is
judged by the entailment model: a contradiction has to hold both ways. What was compared is kept
by its content (``tension_file``), so that a changed text costs its own pairs, and a build that
was stopped goes on where it was.

To tune it for another entailment model: list the pairs with ``assistant tensions --limit 100``,
read them, and move ``_CONTRADICTS`` and the bounds of the cosine until at least seven of ten
are disagreements. A change of these or of ``opposition`` goes with a new ``RULES_VERSION``.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Event, Lock

from assistant.answering.entailing import CONTRADICTS
from assistant.debate import tension_file
from assistant.debate.nearness import Loaded, Pair, loaded, near_pairs
from assistant.debate.opposition import RULES_VERSION, Said, answered, denied, said_in
from assistant.debate.tension_file import Found, Kept, Row
from assistant.debate.tensions import Kind, Tension, shown
from assistant.library.database import Library
from assistant.ports import Entailer
from assistant.records import Passage, Progress
from assistant.retrieval.scoring import SentenceVectors

log = logging.getLogger(__name__)

_CONTRADICTS = 0.8  # probability, both ways: see the docstring
_ANSWER_COSINE = (0.4, 0.85)  # of two sentences; nearer ones are two wordings of one statement
_DENIAL_COSINE = (0.45, 0.99)  # a denial changes a sentence little
# Of the sentences shown for declared opposites; the first where one of them takes no side.
_OPENING_COSINE = (0.5, 0.9)
_ANSWERED = "answered"  # as ``Kind.ANSWERS``, the other way round
_BATCH = 128  # pairs of passages between two looks at whether to stop
_MOST_AT_ONCE = 20_000  # pairs of passages; the rest waits for the next call
_SAVED_EVERY_S = 20.0
_MOST_JUDGED = 200_000  # judgements remembered: 10 MB

OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Findings:
    """The tensions of one generation, and what is still missing of them."""

    tensions: tuple[Tension, ...]
    generation: int
    waiting: int = 0  # pairs of passages that were not compared yet
    note: str = ""  # what was not looked for, and why


class TensionFinder:
    """Finds the tensions of a library and keeps them beside it; threads may share it."""

    def __init__(self, library: Library, vectors: SentenceVectors) -> None:
        self._library = library
        self._vectors = vectors
        self._lock = Lock()

    def known(self, entailer: Entailer | None) -> Findings | None:
        """Return what is kept of the present generation; None where it has to be found."""
        with self._library.reading() as snapshot:
            kept = tension_file.read(self._library.folder)
            makers = _makers(snapshot.meta.get("embedder", ""), entailer)
            if kept is None or (kept.edition, kept.makers) != (snapshot.edition, makers):
                return None
            return Findings(
                shown(snapshot, kept.rows), snapshot.generation, kept.waiting, _note(entailer)
            )

    def find(
        self,
        entailer: Entailer | None,
        on_progress: OnProgress = lambda _: None,
        stop: Event | None = None,
    ) -> Findings:
        """Return the tensions of the present generation; what is not known of them is found.

        When ``stop`` is set, soon returns what was found until then. Raises LibraryError.
        """
        with self._lock:
            while True:
                known = self.known(entailer)
                if known and not known.waiting:
                    return known
                kept = self._found(entailer, on_progress, stop or Event())
                with self._library.reading() as snapshot:
                    if snapshot.edition == kept.edition:  # else a build ended in between
                        tensions = shown(snapshot, kept.rows)
                        number = snapshot.generation
                        return Findings(tensions, number, kept.waiting, _note(entailer))

    def _found(self, entailer: Entailer | None, on_progress: OnProgress, stop: Event) -> Kept:
        with self._library.reading() as snapshot:
            texts = loaded(snapshot)
        makers = _makers(texts.model, entailer)
        before = tension_file.read(self._library.folder)
        kept = Kept(texts.edition, makers)
        if before is not None and before.makers == makers:
            kept.compared, kept.judged = before.compared, before.judged
        pairs = near_pairs(texts)
        kept.compared = {p.key: kept.compared[p.key] for p in pairs if p.key in kept.compared}
        comparison = _Comparison(texts, self._vectors, entailer, kept, self._library.folder)
        comparison.run(pairs, on_progress, stop)
        kept.rows = tuple(_rows(texts, pairs, kept.compared))
        comparison.save()
        log.info("found %d tensions, %d pairs wait", len(kept.rows), kept.waiting)
        return kept


@dataclass(slots=True)
class _Comparison:
    """One run over pairs of passages."""

    texts: Loaded
    vectors: SentenceVectors
    entailer: Entailer | None
    kept: Kept
    folder: Path
    said: dict[int, list[tuple[int, int, Said]]] = field(default_factory=dict)  # by passage

    def run(self, pairs: Sequence[Pair], on_progress: OnProgress, stop: Event) -> None:
        """Compare what was not compared yet, the nearest first; a kill costs some seconds."""
        new = [pair for pair in pairs if pair.key not in self.kept.compared]
        todo, done = iter(new[:_MOST_AT_ONCE]), 0
        total, began = min(len(new), _MOST_AT_ONCE), time.perf_counter()
        self.kept.waiting, saved = len(new), began
        try:
            while not stop.is_set() and (batch := list(islice(todo, _BATCH))):
                now = time.perf_counter()
                eta_s = (now - began) / done * (total - done) if done else None
                on_progress(Progress("Looking for tensions", done, total, eta_s))
                self._compare(batch)
                done += len(batch)
                self.kept.waiting -= len(batch)
                if now - saved > _SAVED_EVERY_S:
                    self.save()
                    saved = now
        except BaseException:  # above all the user's: what was done need not be done again
            self.save()
            raise
        if total:
            on_progress(Progress("Looking for tensions", done, total))

    def save(self) -> None:
        """Keep what is known; in a folder that cannot be written it is found again."""
        if len(self.kept.judged) > _MOST_JUDGED:
            self.kept.judged.clear()
        with suppress(OSError):
            tension_file.write(self.folder, self.kept)

    def _compare(self, batch: Sequence[Pair]) -> None:
        found: dict[str, list[Found]] = {pair.key: [] for pair in batch}
        signed = [(pair, *s) for pair in batch for s in self._signed(pair)]
        texts = list(dict.fromkeys(t.text for _, _, a, b in signed for t in (a[2], b[2])))
        rows = dict(zip(texts, self.vectors.of(texts), strict=True))
        denials: list[tuple[Pair, _Place, _Place]] = []
        for pair, kind, one, other in signed:
            cosine = float(rows[one[2].text] @ rows[other[2].text])
            if kind == Kind.OPPOSES:
                found[pair.key].append(_entry(kind, one, other, cosine))
            elif kind == Kind.CONTRADICTS:
                if _DENIAL_COSINE[0] <= cosine <= _DENIAL_COSINE[1]:
                    denials.append((pair, one, other))
            elif _ANSWER_COSINE[0] <= cosine <= _ANSWER_COSINE[1]:
                found[pair.key].append(_entry(kind, one, other, cosine))
        self._judge([(one[2].text, other[2].text) for _, one, other in denials])
        for pair, one, other in denials:
            share = min(self.kept.judged[_key(one[2].text, other[2].text)])
            if share >= _CONTRADICTS:
                found[pair.key].append(_entry(Kind.CONTRADICTS, one, other, share))
        for pair in batch:
            entries = found[pair.key]
            self.kept.compared[pair.key] = _nearest(entries) if pair.declares else entries

    def _signed(self, pair: Pair) -> Iterator[tuple[str, _Place, _Place]]:
        """Yield what shows a sign; of declared opposites everything, their openings are shown."""
        for one in self._said(pair.first):
            for other in self._said(pair.second):
                if pair.declares:
                    yield Kind.OPPOSES, one, other
                    continue
                if answered(one[2], other[2]):
                    yield Kind.ANSWERS, one, other
                elif answered(other[2], one[2]):
                    yield _ANSWERED, one, other
                if self.entailer is not None and denied(one[2], other[2]):
                    yield Kind.CONTRADICTS, one, other

    def _said(self, number: int) -> list[_Place]:
        if number not in self.said:
            passage = self.texts.passages[number]
            self.said[number] = list(_statements(passage, self.texts.apart[passage.document_id]))
        return self.said[number]

    def _judge(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Judge each pair both ways, the second way only where the first one contradicts."""
        if self.entailer is None:
            return
        new = [p for p in dict.fromkeys(pairs) if _key(*p) not in self.kept.judged]
        first = _contradicted(self.entailer, new)
        doubtful = [p for p in new if first[p] >= _CONTRADICTS]
        back = _contradicted(self.entailer, [(two, one) for one, two in doubtful])
        for one, two in new:
            self.kept.judged[_key(one, two)] = first[one, two], back.get((two, one), 0.0)


_Place = tuple[int, int, Said]  # start and end in the passage


def _statements(passage: Passage, apart: Sequence[tuple[int, int]]) -> Iterator[_Place]:
    """Yield the sentences of a passage that can be compared; those of tables and code cannot."""
    for sentence in passage.sentences:
        if any(start <= sentence.start < end for start, end in apart):
            continue
        start, end = sentence.start - passage.start, sentence.end - passage.start
        if (said := said_in(" ".join(passage.text[start:end].split()))) is not None:
            yield start, end, said


def _contradicted(
    entailer: Entailer, pairs: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], float]:
    """Return how probably the second text of each pair contradicts the first."""
    by_claim: defaultdict[str, list[str]] = defaultdict(list)
    for claim, evidence in pairs:
        by_claim[claim].append(evidence)
    found: dict[tuple[str, str], float] = {}
    for claim, texts in by_claim.items():
        shares = entailer.judge(claim, texts)[:, CONTRADICTS]
        found |= {(claim, t): float(s) for t, s in zip(texts, shares, strict=True)}
    return found


def _entry(kind: str, one: _Place, other: _Place, strength: float) -> Found:
    return str(kind), one[0], one[1], other[0], other[1], round(strength, 4)


def _nearest(found: Sequence[Found]) -> list[Found]:
    """Return the nearest two sentences that are not two wordings of one statement."""
    apart = [f for f in found if f[-1] <= _OPENING_COSINE[1]]
    return sorted(apart, key=lambda f: (-f[-1], f))[:1]


def _rows(texts: Loaded, pairs: Sequence[Pair], found: dict[str, list[Found]]) -> Iterator[Row]:
    """Yield each tension once; openings only of declared opposites that have no other."""
    seen: set[tuple[object, ...]] = set()
    opposed: set[frozenset[str]] = set()
    for pair in sorted(pairs, key=lambda p: p.declares):
        passages = texts.passages[pair.first], texts.passages[pair.second]
        documents = frozenset(p.document_id for p in passages)
        if pair.declares and documents in opposed:
            continue
        aside = len(documents & texts.aside) if pair.declares else 0
        for entry in found.get(pair.key, ()):
            if aside == 2 or (aside and entry[-1] < _OPENING_COSINE[0]):
                continue  # a debate declared between two overviews shows in no sentence
            row = _row(passages, entry, turned=pair.turned)
            if (row.one, row.other) not in seen:
                seen.add((row.one, row.other))
                opposed.add(documents)
                yield row


def _row(passages: tuple[Passage, Passage], entry: Found, *, turned: bool) -> Row:
    kind, one_start, one_end, other_start, other_end, strength = entry
    first, second = passages
    one = first.document_id, first.start + one_start, first.start + one_end
    other = second.document_id, second.start + other_start, second.start + other_end
    if kind == _ANSWERED or (kind == Kind.OPPOSES and turned):
        one, other = other, one
    if kind == Kind.CONTRADICTS:
        one, other = min(one, other), max(one, other)
    return Row(Kind.ANSWERS if kind == _ANSWERED else kind, one, other, strength)


def _key(one: str, two: str) -> str:
    return hashlib.sha256(f"{one}\0{two}".encode()).hexdigest()[:24]


def _makers(model: str, entailer: Entailer | None) -> str:
    return f"{RULES_VERSION}|{model}|{entailer.fingerprint if entailer else 'none'}"


def _note(entailer: Entailer | None) -> str:
    if entailer is not None:
        return ""
    return "Contradictions were not looked for: no entailment model is in force (--entailer)."
