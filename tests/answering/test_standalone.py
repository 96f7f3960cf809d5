from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.conversation import in_context, standalone
from assistant.answering.mentions import Kind, mentions
from assistant.records import Turn

ANSWERS = {
    "Who defines value in CSR?": "Government and civil society define value in CSR, says the seed "
    "essay of 2011 [1]. The company follows [2].",
    "Who invented shared value?": "Michael Porter and Mark Kramer introduced the term in 2006 [1].",
    "Who warned of a new feudalism?": "Theodore Levitt had warned business in the Harvard Business "
    "Review in 1958 [1].",
    "Why was Nestlé boycotted?": "INFACT started the boycott in the United States in 1977 [1].",
}


def conversation(*questions: str) -> list[Turn]:
    turns: list[Turn] = []
    for question in questions:
        complete = standalone(question, turns)
        turns.append(Turn(question, complete, ANSWERS.get(complete, "")))
    return turns


FOLLOW_UPS = {
    ("Who defines value in CSR?",): {
        "And CRM?": "Who defines value in CRM?",
        "and crm": "Who defines value in CRM?",
        "CRM?": "Who defines value in CRM?",
        "what about Nestlé?": "Who defines value in CSR in the case of Nestlé?",
        "and nestle?": "Who defines value in CSR in the case of Nestlé?",
        "and in India?": "Who defines value in CSR in India?",
        "and the EU?": "Who defines value in CSR in the EU?",
        "And Friedman?": "Who defines value in CSR, according to Friedman?",
        "And for workers?": "Who defines value in CSR for workers?",
        "And the critics?": "What do the critics say about CSR?",
        "And governments?": "Who defines value in CSR, and what about governments?",
        "And who defines it in CRM?": "Who defines value in CRM?",
        "Why?": "Who defines value in CSR, and why?",
        "How?": "Who defines value in CSR, and how?",
        "What else?": "Who defines value in CSR, and what else?",
        "Who said that?": "Who said that government and civil society define value in CSR?",
        "Says who?": "Who said that government and civil society define value in CSR?",
        "Really?": "Is it true that government and civil society define value in CSR?",
        "Is that fair?": "Who defines value in CSR, and is that fair?",
        "But is that democratic?": "Who defines value in CSR, and is that democratic?",
        "does it work?": "Does CSR work?",
        "What are the limits?": "What are the limits of CSR?",
        "Who disagrees?": "Who disagrees with CSR?",
        "What is the difference to CRM?": "What is the difference between CSR and CRM?",
        "Tell me more": "Who defines value in CSR? Tell me more.",
        "For example?": "Who defines value in CSR? Give an example.",
        "In other words?": "Who defines value in CSR?",
    },
    ("Who defines value in CSR, and who in shared value?",): {
        "And CRM?": "Who defines value in CRM?",
        "and in customer strategy?": "Who defines value in customer strategy?",
        "Why?": "Who defines value in CSR, and who in shared value, and why?",
    },
    ("Who defines value in customer strategy, in CSR and in shared value?",): {
        "And stakeholder theory?": "Who defines value in stakeholder theory?",
    },
    ("What is shared value?",): {
        "is that new?": "Is shared value new?",
        "Who invented it?": "Who invented shared value?",
        "And CSR?": "What is CSR?",
        "What do the critics say?": "What do the critics say about shared value?",
        "How does it differ from CSR?": "How does shared value differ from CSR?",
        "Does it replace CSR?": "Does shared value replace CSR?",
        "What are its limits?": "What are shared value's limits?",
        "Who coined this term?": "Who coined shared value?",
        "Is that the same as CSR?": "Is shared value the same as CSR?",
        "What did Nestlé do with it?": "What did Nestlé do with shared value?",
    },
    ("What is shared value?", "Who invented it?"): {
        "Were they right?": "Were Michael Porter and Mark Kramer right?",
        "Who criticised them?": "Who criticised Michael Porter and Mark Kramer?",
        "When?": "Who invented shared value, and when?",
        "Is it new?": "Is shared value new?",
    },
    ("What did Milton Friedman say about CSR?",): {
        "What did he think of government?": "What did Milton Friedman think of government?",
        "Why did he reject it?": "Why did Milton Friedman reject CSR?",
        "What was his main argument?": "What was Milton Friedman's main argument?",
        "And Freeman?": "What did Freeman say about CSR?",
        "And in 1962?": "What did Milton Friedman say about CSR in 1962?",
    },
    ("Who warned of a new feudalism?",): {
        "Was he an economist?": "Was Theodore Levitt an economist?",
    },
    ("What did the Business Roundtable say in 1997?",): {
        "and in 2019?": "What did the Business Roundtable say in 2019?",
        "Is it binding?": "What did the Business Roundtable say in 1997, and is it binding?",
        "Did it change anything?": "Did the Business Roundtable change anything?",
    },
    ("What is CSR?", "And CSV?"): {
        "What is the difference?": "What is the difference between CSR and CSV?",
        "How do they differ?": "How do CSR and CSV differ?",
        "Which one is older?": "Which one is older, CSR or CSV?",
        "And CRM?": "What is CRM?",
    },
    ("What is CSR?", "And CSV?", "Who criticised it?"): {
        "And CRM?": "Who criticised CRM?",
    },
    ("Is shared value just CSR under a new name?",): {
        "And CRM?": "Is shared value just CRM under a new name?",
        "Why?": "Is shared value just CSR under a new name, and why or why not?",
    },
    ("What is the difference between CSR and CSV?",): {
        "And CRM?": "What is the difference between CSR and CRM?",
        "Which is better?": "Which is better, CSR or CSV?",
    },
    ("Compare Friedman and Freeman.",): {
        "And Porter?": "Compare Friedman and Porter.",
        "How do they differ?": "How do Friedman and Freeman differ?",
    },
    ("Why was Nestlé boycotted?",): {
        "And Unilever?": "Why was Unilever boycotted?",
        "When was that?": "Why was Nestlé boycotted, and when was that?",
        "How did they react?": "How did Nestlé react?",
    },
    ("What does EU law say about CSR?",): {
        "and India?": "What does India's law say about CSR?",
    },
    ("What does CSR mean for workers?",): {
        "and for customers?": "What does CSR mean for customers?",
    },
    ("Does CSR pay?",): {
        "And small companies?": "Does CSR pay, and what about small companies?",
        "Who measured that?": "Does CSR pay, and who measured that?",
        "Always?": "Does CSR pay, and is it always so?",
    },
}


