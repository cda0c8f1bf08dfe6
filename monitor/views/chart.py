"""Charts as static/monitor/chart.js draws them: what to draw, as JSON."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from django.http import HttpRequest, JsonResponse

from monitor.models import Deploy


@dataclass(frozen=True)
class Range:
    """A length of time one can choose for a chart, and the steps it is drawn in."""

    length: timedelta
    step: timedelta

    def bins(self) -> int:
        """How many steps."""
        return self.length // self.step


@dataclass(frozen=True)
class Line:
    """One line or row of bars; values[i] belongs to the chart's x[i], None where nothing was measured.

    `is_count`: what is counted beside the lines, in bars on a scale of its own. `colour` is a token of app.css; "": the
    next of the usual ones.
    """

    label: str
    values: list[float | None] | list[int]
    is_count: bool = False
    colour: str = ""


@dataclass(frozen=True)
class Mark:
    """Something that happened at a moment (epoch seconds)."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    """`kind` is bars, stack (bars upon each other, the first line on top) or lines; x are epoch seconds, rising.

    `unit` is written at the axis.
    """

    kind: str
    x: list[float] | list[int]
    lines: list[Line]
    unit: str = ""
    marks: list[Mark] = field(default_factory=list)
    title: str = ""

    def response(self) -> JsonResponse:
        """The chart as chart.js fetches it."""
        return JsonResponse(asdict(self))


def asked_range(request: HttpRequest, ranges: dict[str, Range], default: str) -> Range:
    """The range in `?range=`, or the default one."""
    return ranges.get(request.GET.get("range", default), ranges[default])


def deploy_marks(project_id: int, begin: datetime) -> list[Mark]:
    """The deploys since `begin`, at most the latest 50."""
    deploys = Deploy.objects.filter(project_id=project_id, finished_at__gte=begin).order_by("-finished_at")[:50]
    return [Mark(deploy.finished_at.timestamp(), str(deploy)) for deploy in deploys]
