"""From bytes to text, whatever the encoding.

A byte order mark decides; then UTF-8, which hardly any other encoding passes for by chance;
then UTF-16 without a mark, by its zeros; then Windows-1252 (which holds Latin-1) as long as the
words look like words in it; and only then a guess by the frequencies of letters.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from assistant.reading.formats.problems import DocumentError, Reason

_MARKS = (  # UTF-32 before UTF-16: the second's mark begins the first's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 200_000  # bytes that are looked at where a look is enough
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9._:-]{3,40})""")
# A sign within a word, or a capital after a small letter that stays alone: what other encodings
# look like in Windows-1252.
_NO_WORD = re.compile(
    r"[^\W\d_][¡-©¬®-¶¸¹¼-¿×÷¤¦ªº†‡‰ƒˆ˜“”„‚][^\W\d_]|[a-zß-ÿ][À-ÞŠŽŸŒ](?![A-ZÀ-Þ])"
)
_ACCENTED = re.compile(r"[À-ÖØ-öø-ÿŒœŠšŽžŸ]")
_LANGUAGES = (  # the accented letters of the languages that Windows-1252 is made for
    "éèêëàâçîïôùûüœæÿ",  # French
    "äöüßé",  # German
    "áéíóúñüç",  # Spanish, Catalan with those of French
    "áâãàçéêíóôõú",  # Portuguese
    "àèéìòùî",  # Italian
    "åäöøæé",  # Danish, Finnish, Norwegian, Swedish
    "áéíóúýþðæö",  # Icelandic
    "ëïéèöüä",  # Dutch
)
_GUESSED = (
    "cp1250 iso8859_2 cp1251 koi8_r cp866 iso8859_5 cp1253 cp1254 cp1255 cp1256 cp1257 "
    "shift_jis euc_jp gb18030 big5 euc_kr"
).split()
_ENCODINGS = (("cp1252", 0.02), ("mac_roman", 0.0), ("cp850", 0.0))
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the encoding it was in, and a warning where a guess was needed."""

    text: str  # lines end with \n
    encoding: str
    warning: str = ""


def decoded(content: bytes, *, declared: bool = False) -> Decoded:
    """Return the text of a file; ``declared`` heeds a name of an encoding at its beginning.

    Raises DocumentError when it is no text, or in an encoding that cannot be told.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _lenient(content[len(mark) :], encoding)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8(content, declared=declared)
    if "\x00" in text:
        return _with_zeros(content)
    return Decoded(_lines(text), "utf-8")


def _not_utf8(content: bytes, *, declared: bool) -> Decoded:
    if b"\x00" in content[:_SAMPLE]:
        return _with_zeros(content)
    almost = content.decode("utf-8", "replace")
    beyond_ascii = sum(c > "\x7f" for c in almost[:_SAMPLE])
    wrong = almost[:_SAMPLE].count("\ufffd")
    if wrong * 10 < beyond_ascii:  # damaged UTF-8: nothing else would pass so far
        return Decoded(_lines(almost), "utf-8", f"{almost.count('�'):,} letters were damaged.")
    if declared and (name := declared_encoding(content)):
        return _lenient(content, name)
    for encoding, foreign in _ENCODINGS:
        if _is_western(content[:_SAMPLE].decode(encoding, "replace"), foreign):
            return Decoded(_lines(content.decode(encoding, "replace")), encoding)
    return _guessed(content)


def declared_encoding(content: bytes) -> str:
    """Return the encoding that HTML, XML or CSS names in its first lines; empty if none."""
    match = _DECLARED.search(content[:4096])
    if match is None:
        return ""
    try:
        name = codecs.lookup(match.group(1).decode("ascii")).name
    except (LookupError, ValueError):
        return ""
    # A file that can be searched for the name byte by byte is in neither of these.
    if name.startswith(("utf-16", "utf-32")):
        return ""
    return {"iso8859-1": "cp1252", "ascii": "cp1252"}.get(name, name)  # as browsers do


def _with_zeros(content: bytes) -> Decoded:
    """Read UTF-16 without a mark; anything else with zeros is no text."""
    sample = content[: _SAMPLE // 2 * 2]
    # The half of each pair of bytes that tells the alphabet has few values.
    big = len(set(sample[::2])) < len(set(sample[1::2]))
    encoding = "utf-16-be" if big else "utf-16-le"
    text = sample.decode(encoding, "replace")
    if sum(c.isprintable() or c.isspace() for c in text) < 0.98 * len(text) or "\x00" in text:
        raise DocumentError(Reason.UNSUPPORTED, "It is not a text file: it holds zero bytes.")
    return _lenient(content, encoding)


def _lenient(content: bytes, encoding: str) -> Decoded:
    text = content.decode(encoding, "replace")
    damaged = text.count("\ufffd")
    if damaged * 20 > len(text):
        raise DocumentError(
            Reason.UNKNOWN_ENCODING, f"It says that it is {encoding}, which does not fit its bytes."
        )
    warning = f"{damaged:,} letters were damaged." if damaged else ""
    return Decoded(_lines(text), encoding, warning)


def _is_western(text: str, foreign: float) -> bool:
    """Say whether a text looks like words of a western language.

    Where more than ``foreign`` of it is accented, it has to be the letters of one language:
    below that an English text may name people from several countries.
    """
    beyond_ascii = sum(c > "\x7f" for c in text)
    odd = len(_NO_WORD.findall(text)) + len(_CONTROLS.findall(text)) + text.count("\ufffd")
    if beyond_ascii * 3 > len(text) or odd * 10 > beyond_ascii:
        return False
    accented = "".join(_ACCENTED.findall(text)).lower()
    if len(accented) <= foreign * len(text):
        return True
    best = max(sum(letter in known for letter in accented) for known in _LANGUAGES)
    return best >= 0.9 * len(accented)


def _guessed(content: bytes) -> Decoded:
    from charset_normalizer import from_bytes

    matches = from_bytes(content[:_SAMPLE], cp_isolation=_GUESSED)
    best = min(matches, key=lambda match: len(_NO_WORD.findall(str(match))), default=None)
    if best is None:
        raise DocumentError(Reason.UNKNOWN_ENCODING, "Its encoding cannot be told.")
    read = _lenient(content, best.encoding)
    if _CONTROLS.search(read.text[:_SAMPLE]):
        raise DocumentError(Reason.UNSUPPORTED, "It is not a text file.")
    return Decoded(read.text, read.encoding, f"Read as {read.encoding}, which is a guess.")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
