"""The Celery worker of both queues, started without Celery's command line and the shells that it brings."""

import gc
import os
import platform
import sys

from django.conf import settings

from monitor.celery import app
from monitor.pipeline.user_agent import describe


def main() -> int:
    """Run until a signal; return the exit status. The name is unique, so that several may run on one machine."""
    worker = app.Worker(
        hostname=f"worker-{os.getpid()}@{platform.node() or 'localhost'}",
        queues=["events", "upkeep"],
        pool_cls="prefork",
        concurrency=settings.FARSIDE_WORKERS,
        without_mingle=True,
        without_gossip=True,
        loglevel=settings.FARSIDE_LOG_LEVEL,
        quiet=True,
    )
    _share_memory()
    worker.start()
    return int(worker.exitcode or 0)


def _share_memory() -> None:
    """Make before the fork what every process needs, and leave it out of the garbage collector's rounds: its pages
    stay shared.
    """
    describe("Mozilla/5.0")  # the first one compiles all patterns, 23 MB
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    sys.exit(main())
