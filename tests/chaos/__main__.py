"""``python -m tests.chaos``: every fault on a genuine Kafka, and the table of how it went.

``--short`` for the faults of the short form, ``--only TEXT`` for those whose name contains it, ``--seed`` and
``--runs``; ``--keep DIRECTORY`` keeps the logs. The exit code is 1 if anything differed from the recount.
"""

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

from streams.embedded import KafkaCluster
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.ingest import INGEST_FAULTS, IngestFault, play_ingest
from tests.chaos.run import Outcome, play
from tests.chaos.table import line, markdown

ALL: tuple[Fault | IngestFault, ...] = (*FAULTS, *INGEST_FAULTS)


def main(arguments: list[str]) -> int:
    """Run what is asked for; returns the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.CRITICAL)  # clients tell of every broker that we kill
    chosen = [fault for fault in ALL if options.only in fault.name and (fault.short or not options.short)]
    outcomes: list[Outcome] = []
    failed = 0
    with tempfile.TemporaryDirectory(prefix="kpi-streams-chaos-") as temporary:
        folder = Path(options.keep or temporary)
        for nodes in (1, 3):
            faults = [fault for fault in chosen if fault.nodes == nodes]
            if faults:
                with KafkaCluster(1 if nodes == 1 else 3) as kafka:
                    failed += _all(faults, kafka, folder, options.seed, options.runs, outcomes)
    sys.stdout.write(f"\n{markdown(outcomes)}")
    return int(bool(failed) or any(outcome.mismatches for outcome in outcomes))


def _all(  # noqa: PLR0917
    faults: list[Fault | IngestFault],
    kafka: KafkaCluster,
    folder: Path,
    seed: int,
    runs: int,
    outcomes: list[Outcome],
) -> int:
    """Play faults; returns how many did not come to an end."""
    failed = 0
    for fault in faults:
        for number in range(runs):
            place = folder / f"{fault.nodes}-{ALL.index(fault)}-{seed + number}-{time.time_ns()}"
            place.mkdir(parents=True)
            try:
                outcome = _played(fault, kafka, place, seed + number)
            except (AssertionError, OSError, RuntimeError) as error:
                failed += 1
                sys.stdout.write(f"{fault.name} (seed {seed + number}): {error}; logs in {place}\n")
            else:
                outcomes.append(outcome)
                sys.stdout.write(f"{line(outcome)}\n")
            sys.stdout.flush()
    return failed


def _played(fault: Fault | IngestFault, kafka: KafkaCluster, folder: Path, seed: int) -> Outcome:
    if isinstance(fault, IngestFault):
        return play_ingest(fault, kafka, folder, seed)
    return play(fault, kafka, folder, seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Faults, and a recount.")
    parser.add_argument("--short", action="store_true", help="the short form only")
    parser.add_argument("--only", default="", help="faults whose name contains this")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (default 1)")
    parser.add_argument("--runs", type=int, default=1, help="of each fault, each with the next seed")
    parser.add_argument("--keep", default="", help="a directory for the logs, which are deleted otherwise")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
