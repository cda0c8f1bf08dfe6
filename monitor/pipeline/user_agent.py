"""A user agent's text to browser, operating system and device, fast and remembered."""

from functools import lru_cache
from typing import Any

from ua_parser import parse
from user_agents.parsers import UserAgent, parse_browser, parse_device, parse_operating_system


class FastUserAgent(UserAgent):  # type: ignore[misc]  # the package has no types
    """`user-agents` on ua-parser's compiled matcher: its own constructor asks the pure Python one, 25 times slower."""

    def __init__(self, text: str) -> None:
        found = parse(text).with_defaults()
        browser, system, device = found.user_agent, found.os, found.device
        self.ua_string = text
        self.browser = parse_browser(browser.family, browser.major, browser.minor, browser.patch)
        self.os = parse_operating_system(system.family, system.major, system.minor, system.patch, system.patch_minor)
        self.device = parse_device(device.family, device.brand, device.model)


@lru_cache(maxsize=4096)
def describe(text: str) -> dict[str, dict[str, Any]]:
    """The contexts `browser`, `os` and `device` of a user agent; what is not known is left out."""
    if not text:
        return {}
    agent = FastUserAgent(text[:1000])
    contexts = {
        "browser": {"name": agent.browser.family, "version": agent.browser.version_string},
        "os": {"name": agent.os.family, "version": agent.os.version_string},
        "device": {"name": agent.device.family, "kind": _kind(agent)},
    }
    return {name: context for name, context in contexts.items() if context["name"] != "Other"}


def _kind(agent: UserAgent) -> str:
    kinds = {"bot": agent.is_bot, "tablet": agent.is_tablet, "phone": agent.is_mobile, "desktop": agent.is_pc}
    return next((kind for kind, is_so in kinds.items() if is_so), "")
