"""The order of releases: by semantic version where both have one, else by date."""

from dataclasses import dataclass
from datetime import datetime

from semver import Version


@dataclass(frozen=True)
class Dated:
    """A release's version and the time that orders it where versions cannot: `date_released or date_added`."""

    version: str
    dated: datetime


def parse_semver(version: str) -> tuple[str, Version] | None:
    """Split `package@1.2.3-rc.1+build` (or `v1.2.3`, or `1.2`) into package and version; None when it is no semver."""
    package, _, number = version.rpartition("@")
    if "." not in number.split("-")[0]:
        return None  # a date, a hash, a build number
    try:
        return package, Version.parse(number.removeprefix("v"), optional_minor_and_patch=True)
    except ValueError:
        return None


def is_newer(release: Dated, than: Dated) -> bool:
    """Whether `release` comes after `than`.

    Both semver with the same package: by precedence (semver.org, item 11; build metadata does not count). Otherwise,
    hashes say, or a scheme that was switched: by date.
    """
    if release.version == than.version:
        return False
    mine, theirs = parse_semver(release.version), parse_semver(than.version)
    if mine and theirs and mine[0] == theirs[0]:
        return mine[1] > theirs[1]
    return release.dated > than.dated


def newest(releases: list[Dated]) -> Dated | None:
    """The release that no other is newer than; None for none."""
    found: Dated | None = None
    for release in releases:
        if found is None or is_newer(release, found):
            found = release
    return found
