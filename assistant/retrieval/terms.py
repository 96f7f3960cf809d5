"""Words that carry meaning: tokens, stems, stop words, names, numbers, acronyms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from threading import Lock
from typing import Any

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_REMEMBERED = 8_192  # sentences: an answer looks at each of its own several times
_STEMMING = Lock()  # the stemmer keeps the word it is at in itself

# The field's abbreviations; a question in one form has to find texts in the other.
ACRONYMS: Mapping[str, str] = {
    "csr": "corporate social responsibility",
    "crm": "customer relationship management",
    "csv": "creating shared value",
    "nps": "net promoter score",
    "clv": "customer lifetime value",
    "tbl": "triple bottom line",
    "bop": "bottom of the pyramid",
    "sdg": "sustainable development goals",
    "sdgs": "sustainable development goals",
    "brt": "business roundtable",
    "ungc": "united nations global compact",
    "eu": "european union",
    "vw": "volkswagen",
    "ge": "general electric",
    "hbr": "harvard business review",
}

# Other names for the same, longest first: the words, where they stand, and the one name.
_SPELT_OUT: Sequence[tuple[str, re.Pattern[str], str]] = tuple(
    (phrase, re.compile(rf"\b{phrase}\b(?: \({acronym}\))?", re.IGNORECASE), acronym)
    for phrase, acronym in sorted(
        [
            ("shared value", "csv"),
            ("customer strategy", "crm"),
            *((phrase, acronym) for acronym, phrase in ACRONYMS.items() if acronym != "sdgs"),
        ],
        key=lambda pair: -len(pair[0]),
    )
)

_PLUS = re.compile(r"\bCSV\+", re.IGNORECASE)  # a proposal of its own, not the idea it amends

STOP_WORDS = frozenset(
    """a about above after again against all also am an and any are as at be because been before
    being below between both but by can cannot could did do does doing done down during each else
    ever every few for from further get give given had has have having he her here hers herself
    him himself his how however i if in into is isn it its itself just let like ll made make many
    may me might more most much must my myself no nor not now of off on once one only or other
    ought our ours ourselves out over own please put re really s said same say says shall she
    should so some such t tell than that the their theirs them themselves then there these they
    thing things this those through to too under until up upon us use used using ve very via was
    we well went were what when where which while who whom whose why will with within without
    word words would yes yet you your yours yourself explain describe definition mean means
    meaning called name named exactly short difference differ compare compared argue argued argues
    argument think thinks thought write wrote written author authors scholar idea ideas according
    question answer answers friend right according essay example summarise summarize outline
    discuss""".split()
)
_FUNCTION_WORDS = STOP_WORDS - frozenset(
    """define definition mean means meaning called name named exactly short difference differ
    compare compared argue argued argues argument think thinks thought write wrote written author
    authors scholar idea ideas question answer answers friend right essay example explain
    describe""".split()
)
_SHARED_WORDS = frozenset("a an as do has he in is it me no on or so to was we will am all".split())
_NUMBER_WORDS = {
    word: str(n)
    for n, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
        fifteen sixteen seventeen eighteen nineteen twenty""".split()
    )
}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*(?![\ds])")  # "the 1950s" is no number


def words(text: str) -> list[str]:
    """Return the words of ``text`` in lower case without accents: "Nestlé's" -> "nestle's"."""
    return [w.replace("’", "'") for w in _WORD.findall(_folded(text))]


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    accents = {ord(c): None for c in set(decomposed) if unicodedata.combining(c)}
    return decomposed.translate(accents) if accents else decomposed


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the Snowball stem of a lower-case word, its possessive ending dropped."""
    stemmer = _english()
    with _STEMMING:
        return str(stemmer.stemWord(word.removesuffix("'s").removesuffix("'")))


@cache
def _english() -> Any:  # noqa: ANN401
    import snowballstemmer  # of three dozen languages: searching needs none of them

    return snowballstemmer.stemmer("english")


def spelt_out(question: str) -> str:
    """Return the question with what abbreviations stand for: "NPS (net promoter score)".

    An embedder that has not met an abbreviation finds nothing near it. The three of the
    debate stay as they are: the texts use them, and spelt out they outweigh the question.
    """
    lower = f"{question.lower()} {' '.join(ACRONYMS[a] for a in ('csr', 'crm', 'csv'))}"
    return _WORD.sub(
        lambda m: (
            f"{m.group()} ({full})"
            if (full := ACRONYMS.get(m.group().lower())) and full not in lower
            else m.group()
        ),
        question,
    )


def canonical(text: str) -> str:
    """Return the text with one name for each idea: "shared value (CSV)" -> "csv"."""
    text = _PLUS.sub("csvplus", text)
    lower = text.casefold()
    for phrase, pattern, acronym in _SPELT_OUT:
        if phrase in lower:  # looked for first: a tenth of the time of the pattern
            text = pattern.sub(acronym, text)
    return text


@lru_cache(maxsize=_REMEMBERED)
def content_stems(text: str) -> tuple[str, ...]:
    """Return the stems of the words that carry meaning, in order, repetitions kept."""
    found = words(canonical(text))
    return tuple(stem(w) for w in found if w.removesuffix("'s") not in _FUNCTION_WORDS)


@lru_cache(maxsize=_REMEMBERED)
def bag_of_stems(text: str) -> frozenset[str]:
    """Return the stems of the words that carry meaning, each once."""
    return frozenset(content_stems(text))


def topic_words(question: str) -> list[str]:
    """Return the words that a question is about, each once, in order; acronyms stay as typed."""
    return list(
        dict.fromkeys(
            bare
            for w in words(question)
            if (bare := w.removesuffix("'s").replace("'", "")) and bare not in STOP_WORDS
        )
    )


def expanded(topic: Iterable[str]) -> list[str]:
    """Return the words with those behind their acronyms: ["csr"] -> ["csr", "corporate", …]."""
    found: dict[str, None] = {}
    for word in topic:
        found[word] = None
        for part in ACRONYMS.get(word, "").split():
            if part not in STOP_WORDS:
                found[part] = None
    return list(found)


def looks_english(text: str) -> bool:
    """Whether a text of four words or more has English function words or only field terms."""
    found = words(text)
    latin = sum(c.isascii() for c in text) >= 0.8 * len(text)
    english = any(w in _FUNCTION_WORDS and len(w) > 1 and w not in _SHARED_WORDS for w in found)
    return latin and (len(found) < 4 or english)


def numbers(text: str) -> frozenset[str]:
    """Return the numbers of ``text`` in one form: "1,578" -> "1578", "two" -> "2"."""
    figures = (n.rstrip(".,") for n in _NUMBER.findall(text))
    digits = {re.sub(r",(?=\d{3}(?!\d))", "", n) for n in figures}
    spelt = {_NUMBER_WORDS[w] for w in words(text) if w in _NUMBER_WORDS and w != "one"}
    return frozenset(digits | spelt)


def names(text: str) -> list[str]:
    """Return the stems of capitalised words that do not merely begin a sentence.

    A capitalised first word counts when it is capitalised for itself: an acronym.
    """
    found: list[str] = []
    begins = True
    for match in re.finditer(r"\b[A-Z]\.|[^\W_]+(?:['’-][^\W_]+)*|[.!?:;]", text):
        token = match.group()
        if not token[0].isalnum():
            begins = token != ";"
            continue
        if token.endswith("."):  # an initial
            continue
        upper_inside = any(c.isupper() for c in token[1:])
        if token[0].isupper() and (upper_inside or not begins):
            found.extend(stem(w) for w in words(token) if w not in _FUNCTION_WORDS)
        begins = False
    return found
