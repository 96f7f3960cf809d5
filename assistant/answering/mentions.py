"""What a question speaks of, and so what a later "it", "he" or "and …?" can mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What sort of thing a mention is; one can take another's place within a kind."""

    TOPIC = "topic"
    PERSON = "person"
    ORGANISATION = "organisation"
    PLACE = "place"
    YEAR = "year"
    NAME = "name"  # capitalised and not known: a person, a firm, a book


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of a text that names something."""

    text: str
    kind: Kind
    start: int
    end: int


_TOPIC = re.compile(
    r"\b(?:creating shared value(?: \(CSV\))?|shared value|CSV"
    r"|corporate social responsibility(?: \(CSR\))?|CSR"
    r"|customer relationship management(?: \(CRM\))?|customer strategy|CRM"
    r"|(?:the )?Friedman doctrine|(?:stakeholder|agency) theory|stakeholder capitalism"
    r"|shareholder (?:value|primacy)|(?:the )?triple bottom line|greenwashing|double materiality"
    r"|customer (?:lifetime value|equity|centricity)|(?:the )?net promoter score|NPS"
    r"|(?:the )?bottom of the pyramid|Carroll's pyramid|(?:a )?benefit corporations?"
    r"|B Corps?|service-dominant logic|co-creation|corporate philanthropy|loyalty programmes?"
    r"|ESG(?: ratings?)?|(?:the )?seed essay)\b",
    re.IGNORECASE,
)
_PERSONS = """Aakhus Annan Bebchuk Beschorner Bhakoo Bhattacharya Bowen Brabeck Burbano Carroll
    Chouinard Crane Dahlsrud Daood Dembek Donaldson Drucker Edmans Elkington Emerson Fader
    Fournier Freeman Friedman Frow Garriga Grönroos Hartman Hillenbrand Humby Immelt
    Jensen Karnani Keiningham Kramer Kumar Lemon Lepak Levitt Lusch Mackey Margolis Matten
    Mazzucato Melé Menghwar Milstein Mintzberg Mycoskie Orlitzky Palazzo Peloza Peppers
    Pfitzer Polman Porter Prahalad Ramaswamy Reich Reichheld Reinartz Scherer Scholz
    Serafeim Sisodia Spence Tallarita Vargo Vogel Werhane Winterkorn Wydick Zeithaml
    Zingales Zuboff""".split()
_ORGANISATIONS = (
    "Nestlé|Unilever|Patagonia|Volkswagen|VW|Walmart|General Electric|GE|TOMS|Tesco|Novo Nordisk"
    "|Starbucks|Whole Foods|Dunnhumby|Grameen|Danone|Shell|Enron|Amazon|Apple|Google"
    "|European Commission|Business Roundtable|United Nations|UN|OECD|ISO|GRI|SASB|ISSB|B Lab|INFACT"
).split("|")
_PLACES = (
    "EU|European Union|Europe|India|China|Africa|Asia|Latin America|United States|USA|US|UK"
    "|United Kingdom|Germany|France|Switzerland|Denmark|Bangladesh|El Salvador|Delaware|Maryland"
).split("|")
_LIKE_WORDS = frozenset(
    "us un ge toms apple shell amazon iso reich lemon vogel freeman crane".split()
)
_WITH_ARTICLE = frozenset(
    "EU|European Union|United States|USA|US|UK|United Kingdom|European Commission|UN|OECD"
    "|United Nations|Business Roundtable".split("|")
)


def _folded(text: str) -> str:
    """Return ``text`` in lower case without accents, and of the same length."""
    plain = (unicodedata.normalize("NFKD", c)[:1] or c for c in text)
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)


_KNOWN = {
    _folded(name): (name, kind)
    for kind, names in (
        (Kind.PERSON, _PERSONS),
        (Kind.ORGANISATION, _ORGANISATIONS),
        (Kind.PLACE, _PLACES),
    )
    for name in names
}
_KNOWN_NAME = re.compile(
    r"\b(?:" + "|".join(map(re.escape, sorted(_KNOWN, key=len, reverse=True))) + r")\b"
)
_CAPITALISED = re.compile(r"\b[A-ZÀ-Þ][\wÀ-ÿ-]*(?:['’](?!s\b)\w+)?\.?(?: (?=[A-ZÀ-Þ])|$|(?=\W))")
_PARTICLE = re.compile(r"\b(?:de los|de la|van der|van den|van|von|de|du) $")
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
_NO_NAMES = frozenset(
    """who whose whom what when where why how which is are was were am be has have had does do did
    should can could would will shall may might must and but or so yet then in on at for from to of
    by with about the a an this that these those it he she they we i you my our your his her its
    their compare explain name define tell give describe list according if any no not yes please
    also after before both every each all some many most one ok okay isn't doesn't aren't january
    february march april may june july august september october november december monday tuesday
    wednesday thursday friday saturday sunday""".split()
)
_NOT_OF_PERSONS = frozenset(
    """review journal times street magazine commission union association university school college
    court act directive law report award awards song album band company corporation inc group bank
    foundation fund trust index standard principles guidelines theory management strategy business
    responsibility capitalism society value world war city state states american british english
    french german european indian institute council party museum hall club league cup""".split()
)
_AND = re.compile(r",? (?:and|&) |, ")


def mentions(text: str) -> tuple[Mention, ...]:
    """Return what ``text`` names, in order; names joined by "and" are one mention.

    >>> [m.text for m in mentions("What do Porter and Kramer say about CSR?")]
    ['Porter and Kramer', 'CSR']
    """
    found = [Mention(_spelt(m.group()), Kind.TOPIC, *m.span()) for m in _TOPIC.finditer(text)]
    for some in (_years(text), _names(text), _known(text)):
        found.extend(m for m in some if not any(m.start < f.end and f.start < m.end for f in found))
    return tuple(_joined(text, sorted(found, key=lambda m: m.start)))


def _spelt(topic: str) -> str:
    return topic.upper() if topic.lower() in {"csr", "crm", "csv", "esg", "nps"} else topic


def of_kind(found: Iterable[Mention], *kinds: Kind) -> list[Mention]:
    """Return the mentions of these kinds, in order."""
    return [m for m in found if m.kind in kinds]


def is_plural(mention: Mention) -> bool:
    """Whether a mention names several."""
    return " and " in mention.text or " & " in mention.text


def person_like(mention: Mention) -> bool:
    """Whether "he" or "she" can mean it."""
    parts = _folded(mention.text).split()
    named = mention.kind is Kind.NAME and not mention.text.isupper()
    return mention.kind is Kind.PERSON or (named and not _NOT_OF_PERSONS & set(parts))


def with_article(name: str) -> str:
    """Return a name as it stands in a sentence: "EU" -> "the EU"."""
    return f"the {name}" if name in _WITH_ARTICLE else name


def _years(text: str) -> list[Mention]:
    return [Mention(m.group(), Kind.YEAR, *m.span()) for m in _YEAR.finditer(text)]


def _names(text: str) -> list[Mention]:
    """Return runs of capitalised words; a lone first word of a sentence counts if it is known."""
    runs: list[Mention] = []
    for word in _CAPITALISED.finditer(text):
        token = word.group().rstrip(" ")
        token = token if re.fullmatch(r"[A-Z]\.", token) else token.rstrip(".")
        start, end = word.start(), word.start() + len(token)
        if token.lower().replace("’", "'") in _NO_NAMES:
            continue
        if runs and text[runs[-1].end : start] == " ":
            runs[-1] = Mention(text[runs[-1].start : end], Kind.NAME, runs[-1].start, end)
        else:
            particle = _PARTICLE.search(text, 0, start)
            start = particle.start() if particle else start
            runs.append(Mention(text[start:end], Kind.NAME, start, end))
    return [_classified(m) for m in runs if not _merely_begins(text, m)]


def _merely_begins(text: str, run: Mention) -> bool:
    before = text[: run.start].rstrip(" “\"'(")
    begins = not before or before.endswith((".", "?", "!", ":"))
    alone = " " not in run.text and not run.text.isupper() and _folded(run.text) not in _KNOWN
    return begins and alone and not text[run.end :].startswith(("'s", "’s"))


def _classified(run: Mention) -> Mention:
    folded = _folded(run.text)
    if folded in _KNOWN:
        return replace(run, kind=_KNOWN[folded][1])
    last = _KNOWN.get(folded.replace("-", " ").split()[-1])
    if last and last[1] is Kind.PERSON:
        return replace(run, kind=Kind.PERSON)
    inside = _KNOWN_NAME.search(folded)
    return replace(run, kind=_KNOWN[inside.group()][1]) if inside else run


def _known(text: str) -> list[Mention]:
    """Return known names however they are typed, in their own spelling: "nestle" -> "Nestlé"."""
    return [
        Mention(_KNOWN[m.group()][0], _KNOWN[m.group()][1], *m.span())
        for m in _KNOWN_NAME.finditer(_folded(text))
        if m.group() not in _LIKE_WORDS or text[m.start()].isupper()
    ]


def _joined(text: str, found: Sequence[Mention]) -> list[Mention]:
    joined: list[Mention] = []
    for mention in found:
        last = joined[-1] if joined else None
        if (
            last
            and _AND.fullmatch(text[last.end : mention.start])
            and all(m.kind in (Kind.PERSON, Kind.NAME) for m in (last, mention))
        ):
            both = last.text + text[last.end : mention.start] + mention.text
            joined[-1] = Mention(both, last.kind, last.start, mention.end)
        else:
            joined.append(mention)
    return joined
