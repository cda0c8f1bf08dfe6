"""Checks: how they stand at each location, their results, adding and changing them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Avg, Count, DateTimeField, Func, Q, Value
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from monitor.forms import CheckForm
from monitor.models import Check, Result
from monitor.views.access import Request, get_project
from monitor.views.chart import Chart, Line, Range, asked_range, deploy_marks
from monitor.views.counts import Window

STRIP = 30
"""Results in the strip beside a check."""
LATE_AFTER = 3
"""Intervals without a result after which a location counts as silent."""
RANGES = {
    "1h": Range(timedelta(hours=1), timedelta(minutes=1)),
    "24h": Range(timedelta(hours=24), timedelta(minutes=10)),
    "7d": Range(timedelta(days=7), timedelta(hours=1)),
}


@dataclass(frozen=True)
class Standing:
    """A check seen from one location: its last results, the latest at the end."""

    location: str
    results: list[Result]
    is_late: bool

    @property
    def last(self) -> Result:
        """The latest result."""
        return self.results[-1]


@dataclass(frozen=True)
class Row:
    """A check and how it stands at each location."""

    check: Check
    standings: list[Standing]

    def state(self) -> tuple[str, str]:
        """A word and its tone: the worst of the locations."""
        if not self.check.is_active:
            return "Off", "quiet"
        if not self.standings:
            return "No result yet", "quiet"
        failing = [standing for standing in self.standings if not standing.last.is_ok]
        if failing:
            is_everywhere = len(failing) == len(self.standings)
            return ("Failing", "rising") if is_everywhere else (f"Failing in {len(failing)}", "warn")
        return ("Silent", "warn") if all(standing.is_late for standing in self.standings) else ("Holds", "ok")


@login_required
def checks(request: Request, org: str, slug: str) -> HttpResponse:
    """The checks with their state and last results, and the locations heard of."""
    project = get_project(request, org, slug)
    rows = _rows(list(project.checks.order_by("name")))
    if request.headers.get("HX-Request"):
        return render(request, "check/_list.html", {"rows": rows})
    return render(request, "check/checks.html", {"rows": rows, "locations": project.locations.order_by("name")})


@login_required
def check(request: Request, org: str, slug: str, check: int) -> HttpResponse:
    """One check: state, latency chart, failures and why."""
    found = _get_check(request, org, slug, check)
    since = timezone.now() - timedelta(days=7)
    results = Result.objects.filter(project_id=found.project_id, day__gte=since.date(), check_id=found.pk)
    context = {
        "row": _rows([found])[0],
        "failures": results.filter(is_ok=False, scheduled_at__gte=since).order_by("-scheduled_at", "location")[:50],
        "ranges": list(RANGES),
    }
    return render(request, "check/check.html", context)


@login_required
def check_latency(request: Request, org: str, slug: str, check: int) -> JsonResponse:
    """Mean duration of the probes that held, by location, and how many failed, for the chart."""
    found, span = _get_check(request, org, slug, check), asked_range(request, RANGES, "1h")
    window = Window.until(timezone.now(), span.step, span.bins())
    lines, failures = _durations(found, window)
    drawn = [Line(location, values) for location, values in sorted(lines.items())]
    drawn += [Line("failed probes", failures, is_count=True)] if any(failures) else []
    marks = deploy_marks(found.project_id, window.begin)
    return Chart("lines", window.times(), drawn, "ms", marks).response()


@login_required
def check_new(request: Request, org: str, slug: str) -> HttpResponse:
    """Add a check."""
    project = get_project(request, org, slug, least="admin")
    return _edit(request, Check(project=project))


@login_required
def check_edit(request: Request, org: str, slug: str, check: int) -> HttpResponse:
    """Change a check."""
    return _edit(request, _get_check(request, org, slug, check, least="admin"))


@login_required
@require_POST
def check_remove(request: Request, org: str, slug: str, check: int) -> HttpResponse:
    """Remove a check; its results stay until their retention ends."""
    found = _get_check(request, org, slug, check, least="admin")
    found.delete()
    messages.success(request, f"The check “{found.name}” is removed.")
    return redirect("checks", org, slug)


def _get_check(request: Request, org: str, slug: str, check_id: int, least: str = "viewer") -> Check:
    return get_object_or_404(get_project(request, org, slug, least).checks.select_related("project"), pk=check_id)


def _edit(request: Request, check: Check) -> HttpResponse:
    form = CheckForm(request.POST or None, instance=check)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        messages.success(request, f"The check “{saved.name}” is saved. Probers fetch it within a minute.")
        return redirect("check", check.project.organisation.slug, check.project.slug, saved.pk)
    return render(request, "check/edit.html", {"form": form, "check": check})


def _rows(checks: list[Check]) -> list[Row]:
    """The checks with the results of their last STRIP intervals, in one query."""
    now, found = timezone.now(), dict[int, dict[str, list[Result]]]()
    for result in _recent(checks, now):
        found.setdefault(result.check_id, {}).setdefault(result.location, []).append(result)
    return [Row(check, _standings(check, found.get(check.pk, {}), now)) for check in checks]


def _recent(checks: list[Check], now: datetime) -> Iterable[Result]:
    if not checks:
        return []
    spans = [
        Q(check_id=check.pk, scheduled_at__gte=now - timedelta(seconds=STRIP * check.interval_s)) for check in checks
    ]
    longest = timedelta(seconds=STRIP * max(check.interval_s for check in checks))
    rows = Result.objects.filter(project_id=checks[0].project_id, day__gte=(now - longest).date())
    return rows.filter(reduce(or_, spans)).order_by("check_id", "location", "scheduled_at")


def _standings(check: Check, by_location: dict[str, list[Result]], now: datetime) -> list[Standing]:
    late = timedelta(seconds=LATE_AFTER * check.interval_s + check.timeout_s)
    return [
        Standing(location, results[-STRIP:], now - results[-1].scheduled_at > late)
        for location, results in sorted(by_location.items())
    ]


def _durations(check: Check, window: Window) -> tuple[dict[str, list[float | None]], list[int]]:
    """location -> mean milliseconds of each step (None: no probe held), and the failures of each step."""
    step = Func(
        Value(window.step), "scheduled_at", Value(window.begin), function="date_bin", output_field=DateTimeField()
    )
    rows = Result.objects.filter(project_id=check.project_id, day__gte=window.begin.date(), check_id=check.pk)
    grouped = rows.filter(scheduled_at__gte=window.begin).annotate(step=step).values_list("location", "step", "is_ok")
    lines: dict[str, list[float | None]] = {}
    failures = [0] * window.bins
    for location, at, is_ok, mean, probes in grouped.annotate(mean=Avg("duration_ms"), probes=Count("*")):
        position = (at - window.begin) // window.step
        line = lines.setdefault(location, [None] * window.bins)
        if position < window.bins and is_ok:
            line[position] = round(mean, 1)
        elif position < window.bins:
            failures[position] += probes
    return lines, failures