@pytest.mark.parametrize(
    ("history", "question", "complete"),
    [(h, q, c) for h, pairs in FOLLOW_UPS.items() for q, c in pairs.items()],
)
def test_a_follow_up_is_completed(history: tuple[str, ...], question: str, complete: str):
    assert standalone(question, conversation(*history)) == complete


@pytest.mark.parametrize(
    "question",
    [
        "Should a company help society only when it pays?",
        "Who defines value in shared value?",
        "What is the triple bottom line?",
        "Do companies lie when they advertise?",
        "Can a company judge its own value?",
        "Is it true that CSR lowers profits?",
        "Does it pay to lie?",
        "So companies should lie?",
        "What did Freeman say about his critics?",
        "Greenwashing",
        "Name the four layers of Carroll's pyramid.",
        "Why does Jensen think that stakeholder theory makes managers unaccountable?",
        "My friend says CRM is just software. Is that right?",
        "Which author invented the triple bottom line and later recalled it?",
        "TOMS gave away shoes. Did it help the children?",
        "What is greenwashing and where does it come from?",
    ],
)
@pytest.mark.parametrize("history", [("Who defines value in CSR?",), ("What is shared value?",)])
def test_a_question_that_stands_alone_is_left_alone(question: str, history: tuple[str, ...]):
    assert standalone(question, conversation(*history)) == question


@pytest.mark.parametrize("question", ["And CRM?", "Why?", "Who said that?", "he", ""])
def test_without_a_history_nothing_is_completed(question: str):
    assert standalone(question, []) == question


