"""Inbound filters: events a project has chosen not to keep; they are counted, by reason, and not stored."""

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from monitor.batch import Count, Item
from monitor.models import Project
from monitor.models.filters import Filters, matches
from monitor.pipeline.payload import Payload
from monitor.pipeline.trim import mapping

EXTENSION_SCHEMES = (
    "chrome-extension:",
    "moz-extension:",
    "safari-extension:",
    "safari-web-extension:",
    "ms-browser-extension:",
    "webkit-masked-url:",
)
EXTENSION_MESSAGES = (
    "Extension context invalidated",
    "Could not establish connection. Receiving end does not exist",
    "message port closed before a response was received",
    "A listener indicated an asynchronous response by returning true",
    "runtime.sendMessage",
    "MyApp_RemoveAllHighlights",
    "originalCreateNotification",
    "atomicFindClose",
    "conduitPage",
    "ZiteReader",
    "jigsaw is not defined",
    "ComboSearch is not defined",
)
"""What only extensions and toolbars throw, or their side of the browser does, into pages that have no part in it."""

CRAWLER = re.compile(r"GoogleOther|Mediapartners-Google|AdsBot-Google|Chrome-Lighthouse|Bytespider|Prerender", re.I)
"""Those that the user agent's parser takes for browsers; it knows the others."""

FIRST_MODERN = {
    "Chrome": 63,
    "Chrome Mobile": 63,
    "Chrome Mobile WebView": 63,
    "Edge": 79,
    "Edge Mobile": 79,
    "Firefox": 58,
    "Firefox Mobile": 58,
    "Opera": 50,
    "Opera Mobile": 46,
    "Safari": 12,
    "Mobile Safari": 12,
    "Samsung Internet": 8,
    "Android": 5,
}
"""The first version of each browser that has ES2018 (object spread, asynchronous iteration, Promise.finally), which
build tools of today assume: older ones fail for want of it. Names are the user agent parser's."""
NEVER_MODERN = {"IE", "IE Mobile", "Opera Mini", "BlackBerry WebKit"}
FIRST_MODERN_IOS = 12
"""Every browser of iOS has the system's engine."""


def filter_events(
    received: Sequence[tuple[Item, Payload]], filters: Mapping[int, Filters]
) -> tuple[list[tuple[Item, Payload]], list[Count]]:
    """Those to keep, in order, and the count of each that is not, with its reason; `filters` by project id."""
    kept, filtered = [], []
    for item, payload in received:
        if reason := filter_event(payload, filters[item.project_id]):
            filtered.append(Count(item.project_id, item.received_at, "event", "filtered", reason, 1))
        else:
            kept.append((item, payload))
    return kept, filtered


def filters_of(project_ids: Iterable[int]) -> dict[int, Filters]:
    """The filters of each project, in one query; a project that is gone has none."""
    wanted = set(project_ids)
    found = Project.objects.filter(pk__in=wanted).values_list("pk", "filters")
    return dict.fromkeys(wanted, Filters()) | {pk: Filters.of(stored) for pk, stored in found}


def filter_event(payload: Payload, filters: Filters) -> str:
    """Why the event is not to be kept: the first reason that applies, "" when none does."""
    url = str(payload.request.get("url") or "")
    if filters.localhost and is_local(url):
        return "localhost"
    if filters.crawlers and _is_crawler(payload):
        return "crawler"
    if filters.extensions and _is_of_extension(payload):
        return "browser_extension"
    if filters.legacy_browsers and _is_legacy(payload.contexts):
        return "legacy_browser"
    if _any_matches([payload.release], filters.releases):
        return "release"
    if filters.messages and _any_matches(_messages(payload), filters.messages):
        return "message"
    return "url" if _any_matches([url], filters.urls) else ""


def _any_matches(texts: Iterable[str], patterns: tuple[str, ...]) -> bool:
    return any(matches(text, pattern) for pattern in patterns for text in texts if text)


def _messages(payload: Payload) -> list[str]:
    """The event's message; of the exception that surfaced its message, with and without its type."""
    thrown = payload.thrown()
    return [payload.message, *([thrown.value, f"{thrown.type}: {thrown.value}"] if thrown else [])]


def is_local(url: str) -> bool:
    """Whether the page lies on the developer's own machine: localhost, a name below it, a loopback address."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _is_crawler(payload: Payload) -> bool:
    is_known = mapping(payload.contexts.get("device")).get("kind") == "bot"
    return is_known or bool(CRAWLER.search(payload.user_agent))


def _is_of_extension(payload: Payload) -> bool:
    """Whether all code in the stack that has an address is an extension's, or the message is one of theirs.

    One frame of the application suffices to keep it: then the extension may only stand between.
    """
    thrown = payload.thrown()
    if any(known in text for text in _messages(payload) for known in EXTENSION_MESSAGES):
        return True
    addresses = [frame.abs_path for frame in thrown.frames if ":" in frame.abs_path] if thrown else []
    return bool(addresses) and all(address.startswith(EXTENSION_SCHEMES) for address in addresses)


def _is_legacy(contexts: dict[str, Any]) -> bool:
    browser, system = mapping(contexts.get("browser")), mapping(contexts.get("os"))
    name, version = str(browser.get("name")), _major(browser)
    if name in NEVER_MODERN:
        return True
    if system.get("name") == "iOS" and 0 < _major(system) < FIRST_MODERN_IOS:
        return True
    return 0 < version < FIRST_MODERN.get(name, 0)


def _major(context: dict[str, Any]) -> int:
    """The first number of a version; 0 when there is none."""
    digits = str(context.get("version") or "").partition(".")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 0
