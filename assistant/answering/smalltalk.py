"""Greetings and questions about the assistant: a short, honest, fixed text."""

from __future__ import annotations

import re

_GREETING = (
    r"(hi|hello|hallo|hey|hiya|good (morning|afternoon|evening|day)|greetings|howdy)"
    r"( there| again| all)?"
)
_THANKS = (
    r"(thanks?|thank you|thx|cheers)( (you|a lot|so much|very much))?|(ok(ay)?|great|cool|nice"
    r"|perfect|sorry)"
    r"|that (was|is) (very )?(helpful|great|nice|useful)"
)
_BYE = r"(good ?bye|bye|see you|see ya)"
_SELF = (
    r"what can you do|who are you|what are you|how do you work|what is this|what do you know"
    r"|(can|could) you help( me)?|help( me)?|how are you( doing)?|what('s| is) your name"
    r"|are you (an? )?(ai|robot|bot|human|chatgpt)|what can i ask( you)?|how can i use (this|you)"
    r"|who (made|built|wrote|created) you|what questions can i ask( you)?|how does this work"
)
_SMALL_TALK = re.compile(
    rf"^(?:(?:{_GREETING}|{_THANKS}|{_BYE}|{_SELF}|please)[\s,!.?;:)(-]*)+$", re.IGNORECASE
)

HELP = (
    "I answer questions about the debate among customer strategy (CRM), corporate social "
    "responsibility (CSR) and creating shared value (CSV), and I say only what the texts of this "
    "library say: every sentence carries a numbered citation that opens its passage. Where the "
    "sources do not say, I tell you so. Try: “Who defines value in CSR, and who in shared "
    "value?” – then “And CRM?” or “Why?”. This is a fixed text, not an answer from the sources."
)
NOT_COVERED = (
    "The sources do not say. Nothing that was searched answers the question well enough to be "
    "cited. The passages below come nearest; another wording may help, or a text "
    "that covers it."
)
FALSE_PREMISE = "The sources contradict what the question assumes:"
SAID_TO_BE_MISSING = "The sources do not say, and say so themselves:"
NOT_ENGLISH = (
    "The sources do not say. The texts of this library and the models that search it are in "
    "English, and the question seems to be in another language. Please ask it in English."
)


def is_small_talk(question: str) -> bool:
    """Whether the question is a greeting, thanks or about the assistant itself."""
    return _SMALL_TALK.match(" ".join(question.split())) is not None
