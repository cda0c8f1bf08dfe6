"""What a process does not need it does not load, and what all processes of a worker need they share."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHELL = {"click_repl", "prompt_toolkit"}
"""What comes with Celery's command line."""
WORKER = "from monitor.worker import app; app.loader.import_default_modules()"
APPS = {"django.db.models", "monitor.models", "rest_framework"}


def said_by(code: str) -> list[str]:
    """The words that a new Python prints when it runs `code`."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("process", "needless"),
    [
        ("import monitor.management.commands.up", {*SHELL, *APPS, "celery"}),
        ("import monitor.clock", {*SHELL, *APPS, "monitor.tasks", "monitor.pipeline"}),
        (WORKER, {*SHELL, "rest_framework.views", "monitor.views", "numpy"}),
    ],
)
def test_a_process_loads_what_it_needs(process: str, needless: set[str]) -> None:
    assert not needless & set(said_by(f"{process}; import sys; print(*sys.modules)"))


def test_the_patterns_of_user_agents_are_compiled_before_the_fork() -> None:
    made = "monitor.worker._share_memory(); print('parser' in vars(ua_parser), gc.get_freeze_count() > 1000)"
    assert said_by(f"import gc, ua_parser, monitor.worker; {made}") == ["True", "True"]
