"""``assistant corpus check``: do the texts keep the rules of the collection?"""

from __future__ import annotations

from dataclasses import asdict

from assistant.commands.asking import print_json
from assistant.commands.options import ANSWERED, FAILED, Run
from assistant.commands.showing import printable, results, show


def check(run: Run) -> int:
    """Check every text of the corpus against the rules; exit code 1 when one breaks them."""
    from assistant.corpus.checking import check_corpus

    report = check_corpus(run.settings.corpus)
    if run.as_json:
        print_json({**asdict(report), "clean": report.is_clean})
    else:
        lines = [f"{f.document}: {f.rule}: {f.words}" for f in report.findings]
        lines += [
            f"{t.sort} {t.name}: {t.found} texts, {t.wanted} wanted"
            for t in report.balance
            if t.found != t.wanted
        ]
        lines.append(
            f"{report.documents} texts, {report.words:,} words, LIX {report.lix:.0f}; "
            f"{len(lines) or 'nothing'} to mend"
        )
        show(results(), *map(printable, lines))
    return ANSWERED if report.is_clean else FAILED
