"""Inbound filters: what a project chose not to keep is counted, and nothing else is left out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import DeadLetter, Event, Issue, Outcome, Project
from monitor.models.filters import Filters, matches
from monitor.pipeline.filter import filter_event, is_local
from monitor.pipeline.normalize import normalize
from monitor.pipeline.process import process
from tests.sending import batch, error_event, item

EVERYTHING = Filters(extensions=True, crawlers=True, localhost=True, legacy_browsers=True)
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0.0.0 Safari/537.36"


def reason(filters: Filters, **changes: Any) -> str:
    return filter_event(normalize(item(Project(pk=1), error_event(**changes))), filters)


def browsing(user_agent: str, url: str = "https://shop.example/cart") -> dict[str, Any]:
    return {"request": {"url": url, "headers": {"User-Agent": user_agent}}}


def thrown(value: str, *addresses: str) -> dict[str, Any]:
    frames = [{"filename": address, "function": "f", "lineno": 1, "colno": 1} for address in addresses]
    return {"exception": {"values": [{"type": "TypeError", "value": value, "stacktrace": {"frames": frames}}]}}


def test_an_ordinary_error_passes_every_filter() -> None:
    assert reason(EVERYTHING) == reason(EVERYTHING, **browsing(CHROME)) == ""


def test_a_project_that_chose_nothing_filters_nothing() -> None:
    robot = browsing("Googlebot/2.1 (+http://www.google.com/bot.html)", "http://localhost:3000/")
    assert reason(Filters(), **robot, **thrown("x", "chrome-extension://abc/a.js")) == ""


@pytest.mark.parametrize(
    "user_agent",
    [
        f"Mozilla/5.0 {WEBKIT}; compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/126.0.0.0",
        "Mozilla/5.0 (compatible; YandexRenderResourcesBot/1.0; +http://yandex.com/bots)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) {WEBKIT} Chrome/126 Mobile (compatible; GoogleOther)",
        "Mediapartners-Google",
        f"Mozilla/5.0 (Linux; Android 5.0) {WEBKIT} Mobile Safari/537.36 (compatible; Bytespider)",
    ],
)
def test_crawlers_are_known_by_their_user_agent(user_agent: str) -> None:
    assert reason(EVERYTHING, **browsing(user_agent)) == "crawler"


def test_a_phone_named_cubot_is_no_robot() -> None:
    assert reason(EVERYTHING, **browsing(f"Mozilla/5.0 (Linux; Android 11; CUBOT) {WEBKIT} Chrome/126.0 Mobile")) == ""


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:3000/cart", True),
        ("http://shop.localhost/", True),
        ("http://LOCALHOST./", True),
        ("http://127.0.0.1:8000/", True),
        ("http://127.8.9.1/", True),
        ("http://[::1]:8080/", True),
        ("http://0.0.0.0:5000/", True),
        ("https://localhost.example/", False),
        ("https://shop.example/?next=http://localhost/", False),
        ("http://192.168.0.7/", False),
        ("http://[::1", False),
        ("/cart", False),
        ("", False),
    ],
)
def test_localhost_is_the_pages_own_host(url: str, expected: bool) -> None:
    assert is_local(url) is expected
    assert (reason(EVERYTHING, request={"url": url}) == "localhost") is expected


@pytest.mark.parametrize(
    "event",
    [
        thrown("x", "chrome-extension://abc/content.js", "moz-extension://def/a.js"),
        thrown("x", "safari-web-extension://ABC/a.js", "<anonymous>"),
        thrown("x", "webkit-masked-url://hidden/"),
        thrown("Extension context invalidated.", "https://shop.example/app.js"),
        {"exception": None, "message": "Can't find variable: ZiteReader"},
    ],
)
def test_code_of_extensions_alone_is_filtered(event: dict[str, Any]) -> None:
    assert reason(EVERYTHING, **event) == "browser_extension"


@pytest.mark.parametrize(
    "event",
    [
        thrown("x", "https://shop.example/app.js", "chrome-extension://abc/wraps-fetch.js"),
        thrown("x", "<anonymous>"),
        thrown("x"),
    ],
)
def test_an_error_the_application_has_part_in_is_kept(event: dict[str, Any]) -> None:
    assert reason(EVERYTHING, **event) == ""


IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS {} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "is_legacy"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", True),
        ("Opera/9.80 (Android; Opera Mini/36.2/119.132; U; id) Presto/2.12.423 Version/12.16", True),
        (f"Mozilla/5.0 (Windows NT 6.1) {WEBKIT} Chrome/62.0.3202.94 Safari/537.36", True),
        (f"Mozilla/5.0 (Windows NT 6.1) {WEBKIT} Chrome/63.0.3239.84 Safari/537.36", False),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763", True),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", False),
        ("Mozilla/5.0 (Windows NT 6.1; rv:57.0) Gecko/20100101 Firefox/57.0", True),
        ("Mozilla/5.0 (Windows NT 6.1; rv:58.0) Gecko/20100101 Firefox/58.0", False),
        (f"{IPHONE.format('11_4')} Version/11.0 Mobile/15E148 Safari/604.1", True),
        (f"{IPHONE.format('11_4')} CriOS/80.0.3987 Mobile/15E148 Safari/604.1", True),
        (f"{IPHONE.format('17_4')} FxiOS/32.0 Mobile/15E148 Safari/605.1.15", False),
        ("Mozilla/5.0 (Linux; U; Android 4.4.2; en-us; GT-I9505) AppleWebKit/534.30 Version/4.0 Mobile", True),
        (f"Mozilla/5.0 (Linux; Android 9; SM-G960F) {WEBKIT} SamsungBrowser/7.4 Chrome/59.0 Mobile", True),
        ("a browser nobody knows/1.0", False),
    ],
)
def test_browsers_below_es2018_are_legacy(user_agent: str, is_legacy: bool) -> None:
    assert reason(Filters(legacy_browsers=True), **browsing(user_agent)) == ("legacy_browser" if is_legacy else "")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(releases=("SHOP@1.*",)), "release"),
        (Filters(releases=("shop@2.*", "1.0.0")), ""),
        (Filters(messages=("*is undefined",)), "message"),
        (Filters(messages=("typeerror: price *",)), "message"),
        (Filters(messages=("undefined",)), ""),
        (Filters(urls=("*://*.example/cart*",)), "url"),
        (Filters(urls=("https://shop.example/",)), ""),
    ],
)
def test_patterns_fit_the_whole_text(filters: Filters, expected: str) -> None:
    assert reason(filters) == expected


def test_an_event_without_a_release_fits_no_pattern_of_releases() -> None:
    assert reason(Filters(releases=("*-dev",)), release=None) == ""


@given(parts=st.lists(st.text("ab.?[]", max_size=4), min_size=1, max_size=6), filling=st.text("abc*?", max_size=5))
def test_a_pattern_fits_what_fills_its_stars(parts: list[str], filling: str) -> None:
    assert matches(filling.join(parts), "*".join(parts))
    assert not matches("z" + "".join(parts), "*".join(parts)) or parts[0] == ""


@pytest.mark.parametrize("text", ["aba", "ab", "a.b", "axb"])
def test_only_the_star_is_special(text: str) -> None:
    assert matches(text, "a?b") is matches(text, "[a]*b") is matches(text, "ab*ba") is False


def test_many_stars_cost_no_more_than_few() -> None:
    assert not matches("a" * 8192, "*a" * 99 + "*b")


def outcomes() -> dict[tuple[str, str], int]:
    rows = Outcome.objects.filter(category="event").values_list("outcome", "reason", "items")
    return {(outcome, why): items for outcome, why, items in rows}


def test_filtered_events_are_counted_by_reason_and_not_stored(project: Project) -> None:
    chosen = Filters(localhost=True, messages=("*boring*",))
    Project.objects.update(filters=chosen.stored())
    events = [error_event(request={"url": "http://localhost/"}), error_event(**thrown("boring", "a.js"))]
    made = batch(project, *events, error_event(), *events)
    process(made)
    process(made)
    assert outcomes() == {("stored", ""): 1, ("filtered", "localhost"): 2, ("filtered", "message"): 2}
    assert (Event.objects.count(), Issue.objects.get().event_count, DeadLetter.objects.count()) == (1, 1, 0)


def test_each_project_of_a_batch_has_its_own_filters(project: Project) -> None:
    other = Project.objects.create(
        organisation=project.organisation, name="App", slug="app", filters=Filters(localhost=True).stored()
    )
    made = batch(project, error_event(request={"url": "http://localhost/"}))
    local = item(other, error_event(request={"url": "http://localhost/"}))
    process(msgspec.structs.replace(made, items=[*made.items, local]))
    assert Event.objects.get().project_id == project.pk


def test_filters_of_a_newer_version_are_left_alone() -> None:
    assert Filters.of({"crawlers": True, "unheard_of": 3, "urls": ["*x"]}) == Filters(crawlers=True, urls=("*x",))
