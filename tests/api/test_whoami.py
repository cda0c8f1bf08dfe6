"""GET /api/v1/whoami, and the schema of the API."""

import pytest
import yaml
from django.test import Client

from tests.api.caller import Caller, make_caller

pytestmark = [pytest.mark.django_db, pytest.mark.urls("monitor.api.urls")]


def test_a_projects_token() -> None:
    answer = make_caller("probe:write", "event:read").get("/api/v1/whoami").json()
    assert answer == {"organisation": "shop-org", "project": "shop", "scopes": ["event:read", "probe:write"]}


def test_an_organisations_token() -> None:
    assert make_caller("org:read", whole_organisation=True).get("/api/v1/whoami").json()["project"] is None


def test_no_token() -> None:
    assert Caller(make_caller().project, "fst_no").get("/api/v1/whoami").status_code == 401


def test_the_schema_tells_our_endpoints_with_bodies_and_errors() -> None:
    schema = yaml.safe_load(Client().get("/api/schema/").content)
    results = schema["paths"]["/api/v1/probe/results"]["post"]
    assert {"202", "400", "401", "403", "413"} <= set(results["responses"])
    assert {"prober", "sent_at", "results"} == set(schema["components"]["schemas"]["Results"]["required"])
    assert {"/api/v1/metrics", "/api/v1/whoami", "/api/v1/probe/assignments"} <= set(schema["paths"])
