"""The main job: an error in a real browser becomes a grouped, readable issue and a Slack message."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Shop
from tests.e2e.pages import add_slack, break_shop, log_in, open_issue, project_url
from tests.fake_slack import FakeSlack
from tests.system import ROOT, System, wait_for

TITLE = "Cannot read properties of undefined"
FOUR = re.compile(r"4\s*events")
SCREENSHOTS = ROOT / "docs" / "screenshots"
MEMORY = "import time; held = bytearray(3_000_000_000); held[::4096] = b'x' * len(held[::4096]); time.sleep(600)"
"""A process that takes 3 GB at once: a metric that visibly moves."""


@pytest.fixture
def edge(farside: System) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Processes of the far end, ended with the test."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.terminate()
    for process in started:
        process.wait(timeout=20)


def screenshot(page: Page, name: str) -> None:
    """Into the docs when asked for (`make screenshots`); otherwise the page is only looked at by the assertions."""
    if os.environ.get("FARSIDE_SCREENSHOTS"):
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")


def member_page(browser: Browser, farside: System) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light").new_page()
    log_in(page, farside)
    return page


def throw(browser: Browser, shop: Shop) -> None:
    """A customer of their own meets the broken button."""
    context = browser.new_context()
    break_shop(context.new_page(), shop.url)
    context.close()


def see_source(page: Page) -> None:
    """The broken line in its source, without a click."""
    expect(page.get_by_text("src/cart/total.ts:21:23").first).to_be_visible()
    expect(page.locator(".src .hit").first).to_contain_text("line.product.price.cents")
    expect(page.get_by_text("amountOf").first).to_be_visible()


def test_from_a_thrown_error_to_a_team_that_knows(
    farside: System, slack: FakeSlack, browser: Browser, build: Any, edge: list[Any]
) -> None:
    replay_history(farside, "web-1")
    edge.append(farside.start("agent", "--every", "5", "--host", "web-1"))
    dist: Path = build("farside")
    farside.run("sourcemaps", "upload", "--release", "shop@1.0.0", str(dist))
    shop = Shop(dist, farside.credentials["dsn"], "shop@1.0.0")
    page = member_page(browser, farside)
    add_slack(page, farside, slack.url)
    edge.append(farside.start("probe", "--url", f"{shop.url}/api/health", "--name", "shop", "--every", "10"))

    throw(browser, shop)
    edge.append(subprocess.Popen([sys.executable, "-c", MEMORY]))
    open_issue(page, farside, TITLE)
    see_source(page)
    wait_for("the message of the new issue", lambda: len(slack.messages) == 1)
    assert "TypeError" in slack.texts()[0] and "src/cart/total.ts" in str(slack.messages[0])

    page.get_by_role("button", name="Resolve", exact=True).first.click()
    expect(page.locator("#issue-head")).to_contain_text("Resolved")
    throw(browser, shop)  # a stale tab of the old release brings nothing back
    shop.deploy("shop@1.1.0")
    throw(browser, shop)
    throw(browser, shop)
    wait_for("the message of the regression", lambda: len(slack.messages) == 2)
    assert "shop@1.1.0" in str(slack.messages[1])
    wait_for("the fourth event on the page", lambda: page.reload() and FOUR.search(page.locator(".facts").inner_text()))
    expect(page.locator("#issue-head")).to_contain_text("Regressed in shop@1.1.0")

    shop.stop()
    see_evidence(page)
    assert len(slack.messages) == 2
    take_pictures(page, farside)


def replay_history(farside: System, host: str) -> None:
    """What an agent's spool holds after half an hour without the network: this machine's memory, as it was."""
    used, now = psutil.virtual_memory().used, datetime.now(UTC)
    moments = [now - timedelta(seconds=15 * step) for step in range(120, 0, -1)]
    farside.post(
        "/api/v1/metrics",
        {
            "host": {"name": host, "labels": {}, "agent": "farside-agent/0.1.0"},
            "sent_at": now.isoformat(),
            "series": [{"name": "memory.used", "unit": "bytes", "kind": "gauge", "labels": {}}],
            "samples": [
                {"at": at.isoformat(), "values": [used + step % 7 * 10_000_000]} for step, at in enumerate(moments)
            ],
        },
    )


def see_evidence(page: Page) -> None:
    """Probe failures, and the metrics that moved, beside the errors."""
    for _ in range(60):
        page.reload()
        panel = page.locator("#evidence")
        panel.wait_for()
        if "failed from" in panel.inner_text() and "memory.used" in panel.inner_text():
            return
        page.wait_for_timeout(2000)
    raise AssertionError(panel.inner_text())


def take_pictures(page: Page, farside: System) -> None:
    """The list and the issue, at a desk and on a phone, in light and dark."""
    issue = page.url
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for name, url in (("issues", f"{project_url(farside)}/issues/?tab=all"), ("issue", issue)):
            for width, height in ((1280, 900), (390, 844)):
                page.set_viewport_size({"width": width, "height": height})
                page.goto(url)
                page.wait_for_load_state("networkidle")
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                screenshot(page, f"{name}-{scheme}-{width}")


def test_the_same_with_sentrys_sdk(farside: System, browser: Browser, build: Any) -> None:
    dist = build("sentry")
    farside.run("sourcemaps", "upload", "--release", "shop@2.0.0", str(dist))
    shop = Shop(dist, farside.credentials["dsn"], "shop@2.0.0")
    before = {issue["id"]: issue["count"] for issue in issues(farside)}
    throw(browser, shop)
    shop.stop()
    wait_for("the event", lambda: {issue["id"]: issue["count"] for issue in issues(farside)} != before)
    page = member_page(browser, farside)
    open_issue(page, farside, TITLE)
    see_source(page)


def issues(farside: System) -> list[dict[str, Any]]:
    """All issues, by the Sentry-shaped API."""
    org, project = farside.credentials["org"], farside.credentials["project"]
    found: list[dict[str, Any]] = farside.api(f"/api/0/projects/{org}/{project}/issues/?query=")
    return found
