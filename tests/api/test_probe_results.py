"""POST /api/v1/probe/results and GET /api/v1/probe/assignments."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.models import Check, Location, Result
from tests.api.caller import Caller, make_caller

pytestmark = [pytest.mark.django_db, pytest.mark.urls("monitor.api.urls")]
PATH = "/api/v1/probe/results"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True, scope="module")
def _by_the_clock_of_now() -> None:
    """Modules are imported long before their tests run; a sender's clock is compared with ours."""
    global NOW
    NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def prober() -> Caller:
    return make_caller("probe:write")


def entry(minutes_ago: float = 1, **changes: Any) -> dict[str, Any]:
    at = (NOW - timedelta(minutes=minutes_ago)).isoformat()
    return {
        "check": {"id": None, "name": "shop", "url": "https://shop.example/"},
        "scheduled_at": at,
        "started_at": at,
        "ok": True,
        "status_code": 200,
        "duration_ms": 81.5,
        "phases": {"dns_ms": 2.0, "connect_ms": 9.5, "tls_ms": None, "first_byte_ms": 60, "download_ms": 1},
        "error": None,
        "remote_address": "203.0.113.7",
        "attempts": 1,
        **changes,
    }


def body(*entries: dict[str, Any], location: str = "fra-1", sent_at: datetime | None = None) -> dict[str, Any]:
    prober = {"location": location, "version": "0.1.0"}
    return {"prober": prober, "sent_at": (sent_at or NOW).isoformat(), "results": list(entries)}


def test_results_are_stored_with_all_they_say(prober: Caller) -> None:
    failed = entry(2, ok=False, status_code=None, error={"kind": "timeout", "message": "no answer within 10 s"})
    response = prober.post(PATH, body(entry(), failed))
    assert (response.status_code, response.json()) == (202, {"accepted": 2, "duplicates": 0})
    down, up = Result.objects.filter(project_id=prober.project.pk).order_by("scheduled_at")
    assert (up.is_ok, up.status_code, up.duration_ms, up.remote_address) == (True, 200, 81.5, "203.0.113.7")
    assert up.phases == {"dns_ms": 2.0, "connect_ms": 9.5, "first_byte_ms": 60, "download_ms": 1}
    assert (down.is_ok, down.error_kind, down.error_message) == (False, "timeout", "no answer within 10 s")


def test_a_repeat_changes_nothing(prober: Caller) -> None:
    prober.post(PATH, body(entry(1)))
    again = prober.post(PATH, body(entry(1), entry(2), entry(2), sent_at=NOW + timedelta(seconds=40)))
    assert again.json() == {"accepted": 1, "duplicates": 2}
    assert Result.objects.count() == 2


def test_another_location_is_another_result(prober: Caller) -> None:
    prober.post(PATH, body(entry()))
    assert prober.post(PATH, body(entry(), location="nyc-1")).json()["accepted"] == 1
    assert sorted(Location.objects.values_list("name", "version")) == [("fra-1", "0.1.0"), ("nyc-1", "0.1.0")]


def test_gzipped_bodies_are_taken(prober: Caller) -> None:
    assert prober.post_gzipped(PATH, body(entry())).status_code == 202


def test_a_check_is_found_by_id(prober: Caller) -> None:
    check = Check.objects.create(project=prober.project, name="api", url="https://api.example/")
    prober.post(PATH, body(entry(check={"id": str(check.pk), "name": "old name", "url": "https://old.example/"})))
    assert (Result.objects.get().check_id, Check.objects.count()) == (check.pk, 1)


def test_a_check_is_made_once_by_name_and_url(prober: Caller) -> None:
    other = entry(2, check={"id": None, "name": "shop", "url": "https://other.example/"})
    for minutes in (1, 3):
        prober.post(PATH, body(entry(minutes), {**other, "scheduled_at": entry(minutes)["scheduled_at"]}))
    checks = dict(Check.objects.values_list("url", "name"))
    assert checks["https://shop.example/"] == "shop"
    assert checks["https://other.example/"].startswith("shop (")
    assert (len(checks), Result.objects.count()) == (2, 4)


def test_long_names_are_cut_and_told_apart(prober: Caller) -> None:
    urls = [f"https://shop.example/{'x' * 100}/{last}" for last in "ab"]
    entries = [entry(1, check={"id": None, "name": url, "url": url}) for url in urls]
    assert prober.post(PATH, body(*entries)).json()["accepted"] == 2
    assert set(Check.objects.values_list("url", flat=True)) == set(urls)


