"""Measure this project and its rivals: ``uv run benchmarks/run.py [--quick]``.

Makes an environment for each system, prepares texts and vectors, measures in rounds, and
writes benchmarks/RESULTS.md with its plots. What was measured is kept below --work: a run
that was stopped goes on where it stopped. Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

import platformdirs

from environments import HERE, PLOTS, ROOT, SYSTEMS, SystemUnderTest, prepare_environment
from report import write_report
from rounds import QUICK, Bench, Plan, prepare


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--quick", action="store_true", help="small sizes, one round, some eight minutes")
    add("--rounds", type=int, help="how many rounds (3; 1 with --quick)")
    add("--systems", metavar="A,B", help="only these: " + ",".join(s.name for s in SYSTEMS))
    add("--data", type=Path, help="the data sets ($ASSISTANT_DATA, or ../shared/data)")
    add("--work", type=Path, help="environments, texts, checkpoint (the user's cache folder)")
    add("--again", action="store_true", help="forget what was measured before")
    add("--report-only", action="store_true", help="write the results from what was measured")
    add("--output", type=Path, help="benchmarks/RESULTS.md (with --quick: below --work)")
    return parser.parse_args()


def _data(given: Path | None) -> Path:
    folder = given or Path(os.environ.get("ASSISTANT_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "squad" / "dev-v2.0.json.gz").exists():
        sys.exit(
            f"There are no data sets in {folder} (squad/dev-v2.0.json.gz is looked for).\n"
            "→ Give their folder with --data FOLDER or ASSISTANT_DATA=FOLDER."
        )
    return folder.resolve()


def _chosen(names: str | None) -> tuple[SystemUnderTest, ...]:
    if names is None:
        return SYSTEMS
    wanted = names.split(",")
    if unknown := sorted(set(wanted) - {system.name for system in SYSTEMS}):
        sys.exit(f"Unknown: {', '.join(unknown)}. Known are: {', '.join(s.name for s in SYSTEMS)}.")
    return tuple(system for system in SYSTEMS if system.name in wanted)


def main() -> int:
    """Return 1 when a measurement failed."""
    arguments = _arguments()
    plan = QUICK if arguments.quick else Plan(rounds=3)
    plan = replace(plan, rounds=arguments.rounds or plan.rounds)
    home = arguments.work or Path(platformdirs.user_cache_dir("whose-value-benchmarks", False))
    home.mkdir(parents=True, exist_ok=True)
    work = home.resolve()
    bench = Bench(work, plan, _chosen(arguments.systems), quick=arguments.quick)
    if not arguments.report_only:
        data = _data(arguments.data)
        if arguments.again:
            bench.checkpoint.clear()
        for system in bench.systems:
            print(f"Environment of {system.title} …", flush=True)
            prepare_environment(system, work)
        bench.run(prepare(data, work, plan))
    prepare_environment(PLOTS, work)
    output = arguments.output or (work / "quick" if arguments.quick else HERE) / "RESULTS.md"
    write_report(bench.checkpoint.records, plan, output, PLOTS.python(work))
    print(f"Wrote {output}")
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
