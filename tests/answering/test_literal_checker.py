# ruff: noqa: E501 - tables of sentences
from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from evidence_samples import evidence
from fakes import HashEmbedder

from assistant.answering.checking import LiteralChecker
from assistant.models.wiring import open_embedder
from assistant.records import Verdict
from assistant.retrieval.scoring import SentenceVectors
from assistant.settings import Settings

CLAIMS = Path(__file__).with_name("claims.jsonl")
SHARED = (
    "In CSR government and civil society define value, in shared value the company does.",
    "Customer strategy lets the customer define value; CSR leaves the definition to government and "
    "civil society; shared value leaves it to the company.",
)
FALSE = [  # claim, source: words taken from the source and put wrongly
    ("In CSR the company defines value.", SHARED[0]),
    ("In CSR, value is defined by the company.", SHARED[0]),
    ("In CSR the company defines value.", SHARED[1]),
    ("CSR leaves the definition to the company.", SHARED[1]),
    ("In CSR the company and in shared value civil society define value.", SHARED[0]),
    ("Society serves the company in CSR.", "The company serves society in CSR."),
    ("Freeman criticised Friedman's essay.", "Friedman's essay criticised Freeman."),
    ("Executives are taxed by shareholders in effect.", "Shareholders are taxed by executives in effect."),
    ("Crane replied to Porter and Kramer.", "Porter and Kramer replied to Crane."),
    ("CSV stands at the margin of business and CSR at the centre.", "CSR stands at the margin of business and CSV at the centre."),
    ("GRI asks what matters to investors, SASB about impact.", "SASB asks what matters to investors, GRI about impact."),
    ("Friedman wrote in 1984 and Freeman in 1970.", "Friedman wrote in 1970 and Freeman in 1984."),
    ("Porter quotes Nestlé with approval.", "Nestlé quotes Porter with approval."),
    ("The customer judges the company.", "The company judges the customer."),
    ("The state should leave welfare to business.", "Business should leave welfare to the state."),
    ("Profits cause responsibility in large firms.", "Responsibility causes profits in large firms."),
    ("Berle answered Dodd in 1932.", "Dodd answered Berle in 1932."),
    ("Friedman and Freeman agree about the owners.", "Friedman and Freeman disagree about the owners."),
    ("Friedman and Freeman agree.", "Friedman defended the owners, and Freeman answered him in 1984."),
    ("Porter published the essay in 2014.", "Porter published the essay in 2011 and Crane a reply in 2014."),
    ("All targets were met by Unilever.", "Most targets were met by Unilever."),
    ("Targets were met by Unilever.", "Most targets were met by Unilever."),
    ("Unilever met the targets of its plan.", "Unilever met only some of the targets of its plan."),
    ("Value is created only for owners.", "Value is created not only for owners but also for society."),
    ("CRM is not just software for sales.", "CRM is just software for sales."),
    ("Executives may spend company money.", "Executives may not spend company money."),
    ("The agenda of CSR is set by the firm.", "The agenda of CSR isn't set by the firm."),
    ("Research finds that CSR pays well.", "No research finds that CSR pays well."),
    ("Business must increase its profits.", "Business must increase its profits so long as it stays within the rules."),
    ("Business has one duty, to raise profits.", "Business has one duty, to raise profits, unless the law forbids it."),
    ("Companies spend 3 per cent of net profits.", "Companies spend 2 per cent of net profits."),
    ("Companies spend three per cent of net profits.", "Companies spend 2 per cent of net profits."),
    ("Companies spend 2 per cent of sales.", "Companies spend 2 per cent of net profits."),
    ("Companies spend 2 per cent of net profits.", "Companies spend at least 2 per cent of net profits."),
    ("The owner gave 98 per cent of the voting stock.", "The owner gave 98 per cent of the non-voting stock."),
    ("Ratings disagree because of weight.", "Ratings disagree more because of measurement than because of weight."),
    ("Corporations would end up ruling people.", "Levitt feared that corporations would end up ruling people."),
    ("Companies decide what is good.", "One may infer that companies decide what is good."),
    ("Companies decide what is good for society.", "Companies decide, one may think, what is good for society."),
    ("Karnani called CSR effective in 2010.", "Karnani called CSR ineffective in 2010."),
    ("Yes, it is.", "Yes, it is."),
]  # fmt: skip
CUT = [  # claim, source: a stretch left out, or a piece of a sentence
    ("Government or civil society defines value in CSR.", "Government and civil society define value in CSR."),
    ("The two judges spoke in the case, and they.", "The two judges spoke in the case, and they contradicted each other."),
    ("The board, founded in 2011, industry by industry.", "The board, founded in 2011, wrote standards, industry by industry."),
    ("Selling to the poor can be profitable.", "Selling to the poor can be profitable, Prahalad argued in 2004."),
    ("Business has one social responsibility: to stay within the rules of the game.", "Business has one social responsibility: to increase its profits, so long as it stays within the rules of the game."),
    ("Business has one social responsibility, to stay within the rules of the game.", "Business has one social responsibility, to increase its profits, so long as it stays within the rules of the game."),
    ("The government does so in CSR alone today.", "The government and civil society do so in CSR alone today."),
    ("Government defines value in CSR.", "In customer strategy the customer does, government and civil society define value in CSR."),
    ("Government defines value in CSR.", "Government and civil society define value in CSR."),
    ("Government, unions and firms define value in CSR.", "Government, unions, customers and firms define value in CSR."),
    ("CSR leaves the definition to government.", "CSR leaves the definition to government and civil society."),
    ("CSR leaves the definition to government.", "CSR leaves the definition to government, unions and civil society."),
    ("A judge is hardly enough in such cases.", "One judge is hardly enough in such cases."),
    ("A judge is hardly enough.", "One judge is hardly enough."),
    ("11 million cars worldwide.", "Volkswagen then spoke of 11 million cars worldwide."),
    ("The responsibility of enterprises for their impacts on society.", "The Commission defined CSR as “the responsibility of enterprises for their impacts on society”."),
    ("The responsibility of enterprises for their impacts on society.", "The Commission's words of 2011: the responsibility of enterprises for their impacts on society."),
    ("The responsibility of enterprises for their impacts on society.", "The responsibility of enterprises for their impacts on society, as the Commission has it, is CSR."),
    ("The proposal of de los Reyes, Scholz and Smith to it.", "The proposal of de los Reyes, Scholz and Smith adds norms to it."),
    ("customers of Tesco's Clubcard, handed over", "The customers of Tesco's Clubcard, handed over to Dunnhumby, saw prices."),
    ("Customers of Tesco's Clubcard, handed over.", "Data on customers of Tesco's Clubcard, handed over, saw prices."),
    ("Friedman, the economist of Chicago.", "Friedman, the economist of Chicago, wrote an essay."),
    ("Who criticises CSR from the side of government?", "Who criticises CSR from the side of government?"),
    ("The company decides what is good.", "In shared value, the company decides what is good."),
    ("India requires firms to spend at least 2% of net profits.", "India requires firms to spend at least 2 per cent of net profits on CSR activities."),
    ("Freeman defines a stakeholder as any group that can affect the firm.", "Freeman defined a stakeholder as any group or individual that can affect the firm."),
    ("Elkington coined the triple bottom line in 1994.", "Elkington coined the term triple bottom line in 1994 and recalled it in 2018."),
]  # fmt: skip
TRUE = [  # claim, source: trimmed, another form, another order of what may move
    ("In 2011, Michael Porter and Mark Kramer defined shared value.", "Michael Porter and Mark Kramer defined shared value in 2011."),
    ("Friedman wrote his essay in 1970.", "Friedman wrote his essay on 13 September 1970."),
    ("CSR leaves the definition to government and civil society.", SHARED[1]),
    ("In CSR government and civil society define value.", SHARED[0]),
    ("According to the seed essay of 2011, customer strategy lets the customer define value.", "Customer strategy lets the customer define value, says the seed essay of 2011."),
    ("The seed essay of 2011 says that shared value makes the company the judge.", "Shared value makes the company the judge, according to the seed essay of 2011."),
    ("Promoters answer nine or ten, passives seven or eight.", "Promoters answer 9 or 10, passives 7 or 8, and detractors 0 to 6."),
    ("The sample had 1578 firms in it.", "The sample had 1,578 firms in it."),
    ("Friedman’s essay sets limits to the search for profit.", "Friedman's essay of 1970 sets limits to the search for profit: law and custom."),
    ("He called it “a fundamentally subversive doctrine”.", "He called it \"a fundamentally subversive doctrine\"."),
    ("The long-term interests of owners count.", "The long term interests of owners count."),
    ("Corporate social responsibility has a large budget.", "CSR has a large budget."),
    ("Shared value belongs at the centre of strategy.", "Creating shared value (CSV) belongs at the centre of strategy, whereas CSR sits at the margin."),
    ("Porter and Kramer write that value means benefits relative to costs.", "Porter and Kramer argue that value means benefits relative to costs, not benefits alone."),
    ("ISO 26000 isn't a standard for certification.", "ISO 26000 is not a standard for certification."),
    ("Value is created for owners and society.", "Value is created not only for owners but also for society."),
    ("The Commission names two aims of CSR.", "The Commission names two aims of CSR: making shared value and preventing harm."),
    ("Milton Friedman wrote an essay in 1970.", "Milton Friedman, an economist of Chicago, wrote an essay in 1970."),
    ("Friedman wrote an essay on profits.", "Milton Friedman (an economist and a teacher) wrote an essay on profits in 1970."),
    ("The firm met its targets early.", "In 2012, the firm met its targets early."),
    ("Customer strategy lets the customer define value.", "Customer strategy lets the customer define value, says the seed essay of 2011."),
]  # fmt: skip


