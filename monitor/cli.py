"""Runs the server's commands: the part of `farside` that needs Django."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from monitor.environment import SettingError


def main(arguments: list[str]) -> int:
    """Run one command; return its exit status. `--data DIR` becomes FARSIDE_DATA, which the settings read."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor.settings")
    try:
        if (data := _data_folder(arguments)) is not None:
            os.environ["FARSIDE_DATA"] = str(Path(data).resolve())
        execute_from_command_line(["farside", *arguments])
    except SettingError as error:
        print(f"farside: {error}", file=sys.stderr)
        return 2
    return 0


def _data_folder(arguments: list[str]) -> str | None:
    """The value of `--data`, wanted before Django reads its settings."""
    for position, argument in enumerate(arguments):
        if argument.startswith("--data="):
            return argument.removeprefix("--data=")
        if argument == "--data":
            if position + 1 == len(arguments):
                raise SettingError("--data needs a folder after it, as --data ./data")
            return arguments[position + 1]
    return None
