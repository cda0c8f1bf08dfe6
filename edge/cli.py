"""The command `farside`: dispatches to the commands of this distribution, any other to the server's."""

import sys
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points

from edge import __version__
from edge.agent import command as agent
from edge.options import UsageError
from edge.prober import command as prober
from edge.sourcemaps import command as sourcemaps
from edge.spool import SpoolError

Command = Callable[[Sequence[str]], int]

COMMANDS: dict[str, tuple[Command, str]] = {
    "probe": (prober.main, "execute HTTP checks from this place and report the results"),
    "agent": (agent.main, "report this machine's CPU, memory, disk, network and load"),
    "sourcemaps": (sourcemaps.main, "inject debug IDs into a build and upload its source maps"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs `farside <command> …`; returns the exit status (2: called wrongly)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        return _help()
    if arguments[0] == "--version":
        print(f"farside-edge {__version__}")
        return 0
    try:
        return _dispatch(arguments)
    except (UsageError, SpoolError) as error:
        print(f"farside {arguments[0]}: {error}", file=sys.stderr)
        return 2


def _dispatch(arguments: list[str]) -> int:
    if arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]][0](arguments[1:])
    server = _server_command()
    if server is None:
        raise UsageError(f"{arguments[0]!r} is a command of the Farside server; install the farside package")
    return server(arguments)


def _help() -> int:
    print("usage: farside <command> [options]\n\ncommands:")
    for name, (_, summary) in COMMANDS.items():
        print(f"  {name:<12}{summary}")
    print("\n`farside <command> --help` tells a command's options.")
    server = _server_command()
    if server is None:
        print("The server's commands (up, bootstrap, ...) come with the farside package, which is not installed here.")
        return 0
    print("\nThe commands of the Farside server follow.\n", flush=True)
    return server(["--help"])


def _server_command() -> Command | None:
    """The entry point that the server's distribution registers, None when it is not installed."""
    for entry in entry_points(group="farside.commands", name="server"):
        command: Command = entry.load()
        return command
    return None
