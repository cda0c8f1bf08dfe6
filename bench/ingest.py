"""The ingest benchmark: the whole system under load, and in the same run the limit of any door and a peer."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script, it finds bench and tests beside it

from bench.bugsink import running_bugsink
from bench.events import envelopes
from bench.figures import backlog_figures, figures_of
from bench.passes import drain_backlog, measure, total_of
from bench.report import print_table, write_json
from bench.stack import running_stack
from bench.target import Load, Target

SEED = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it, print the table; 0 whatever the figures."""
    options = _parser().parse_args(arguments)
    settings = {"FARSIDE_HOT_ISSUE_EVENTS": str(options.hot_issue_events), "FARSIDE_VALKEY_FSYNC": options.fsync}
    with _peer(options.peer) as peer, running_stack(settings) as (stack, folder):
        print("making and uploading the builds, generating the events …", flush=True)
        releases = stack.upload_builds(folder)
        load = Load(folder / "load", envelopes(releases, SEED, total_of(options.events, options.backlog)))
        run = measure(stack, load, peer, options.events)
        figures = figures_of(run)
        print_table(f"Ingest: {options.events:,} events, median {run.median_bytes:,} bytes", figures)
        if options.backlog:
            more = backlog_figures(drain_backlog(stack, load, options.backlog))
            print_table("Backlog", more)
            figures += more
    if options.json:
        write_json(options.json, "ingest", figures)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--events", type=int, default=30_000, metavar="N", help="events of the main pass (default %(default)s)")
    add("--backlog", type=int, default=0, metavar="N", help="then queue N events with the workers paused, and drain")
    add("--peer", action=argparse.BooleanOptionalAction, default=True, help="install and measure Bugsink, too")
    add("--hot-issue-events", type=int, default=0, metavar="N", help="sample hot issues beyond N events an hour")
    add("--fsync", choices=("always", "everysec"), default="always", help="when Valkey flushes (default %(default)s)")
    add("--json", type=Path, metavar="FILE", help="write the figures as one flat JSON object")
    return parser


@contextmanager
def _peer(is_wanted: bool) -> Iterator[Target | None]:
    if not is_wanted:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="farside-bench-peer-") as folder, running_bugsink(Path(folder)) as target:
        yield target


if __name__ == "__main__":
    sys.exit(main())