def test_a_conversation_of_many_turns_does_not_pile_up():
    turns = conversation(
        "Does CSR pay?", "Why?", "And CRM?", "Why?", "For example?", "Tell me more", "And in India?"
    )
    assert [t.standalone_question for t in turns][1:] == [
        "Does CSR pay, and why or why not?",
        "Does CRM pay?",
        "Does CRM pay, and why or why not?",
        "Does CRM pay? Give an example.",
        "Does CRM pay? Tell me more.",
        "Does CRM pay in India?",
    ]
    assert all(len(b.standalone_question) <= 60 for _, b in pairwise(turns))


def test_who_said_that_without_an_answer_repeats_the_question():
    turn = Turn("Does CSR pay?", "Does CSR pay?", "")
    assert standalone("Who said that?", [turn]) == "Does CSR pay?"


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=3), st.text(max_size=60))
def test_whatever_is_typed_a_question_comes_back(question: str, earlier: list[str], answer: str):
    turns = [Turn(q, q, answer) for q in earlier]
    complete = standalone(question, turns)
    assert complete == " ".join(complete.split()) or turns
    assert bool(complete) >= bool(question.split())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("do Porter and Kramer like csr?", [("Porter and Kramer", "person"), ("CSR", "topic")]),
        ("and nestle?", [("Nestlé", "organisation")]),
        ("Patagonia's owner in September 2022", [("Patagonia", "organisation"), ("2022", "year")]),
        ("What did it do to us?", []),
        ("R. E. Freeman wrote it.", [("R. E. Freeman", "person")]),
        ("In the case of de los Reyes", [("de los Reyes", "name")]),
        ("Managers must obey.", []),
    ],
)  # fmt: skip
def test_mentions(text: str, found: list[tuple[str, str]]):
    assert [(m.text, m.kind) for m in mentions(text)] == [(t, Kind(k)) for t, k in found]


LEANING = [
    "in which 3 ways",
    "how strong is the link",
    "why do companies do it",
    "isn't that just software",
    "does it work?",
    "and did the companies stick to it?",
]
WHOLE = [
    "What is the Clubcard",
    "What is blockchain",
    "What is the weather",
    "who is milton friedman",
    "Should a company help society only when it pays?",
]
EARLIER = ["Does CSR pay?", "What is greenwashing?", "What did the Roundtable say in 2019?"]


@pytest.mark.parametrize("before", EARLIER)
@pytest.mark.parametrize("question", LEANING)
def test_a_question_that_leans_is_also_asked_beside_the_one_before(question: str, before: str):
    beside = in_context(question, [Turn(before, before, "")])
    assert beside == f"{question.rstrip('?')} (about: {before.rstrip('?')})?"


@pytest.mark.parametrize("before", EARLIER)
@pytest.mark.parametrize("question", WHOLE)
def test_a_question_with_a_topic_of_its_own_is_asked_alone(question: str, before: str):
    assert in_context(question, [Turn(before, before, "")]) is None


@pytest.mark.parametrize("question", ["when?", "Why?", "And CRM?", "tell me more", "say it again"])
def test_what_was_put_beside_a_question_is_not_used_again(question: str):
    turn = Turn("", "Who founded Nestlé (about: Who founded X (about: Y)?)?", "")
    assert "about: " not in standalone(question, [turn])
    assert (in_context(question, [turn]) or "").count("about: ") <= 1
    assert standalone("when?", [turn]) == "Who founded Nestlé, and when?"


@pytest.mark.parametrize(
    "answer",
    [
        "The sources do not say. Nothing that was searched answers the question.",
        "The sources do not say, and say so themselves: Nobody knows [1].",
        "The sources contradict what the question assumes: No firm is certified [1].",
    ],
)
def test_what_is_no_answer_lends_no_words(answer: str):
    turn = Turn("Who founded Blorp?", "Who founded Blorp?", answer)
    assert standalone("who wrote that?", [turn]) == "Who founded Blorp?"
    assert "sources" not in standalone("Is that true?", [turn])


@pytest.mark.parametrize(
    "before", ["What is <b>CSR</b>?", "What is CSR and " + "how should a firm report on it " * 8]
)
def test_a_long_or_marked_up_question_lends_its_topic_only(before: str):
    turn = Turn(before, before, "")
    for complete in (standalone("Why?", [turn]), in_context("does it work?", [turn]) or ""):
        assert "csr" in complete and len(complete) < 100 and "<" not in complete
