"""references.bib as readable references and clean BibTeX."""

import pytest

from assistant.errors import UnreadableFileError
from assistant.reading.bibliography import read_bibliography

BIB = """
@article{porter2011,
  author = {Porter, M. E. and Kramer, M. R.},
  title = {{Creating Shared Value}},
  journal = {Harvard Business Review}, year = {2011}, volume = {89}, number = {1/2},
  pages = {62--77}, perspective = {csv}, verified = {mixed}, quote = {policies and practices}
}
@misc{vw2015, title = {{Volkswagen}: the scandal}, year = {2015}}
@book{delosreyes2017, author = {de los Reyes, G.}, title = {Beyond?}, year = {2017},
  publisher = {A Press}}
"""


@pytest.fixture
def references(tmp_path):
    (tmp_path / "references.bib").write_text(BIB, encoding="utf-8")
    return {r.key: r for r in read_bibliography(tmp_path / "references.bib")}


def test_references_read_as_people_write_them(references):
    assert references["porter2011"].text == (
        "Porter, M. E., & Kramer, M. R. (2011). Creating Shared Value. "
        "Harvard Business Review, 89(1/2), 62–77."
    )
    assert references["vw2015"].text == "Volkswagen: the scandal (2015)."
    assert references["delosreyes2017"].text == "de los Reyes, G. (2017). Beyond? A Press."


def test_our_own_fields_stay_at_home(references):
    porter = references["porter2011"]
    assert (porter.perspective, porter.verified) == ("csv", "mixed")
    assert porter.quote == "policies and practices"
    assert porter.bibtex.startswith("@article{porter2011,")
    for field in ("perspective", "verified", "quote"):
        assert field not in porter.bibtex


def test_exported_bibtex_can_be_read_again(references, tmp_path):
    path = tmp_path / "again.bib"
    path.write_text("\n".join(r.bibtex for r in references.values()), encoding="utf-8")
    assert {r.key: r.text for r in read_bibliography(path)} == {
        key: r.text for key, r in references.items()
    }


def test_no_file_is_no_literature(tmp_path):
    assert read_bibliography(tmp_path / "references.bib") == ()


@pytest.mark.parametrize("content", [b"@article{x, title = {open", b"\xff\xfe@"])
def test_a_broken_file_says_so(tmp_path, content):
    path = tmp_path / "references.bib"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=r"references\.bib"):
        read_bibliography(path)
