"""True sentences with one fact changed, and with nothing changed but the wording.

Rules only, so that each change is known: a number, name, negation, quantity word, antonym or
abbreviation makes a claim false; a dropped clause, a spelt-out abbreviation or a number in
words leaves it true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from training.records import CONTRADICTED, UNSUPPORTED

_ANTONYMS = """
increase/decrease increases/decreases increased/decreased more/less higher/lower high/low
before/after first/last early/late earlier/later strong/weak stronger/weaker large/small
larger/smaller long/short public/private voluntary/mandatory internal/external
success/failure succeeds/fails succeeded/failed rise/fall rises/falls rose/fell raise/lower
raises/lowers raised/lowered accept/reject accepts/rejects accepted/rejected
support/oppose supports/opposes supported/opposed agree/disagree agrees/disagrees
agreed/disagreed positive/negative benefit/harm benefits/harms
good/bad better/worse best/worst true/false right/wrong inside/outside above/below
narrow/broad narrower/broader old/new older/newer supply/demand import/export
imports/exports buyer/seller buyers/sellers employer/employee profit/loss profits/losses
growth/decline gain/lose gains/losses win/lose won/lost begin/end began/ended
opened/closed central/marginal same/different easy/difficult rich/poor cheap/expensive
with/without include/exclude includes/excludes included/excluded social/economic
local/global domestic/foreign customers/shareholders shareholders/employees owners/workers
government/company theory/practice short-term/long-term cause/effect praise/criticise
praised/criticised praises/criticises northern/southern eastern/western north/south
east/west male/female men/women man/woman war/peace
""".split()
# What a change makes false: "all" to "some" would stay true.
_QUANTITIES = (
    "most/all, many/few, many/all, few/many, some/all,"
    " always/never, never/always, often/always, often/rarely, rarely/often,"
    " sometimes/always, only/also, may/must, can/must, might/will, could/will, should/may,"
    " both/neither, each/one, several/no, partly/wholly, mainly/only, usually/always,"
    " generally/never, nearly/exactly, about/exactly, at least/at most, at most/at least,"
    " more than/less than, less than/more than, up to/over"
)
_NUMBER_WORDS = "one two three four five six seven eight nine ten eleven twelve".split()
_EXPANSIONS = {
    "CSR": "corporate social responsibility",
    "CRM": "customer relationship management",
    "CSV": "creating shared value",
}
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|should|would|must|may|might|will|has|have|had|does|do|did)\b"
    r"(?! (?:not|no|never)\b)"
)
_PAST = (
    "argued:argue held:hold defined:define called:call wrote:write claimed:claim found:find "
    "described:describe compared:compare made:make gave:give took:take used:use became:become "
    "showed:show led:lead added:add named:name moved:move built:build said:say brought:bring "
    "published:publish began:begin asked:ask proposed:propose introduced:introduce saw:see"
)
_PRESENT = (
    "argues:argue holds:hold defines:define calls:call writes:write claims:claim finds:find "
    "describes:describe compares:compare makes:make gives:give takes:take uses:use becomes:become "
    "shows:show leads:lead adds:add names:name means:mean says:say requires:require needs:need "
    "creates:create belongs:belong depends:depend counts:count treats:treat sees:see asks:ask"
)
_DENIED = {
    said: f"{helper} not {plain}"
    for forms, helper in ((_PAST, "did"), (_PRESENT, "does"))
    for said, plain in (form.split(":") for form in forms.split())
}
_NAME = re.compile(r"\b[A-Z][a-zé]+(?:[ -](?:of the |of )?[A-Z][a-zé]+)*\b")
_DIGITS = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+|(?<![\w.,])\d+(?:\.\d+)?(?![\w])")
_TAIL = re.compile(r",? (?:because|since|although|while|whereas|so that|unless|when)\b[^\"“”]*$")
_WHICH = re.compile(r", (?:which|who|where|such as|for example|including)\b[^,\"“”]*(?=[,.])")
_LEAD = re.compile(
    r"^(?:In|On|By|Since|After|Before|During|For|According to|At) [^,\"“”]{3,60}, (?=\w)"
)
_BRACKET = re.compile(r" \([^()]*\)")


@dataclass(frozen=True, slots=True)
class Change:
    """A claim made from a true sentence."""

    kind: str
    claim: str
    label: int  # UNSUPPORTED or CONTRADICTED


class Flipper:
    """Changes one fact of a sentence; names come from the sentences it was made with."""

    def __init__(self, sentences: Sequence[str]) -> None:
        inner = (m[0] for s in sentences for m in _NAME.finditer(s) if m.start() > 0)
        lower = {word for s in sentences for word in re.findall(r"\b[a-z]+\b", s)}
        kept = {name for name in inner if name.split()[0].lower() not in lower}
        self._names: dict[int, list[str]] = {}
        for name in sorted(kept):
            self._names.setdefault(len(name.split()), []).append(name)
        self._known = kept
        self._kinds: dict[str, Callable[[str, Random], Change | None]] = {
            "number": _number,
            "number-word": _number_word,
            "name": self._name,
            "abbreviation": _abbreviation,
            "negation": _negation,
            "negation-dropped": _negation_dropped,
            "quantity": _quantity,
            "antonym": _antonym,
        }

    def flips(self, sentence: str, random: Random) -> list[Change]:
        """Return one change of each kind that the sentence allows."""
        found = (make(sentence, random) for make in self._kinds.values())
        return [c for c in found if c is not None and c.claim != sentence]

    def _name(self, sentence: str, random: Random) -> Change | None:
        here = [m for m in _NAME.finditer(sentence) if m[0] in self._known]
        if not here:
            return None
        match = random.choice(here)
        words = match[0].split()
        others = [n for n in self._names.get(len(words), []) if n not in sentence]
        if not others:
            return None
        other = random.choice(others)
        if len(words) == 2 and random.random() < 0.5:  # only the surname
            other = f"{words[0]} {other.split()[-1]}"
        return Change("name", _put(sentence, match, other), UNSUPPORTED)


def _put(sentence: str, match: re.Match[str], other: str) -> str:
    if match.start() == 0 or sentence[: match.start()].isspace():
        other = other[:1].upper() + other[1:]
    return sentence[: match.start()] + other + sentence[match.end() :]


def _number(sentence: str, random: Random) -> Change | None:
    found = list(_DIGITS.finditer(sentence))
    if not found:
        return None
    match = random.choice(found)
    plain = match[0].replace(",", "")
    value = float(plain)
    if len(plain) == 4 and plain.isdigit() and 1000 <= value <= 2100:  # a year
        other = str(int(value) + random.choice([-40, -12, -8, -5, -3, -2, -1, 1, 2, 3, 4, 9, 15]))
    elif "." in plain:
        other = f"{value * random.choice([0.3, 0.5, 1.5, 2, 4]):.{len(plain.split('.')[1])}f}"
    else:
        choices = {int(value * f) for f in (0.2, 0.5, 1.5, 2, 10)} | {int(value) + 1}
        new = random.choice(sorted(choices - {int(value)}) or [int(value) + 2])
        other = f"{new:,}" if "," in match[0] else str(new)
    return Change("number", _put(sentence, match, other), CONTRADICTED)


def _number_word(sentence: str, random: Random) -> Change | None:
    words = "|".join(_NUMBER_WORDS[1:])  # "one" is often no number
    found = list(re.finditer(rf"\b(?:{words})\b", sentence, re.IGNORECASE))
    if not found:
        return None
    match = random.choice(found)
    other = random.choice([w for w in _NUMBER_WORDS[1:] if w != match[0].lower()])
    return Change("number-word", _put(sentence, match, other), CONTRADICTED)


def _abbreviation(sentence: str, random: Random) -> Change | None:
    found = list(re.finditer(r"\b(?:CSR|CRM|CSV)\b", sentence))
    if len({m[0] for m in found}) != 1:
        return None
    other = random.choice([a for a in _EXPANSIONS if a != found[0][0]])
    spelt = _EXPANSIONS[found[0][0]]
    claim = sentence.replace(found[0][0], other)
    claim = re.sub(rf"\b{spelt}\b", _EXPANSIONS[other], claim, flags=re.IGNORECASE)
    return Change("abbreviation", claim, UNSUPPORTED)


def _negation(sentence: str, random: Random) -> Change | None:
    denied = "|".join(_DENIED)
    verbs = list(re.finditer(rf"(?<=[a-z)\"”'’] )(?:{denied})\b", sentence))
    helpers = list(_AUXILIARY.finditer(sentence))
    if verbs and (not helpers or random.random() < 0.5):
        match = verbs[0]
        return Change("negation", _put(sentence, match, _DENIED[match[0]]), CONTRADICTED)
    if helpers:
        match = helpers[0] if random.random() < 0.7 else random.choice(helpers)
        other = random.choice([f"{match[0]} not"] * 3 + [f"{match[0]} never"])
        return Change("negation", _put(sentence, match, other), CONTRADICTED)
    return None


def _negation_dropped(sentence: str, random: Random) -> Change | None:
    del random
    match = re.search(r" not(?! only| just| merely)\b| never\b", sentence)
    if not match:
        return None
    return Change("negation-dropped", _put(sentence, match, ""), CONTRADICTED)


def _pairs(written: Sequence[str]) -> list[tuple[str, str]]:
    return [(a, b) for a, _, b in (pair.partition("/") for pair in written)]


def _exchange(sentence: str, pairs: Sequence[tuple[str, str]], random: Random) -> str:
    found = [
        (match, other)
        for word, other in pairs
        for match in re.finditer(rf"\b{word}\b", sentence, re.IGNORECASE)
        if not match[0].isupper()
    ]
    if not found:
        return ""
    match, other = random.choice(found)
    return _put(sentence, match, other)


def _quantity(sentence: str, random: Random) -> Change | None:
    claim = _exchange(sentence, _pairs(_QUANTITIES.split(", ")), random)
    return Change("quantity", claim, UNSUPPORTED) if claim else None


def _antonym(sentence: str, random: Random) -> Change | None:
    pairs = _pairs(_ANTONYMS)
    claim = _exchange(sentence, [*pairs, *((b, a) for a, b in pairs)], random)
    return Change("antonym", claim, CONTRADICTED) if claim else None


def reworded(sentence: str, random: Random) -> list[str]:
    """Return true rewordings of a sentence, none of which says more than it does."""
    found = [
        _BRACKET.sub("", sentence),
        _WHICH.sub("", sentence),
        _TAIL.sub("", sentence).rstrip(".") + ".",
        _led(sentence),
        _spelt_out(sentence, random),
        _numbers_swapped(sentence),
        sentence.rstrip("."),
    ]
    short = len(sentence.split()) // 3
    return [s for s in dict.fromkeys(found) if s != sentence and len(s.split()) > max(3, short)]


def _led(sentence: str) -> str:
    rest = _LEAD.sub("", sentence)
    return rest[:1].upper() + rest[1:]


def _spelt_out(sentence: str, random: Random) -> str:
    here = [(a, b) for a, b in _EXPANSIONS.items() if re.search(rf"\b{a}\b", sentence)]
    if not here or "(" in sentence:
        return sentence
    short, spelt = random.choice(here)
    claim = re.sub(rf"\b{short}\b", spelt, sentence, count=1)
    return claim[:1].upper() + claim[1:]


def _numbers_swapped(sentence: str) -> str:
    match = re.search(r"\b(?:two|three|four|five|six|seven|eight|nine|ten)\b", sentence)
    if match:
        return _put(sentence, match, str(_NUMBER_WORDS.index(match[0]) + 1))
    match = re.search(r"(?<![\d.,$£€] )(?<![\d.,$£€-])\b([2-9])\b(?![\d.,%])", sentence)
    return _put(sentence, match, _NUMBER_WORDS[int(match[1]) - 1]) if match else sentence