@pytest.fixture(scope="module")
def literal() -> LiteralChecker:
    return LiteralChecker(SentenceVectors(HashEmbedder()))


@pytest.mark.parametrize(("claim", "source"), FALSE + CUT)
def test_a_false_sentence_is_struck_with_a_reason(literal: LiteralChecker, claim: str, source: str):
    checked = literal.check(claim, [evidence([source])])
    assert checked.verdict is Verdict.UNSUPPORTED
    assert checked.reason
    assert checked.citations == ()


@pytest.mark.parametrize(("claim", "source"), TRUE)
def test_a_true_sentence_stands_on_its_span(literal: LiteralChecker, claim: str, source: str):
    given = evidence(["Something else was said before that.", source], number=3)
    checked = literal.check(claim, [given])
    span = given.passage.sentences[1]
    assert (checked.verdict, checked.reason) == (Verdict.SUPPORTED, "")
    assert [(c.evidence, c.start, c.end) for c in checked.citations] == [(3, span.start, span.end)]


@pytest.mark.parametrize(
    ("claim", "source", "reason"),
    [
        (
            "Friedman wrote his essay in 1984.",
            "Friedman wrote his essay in 1970.",
            "the number 1984",
        ),
        (
            "Levitt wrote his essay in 1970.",
            "Friedman wrote his essay in 1970.",
            "the name “Levitt”",
        ),
        ("Friedman did not write his essay.", "Friedman did write his essay.", "it denies"),
        (
            "Friedman did write an essay.",
            "Friedman did not write an essay.",
            "the source denies it",
        ),
        (
            "All firms were asked in spring.",
            "Firms were asked in spring.",
            "“All” is not in the source",
        ),
        ("The firm obeys the law.", "The law obeys the firm.", "another order"),
    ],
)
def test_the_reason_names_the_fault(literal: LiteralChecker, claim: str, source: str, reason: str):
    assert reason in literal.check(claim, [evidence([source])]).reason


