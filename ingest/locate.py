"""Where a client's address belongs: found behind trusted proxies, looked up in MMDB files, then dropped."""

import hmac
import logging
import time
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any

import maxminddb
from django.conf import settings

from monitor.batch import Place

LOOK_AGAIN_S = 60.0
"""How often the files are looked at for a change, at most."""
REMEMBERED = 20_000

logger = logging.getLogger("ingest")


def client_address(peer: str, headers: Mapping[str, str]) -> str:
    """The address of the client: the peer's, or with FARSIDE_TRUSTED_PROXIES = n the n-th from the right that
    X-Forwarded-For names. What a client itself writes into that header stands further left and is not believed.
    """
    proxies = settings.FARSIDE_TRUSTED_PROXIES
    hops = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",") if hop.strip()] if proxies else []
    return (plain(hops[-min(proxies, len(hops))]) if hops else "") or plain(peer) or peer


@lru_cache(maxsize=REMEMBERED)
def plain(text: str) -> str:
    """An address in its one spelling, without the port or zone that some add; "" for what is none."""
    text = text.partition("]")[0].removeprefix("[").partition("%")[0]
    host, _, port = text.rpartition(":")
    try:
        address = ip_address(host if "." in host and port.isdecimal() else text)
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def hash_client(project_id: int, address: str, user_agent: str) -> str:
    """32 hexadecimal digits that tell clients of one project apart and lead back to no address without the key."""
    text = f"{project_id}:{address}:{user_agent}"
    return hmac.digest(settings.SECRET_KEY.encode(), text.encode("utf-8", "replace"), "sha256").hex()[:32]


def locate(address: str) -> Place | None:
    """What the files of FARSIDE_MMDB know of an address; None when that is nothing. Never raises; logs, once a file."""
    global _atlas
    paths = tuple(settings.FARSIDE_MMDB)
    if not paths:
        return None
    if _atlas is None or _atlas.paths != paths or _atlas.is_outdated():
        _atlas = Atlas(paths)
    return _atlas.find(address)


Stamp = tuple[int, int, int] | None


class Atlas:
    """MMDB files, opened as they are now. The first one that knows a thing is believed."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self.paths = paths
        self._looked_at = time.monotonic()
        self._stamps = [_stamp(path) for path in paths]
        self._readers = {path: reader for path in paths if (reader := _open(path))}
        self.find = lru_cache(maxsize=REMEMBERED)(self._find)

    def is_outdated(self) -> bool:
        """Whether a file was replaced, came or went; the disk is asked once in LOOK_AGAIN_S."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_AGAIN_S:
            return False
        self._looked_at = now
        return [_stamp(path) for path in self.paths] != self._stamps

    def _find(self, text: str) -> Place | None:
        found = Place()
        if address := plain(text):
            for path in list(self._readers):
                found = _complete(found, self._read(path, address))
        return found if found != Place() else None

    def _read(self, path: str, address: str) -> Place:
        reader = self._readers[path]
        if ":" in address and reader.metadata().ip_version == 4:
            return Place()
        try:
            return _place(reader.get(address))
        except (maxminddb.InvalidDatabaseError, ValueError) as error:
            logger.warning("FARSIDE_MMDB: %s is damaged (%s) and left out; download it again", path, error)
            del self._readers[path]
            return Place()


_atlas: Atlas | None = None


def _stamp(path: str) -> Stamp:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _open(path: str) -> maxminddb.Reader | None:
    try:
        return maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        logger.warning("FARSIDE_MMDB: %s cannot be used (%s); events get no place from it", path, error)
        return None


def _complete(place: Place, by: Place) -> Place:
    return Place(
        place.asn or by.asn, place.network or by.network, place.country or by.country, place.region or by.region
    )


def _place(record: object) -> Place:
    """A record as GeoLite2 and DB-IP have it (names in English) or as IPinfo has it (`asn` as "AS3320")."""
    if not isinstance(record, dict):
        return Place()
    asn = record.get("autonomous_system_number") or _text(record.get("asn")).upper().removeprefix("AS")
    country = record.get("country")
    if isinstance(country, dict):
        country = country.get("iso_code")
    code = _text(record.get("country_code") or country).upper()
    return Place(
        asn=int(asn) if str(asn).isdecimal() else 0,
        network=_text(record.get("autonomous_system_organization") or record.get("as_name")),
        country=code if len(code) == 2 else "",
        region=_region(record),
    )


def _region(record: dict[str, Any]) -> str:
    """The largest division of the country: its name in English, else its code."""
    divisions = record.get("subdivisions")
    largest = divisions[0] if isinstance(divisions, list) and divisions else None
    if not isinstance(largest, dict):
        return _text(record.get("region"))
    names = largest.get("names")
    return _text(names.get("en") if isinstance(names, dict) else "") or _text(largest.get("iso_code"))


def _text(value: object) -> str:
    return value.strip()[:200] if isinstance(value, str) else ""
