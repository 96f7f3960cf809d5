"""Whom "he", "she" and "they" stand for in a follow-up."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.mentions import (
    Kind,
    Mention,
    is_plural,
    mentions,
    of_kind,
    person_like,
)
from assistant.answering.pronouns import GROUP, names_its_own, put_for
from assistant.records import Turn

_HE = re.compile(r"\b(?:he|she|him|his|her|hers)\b", re.IGNORECASE)
_THEY = re.compile(r"\b(?:they|them|their|theirs)\b", re.IGNORECASE)
_THIS_PERSON = re.compile(
    r"\b(?:this|that) (?:author|scholar|economist|person|man|woman|writer|critic)\b", re.IGNORECASE
)
_PLACED = re.compile(r"\b(?:in|at|from|into|near) (?:the )?$", re.IGNORECASE)


def with_person(question: str, history: Sequence[Turn]) -> str:
    """Return the question with the last person in the place of "he", "her" or "this author"."""
    if match := _THIS_PERSON.search(question):
        person = _last_person(history)
        return put_for(question, match, person.text) if person else question
    match = _HE.search(question)
    if not match or any(person_like(m) for m in mentions(question[: match.start()])):
        return question
    person = _last_person(history)
    return put_for(question, match, person.text) if person else question


def _last_person(history: Sequence[Turn]) -> Mention | None:
    """Return whom the last turns spoke of; the answer to "Who …?" before the question."""
    for turn in reversed(history[-4:]):
        asked = mentions(turn.standalone_question)
        answer = _opening(turn.answer)
        told = [
            m
            for m in mentions(answer)
            if m.text not in turn.standalone_question and not _PLACED.search(answer[: m.start])
        ]
        who = re.match(r"(?:and )?(?:who|whose|which)\b", turn.standalone_question, re.IGNORECASE)
        found = [m for m in ((*told, *asked) if who else (*asked, *told)) if person_like(m)]
        single = [m for m in found if not is_plural(m)]
        if found:
            return (single or found)[0]
    return None


def with_them(question: str, history: Sequence[Turn]) -> str:
    """Return the question with those whom the last turns spoke of in the place of "they"."""
    match = _THEY.search(question)
    if not match or names_its_own(question[: match.start()]):
        return question
    for turn in reversed(history[-3:]):
        if several := _several(turn):
            return put_for(question, match, several)
    return question


def _several(turn: Turn) -> str:
    """Return what "they" can mean in a turn: persons, a group, a firm, two ideas, a person."""
    asked, told = mentions(turn.standalone_question), mentions(_opening(turn.answer))
    who = re.match(r"(?:who|whose|which)\b", turn.standalone_question, re.IGNORECASE)
    for found in (told, asked) if who else (asked, told):
        persons = [m for m in found if person_like(m)]
        if plural := [m for m in persons if is_plural(m)]:
            return plural[0].text
        if found is asked and (group := GROUP.search(turn.standalone_question)):
            return group.group()
        if firms := of_kind(found, Kind.ORGANISATION):
            return firms[0].text
        if found is asked and len(topics := of_kind(found, Kind.TOPIC)) == 2:
            return " and ".join(m.text for m in topics)
        if persons:
            return persons[0].text
    return ""


def _opening(answer: str) -> str:
    plain = re.sub(r"\s*\[\d+\]", "", answer).strip()
    match = re.match(r".+?[.!?](?=\s+[A-Z]|\s*$)", plain, re.DOTALL)
    return match.group() if match else plain
