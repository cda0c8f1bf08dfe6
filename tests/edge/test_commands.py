"""The command line as a user meets it: dispatch, bad options, and both senders as real processes."""

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge import __version__, cli

ROOT = Path(__file__).resolve().parents[2]


class Entry:
    """Stands for the entry point of an installed server distribution."""

    @staticmethod
    def load() -> Callable[[list[str]], int]:
        return lambda argv: print("server:", *argv) or 7


def test_without_the_server_its_commands_are_explained(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(cli, "entry_points", lambda **_: [])
    assert cli.main(["up"]) == 2
    told = capsys.readouterr().err
    assert told == "farside up: 'up' is a command of the Farside server; install the farside package\n"
    assert cli.main(["--help"]) == 0
    assert "not installed here" in capsys.readouterr().out


def test_with_the_server_its_commands_are_called(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(cli, "entry_points", lambda **_: [Entry])
    assert cli.main(["up", "--port", "1"]) == 7
    assert capsys.readouterr().out == "server: up --port 1\n"
    cli.main(["--help"])
    told = capsys.readouterr().out
    assert "sourcemaps" in told
    assert told.endswith("The commands of the Farside server follow.\n\nserver: --help\n")


def test_version(capsys: Any) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"farside-edge {__version__}\n"
    assert f'version = "{__version__}"' in (ROOT / "edge/pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["probe"], "no server: give --server"),
        (["probe", "--server", "http://localhost:1"], "no token: give --token"),
        (["probe", "--once"], "--once needs at least one --url"),
        (["probe", "--url", "ftp://x"], "not an http:// or https:// URL"),
        (["probe", "--url", "http://a", "--url", "http://b", "--name", "a"], "2 --url but 1 --name"),
        (["probe", "--url", "http://a", "--expect-status", "ok"], "expected status 'ok'"),
        (["agent", *(f"--label=k{number}=v" for number in range(21))], "21 labels: at most 20"),
        (["agent"], "no server: give --server"),
        (["sourcemaps", "upload", "--release", "1", "."], "no server: give --server"),
    ],
)
def test_wrong_calls_are_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "a.js").touch()
    monkeypatch.chdir(tmp_path)
    for name in ("FARSIDE_SERVER", "FARSIDE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert cli.main(arguments) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["probe", "--every", "often"],
        ["probe", "--timeout", "0"],
        ["probe", "--server", "localhost"],
        ["probe", "--location", ""],
        ["probe", "--token", "secret token"],
        ["agent", "--label", "role"],
        ["agent", "--label", "role=" + "x" * 201],
        ["sourcemaps"],
        ["sourcemaps", "upload", "dist"],
        ["sourcemaps", "upload", "--release", "1", "--url-prefix", "/static", "dist"],
    ],
)
def test_wrong_options_end_with_usage(capsys: Any, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "secret token" not in capsys.readouterr().err


def test_probe_once_prints_sends_and_tells_by_its_status(server: Any, capsys: Any) -> None:
    access = ["--server", server.url, "--token", "t", "--location", "fra-1"]
    assert cli.main(["probe", "--once", "--url", server.url + "/shop", "--name", "shop", *access]) == 0
    assert re.match(r"shop http://127\.0\.0\.1:\d+/shop: ok, 202 in \d+ ms \(dns ", capsys.readouterr().out)
    sent = server.requests[-1]
    assert (sent.path, sent.json["prober"]["location"]) == ("/api/v1/probe/results", "fra-1")
    assert sent.json["results"][0]["ok"] is True


def test_probe_once_fails_when_a_check_fails(closed_port: int, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FARSIDE_SERVER", raising=False)
    assert cli.main(["probe", "--once", "--url", f"http://127.0.0.1:{closed_port}"]) == 1
    assert "FAILED, connect: cannot connect: Connection refused" in capsys.readouterr().out


def test_probe_once_tells_when_results_were_not_sent(server: Any, closed_port: int, capsys: Any) -> None:
    access = ["--server", f"http://127.0.0.1:{closed_port}", "--token", "t"]
    assert cli.main(["probe", "--once", "--url", server.url, *access]) == 1
    assert "the results were not sent: cannot reach" in capsys.readouterr().err


def test_agent_once_prints_and_sends(server: Any, capsys: Any) -> None:
    access = ["--server", server.url, "--token", "t", "--host", "web-1", "--label", "role=web"]
    assert cli.main(["agent", "--once", *access]) == 0
    assert re.search(r"^memory\.utilization +0\.\d+ ratio$", capsys.readouterr().out, re.MULTILINE)
    body = server.requests[0].json
    assert (body["host"]["name"], body["host"]["labels"]) == ("web-1", {"role": "web"})
    assert len(body["series"]) == len(body["samples"][0]["values"])


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(server: Any, tmp_path: Path) -> Iterator[Start]:
    """Starts `farside …` as a process that reports to `server`."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        settings = {"FARSIDE_SERVER": server.url, "FARSIDE_TOKEN": "t", "FARSIDE_SPOOL": str(tmp_path / "spool")}
        command = [sys.executable, "-m", "edge", *arguments]
        started.append(
            subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stderr=subprocess.PIPE, text=True)
        )
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


def entries(server: Any, path: str, key: str) -> list[dict[str, Any]]:
    return [entry for request in list(server.requests) if request.path == path for entry in request.json[key]]


def test_a_prober_runs_its_assignments_and_stops_cleanly(server: Any, start: Start) -> None:
    def route(request: Any) -> tuple[int, dict[str, str], bytes]:
        check = f'{{"id": "12", "name": "shop", "url": "{server.url}/shop", "interval_s": 1}}'
        assigned = (200, {"ETag": '"1"'}, f'{{"checks": [{check}]}}'.encode())
        return assigned if request.path.endswith("assignments") else (202, {}, b"{}")

    server.route = route
    process = start("probe", "--location", "fra-1")
    results = until(lambda: entries(server, "/api/v1/probe/results", "results"))
    assert results[0]["check"]["id"] == "12"
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_an_agent_killed_during_an_outage_sends_everything_later(server: Any, start: Start, tmp_path: Path) -> None:
    server.answers = [(503, {}, b"{}")]
    first = start("agent", "--every", "1", "--host", "web-1")
    until(lambda: sum(path.stat().st_size for path in tmp_path.rglob("*.log")) > 2000)
    first.kill()
    first.wait()
    tried = entries(server, "/api/v1/metrics", "samples")
    server.requests.clear()
    server.answers = [(202, {}, b"{}")]
    start("agent", "--every", "1", "--host", "web-1")
    sent = until(lambda: entries(server, "/api/v1/metrics", "samples"))
    moments = [sample["at"] for sample in sent]
    assert {sample["at"] for sample in tried} <= set(moments)
    assert moments == sorted(set(moments))


@pytest.mark.parametrize("command", ["probe", "agent"])
def test_a_token_of_all_projects_needs_a_project(server: Any, start: Start, command: str) -> None:
    server.answers = [(200, {}, b'{"organisation": "acme", "project": null, "scopes": []}')]
    process = start(command)
    assert process.wait(20) == 2
    assert "all projects of acme: name one by --project" in (process.stderr.read() if process.stderr else "")


def test_the_project_goes_with_each_request(server: Any, capsys: Any) -> None:
    access = ["--server", server.url, "--token", "t", "--project", "web"]
    assert cli.main(["agent", "--once", *access]) == 0
    assert [request.path for request in server.requests] == ["/api/v1/metrics?project=web"]


def test_two_agents_cannot_share_a_spool(start: Start) -> None:
    first = start("agent", "--host", "web-1")
    assert first.stderr
    first.stderr.readline()
    second = start("agent", "--host", "web-1")
    assert second.wait(20) == 2
    assert "is in use by another process; name another by --spool" in (second.stderr.read() if second.stderr else "")


def test_every_option_and_variable_is_documented() -> None:
    documented = (ROOT / "docs/edge.md").read_text()
    code = "".join(path.read_text() for path in (ROOT / "edge").rglob("*.py"))
    names = set(re.findall(r'"(--[a-z][a-z-]+)"', code)) | set(re.findall(r"FARSIDE_[A-Z]+", code))
    assert len(names) > 20
    assert [name for name in sorted(names) if f"`{name}" not in documented] == []


def test_the_distribution_holds_every_package_and_needs_nothing_of_the_server() -> None:
    project = tomllib.loads((ROOT / "edge/pyproject.toml").read_text())
    packages = {"edge." + path.parent.name for path in (ROOT / "edge").glob("*/__init__.py")} | {"edge"}
    assert set(project["tool"]["setuptools"]["packages"]) == packages
    code = "import sys, edge.cli; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "'httpx'" in ran.stdout
    assert not re.search("'(django|celery|monitor|ingest|numpy)'", ran.stdout)
