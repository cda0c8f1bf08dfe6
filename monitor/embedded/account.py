"""The account that the embedded servers run as: ours, or one without rights when we are root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.embedded.process import ServerError

# No passwd entry needed: root may take any number. It lies between the ranges that distributions hand out.
SERVERS_ID = 64913


@dataclass(frozen=True)
class Account:
    """A user and group number without further groups."""

    uid: int
    gid: int

    def give(self, path: Path) -> None:
        """Make this account the owner of the path and of all that lies below it."""
        for item in (path, *path.rglob("*")):
            os.chown(item, self.uid, self.gid, follow_symlinks=False)

    def may_enter(self, path: Path) -> bool:
        """Whether the path and every folder above it are open to an account that is in none of their groups."""
        place = path.resolve()
        return all(folder.stat().st_mode & stat.S_IXOTH for folder in (place, *place.parents))


def servers_account(postgres_data: Path) -> Account | None:
    """Return who the servers shall run as, None for ourselves; data that exists keeps its owner."""
    if os.geteuid() != 0:
        return None
    if postgres_data.exists() and (owner := postgres_data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    return Account(SERVERS_ID, SERVERS_ID)


def nobody() -> Account:
    """Return the system's `nobody`: initdb insists on a user that has a name."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise ServerError("this system has no user `nobody`; run as an ordinary user, or set DATABASE_URL") from None
    return Account(entry.pw_uid, entry.pw_gid)


def run_as(account: Account | None) -> dict[str, Any]:
    """The arguments of subprocess.Popen that make the child run as the account."""
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
