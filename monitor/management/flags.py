"""The base of commands that take settings as flags."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from monitor.environment import FLAGS, REGISTRY


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