def test_another_projects_check_is_not_there(prober: Caller) -> None:
    foreign = make_caller("probe:write", slug="bank").project
    check = Check.objects.create(project=foreign, name="vault", url="https://vault.example/")
    response = prober.post(PATH, body(entry(), entry(2, check={"id": str(check.pk), "name": "v", "url": "https://v/"})))
    assert response.status_code == 400
    assert response.json() == {"detail": f"results[1].check.id: this project has no check {check.pk}"}
    assert Result.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"duration_ms": "fast"}, "results[1].duration_ms"),
        ({"duration_ms": -1}, "results[1].duration_ms"),
        ({"ok": "perhaps"}, "results[1].ok"),
        ({"scheduled_at": "yesterday"}, "results[1].scheduled_at"),
        ({"scheduled_at": "9999-12-31T23:59:59Z"}, "results[1].scheduled_at"),
        ({"started_at": "0001-01-01T00:00:00Z"}, "results[1].started_at"),
        ({"check": {"id": "x", "name": "n", "url": "https://s/"}}, "results[1].check.id"),
        ({"check": {"id": None, "name": "n", "url": "javascript:alert(1)"}}, "results[1].check.url"),
        ({"phases": {"dns_ms": "2"}}, "results[1].phases.dns_ms"),
        ({"status_code": 99}, "results[1].status_code"),
    ],
)
def test_a_wrong_entry_is_named_and_nothing_stored(change: dict[str, Any], path: str, prober: Caller) -> None:
    response = prober.post(PATH, body(entry(1), entry(2, **change)))
    assert response.status_code == 400
    assert response.json()["detail"].startswith(f"{path}: ")
    assert Result.objects.count() == 0


@pytest.mark.parametrize("sent", [b"{", b"[]", b'{"a": NaN}', b"null", b"[" * 100_000, b'"\\ud800"', b"\xff"])
def test_what_is_no_request_is_400(sent: bytes, prober: Caller) -> None:
    response = prober.post(PATH, sent)
    assert response.status_code == 400 and response.json()["detail"]


def test_long_messages_are_cut_and_odd_characters_kept(prober: Caller) -> None:
    error = {"kind": "tls", "message": "ü" * 2000}
    assert prober.post(PATH, body(entry(ok=False, error=error))).status_code == 202
    assert Result.objects.get().error_message == "ü" * 500


def test_more_than_500_results_are_413(prober: Caller) -> None:
    response = prober.post(PATH, body(*[entry()] * 501))
    assert response.status_code == 413 and "at most 500" in response.json()["detail"]


def test_a_large_body_is_413_even_when_it_is_small_on_the_wire(prober: Caller) -> None:
    large = body(entry(error={"kind": "x", "message": "y" * 5_000_000}))
    assert prober.post(PATH, large).status_code == 413
    assert prober.post_gzipped(PATH, large).status_code == 413


def test_a_clock_that_is_hours_off_is_set_right_and_a_repeat_known(prober: Caller) -> None:
    ahead = timedelta(hours=3)
    said = entry(1, scheduled_at=(NOW + ahead).isoformat(), started_at=(NOW + ahead).isoformat())
    prober.post(PATH, body(said, sent_at=NOW + ahead))
    again = prober.post(PATH, body(said, sent_at=NOW + ahead + timedelta(seconds=30)))
    assert again.json() == {"accepted": 0, "duplicates": 1}
    result = Result.objects.get()
    assert abs((result.scheduled_at - NOW).total_seconds()) < 120
    assert result.scheduled_at - timedelta(seconds=result.clock_skew_s) == NOW + ahead
    assert Location.objects.get().clock_skew_s == result.clock_skew_s


def test_the_future_and_what_is_past_retention_are_refused(prober: Caller) -> None:
    for minutes, says in ((-60, "in the future"), (60 * 24 * 200, "older than")):
        response = prober.post(PATH, body(entry(minutes)))
        assert response.status_code == 400
        assert response.json()["detail"].startswith("results[0].scheduled_at: ") and says in response.json()["detail"]


def test_late_results_from_a_spool_keep_their_time(prober: Caller) -> None:
    prober.post(PATH, body(entry(60 * 30)))
    assert Result.objects.get().scheduled_at == NOW - timedelta(hours=30)


def test_who_may_not() -> None:
    assert make_caller("metrics:write").post(PATH, body(entry())).status_code == 403
    assert Caller(make_caller().project, "fst_wrong").post(PATH, body(entry())).status_code == 401


def test_a_token_of_the_organisation_names_the_project() -> None:
    whole = make_caller("probe:write", whole_organisation=True)
    refused = whole.post(PATH, body(entry()))
    assert refused.status_code == 400 and "?project=" in refused.json()["detail"]
    assert whole.post(f"{PATH}?project=shop", body(entry())).status_code == 202
    make_caller(slug="bank")
    assert whole.post(f"{PATH}?project=bank", body(entry())).status_code == 404


def test_assignments_are_the_active_checks_of_the_project(prober: Caller) -> None:
    check = Check.objects.create(project=prober.project, name="shop", url="https://shop.example/")
    Check.objects.create(project=prober.project, name="off", url="https://off.example/", is_active=False)
    Check.objects.create(project=make_caller(slug="bank").project, name="vault", url="https://vault.example/")
    assert prober.get("/api/v1/probe/assignments").json() == {
        "checks": [
            {
                "id": str(check.pk),
                "name": "shop",
                "kind": "http",
                "url": "https://shop.example/",
                "method": "GET",
                "interval_s": 60,
                "timeout_s": 10,
                "expect_status": "200-399",
                "expect_body": "",
            }
        ]
    }


def test_unchanged_assignments_are_304(prober: Caller) -> None:
    path = "/api/v1/probe/assignments"
    etag = prober.get(path)["ETag"]
    same = prober.get(path, **{"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    Check.objects.create(project=prober.project, name="shop", url="https://shop.example/")
    assert prober.get(path, **{"If-None-Match": etag}).status_code == 200
