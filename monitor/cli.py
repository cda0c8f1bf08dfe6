"""Runs the server's commands: the part of `farside` that needs Django."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line, load_command_class
from django.db import OperationalError

from monitor.embedded.process import ServerError
from monitor.embedded.supervisor import Stop
from monitor.environment import FLAGS, SettingError

WITHOUT_APPS = frozenset({"up", "web", "worker", "beat"})
"""Commands that know the settings alone. Django's apps would take much of `up`'s memory as long as it runs."""


def main(arguments: list[str]) -> int:
    """Run one command; return its exit status. Flags like `--data DIR` become settings before Django reads them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor.settings")
    if arguments[:1] == ["up"] and __name__ != "__main__":
        # It runs for long, without what the `farside` before it has loaded for other commands.
        os.execv(sys.executable, [sys.executable, "-m", "monitor.cli", *arguments])  # noqa: S606 - no shell wanted
    try:
        _run(["farside", *_take_flags(arguments)])
    except (SettingError, ServerError) as error:
        print(f"farside: {error}", file=sys.stderr)
        return 2
    except OperationalError as error:
        reason = " ".join(str(error).split())
        print(
            f"farside: the database does not answer: {reason}; run `farside up`, or set DATABASE_URL", file=sys.stderr
        )
        return 2
    except (Stop, KeyboardInterrupt):
        return 130
    return 0


def _run(argv: list[str]) -> None:
    """Run a command, with Django's apps if it needs them."""
    if len(argv) > 1 and argv[1] in WITHOUT_APPS:
        load_command_class("monitor", argv[1]).run_from_argv(argv)
    else:
        execute_from_command_line(argv)


def _take_flags(arguments: list[str]) -> list[str]:
    """Move the flags that stand for settings into the environment; return the other arguments."""
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        flag, equals, value = argument.partition("=")
        if flag not in FLAGS:
            rest.append(argument)
            continue
        value = value if equals else next(waiting, "")
        if not value or (not equals and value.startswith("-")):
            raise SettingError(f"{flag} needs a value after it")
        os.environ[FLAGS[flag]] = str(Path(value).resolve()) if flag == "--data" else value
    return rest


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
