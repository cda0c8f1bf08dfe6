"""What a member of the team does in the pages."""

import re

from playwright.sync_api import Page, expect

from tests.system import System


def log_in(page: Page, farside: System) -> None:
    """Log in with the first credentials."""
    page.goto(f"{farside.url}/login/")
    page.get_by_label("E-mail").fill(farside.credentials["email"])
    page.get_by_label("Password").fill(farside.credentials["password"])
    page.get_by_role("button", name="Log in").click()
    expect(page).not_to_have_url(re.compile("/login/"))


def project_url(farside: System) -> str:
    """Where the first project's pages lie."""
    return f"{farside.url}/{farside.credentials['org']}/{farside.credentials['project']}"


def add_slack(page: Page, farside: System, webhook_url: str) -> None:
    """Add a Slack channel by the form."""
    page.goto(f"{project_url(farside)}/channels/new/")
    page.get_by_label("Name").fill("#web-errors")
    page.get_by_label("Webhook URL").fill(webhook_url)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("#web-errors").first).to_be_visible()


def break_shop(page: Page, url: str) -> None:
    """Open the shop as a customer would, and press the button that is broken."""
    page.goto(url)
    page.wait_for_selector("html[data-ready]")
    page.click("#broken")
    expect(page.locator("#report")).to_contain_text("The error was reported")


def open_issue(page: Page, farside: System, title: str) -> None:
    """From the issue list to the issue with that title; waits until it is listed."""
    for _ in range(100):
        page.goto(f"{project_url(farside)}/issues/?tab=all")
        found = page.get_by_role("link").filter(has_text=title)
        if found.count():
            found.first.click()
            page.wait_for_load_state("networkidle")
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"no issue {title!r} was listed")
