"""The base of commands that take settings as flags."""

import os
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand

import monitor.settings  # noqa: F401 - the registry is filled where the settings are read
from monitor.environment import FLAGS, REGISTRY, SettingError


class FlagCommand(BaseCommand):
    """A command with some of monitor.environment.FLAGS; monitor.cli has applied them, they stand here for --help."""

    flags: tuple[str, ...] = ("--data",)
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the flags."""
        for flag in self.flags:
            setting = REGISTRY[FLAGS[flag]]
            default = f" (default: {setting.default})" if setting.default else ""
            parser.add_argument(
                flag, metavar=flag.strip("-").upper(), help=f"{setting.meaning}{default}; {setting.name}"
            )


ALLOCATOR = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "262144"}
"""glibc gives back what a process used only for a moment; by itself it learns to keep it (mallopt(3))."""


class ProcessCommand(FlagCommand):
    """A command that becomes another program, so that signals reach that one directly."""

    def become(self, command: list[str]) -> None:
        """Replace this process; raise SettingError when it would not know where its servers are."""
        database = settings.DATABASE_URL or settings.DATABASES["default"]["HOST"]
        if not (database and settings.REDIS_URL):
            raise SettingError(
                f"no servers run in {settings.FARSIDE_DATA}; run `farside up`, or set DATABASE_URL and REDIS_URL"
            )
        for name, value in ALLOCATOR.items():
            os.environ.setdefault(name, value)
        os.execv(command[0], command)  # noqa: S606 - composed by us, no shell wanted
