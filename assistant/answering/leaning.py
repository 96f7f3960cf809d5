"""Does a follow-up lean on the question before, although no rule could complete it?"""

from __future__ import annotations

import re

from assistant.answering.mentions import mentions
from assistant.retrieval.terms import stem, topic_words

AND = r"(?:and|but|so|or|then|ok(?:ay)?|well|yes|no)\b[\s,:]*"  # how a follow-up may open
# What points at something outside the question, and how few words are too few to stand alone.
_LEANS = re.compile(
    r"\b(?:it|its|this|that|these|those|they|them|their|he|she|his|her|him|one)\b", re.IGNORECASE
)
_FEW = 3
# Words that name no topic: a question of few words that has only these leans as well.
_GENERIC = frozenset(
    stem(w)
    for w in """work works link ways way example examples strong true new problem problems old good
    bad fair real reason reasons kind kinds type types part parts step steps point points main big
    important many long often aspect aspects limit limits effect effects result results relation
    connection evidence proof study studies year years country case cases consequence benefit
    benefits advantage advantages risk risks matter happen happened start begin began end differ
    stick help change useful possible wrong weak clear certain other others people somebody anyone
    two three four five six seven eight nine ten first second third last best worst better worse
    detail details company companies firm firms business need want use used mean pay cost costs
    come go make made apply""".split()
)
# A pronoun that the question itself explains: "a firm when it pays", "the idea that …".
_OWN_CLAUSE = re.compile(
    r"\b(?:an?|the|my|our|your|each|every|any|some|no|all|most) [a-z]+|\w and\b", re.IGNORECASE
)
_SUBJECT_OUTSIDE = re.compile(
    rf"^(?:{AND})?(?:(?:why|how|when|where) )?(?:is|are|was|were|does|do|did|can|could|should"
    r"|would|will|has|have)(?:n't)? (?:it|they|he|she|(?:that|this|these|those)(?= (?:just|only|not"
    r"|really|the|an?|so|also|still|always|[a-z]+\W*$)))\b"
    r"(?! [a-z]+ (?:that|to|for|if|when|whether)\b)",
    re.IGNORECASE,
)
_POINTS_INWARD = re.compile(
    r"\b(?:that|this|these|those|one)(?= (?!is\b|was\b|are\b|were\b)\w)|\bone (?:may|can|of)\b"
    r"|\bit (?:true|fair|right|possible|likely) (?:that|to)\b",
    re.IGNORECASE,
)


def leans_on(question: str, before: str) -> bool:
    """Whether a pronoun points outside the question, or it has no topic of its own."""
    known = {stem(w) for w in topic_words(before)}
    topic = [w for w in topic_words(question) if not w.isdigit()]
    own = [s for w in topic if (s := stem(w)) not in known | _GENERIC]
    if _SUBJECT_OUTSIDE.match(question):
        return True
    pronoun = _LEANS.search(_POINTS_INWARD.sub(" ", question))
    if pronoun:
        head = question[: pronoun.start()]
        named = bool(mentions("x " + head)) or _OWN_CLAUSE.search(head) is not None
        told = [w for w in topic_words(head) if stem(w) in own]
        return not (named and told)
    return not own and not mentions("x " + question) and len(topic) <= _FEW
