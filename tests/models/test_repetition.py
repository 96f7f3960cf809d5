from __future__ import annotations

import pytest

from assistant.models.repetition import without_repetition


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Value is what customers pay for. It pays well, says Porter (2011).",
            "Value is what customers pay for. It pays well, says Porter (2011).",
        ),
        (
            "CSR aims to create shared value. CSR aims to create shared value. CSR aims",
            "CSR aims to create shared value. ",
        ),
        (
            "CSV, which aims at shared value, differs. It aims at shared value too. More.",
            "CSV, which aims at shared value, differs. It aims at shared value too. More.",
        ),
        ("Both are true. Both are true. Nobody minds.",) * 2,
        (
            "CSR aims to create shared value. CSR aims to create shared value and profit.",
            "CSR aims to create shared value. CSR aims to create shared value and profit.",
        ),
        (
            "One says that 3.5 is enough for all.\n\nOne says that 3.5 is enough for all",
            "One says that 3.5 is enough for all.\n\n",
        ),
    ],
    ids=["plain", "repeated", "new subject", "short", "longer", "unfinished"],
)
def test_what_was_said_is_not_said_again(text, expected, size):
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert "".join(without_repetition(pieces)) == expected
