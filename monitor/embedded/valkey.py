"""The embedded Valkey: an append-only broker behind a password on a loopback port."""

from pathlib import Path

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from monitor.embedded.account import Account, run_as
from monitor.embedded.binaries import valkey_program
from monitor.embedded.process import Process, write_private

# redis-py by itself tries again for seconds, even a wrong password.
ONCE = Retry(NoBackoff(), 0)
MOST_MEMORY_BYTES = 4 * 1024**3


class Valkey(Process):
    """One Valkey in `home`/valkey; `fsync` is its appendfsync: always, everysec, or no (for tests)."""

    grace_s = 60.0

    def __init__(self, home: Path, secrets: dict[str, str], account: Account | None, port: int, fsync: str) -> None:
        super().__init__("Valkey", home / "run" / "valkey.json")
        self.data = home / "valkey"
        self.log = home / "log" / "valkey.log"
        self.program = valkey_program(home / "binaries", account)
        self.secrets = secrets
        self.account = account
        self.port = port
        self.fsync = fsync

    @property
    def url(self) -> str:
        """The address that the application uses, its password included."""
        return f"redis://:{self.secrets['broker']}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        config = self.data / "valkey.conf"
        write_private(config, self._config())
        if self.account:
            self.account.give(self.data)
        command = [str(self.program), str(config)]
        with self.log.open("ab") as log:
            self.spawn(command, stdout=log, env={"LC_ALL": "C", "TZ": "UTC"}, cwd=self.data, **run_as(self.account))

    def check(self) -> bool:
        """Whether the server answers and has read its file."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=5, retry=ONCE) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def _config(self) -> str:
        # A full broker must refuse (the door then spools), never evict what it has acknowledged.
        memory = min(psutil.virtual_memory().total // 4, MOST_MEMORY_BYTES)
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self.secrets["broker"],
            "dir": f'"{self.data}"',
            "appendonly": "yes",
            "appendfsync": self.fsync,
            "save": '""',
            "maxmemory": str(memory),
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
            "set-proc-title": "no",
        }
        return "".join(f"{name} {value}\n" for name, value in options.items())
