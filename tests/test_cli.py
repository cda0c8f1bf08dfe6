"""`farside`'s server commands: flags become settings, mistakes become one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def farside(*arguments: str, data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command with a data folder of its own and nothing else set."""
    own = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return subprocess.run(
        [sys.executable, "-m", "monitor.cli", *arguments],
        cwd=ROOT,
        env={**own, "FARSIDE_DATA": str(data), **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "line"),
    [
        (["up", "--data"], {}, "--data needs a value"),
        (["up", "--port", "--host"], {}, "--port needs a value"),
        (["up", "--port", "http"], {}, "FARSIDE_PORT='http' is not a whole number"),
        (["up", "--port=70000"], {}, "FARSIDE_PORT=70000 is out of range"),
        (["up"], {"DATABASE_URL": "mysql://u:p@h/d"}, "DATABASE_URL must begin with postgresql://"),
        (["up"], {"DATABASE_URL": "postgresql://u:%zz@h/d"}, "DATABASE_URL cannot be read"),
        (["up"], {"REDIS_URL": "unix:///run/redis"}, "REDIS_URL must begin with redis://"),
        (["up", "--data", "/proc/none"], {}, "/proc/none"),
        (["up", "--host", "203.0.113.1"], {}, "pass another with --host"),
        (["web"], {}, "no servers run in"),
        (["worker"], {}, "no servers run in"),
        (["beat"], {"REDIS_URL": "redis://h"}, "no servers run in"),
        (["migrate"], {}, "run `farside up`, or set DATABASE_URL"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    open_folder: Path, arguments: list[str], environment: dict[str, str], line: str
) -> None:
    done = farside(*arguments, data=open_folder / "cli", **environment)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("farside: ") and done.stderr.count("\n") == 1
    assert line in done.stderr


def test_a_secret_in_a_bad_address_is_not_repeated(open_folder: Path) -> None:
    done = farside("up", data=open_folder, DATABASE_URL="postgresql://u:s3cr3t@h:port/d", REDIS_URL="redis://:hush@h:x")
    assert done.returncode == 2
    assert "s3cr3t" not in done.stderr and "hush" not in done.stderr


def test_help_tells_the_flags_and_their_settings(open_folder: Path) -> None:
    done = farside("up", "--help", data=open_folder)
    assert done.returncode == 0
    for part in ("--data", "--port", "FARSIDE_PORT", "default: 8000", "--no-demo"):
        assert part in done.stdout
