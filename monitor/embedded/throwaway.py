"""Serves one test run: starts both servers in a temporary folder, ends and deletes them when its input closes."""

import json
import signal
import sys
import tempfile
from pathlib import Path

from monitor.embedded.servers import Servers


def main() -> None:
    """Print the folder and the addresses as one line of JSON, then wait for the end of standard input.

    The kernel closes the pipe however the other side ends, so that a killed test run leaves nothing behind.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with tempfile.TemporaryDirectory(prefix="farside-test-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        servers = Servers(Path(folder), fsync="no")
        servers.start()
        try:
            print(json.dumps({"FARSIDE_DATA": folder, **servers.urls()}), flush=True)
            sys.stdin.read()
        finally:
            servers.stop()


if __name__ == "__main__":
    main()
