"""What an HTML page says, paragraph by paragraph, and the data in it. Nothing is run or fetched."""

from __future__ import annotations

from html.parser import HTMLParser

from assistant.exporting.plain import collapsed

# What begins and ends a paragraph of its own; everything else stands within a line.
_BLOCKS = frozenset(
    """address article aside blockquote body br caption center dd details dialog div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol
    option p pre section select summary table tbody td textarea tfoot th thead title tr
    ul""".split()
)


def page_contents(page: str, data_id: str) -> tuple[list[str], list[str]]:
    """Return the JSON of all scripts of that id, and the paragraphs that the page holds.

    Paragraphs that a style hides are among them; comments, scripts and styles are not.
    """
    reader = _Reader(data_id)
    reader.feed(page)
    reader.close()
    return reader.data, reader.paragraphs


class _Reader(HTMLParser):
    def __init__(self, data_id: str) -> None:
        super().__init__(convert_charrefs=True)
        self.data: list[str] = []
        self.paragraphs: list[str] = []
        self._data_id = data_id
        self._unseen = ""  # the script or style within which we are
        self._is_data = False
        self._line: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._end_line()
            self._unseen = tag
            wanted = {("type", "application/json"), ("id", self._data_id)}
            self._is_data = tag == "script" and wanted <= set(attrs)
        elif tag in _BLOCKS:
            self._end_line()

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            if self._is_data:
                self.data.append("".join(self._line))
            self._line, self._unseen, self._is_data = [], "", False
        elif tag in _BLOCKS:
            self._end_line()

    def handle_data(self, data: str) -> None:
        self._line.append(data)

    def close(self) -> None:
        super().close()
        self._end_line()

    def _end_line(self) -> None:
        words = collapsed("".join(self._line))
        if words and not self._unseen:
            self.paragraphs.append(words)
        self._line = []
