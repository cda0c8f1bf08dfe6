"""Fetches the public source map that a script names, when nobody uploaded one: a setting, off by default.

Events say which URLs are fetched, and anybody may send events. So requests go to public addresses alone, follow no
redirect, are bounded in size, time and number, and what they bring serves only frames of that very URL and release.
"""

import json
import logging
import time
from urllib.parse import urljoin

import redis
from django.conf import settings

from monitor.broker import client
from monitor.channels.errors import ChannelError
from monitor.channels.outgoing import get_file
from monitor.pipeline.sourcemaps.artifacts import store_files
from monitor.pipeline.sourcemaps.find_map import Build, bare
from monitor.pipeline.sourcemaps.uploaded_file import UploadedFile, describe, looks_like_map

MOST_SCRIPT_BYTES, MOST_MAP_BYTES = 16_000_000, 64_000_000
MOST_AN_HOUR = 200
"""Scripts of one project that are looked for in an hour."""
TRIED_S = 6 * 3600
"""How long it is believed that a URL has no map."""
WORK_S = 60.0
_WANTED = "farside:maps:wanted"
_TRIED = "farside:maps:tried:{}"
_COUNTED = "farside:maps:counted:{}:{}"

_log = logging.getLogger(__name__)


class NotFetched(Exception):
    """No map came; the text says why."""


def want(build: Build, url: str) -> None:
    """Note that a script's map is lacking, once in a while and for so many an hour. Never fails the event."""
    if not settings.FARSIDE_FETCH_MAPS or not build.release or not url.startswith(("http://", "https://")):
        return
    wish = json.dumps([build.project_id, build.release, build.dist, bare(url)])
    counted = _COUNTED.format(build.project_id, int(time.time()) // 3600)
    try:
        valkey = client()
        if not valkey.set(_TRIED.format(wish), "1", nx=True, ex=TRIED_S):
            return
        if valkey.incr(counted) <= MOST_AN_HOUR:
            valkey.rpush(_WANTED, wish)
        valkey.expire(counted, 3600)
    except redis.RedisError as error:
        _log.warning("the map of %s is not looked for: %s", url[:200], error)


def fetch_wanted() -> int:
    """Fetch what is wanted, one after the other, for at most a minute; return how many scripts found their map."""
    found, end = 0, time.monotonic() + WORK_S
    while settings.FARSIDE_FETCH_MAPS and time.monotonic() < end and (wish := client().lpop(_WANTED)):
        project_id, release, dist, url = json.loads(str(wish, "utf-8") if isinstance(wish, bytes) else str(wish))
        try:
            store_files(project_id, release, dist, fetch_map(url))
            found += 1
        except (NotFetched, ChannelError) as error:
            _log.info("no public source map of %s: %s", url[:200], error)
    return found


def fetch_map(url: str) -> list[UploadedFile]:
    """The script at `url` and the map that its header or comment names. Raises NotFetched and ChannelError."""
    script = get_file(url, MOST_SCRIPT_BYTES)
    named = {"sourcemap": script.headers.get("sourcemap") or script.headers.get("x-sourcemap") or ""}
    files = describe(url, script.content, named, "minified_source")
    if len(files) == 1:
        files += _map_of(url, files[0].source_map_url)
    return files


def _map_of(url: str, named: str) -> list[UploadedFile]:
    if not named:
        raise NotFetched("the script names none")
    try:
        address = urljoin(url, named)
    except ValueError:
        raise NotFetched(f"the script names {named[:100]!r}, which is no URL") from None
    content = get_file(address, MOST_MAP_BYTES).content
    if not looks_like_map(content):
        raise NotFetched(f"what is served at {address[:200]} is no source map")
    return describe(bare(address), content, {}, "source_map")
