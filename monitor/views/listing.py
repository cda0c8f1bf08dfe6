"""What the issue list shows: tabs with counts, a page of rows with their sparklines and badges."""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.http import QueryDict
from django.utils import timezone

from monitor.models import Issue, Project
from monitor.models.issue import OPEN
from monitor.views.counts import RECENT, Window, count_events, rise
from monitor.views.search import NEW_FOR, search

PAGE_SIZE = 25
TABS = {"look": "Needs a look", "unresolved": "Unresolved", "resolved": "Resolved", "ignored": "Ignored", "all": "All"}
SORTS = {
    "seen": ("Last seen", "-last_seen"),
    "first": ("First seen", "-first_seen"),
    "events": ("Events", "-event_count"),
    "users": ("Users", "-user_count"),
}


@dataclass(frozen=True)
class Badge:
    """Why an issue wants a look, or how it stands: a word and its tone in app.css."""

    word: str
    tone: str


@dataclass(frozen=True)
class Row:
    """One issue of the list."""

    issue: Issue
    counts: list[int]
    badge: Badge
    is_rising: bool = False

    def hot_from(self) -> int | None:
        """The first bar of the sparkline that belongs to the rise."""
        return len(self.counts) - RECENT if self.is_rising else None


@dataclass(frozen=True)
class Tab:
    """One tab, and how many issues of the search it holds."""

    key: str
    label: str
    count: int
    is_current: bool


@dataclass(frozen=True)
class Listing:
    """Everything the list needs. `address` is the query string that leads here again, without the page."""

    query: str
    sort: str
    tab: str
    tabs: list[Tab]
    page: "Page[Issue]"
    rows: list[Row]
    address: str
    problems: tuple[str, ...] = ()
    sorts: dict[str, tuple[str, str]] = field(default_factory=lambda: SORTS)

    def is_untouched(self) -> bool:
        """Whether nothing was searched and the project has no issue at all."""
        return not self.query and self.tabs[-1].count == 0


def list_issues(project: Project, asked: QueryDict, user: User) -> Listing:
    """The page of the issue list that the query string `asked` describes."""
    now, query = timezone.now(), asked.get("query", "").replace("\0", "").strip()
    found = search(project, query, user)
    tab = _known(asked.get("tab"), TABS, "all" if query else "look")
    sort = _known(asked.get("sort"), SORTS, "seen")
    counts = found.issues.aggregate(**{key: Count("id", filter=in_tab(key, now)) for key in TABS})
    selected = found.issues.filter(in_tab(tab, now)).prefetch_related("assignee").order_by(SORTS[sort][1], "-id")
    pages = Paginator(selected, PAGE_SIZE)
    pages.count = counts[tab]
    page = pages.get_page(asked.get("page"))
    address = QueryDict(mutable=True)
    address.update({"tab": tab, "sort": sort, "query": query})
    tabs = [Tab(key, label, counts[key], key == tab) for key, label in TABS.items()]
    return Listing(query, sort, tab, tabs, page, _rows(project, list(page), now), address.urlencode(), found.problems)


def _known(asked: str | None, known: Container[str], default: str) -> str:
    return asked if asked is not None and asked in known else default


def in_tab(tab: str, now: datetime) -> Q:
    """The issues of a tab. What needs a look: open ones that came back or are new."""
    if tab == "look":
        return Q(status="regressed") | Q(status="unresolved", first_seen__gte=now - NEW_FOR)
    if tab == "unresolved":
        return Q(status__in=OPEN)
    return Q() if tab == "all" else Q(status=tab)


def badge_of(issue: Issue, now: datetime) -> Badge:
    """The word beside an issue's title."""
    if issue.status == "unresolved":
        return Badge("New", "new") if issue.first_seen >= now - NEW_FOR else Badge("Ongoing", "quiet")
    return Badge(issue.status.capitalize(), {"resolved": "ok"}.get(issue.status, issue.status))


def _rows(project: Project, issues: list[Issue], now: datetime) -> list[Row]:
    window = Window.until(now, timedelta(hours=1), 24)
    counts = count_events(project.pk, [issue.id for issue in issues], window)
    for issue in issues:
        issue.project = project
    return [_row(issue, counts[issue.id], now) for issue in issues]


def _row(issue: Issue, counts: list[int], now: datetime) -> Row:
    badge, factor = badge_of(issue, now), rise(counts)
    if badge.word == "Ongoing" and factor:
        return Row(issue, counts, Badge(f"Rising ×{factor:.0f}", "rising"), is_rising=True)
    return Row(issue, counts, badge)
