"""The control words of RTF 1.9 that matter to a reader of the text."""

from __future__ import annotations

import codecs
import re

# One of: control word with its number, byte in hexadecimal, control symbol, brace, text.
TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,9})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}]+)|\\",
    re.DOTALL,
)

# Groups whose words are not part of the text.
LEFT_OUT = frozenset(
    "colortbl listtable listoverridetable rsidtbl generator object themedata "
    "colorschememapping datastore latentstyles xmlnstbl filetbl revtbl header headerl headerr "
    "headerf footer footerl footerr footerf fldinst bkmkstart bkmkend pntxta pntxtb "
    "nonshppict template operator creatim revtim printim buptim doccomm company manager "
    "category keywords subject comment userprops annotation atnid atnauthor tc xe "
    "ftnsep ftnsepc aftnsep aftnsepc mmathPr datafield wgrffmtfilter objdata blipuid".split()
)
LISTED = frozenset("listtext pntext".split())  # the bullet or number of an item
ASIDE = frozenset("title author stylesheet fonttbl footnote".split())
KEPT = frozenset("shppict footnote shptxt hyphen pict".split())  # after \*, which hides others

SYMBOLS = {
    "emdash": "—",
    "endash": "–",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "bullet": "•",
    "tab": " ",
    "line": " ",
    "page": " ",
    "column": " ",
    "emspace": " ",
    "enspace": " ",
    "qmspace": " ",
    "nestcell": " ",
    "~": " ",
    "_": "-",
    "\n": "\n",
    "\r": "\n",
    "\\": "\\",
    "{": "{",
    "}": "}",
}

_CHARSETS = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    134: "gb18030",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    254: "cp437",
}


def code_page_of_charset(number: int) -> str:
    """Return the code page of a font's character set; empty for that of the document."""
    return _CHARSETS.get(number, "")


def code_page(number: int) -> str:
    """Return the codec of a Windows code page; that of western Europe where there is none."""
    name = "utf-8" if number == 65001 else f"cp{number}"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"
