"""`make fuzz`: half of the time Hypothesis by itself, half of it led by coverage (atheris); a fault ends it."""

import os
import subprocess
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "build" / "fuzz"
os.environ["DJANGO_SETTINGS_MODULE"] = "monitor.settings"
os.environ.setdefault("FARSIDE_DATA", tempfile.mkdtemp(prefix="farside-fuzz-"))

import django  # noqa: E402

django.setup()

from tests.fuzz.properties import PROPERTIES, build  # noqa: E402

ROUND = 200


def by_itself(seconds: float) -> None:
    """Rounds of new examples of each property until the time is over."""
    started, made = time.monotonic(), 0

    def count() -> None:
        nonlocal made
        made += 1

    for name in cycle(PROPERTIES):
        spent = time.monotonic() - started
        if spent > seconds:
            print(f"Hypothesis: {made} requests in {spent:.0f} s, {made / spent:.0f} a second, no fault")
            return
        build(name, ROUND, count)()


def led_by_coverage(seconds: float) -> int:
    """Run the coverage-guided half in a process of its own; return its exit status."""
    corpus = WORK / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    _plant(corpus)
    options = [
        f"-max_total_time={seconds:.0f}",
        "-timeout=20",
        "-rss_limit_mb=4000",
        "-max_len=16000",
        "-len_control=0",
    ]
    options += [f"-artifact_prefix={WORK}/", "-print_final_stats=1", "-verbosity=0"]
    command = [sys.executable, "-m", "tests.fuzz.guided", *options, str(corpus)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _plant(corpus: Path) -> None:
    """Real requests and those that once made trouble, as tests.fuzz.guided takes them; noise to lead Hypothesis by."""
    for path in (ROOT / "tests" / "payloads").rglob("*.*"):
        if path.suffix in (".envelope", ".json"):
            kind = len(PROPERTIES) + (path.suffix == ".json")
            (corpus / path.name).write_bytes(bytes([kind]) + path.read_bytes())
    for kind in range(len(PROPERTIES)):
        (corpus / f"noise-{kind}").write_bytes(bytes([kind]) + os.urandom(4000))


if __name__ == "__main__":
    half = float(sys.argv[1]) / 2
    by_itself(half)
    sys.exit(led_by_coverage(half))
