"""What moved with an issue: the fragment, and the sentence that sums it up."""

from datetime import UTC, datetime, timedelta

from django.test import Client
from django.utils import timezone

from monitor.models import Deploy, Issue
from monitor.pipeline.correlate.evidence import Change, Evidence, MovedMetric, ProbeFailures
from monitor.pipeline.correlate.onset import Onset
from monitor.views.evidence import summarise
from tests.views.reading import read

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
PROBE = ProbeFailures(1, "Home", "frankfurt", 3, 4, 0, 20, AT, ("timeout",))
METRIC = MovedMetric("cpu.utilization", "ratio", "gauge", 1, 2, (), ())


def found(*changes: Change, probes: tuple[ProbeFailures, ...] = (), metrics: tuple[MovedMetric, ...] = ()) -> Evidence:
    return Evidence(Onset(AT, "burst"), AT, AT, changes, probes, metrics, ())


def deploy(minutes_before: float) -> Change:
    return Change("deploy", "web@4.12.0", "production", AT - timedelta(minutes=minutes_before))


def test_a_deploy_just_before_is_named() -> None:
    summary = summarise(found(deploy(4)))
    assert summary.headline == "Begins 4 min after the deploy of web@4.12.0"
    assert summary.detail == "No probe failed and no server metric moved."


def test_a_deploy_long_before_or_after_is_not() -> None:
    assert summarise(found(deploy(-1), deploy(90))).headline == "Nothing else moved"


def test_of_several_deploys_the_nearest_is_named() -> None:
    late, early = deploy(2), Change("release", "web@4.11.0", "", AT - timedelta(minutes=50))
    assert "2 min after the deploy of web@4.12.0" in summarise(found(late, early)).headline


def test_what_else_moved_is_told_without_calling_it_the_cause() -> None:
    summary = summarise(found(probes=(PROBE,), metrics=(METRIC, METRIC)))
    assert summary.headline == "In the same minutes: probes fail at 1 place, 2 server metrics moved"
    assert not summary.is_calm


def test_the_fragment_lists_deploys(viewer: Client, issue: Issue) -> None:
    at = timezone.now() - timedelta(minutes=40)
    Deploy.objects.create(project=issue.project, version="1.2.0", environment="production", finished_at=at)
    text = read(viewer, "/acme/web/issues/1/evidence/")
    assert "What moved with it" in text
    assert "Deploy of 1.2.0 to production 40 min ago" in text


def test_the_fragment_says_what_could_not_be_judged(viewer: Client, issue: Issue) -> None:
    assert "No host sent metrics in this time." in read(viewer, "/acme/web/issues/1/evidence/")


def test_outsiders_find_nothing(outsider: Client, issue: Issue) -> None:
    assert outsider.get("/acme/web/issues/1/evidence/").status_code == 404
