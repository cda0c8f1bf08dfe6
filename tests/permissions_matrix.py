"""Who may do what: a row for every page and every API endpoint. tests/test_permissions.py holds the server to it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from monitor.models.project import SCOPES
from monitor.views.sdk import shipped
from tests.permissions_world import METRIC

OPEN, USER, VIEWER, MEMBER, ADMIN = "everybody", "user", "viewer", "member", "admin"
"""Who a page is for, at least: with or without login, any account, or a role in the organisation."""
CHECK = {"name": "Shop", "url": "https://shop.example/", "method": "GET", "interval_s": 60, "timeout_s": 10}
CHECK_FORM = CHECK | {"expect_status": "200"}
CHANNEL_FORM = {"name": "#new", "webhook_url": "https://hooks.slack.com/services/x"}
IN = "in"


@dataclass(frozen=True)
class Page:
    """Who may open a page, and a form that is right for it: None where it takes none.

    `gets` is False for what is only posted to; `result` is what who may gets, when it is not a page or a redirect.
    """

    least: str
    gets: bool = True
    form: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    result: str = IN


def action(least: str, **form: Any) -> Page:
    """A page that is only posted to."""
    return Page(least, gets=False, form=form)


PAGES = {
    "login": Page(OPEN, form={"username": "nobody@example.com", "password": "wrong"}),
    "logout": action(OPEN),
    "healthz": Page(OPEN),
    "readyz": Page(OPEN, result="503"),  # no worker runs beside these tests
    "banner": Page(OPEN),  # empty for who is not logged in
    "metrics": Page(OPEN, result="401"),  # for tokens, not for people: tests/views/test_telemetry.py
    "sdk": Page(OPEN, arguments={"file": shipped().file}),
    "demo": Page(OPEN),
    "demo_config": Page(OPEN),
    "demo_file": Page(OPEN, arguments={"path": "index.html"}),
    "api-schema": Page(OPEN),
    "home": Page(USER),
    "account": Page(USER, form={}),
    "organisation": Page(VIEWER),
    "project_new": Page(ADMIN, form={"name": "New", "platform": "javascript"}),
    "members": Page(VIEWER),
    "member_add": action(ADMIN, email="new@example.com", role="viewer"),
    "member_role": action(ADMIN, role="member"),
    "member_remove": action(ADMIN),
    "teams": Page(VIEWER),
    "team_new": Page(ADMIN, form={"name": "Night"}),
    "team_edit": Page(ADMIN, form={"name": "Evening"}),
    "team_remove": action(ADMIN),
    "tokens": Page(ADMIN),
    "token_add": action(ADMIN, name="CI", scopes=["event:read"]),
    "token_revoke": action(ADMIN),
    "issues": Page(VIEWER),
    "issues_change": action(MEMBER, number=["1"], change="resolve"),
    "issue": Page(VIEWER),
    "event": Page(VIEWER),
    "issue_change": action(MEMBER, change="resolve"),
    "issue_assign": action(MEMBER, assignee=""),
    "issue_history": Page(VIEWER),
    "issue_evidence": Page(VIEWER),
    "issue_occurrences": Page(VIEWER),
    "project": Page(VIEWER),
    "releases": Page(VIEWER),
    "release": Page(VIEWER),
    "release_report": Page(VIEWER),
    "artifact_remove": action(ADMIN),
    "checks": Page(VIEWER),
    "check_new": Page(ADMIN, form=CHECK_FORM),
    "check": Page(VIEWER),
    "check_latency": Page(VIEWER),
    "check_edit": Page(ADMIN, form=CHECK_FORM),
    "check_remove": action(ADMIN),
    "hosts": Page(VIEWER),
    "host": Page(VIEWER),
    "host_series": Page(VIEWER, query={"name": METRIC}),
    "channels": Page(VIEWER),
    "channels_log": Page(VIEWER),
    "channel_new": Page(ADMIN, form=CHANNEL_FORM),
    "channel_edit": Page(ADMIN, form=CHANNEL_FORM),
    "channel_remove": action(ADMIN),
    "channel_test": action(ADMIN),
    "setup": Page(VIEWER),
    "setup_waiting": Page(VIEWER),
    "settings": Page(ADMIN),
    "settings_change": action(ADMIN, name="New", platform="javascript"),
    "settings_teams": action(ADMIN, teams=[]),
    "filters": Page(ADMIN, form={"crawlers": "on", "releases": "shop@0.*"}),
    "limits": Page(ADMIN, form={"rate_window_s": 60, "quota": 1000, "quota_period": "day"}),
    "key_limits": action(ADMIN, rate_limit=100, rate_window_s=1),
    "key_add": action(ADMIN, label="New"),
    "key_switch": action(ADMIN, active="no"),
    "status": Page(VIEWER),
    "outcomes": Page(VIEWER),
    "outcomes_chart": Page(VIEWER),
    "dead_letters": Page(VIEWER),
    "dead_letter": Page(VIEWER),
    "dead_letters_change": action(MEMBER, letter=["1"], change="drop"),
}

READ_PROJECTS = ("project:read", "project:write", "project:releases")
READ_RELEASES = ("project:read", "project:releases")
RELEASES = ("project:releases",)
READ_EVENTS = ("event:read", "event:write")
WRITE_EVENTS = ("event:write",)
PROBE = ("probe:write",)
CHUNK = b"chunk"
SHA1 = hashlib.sha1(CHUNK).hexdigest()
NOW = timezone.now().isoformat()
RESULTS = {
    "prober": {"location": "fra-1"},
    "sent_at": NOW,
    "results": [
        {"check": {"name": "s", "url": "https://s.example/"}, "ok": True, "duration_ms": 1}
        | {"scheduled_at": NOW, "started_at": NOW}
    ],
}
METRICS = {"host": {"name": "h"}, "sent_at": NOW, "series": [{"name": "m"}], "samples": [{"at": NOW, "values": [1]}]}
BUNDLE = {"checksum": SHA1, "chunks": [SHA1]}


@dataclass(frozen=True)
class Call:
    """Scopes of which any one suffices for a method of an endpoint, and a request that is right for it.

    `upload` is a part called `file` of a multipart body: its name and content. `sibling` is what a token of another
    project of the organisation gets where the path names only the organisation and the body names the project.
    """

    scopes: tuple[str, ...]
    body: Mapping[str, Any] | None = None
    query: str = ""
    upload: tuple[str, bytes] | None = None
    sibling: str = IN


def _issue(name: str) -> dict[str, dict[str, Call]]:
    """What lies below an issue."""
    resolve = Call(WRITE_EVENTS, {"status": "resolved"})
    below = ("events", "event", "tags", "tag", "tag-values")
    rows = {f"api-0-{name}-{part}": {"GET": Call(READ_EVENTS)} for part in below}
    return {f"api-0-{name}": {"GET": Call(READ_EVENTS), "PUT": resolve}} | rows


def _releases(kind: str) -> dict[str, dict[str, Call]]:
    """The releases of an organisation or a project."""
    of, read = f"api-0-{kind}-release", Call(READ_RELEASES)
    new = Call(RELEASES, {"version": "9.0.0", "projects": ["web"]}, sibling="400")
    change = Call(RELEASES, {"url": "https://shop.example/"})
    return {
        f"{of}s": {"GET": read, "POST": new},
        of: {"GET": read, "PUT": change, "DELETE": Call(RELEASES)},
        f"{of}-assemble": {"POST": Call(RELEASES, BUNDLE)},
        f"{of}-deploys": {"GET": read, "POST": Call(RELEASES, {"environment": "production"})},
        f"{of}-commits": {"GET": read},
        f"{of}-previous": {"GET": read},
        f"{of}-files": {"GET": read, "POST": Call(RELEASES, upload=("a.js", b"a"))},
        f"{of}-file": {"GET": read, "DELETE": Call(RELEASES)},
    }


_CHANGE_ISSUES = Call(WRITE_EVENTS, {"status": "resolved"}, query="?id={issue_id}", sibling="404")
_ASSEMBLE = Call(RELEASES, {**BUNDLE, "projects": ["web"], "version": "1.0.0"}, sibling="400")

API: dict[str, dict[str, Call]] = {
    "api-whoami": {"GET": Call(SCOPES)},
    "api-probe-results": {"POST": Call(PROBE, RESULTS)},
    "api-probe-assignments": {"GET": Call(PROBE)},
    "api-metrics": {"POST": Call(("metrics:write",), METRICS)},
    "api-outcomes": {"GET": Call(READ_EVENTS)},
    "api-event-sourcemaps": {"GET": Call(READ_EVENTS)},
    "api-release-sourcemaps": {"GET": Call(READ_RELEASES)},
    "api-dead-letters": {"GET": Call(READ_EVENTS)},
    "api-dead-letter": {"GET": Call(READ_EVENTS), "DELETE": Call(WRITE_EVENTS)},
    "api-dead-letter-retry": {"POST": Call(WRITE_EVENTS)},
    "api-0-root": {"GET": Call(SCOPES)},
    "api-0-organisations": {"GET": Call(SCOPES)},
    "api-0-organisation": {"GET": Call(SCOPES)},
    "api-0-repositories": {"GET": Call((*READ_RELEASES, "org:read"))},
    "api-0-chunk-upload": {"GET": Call(RELEASES), "POST": Call(RELEASES, upload=(SHA1, CHUNK))},
    "api-0-artifactbundle-assemble": {"POST": _ASSEMBLE},
    "api-0-projects": {"GET": Call(READ_PROJECTS)},
    "api-0-organisation-projects": {"GET": Call(READ_PROJECTS)},
    "api-0-project": {"GET": Call(READ_PROJECTS)},
    "api-0-project-stats": {"GET": Call(READ_EVENTS)},
    "api-0-project-keys": {"GET": Call(READ_PROJECTS)},
    "api-0-organisation-issues": {"GET": Call(READ_EVENTS), "PUT": _CHANGE_ISSUES},
    "api-0-project-issues": {"GET": Call(READ_EVENTS), "PUT": _CHANGE_ISSUES},
    "api-0-project-events": {"GET": Call(READ_EVENTS)},
    "api-0-project-event": {"GET": Call(READ_EVENTS)},
    **_issue("issue"),
    **_issue("organisation-issue"),
    **_releases("organisation"),
    **_releases("project"),
}
