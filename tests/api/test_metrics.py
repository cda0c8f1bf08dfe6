"""POST /api/v1/metrics."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.models import Host, Reading, Series
from tests.api.caller import Caller, make_caller

pytestmark = [pytest.mark.django_db, pytest.mark.urls("monitor.api.urls")]
PATH = "/api/v1/metrics"
NOW = datetime.now(UTC).replace(microsecond=0)
CPU: dict[str, Any] = {"name": "cpu.utilization", "unit": "ratio", "kind": "gauge", "labels": {}}
DISK: dict[str, Any] = {"name": "disk.used", "unit": "By", "kind": "gauge", "labels": {"device": "sda", "mount": "/"}}


@pytest.fixture(autouse=True, scope="module")
def _by_the_clock_of_now() -> None:
    """Modules are imported long before their tests run; a sender's clock is compared with ours."""
    global NOW
    NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def agent() -> Caller:
    return make_caller("metrics:write")


def sample(seconds_ago: int, *values: Any) -> dict[str, Any]:
    return {"at": (NOW - timedelta(seconds=seconds_ago)).isoformat(), "values": list(values)}


def body(series: list[dict[str, Any]], *samples: dict[str, Any], **changes: Any) -> dict[str, Any]:
    host = {"name": "web-1", "labels": {"role": "web"}, "agent": "farside-agent/0.1.0"}
    return {"host": host, "sent_at": NOW.isoformat(), "series": series, "samples": list(samples), **changes}


def values_of(name: str) -> list[float | None]:
    """All values of a series, by time."""
    series_id = Series.objects.get(name=name).id
    readings = Reading.objects.order_by("at")
    return [
        value
        for reading in readings
        for of, value in zip(reading.series_ids, reading.values, strict=True)
        if of == series_id
    ]


def test_readings_are_stored_under_host_and_series(agent: Caller) -> None:
    response = agent.post(PATH, body([CPU, DISK], sample(20, 0.31, 5e11), sample(10, None, 0.1 + 0.2)))
    assert (response.status_code, response.json()) == (202, {"accepted": 2, "duplicates": 0})
    assert (values_of("cpu.utilization"), values_of("disk.used")) == ([0.31, None], [5e11, 0.1 + 0.2])
    host = Host.objects.get()
    assert (host.name, host.labels, host.agent) == ("web-1", {"role": "web"}, "farside-agent/0.1.0")
    assert Series.objects.get(name="disk.used").labels == DISK["labels"]


def test_a_repeat_changes_nothing(agent: Caller) -> None:
    agent.post(PATH, body([CPU], sample(20, 1)))
    again = agent.post(
        PATH, body([CPU], sample(20, 2), sample(10, 3), sent_at=(NOW + timedelta(seconds=50)).isoformat())
    )
    assert again.json() == {"accepted": 1, "duplicates": 1}
    assert (values_of("cpu.utilization"), Series.objects.count()) == ([1, 3], 1)


def test_series_are_the_same_whatever_the_order_of_labels(agent: Caller) -> None:
    turned = {**DISK, "labels": {"mount": "/", "device": "sda"}}
    agent.post(PATH, body([DISK, CPU], sample(20, 1, 2)))
    agent.post(PATH, body([CPU, turned], sample(10, 3, 4)))
    assert (Series.objects.count(), values_of("disk.used")) == (2, [1, 4])


def test_the_same_names_in_another_project_are_other_hosts(agent: Caller) -> None:
    for caller in (agent, make_caller("metrics:write", slug="bank")):
        assert caller.post(PATH, body([CPU], sample(20, 1))).json()["accepted"] == 1
    assert (Host.objects.count(), Series.objects.count()) == (2, 2)


def test_a_wrong_clock_is_set_right_and_a_repeat_known(agent: Caller) -> None:
    behind = NOW - timedelta(days=400)
    said = {"at": behind.isoformat(), "values": [1]}
    for seconds in (0, 30):
        last = agent.post(PATH, body([CPU], said, sent_at=(behind + timedelta(seconds=seconds)).isoformat()))
    assert last.json() == {"accepted": 0, "duplicates": 1}
    reading = Reading.objects.get()
    assert abs((reading.at - NOW).total_seconds()) < 120
    assert reading.at - timedelta(seconds=reading.clock_skew_s) == behind


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"samples": [sample(20, 1, 2)]}, "samples[0].values: There are 2 values for 1 series."),
        ({"samples": [sample(20, 1), sample(10, "1")]}, "samples[1].values[0]: "),
        ({"samples": [sample(20, True)]}, "samples[0].values[0]: "),
        ({"samples": [{"at": "soon", "values": [1]}]}, "samples[0].at: "),
        ({"series": [CPU, CPU], "samples": []}, "series[1]: the same name and labels as series[0]."),
        ({"series": [{**CPU, "labels": {"a": 1}}]}, "series[0].labels: "),
        ({"series": [{**CPU, "labels": {"a": "x" * 201}}]}, "series[0].labels: "),
        ({"series": [{**CPU, "kind": "histogram"}]}, "series[0].kind: "),
        ({"host": {"name": ""}}, "host.name: "),
    ],
)
def test_what_is_wrong_is_named_and_nothing_stored(changes: dict[str, Any], says: str, agent: Caller) -> None:
    response = agent.post(PATH, {**body([CPU], sample(20, 1)), **changes})
    assert response.status_code == 400
    assert response.json()["detail"].startswith(says)
    assert (Reading.objects.count(), Host.objects.count()) == (0, 0)


def test_a_number_too_large_for_a_float_is_refused(agent: Caller) -> None:
    sent = b'{"host":{"name":"w"},"sent_at":"2026-01-01T00:00:00Z","series":[{"name":"x"}],'
    response = agent.post(PATH, sent + b'"samples":[{"at":"2026-01-01T00:00:00Z","values":[1e999]}]}')
    assert response.status_code == 400


def test_more_than_5000_values_are_413(agent: Caller) -> None:
    series = [{**CPU, "name": f"m{number}"} for number in range(51)]
    response = agent.post(PATH, body(series, *[sample(second, *range(51)) for second in range(100)]))
    assert response.status_code == 413 and "5000" in response.json()["detail"]


def test_too_many_series_are_refused_naming_the_label(agent: Caller) -> None:
    def explode(start: int) -> Any:
        series = [{**CPU, "labels": {"role": "web", "pid": str(start + number)}} for number in range(1001)]
        return agent.post(PATH, body(series, sample(start, *range(1001))))

    assert explode(0).status_code == 202
    refused = explode(1001)
    assert refused.status_code == 400
    assert "the label 'pid' of cpu.utilization has 2002 values" in refused.json()["detail"]
    assert Series.objects.count() == 1001


def test_who_may_not() -> None:
    assert make_caller("probe:write").post(PATH, body([CPU], sample(1, 1))).status_code == 403
    assert Caller(make_caller().project, "").post(PATH, body([CPU], sample(1, 1))).status_code == 401
