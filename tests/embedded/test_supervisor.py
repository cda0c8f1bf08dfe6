"""Children are shown, started again, given up on, and stopped in order."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from monitor.embedded.process import ServerError
from monitor.embedded.supervisor import Child, Stop, Supervisor, stop_on_signals

SLEEP = "import time; time.sleep(60)"
NOTE = """
import signal, sys, time
def end(*_):
    open(sys.argv[1], "a").write(sys.argv[2] + "\\n")
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(60)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def child(run: Path, name: str, source: str, *arguments: str) -> Child:
    return Child(name, [sys.executable, "-c", source, *arguments], run, grace_s=30)


def wait_for(text: str, capsys: pytest.CaptureFixture[str], seen: str = "") -> str:
    """Read what was printed until `text` is in it."""
    for _ in range(400):
        seen += capsys.readouterr().out
        if text in seen:
            return seen
        time.sleep(0.05)
    pytest.fail(f"{text!r} was not printed, only {seen!r}")


def test_output_stands_behind_the_childs_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    child(tmp_path, "web", "print('hello\\nworld')").complete()
    assert capsys.readouterr().out == "    web | hello\n    web | world\n"


def test_a_step_that_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"`farside prepare` failed \(status 3\)"):
        child(tmp_path, "prepare", "raise SystemExit(3)").complete()


def test_who_dies_is_started_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    member = child(tmp_path, "worker", SLEEP)
    supervisor = Supervisor([member])
    member.start()
    assert member.child is not None
    member.child.kill()
    member.child.wait()
    supervisor.tend()
    assert member.alive()
    assert "worker ended unexpectedly (status -9); starting it again" in capsys.readouterr().out
    supervisor.stop()


def test_who_keeps_dying_is_given_up(tmp_path: Path) -> None:
    member = child(tmp_path, "worker", "raise SystemExit(1)")
    supervisor = Supervisor([member])
    member.start()
    for _ in range(5):
        assert member.child is not None
        member.child.wait()
        supervisor.tend()
    member.child.wait()
    with pytest.raises(ServerError, match="worker keeps ending"):
        supervisor.tend()


def test_the_last_to_start_is_the_first_to_stop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = tmp_path / "order"
    members = [child(tmp_path, name, NOTE, str(order), name) for name in ("worker", "beat", "web")]
    for member in members:
        member.start()
        wait_for("up", capsys)
    Supervisor(members).stop()
    assert order.read_text().split() == ["web", "beat", "worker"]


def test_a_second_signal_stops_by_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    member = child(tmp_path, "web", STUBBORN)
    member.start()
    wait_for("up", capsys)
    with stop_on_signals():
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        handler = signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
        Supervisor([member]).stop()
        signal.signal(signal.SIGALRM, handler)
    assert member.child is not None and member.child.returncode == -signal.SIGKILL
    assert "stopping by force" in capsys.readouterr().out


def test_signals_stop_the_block_and_are_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Stop, match="SIGTERM"), stop_on_signals():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
    assert signal.getsignal(signal.SIGTERM) is before
