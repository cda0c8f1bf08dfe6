"""Evidence around an issue's onset, on the real database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from monitor.models import Deploy, Issue, IssueCount, Organisation, Project, Release
from monitor.pipeline.correlate.evidence import MOST_METRICS, Evidence, evidence
from monitor.pipeline.correlate.onset import BIN, Onset, find_onset, latest_burst
from monitor.pipeline.correlate.window_series import rates
from monitor.pipeline.store_readings import SentReadings, SentSample, SentSeries, store_readings
from monitor.pipeline.store_results import SentResult, SentResults, store_results

NOW = datetime.fromtimestamp(datetime.now(UTC).timestamp() // 300 * 300, UTC)
ONSET = NOW - timedelta(minutes=30)
Curve = Callable[[float], float | None]


@pytest.fixture
def project(db: None) -> Project:
    organisation = Organisation.objects.create(name="Acme", slug="acme")
    return Project.objects.create(organisation=organisation, name="Shop", slug="shop")


@pytest.fixture
def issue(project: Project) -> Issue:
    """First seen at ONSET, and every five minutes since."""
    made = Issue.objects.create(project=project, number=1, first_seen=ONSET, last_seen=NOW)
    count(made, *((minutes, 10) for minutes in range(0, 30, 5)))
    return made


def count(issue: Issue, *bins: tuple[float, int]) -> None:
    """Events by minutes after ONSET."""
    for minutes, events in bins:
        at = ONSET + timedelta(minutes=minutes)
        IssueCount.objects.create(project_id=issue.project_id, issue_id=issue.id, bin=at, events=events)


def send_metrics(project: Project, host: str, kind: str = "gauge", **curves: Curve) -> None:
    """A value a minute of each curve (seconds since ONSET -> value) from 2½ hours before NOW."""
    moments = [NOW - timedelta(minutes=minutes) for minutes in range(150, 0, -1)]
    samples = [SentSample(at, [curve((at - ONSET).total_seconds()) for curve in curves.values()]) for at in moments]
    series = [SentSeries(name, "1", kind, {}) for name in curves]
    store_readings(project, SentReadings(host, {}, "", NOW, series, samples), NOW)


def noisy(level: float, seed: int) -> Curve:
    random = np.random.default_rng(seed)
    return lambda _: float(random.normal(level, level / 50))


def stepping(low: float, high: float, at_s: float = 0) -> Curve:
    return lambda seconds: high if seconds >= at_s else low + (seconds % 7) / 1000


def send_probes(project: Project, location: str, fails: Callable[[float], bool], check: str = "shop") -> None:
    results = []
    for minutes in range(100, 0, -1):
        at, bad = NOW - timedelta(minutes=minutes), fails((NOW - timedelta(minutes=minutes) - ONSET).total_seconds())
        results.append(
            SentResult(
                None, check, f"https://{check}.example/", at, at, not bad, None, 9.0, {}, "timeout" * bad, "", "", 1
            )
        )
    store_results(project, SentResults(location, "0.1.0", NOW, results), NOW)


def gather(issue: Issue) -> Evidence:
    return evidence(issue.project_id, issue.id, NOW)


def test_a_metric_that_stepped_with_the_issue_comes_first(project: Project, issue: Issue) -> None:
    send_metrics(project, "web-1", cpu=stepping(0.2, 0.9), memory=noisy(5e9, 1), load=stepping(1, 9, at_s=-3600))
    found = gather(issue).metrics
    assert [metric.name for metric in found] == ["cpu"]
    move = found[0].moves[0]
    assert (move.host, move.before, move.after) == ("web-1", pytest.approx(0.2, abs=0.01), pytest.approx(0.9, abs=0.01))
    assert abs(move.moved_at - ONSET) <= timedelta(minutes=2)
    assert len([value for _, value in found[0].points if value is not None]) > 100


def test_a_metric_tells_on_how_many_hosts_it_moved(project: Project, issue: Issue) -> None:
    for number in range(4):
        bad = number < 3
        send_metrics(
            project, f"web-{number}", cpu=stepping(0.2, 0.9) if bad else noisy(0.2, number), disk=noisy(9, number)
        )
    (metric,) = gather(issue).metrics
    assert (metric.name, metric.moved_hosts, metric.hosts, metric.share) == ("cpu", 3, 4, 0.75)
    assert sorted(move.host for move in metric.moves) == ["web-0", "web-1", "web-2"]


def test_counters_are_looked_at_as_rates(project: Project, issue: Issue) -> None:
    def sent(seconds: float) -> float:
        return 1e6 + seconds * 5 + max(0.0, seconds) * 500

    send_metrics(project, "web-1", "counter", bytes=sent, steady=lambda seconds: 1e9 + seconds * 70)
    (metric,) = gather(issue).metrics
    assert metric.name == "bytes"
    assert (metric.moves[0].before, metric.moves[0].after) == (pytest.approx(5, rel=0.1), pytest.approx(505, rel=0.1))


def test_other_projects_metrics_do_not_show(project: Project, issue: Issue) -> None:
    other = Project.objects.create(organisation=project.organisation, name="Bank", slug="bank")
    send_metrics(other, "web-1", cpu=stepping(0.2, 0.9))
    found = gather(issue)
    assert (found.metrics, found.notes) == ((), ("No host sent metrics in this time.",))


def test_too_little_data_says_so(project: Project, issue: Issue) -> None:
    send_metrics(project, "new", cpu=lambda seconds: 0.9 if seconds > -120 else None)
    found = gather(issue)
    assert found.metrics == ()
    assert found.notes == ("1 of 1 series had too few values around the onset to be judged.",)


def test_gaps_are_no_obstacle(project: Project, issue: Issue) -> None:
    step = stepping(0.2, 0.9)
    send_metrics(project, "web-1", cpu=lambda seconds: None if seconds % 180 == 60 else step(seconds))
    assert [metric.name for metric in gather(issue).metrics] == ["cpu"]


def test_only_the_strongest_metrics_are_listed(project: Project, issue: Issue) -> None:
    curves = {f"metric{number}": stepping(1, 2 + number) for number in range(MOST_METRICS + 4)}
    send_metrics(project, "web-1", **curves)
    assert len(gather(issue).metrics) == MOST_METRICS


def test_probe_failures_by_check_and_location(project: Project, issue: Issue) -> None:
    send_probes(project, "fra-1", lambda seconds: seconds >= 0)
    send_probes(project, "nyc-1", lambda seconds: False)
    (probe,) = gather(issue).probes
    assert (probe.check, probe.location, probe.kinds) == ("shop", "fra-1", ("timeout",))
    assert (probe.failed, probe.total, probe.failed_before) == (30, 45, 0)
    assert probe.total_before > 30 and probe.first_failed_at == ONSET


def test_failures_long_before_are_no_evidence(project: Project, issue: Issue) -> None:
    send_probes(project, "fra-1", lambda seconds: seconds < -1800)
    assert gather(issue).probes == ()


def test_deploys_and_new_releases_before_the_onset(project: Project, issue: Issue) -> None:
    for version, hours in (("2.0", 1), ("1.0", 30)):
        at = ONSET - timedelta(hours=hours)
        Deploy.objects.create(project_id=project.pk, version=version, environment="production", finished_at=at)
    for version, hours in (("2.0", 1), ("2.1", 0.5), ("0.9", 90)):
        Release.objects.create(project_id=project.pk, version=version, first_event_at=ONSET - timedelta(hours=hours))
    changes = gather(issue).changes
    assert [(change.kind, change.version) for change in changes] == [("release", "2.1"), ("deploy", "2.0")]


def test_the_onset_is_where_the_latest_burst_began(issue: Issue) -> None:
    assert find_onset(issue) == Onset(ONSET, "burst")


def test_without_burst_the_onset_is_when_it_came_back(issue: Issue) -> None:
    count(issue, *((-minutes, 10) for minutes in range(5, 24 * 60, 5)))
    assert find_onset(issue).why == "first seen"
    issue.regressed_at = NOW - timedelta(days=2)
    assert (find_onset(issue).why, find_onset(issue).at) == ("regressed", issue.regressed_at)


@pytest.mark.parametrize(
    ("counts", "begin"),
    [
        ({}, None),
        ({0: 5}, 0),
        ({0: 5, 1: 5, 2: 5}, 2),
        ({0: 5, 4: 5, 5: 1}, 5),
        ({0: 5, 5: 5}, 0),
        (dict.fromkeys(range(288), 10), None),
        ({back: 100 if back < 3 else 10 for back in range(288)}, 2),
        ({back: 100 if back in (20, 21) else 10 for back in range(288)}, 21),
    ],
)
def test_bursts(counts: dict[int, int], begin: int | None) -> None:
    """Bins are told by how many lie after them."""
    found = latest_burst({NOW - BIN * back: events for back, events in counts.items()})
    assert found == (None if begin is None else NOW - BIN * begin)


def test_rates_know_gaps_and_restarts() -> None:
    values = np.array([[10.0], [np.nan], [30.0], [5.0], [15.0]])
    found = rates(values, np.array([0.0, 10.0, 20.0, 30.0, 40.0]))[:, 0]
    assert [None if np.isnan(value) else value for value in found] == [None, None, 1.0, None, 1.0]
