"""A question and its answer as HTML: searching, quoted, final, abstained or failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from assistant.errors import AssistantError, QuestionError
from assistant.records import Answer, AnswerSentence, Evidence, Notice, Outcome, Verdict
from assistant.web.literature import Works, behind_the_answer, keys_of_answer
from assistant.web.markup import Place, chip, citation_button, esc
from assistant.web.session import Asked
from assistant.web.sources import evidence_html, nearest_html
from assistant.web.words import (
    announcement,
    citations_of,
    copied_text,
    count,
    filter_words,
    tally,
)

_MOST_CHARACTERS = 2_000  # of a question; a longer one is refused, and its beginning shown
_SHOWN_CHARACTERS = 240


def searching_html(number: int, asked: Asked, standalone: str = "") -> str:
    """Return a turn of which only the question is known."""
    body = '<p class="busy">Searching the library…</p>'
    return _turn(number, asked, standalone, body, state="searching", said="Searching")


def quoted_html(number: int, asked: Asked, quoted: Answer, works: Works) -> str:
    """Return a turn whose quotations stand while the model writes."""
    said = f"{count(len(quoted.sentences), 'sentence')} quoted"
    body = _answer_body(quoted) + _hidden(quoted, works, copy=False)
    return _turn(number, asked, quoted.standalone_question, body, state="writing", said=said)


def final_html(
    number: int, asked: Asked, answer: Answer, works: Works, *, stopped: bool, note: str = ""
) -> str:
    """Return a finished turn; ``note`` says why no model wrote, where that needs saying."""
    if answer.outcome is Outcome.ABSTAINED:
        body = _abstention(asked, answer)
    else:
        body = _answer_body(answer) + _account(answer, stopped=stopped, note=note)
    if answer.notice is Notice.HELP:
        asked = _unfiltered(asked)  # nothing was searched
    body += behind_the_answer(answer, works) + _actions(answer) + _hidden(answer, works, copy=True)
    said = announcement(answer, stopped=stopped)
    return _turn(number, asked, answer.standalone_question, body, state="done", said=said)


def failed_html(number: int, asked: Asked, error: AssistantError) -> str:
    """Return a turn that an error ended: what, why, what to do."""
    # The same question would meet the same refusal; anything else may pass.
    again = "" if isinstance(error, QuestionError) else _button("retry", "Try again")
    body = (
        '<div class="problem" role="group" aria-label="Problem">'
        f'<p class="what" dir="auto">{esc(str(error.args[0]))}</p>'
        f'<p class="remedy" dir="auto">{esc(error.remedy)}</p></div>'
        f'<div class="actions">{again}</div>'
    )
    said = f"Not answered. {error.args[0]}"
    asked = _unfiltered(asked)  # nothing was searched
    refused = isinstance(error, QuestionError)
    return _turn(number, asked, "", body, state="done", said=said, refused=refused)


def cleared_html() -> str:
    """Return what stands in place of a conversation that was cleared."""
    return f'<div class="cleared">Conversation cleared. {_button("undo", "Undo")}</div>'


def _turn(
    number: int,
    asked: Asked,
    standalone: str,
    body: str,
    *,
    state: str,
    said: str,
    refused: bool = False,
) -> str:
    understood = ""
    if standalone and _folded(standalone) != _folded(asked.question):
        understood = f'<p class="understood" dir="auto">Understood as: {esc(standalone)}</p>'
    chosen = filter_words(asked.perspectives, asked.titles)
    searched = f'<p class="searched" dir="auto">Searched only: {esc(chosen)}</p>' if chosen else ""
    return (
        f'<article class="turn" data-turn="{number}" data-serial="{asked.serial}"'
        f' data-state="{state}"{" data-refused" if refused else ""}'
        f' data-said="{esc(said)}" aria-label="Turn {number}">'
        f"{_question(asked.question)}{understood}{searched}{body}</article>"
    )


def _unfiltered(asked: Asked) -> Asked:
    return replace(asked, perspectives=frozenset(), documents=(), titles=())


def _question(question: str) -> str:
    """Return the question as a heading; a very long one gives way to its beginning."""
    if len(question) <= _MOST_CHARACTERS:
        return f'<h2 class="question" dir="auto">{esc(question)}</h2>'
    words = f"{question[:_SHOWN_CHARACTERS]} … ({count(len(question), 'character')})"
    return f'<h2 class="question" dir="auto">{esc(words)}</h2>'


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _answer_body(answer: Answer) -> str:
    """Return the lead sentence, then the points, under their perspective where there is one."""
    evidence = {e.number: e for e in answer.evidence}
    lead, *points = answer.sentences
    parts = [f'<p class="lead">{_sentence(lead, evidence)}</p>']
    for group, members in groupby(points, key=lambda s: s.group):
        items = "".join(f"<li>{_sentence(s, evidence)}</li>" for s in members)
        head = f"<h3>{chip(group)}</h3>" if group is not None else ""
        parts.append(f'<section class="points">{head}<ul>{items}</ul></section>')
    return f'<div class="answer">{"".join(parts)}</div>'


def _sentence(sentence: AnswerSentence, evidence: dict[int, Evidence]) -> str:
    text = esc(sentence.text)
    if sentence.verdict is Verdict.QUOTED:
        shown = f'<q class="quoted" dir="auto">{text}</q>'
    else:
        shown = f'<span class="written" dir="auto">{text}</span>'
    buttons = "".join(
        citation_button(c.evidence, _place(evidence[c.evidence], c.start, c.end))
        for c in citations_of(sentence)
        if c.evidence in evidence
    )
    return f'{shown}<span class="cites">{buttons}</span>'


def _place(evidence: Evidence, start: int, end: int) -> Place:
    passage = evidence.passage
    return Place(evidence.document, passage.start, passage.end, start, end)


def _account(answer: Answer, *, stopped: bool, note: str) -> str:
    """Return how the answer came about: counts, what was struck and why, what went wrong."""
    said = tally(answer) + (". Stopped: this is the answer so far" if stopped else "")
    parts = [f'<p class="tally">{esc(said)}.{" " + esc(note) if note else ""}</p>']
    if answer.warning:
        parts.append(f'<p class="warning" dir="auto">{esc(answer.warning)}</p>')
    if answer.struck:
        parts.append(_struck(answer.struck))
    return "".join(parts)


def _struck(struck: Sequence[AnswerSentence]) -> str:
    items = "".join(
        f'<li dir="auto"><s>{esc(s.text)}</s> <span class="reason">{esc(s.reason)}</span></li>'
        for s in struck
    )
    return (
        f'<details class="struck"><summary>{count(len(struck), "sentence")} struck, and why'
        f"</summary><ul>{items}</ul></details>"
    )


def _abstention(asked: Asked, answer: Answer) -> str:
    """Return the fixed words, what the sources say to it, and the nearest passages."""
    message = f'<p class="message" dir="auto">{esc(answer.message)}</p>'
    if answer.notice is Notice.HELP:
        return f'<div class="help-text"><p class="badge">Fixed text</p>{message}</div>'
    said = _answer_body(answer) if answer.sentences else ""
    near = ""
    if answer.nearest and not said:
        near = f'<div class="nearest">{nearest_html(answer.nearest)}</div>'
    wider = ""
    if (asked.perspectives or asked.documents) and not said:
        words = "Only a part of the library was searched."
        wider = f'<p class="wider">{words} {_button("ask-wider", "Ask the whole library")}</p>'
    return f'<div class="abstained">{message}{said}{wider}{near}</div>'


def _actions(answer: Answer) -> str:
    sources = ""
    if answer.evidence:
        sources = _button("sources", f"Evidence ({len(answer.evidence)})")
    return (
        f'<div class="actions">{sources}{_button("copy", "Copy")}{_button("retry", "Retry")}</div>'
    )


def _button(action: str, label: str) -> str:
    return f'<button type="button" class="act" data-act="{action}">{esc(label)}</button>'


def _hidden(answer: Answer, works: Works, *, copy: bool) -> str:
    """Return what the page keeps with the turn: its evidence, and its text for the clipboard."""
    text = f'<pre class="copied" hidden>{esc(_copied(answer, works))}</pre>' if copy else ""
    return f'<div class="evidence" hidden>{evidence_html(answer, works)}</div>{text}'


def _copied(answer: Answer, works: Works) -> str:
    texts = [works[key].text for key in keys_of_answer(answer) if key in works]
    return copied_text(answer, texts)
