"""``assistant corpus check``: do the texts keep the rules of the collection?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table

from assistant.commands.asking import print_json
from assistant.commands.options import ANSWERED, FAILED, Run
from assistant.commands.showing import printable, results, show

if TYPE_CHECKING:
    from assistant.corpus.checking import CorpusReport


def _balance(report: CorpusReport) -> Table:
    """Return how many texts there are of each perspective and stance, and should be."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("texts", justify="right")
    table.add_column("wanted", justify="right")
    for tally in report.balance:
        mark = "" if tally.found == tally.wanted else "  <- differs"
        table.add_row(f"{tally.sort} {tally.name}", str(tally.found), f"{tally.wanted}{mark}")
    return table


def check(run: Run) -> int:
    """Check every text of the corpus against the rules; exit code 1 when one breaks them."""
    from assistant.corpus.checking import check_corpus

    report = check_corpus(run.settings.corpus)
    if run.as_json:
        print_json({**asdict(report), "clean": report.is_clean})
    else:
        lines = [f"{f.document}: {f.rule}: {f.words}" for f in report.findings]
        unbalanced = sum(t.found != t.wanted for t in report.balance)
        summary = (
            f"{report.documents} texts, {report.words:,} words, LIX {report.lix:.0f}; "
            f"{len(lines) + unbalanced or 'nothing'} to mend"
        )
        show(results(), _balance(report), *map(printable, lines), summary)
    return ANSWERED if report.is_clean else FAILED
