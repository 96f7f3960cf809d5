"""What counts as an objection of the sources, and what is an answer."""

import pytest

from assistant.answering.premises import objection
from assistant.records import AnswerSentence, Notice, Verdict


def quoted(*texts: str) -> list[AnswerSentence]:
    return [AnswerSentence(t, Verdict.QUOTED, 1.0) for t in texts]


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (
            "How do we get our firm certified under ISO 26000?",
            "No firm can be certified under ISO 26000, because the standard gives guidance.",
        ),
        (
            "Why did the Business Roundtable put shareholders first in 1977?",
            "The Business Roundtable put shareholders first in 1997; "
            "a text that puts shareholders first in 1977 is mistaken.",
        ),
        (
            'In which year did Milton Friedman publish "Creating Shared Value"?',
            'Milton Friedman, for example, did not publish "Creating Shared Value".',
        ),
        (
            "Why did Elkington withdraw the triple bottom line?",
            "Elkington's recall of the triple bottom line was a call for repair and no withdrawal.",
        ),
    ],
)
def test_a_denied_premise_is_an_objection(question, sentence):
    assert objection(question, quoted(sentence), {}) == (Notice.FALSE_PREMISE, 0)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (
            "What did Crane write in the closing reply?",
            "What Crane and his co-authors wrote in the closing reply is not in the collection.",
        ),
        (
            "What does Porter think of the EU omnibus package of 2025?",
            "The collection reports no opinion of Porter's on the EU's Omnibus package of 2025.",
        ),
    ],
)
def test_a_gap_that_the_sources_name_is_an_objection(question, sentence):
    assert objection(question, quoted("Something else.", sentence), {}) == (Notice.NOT_COVERED, 1)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (
            "Why does Jensen think that stakeholder theory makes managers unaccountable?",
            "Stakeholder theory gives managers no rule for trade-offs, Jensen argues, and so "
            "leaves them accountable to nobody.",
        ),
        ("Is the customer always right?", "The customer is not always right, Fader says."),
        ("Can a firm be certified under ISO 26000?", "No firm can be certified under ISO 26000."),
        (
            "What is the iron law of responsibility?",
            "The iron law says that those who do not accept responsibility lose power.",
        ),
        (
            "Put the first weeks of the Volkswagen scandal in the right order.",
            "The order of events in the Volkswagen scandal is often told wrongly.",
        ),
        (
            "What is the purpose of a business?",
            "Nothing in the collection shows Drucker saying that the customer is always right; "
            "the purpose of a business is to create a customer.",
        ),
        ("Why does Karnani not believe in CSR?", "Karnani does not believe in CSR."),
    ],
)
def test_no_can_be_an_answer(question, sentence):
    assert objection(question, quoted(sentence), {}) is None


def test_what_stands_far_down_is_no_objection():
    far = quoted("One.", "Two.", "No firm can be certified under ISO 26000.")
    assert objection("How do we get certified under ISO 26000?", far, {}) is None


def test_a_gap_that_names_the_rarest_word_is_an_objection():
    gap = quoted("Firms without a case file, for example Tesla, are not covered.")
    rarity = {"tesla": 6.0, "csr": 1.0, "polici": 3.0}
    assert objection("Summarise Tesla's CSR policy.", gap, rarity) == (Notice.NOT_COVERED, 0)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (
            "When was Friedman's article published and where?",
            'Milton Friedman, for example, did not publish "Creating Shared Value".',
        ),
        (
            "What is wrong with CSV?",
            "Good deeds that pay are not wrong, the moral critique of CSV says of CSV.",
        ),
        (
            "How does Starbucks use CRM?",
            "The collection uses CRM for customer relations, and not as mere software, it says.",
        ),
        (
            "Is the customer always right?",
            "No statement by Drucker that the customer is always right is known to the collection.",
        ),
    ],
)
def test_a_denial_of_something_else_is_no_objection(question, sentence):
    assert objection(question, quoted(sentence), {}) is None
