"""Command line options that several commands share, each with its environment variable."""

import argparse
import logging
import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit


class UsageError(Exception):
    """The command cannot run as it was called; the message says what to change."""


def add_server(parser: argparse.ArgumentParser) -> None:
    """Adds --server and --token."""
    environment = os.environ
    parser.add_argument(
        "--server", type=server_url, default=environment.get("FARSIDE_SERVER") or None, metavar="URL",
        help="address of the Farside server (FARSIDE_SERVER)",
    )  # fmt: skip
    parser.add_argument(
        "--token", type=token, default=environment.get("FARSIDE_TOKEN") or None,
        help="bearer token; in the environment other users of the machine don't see it (FARSIDE_TOKEN)",
    )  # fmt: skip


def add_project(parser: argparse.ArgumentParser) -> None:
    """Adds --project."""
    parser.add_argument(
        "--project", default=os.environ.get("FARSIDE_PROJECT") or None, metavar="P",
        help="slug of the project; needed when the token is for all projects (FARSIDE_PROJECT)",
    )  # fmt: skip


def add_spool(parser: argparse.ArgumentParser) -> None:
    """Adds --spool."""
    parser.add_argument(
        "--spool", type=Path, default=os.environ.get("FARSIDE_SPOOL") or _state_folder(), metavar="DIR",
        help="folder for what could not be sent yet (FARSIDE_SPOOL; default %(default)s)",
    )  # fmt: skip


def add_identity(parser: argparse.ArgumentParser, option: str, variable: str, what: str) -> None:
    """Adds --location or --host: a name for this place that defaults to the machine's own."""
    parser.add_argument(
        option, type=name, default=os.environ.get(variable) or socket.gethostname(), metavar="NAME",
        help=f"{what} ({variable}; default %(default)s)",
    )  # fmt: skip


def seconds(least: float, most: float) -> Callable[[str], float]:
    """An argument type: a number of seconds within bounds."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds between {least:g} and {most:g}")
        return value

    return parse


def server_url(text: str) -> str:
    """An argument type: http(s)://host[:port][/path]."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or parts.username:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address such as https://farside.example.org")
    return text.rstrip("/")


def token(text: str) -> str:
    """An argument type: a bearer token; the message never repeats it."""
    if not re.fullmatch(r"[!-~]+", text.strip()):
        raise argparse.ArgumentTypeError("the token holds spaces or other characters that no token has")
    return text.strip()


def name(text: str) -> str:
    """An argument type: a name of a location or host, 1 to 100 printable characters."""
    if not text.strip() or len(text) > 100 or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text[:100]!r} is not a name of 1 to 100 printable characters")
    return text.strip()


def need_server(arguments: argparse.Namespace) -> tuple[str, str]:
    """Server and token of parsed arguments; raises UsageError when one is missing."""
    if not arguments.server:
        raise UsageError("no server: give --server URL or set FARSIDE_SERVER")
    if not arguments.token:
        raise UsageError("no token: give --token or set FARSIDE_TOKEN (make one in the project's settings)")
    return arguments.server, arguments.token


def start_logging(command: str) -> None:
    """Sends log lines to stderr, each with the command's name; httpx keeps to warnings."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=f"farside {command}: %(message)s", force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def stop_on_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _state_folder() -> Path:
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "farside"