def test_a_name_may_stand_for_a_pronoun_that_title_or_the_sentence_before_explains(
    literal: LiteralChecker,
):
    text = ["Friedman wrote in 1970.", "He rejected social spending by executives."]
    claim = "Friedman rejected social spending by executives."
    assert literal.check(claim, [evidence(text)]).verdict is Verdict.SUPPORTED
    assert literal.check(claim, [evidence(text[1:])]).verdict is Verdict.UNSUPPORTED
    assert literal.check(claim, [evidence(text[1:], title="Friedman")]).verdict is Verdict.SUPPORTED
    other = claim.replace("Friedman", "Freeman")
    assert literal.check(other, [evidence(text)]).verdict is Verdict.UNSUPPORTED


def test_a_name_alone_is_too_little(literal: LiteralChecker):
    text = ["Neil Alden Armstrong flew to the moon.", "He landed there in July 1969."]
    for given in ([evidence(text)], [evidence(text[1:], title="Neil Alden Armstrong")]):
        checked = literal.check("Neil Alden Armstrong", given)
        assert checked.verdict is Verdict.UNSUPPORTED
        assert checked.reason


def test_two_sentences_do_not_carry_a_claim_together(literal: LiteralChecker):
    given = [evidence(["Friedman wrote an essay.", "Nestlé began a milk district in 1961."])]
    assert literal.check("Friedman began a milk district in 1961.", given).verdict is (
        Verdict.UNSUPPORTED
    )


def test_without_evidence_nothing_stands(literal: LiteralChecker):
    assert literal.check("Friedman wrote an essay in 1970.", []).reason == "there is no evidence"


@pytest.mark.weights
def test_flips_are_caught_and_true_sentences_kept(tmp_path: Path):
    """Measured on 170 sentences of the corpus and changes made to them by fixed rules.

    The checker was tuned with the same rules, and partly on the same sentences: this guards
    against falling back and says little about the false sentences of a real model.
    """
    embedder = open_embedder(Settings.load({"index": tmp_path / "index"}))
    checker = LiteralChecker(SentenceVectors(embedder))
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for line in CLAIMS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        given = [evidence(row["source"], title=row["title"])]
        cases = [("verbatim", row["claim"], Verdict.SUPPORTED)]
        cases += [("trimmed", text, Verdict.SUPPORTED) for text in row["trimmed"]]
        cases += [("flipped", text, Verdict.UNSUPPORTED) for _, text in row["flips"]]
        for kind, text, verdict in cases:
            total[kind] += 1
            right[kind] += checker.check(text, given).verdict is verdict
    assert total["verbatim"] >= 150 and total["flipped"] >= 350
    assert right["verbatim"] >= 0.98 * total["verbatim"]
    assert right["trimmed"] >= 0.9 * total["trimmed"]
    assert right["flipped"] >= 0.99 * total["flipped"]
