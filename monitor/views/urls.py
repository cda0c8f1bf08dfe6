"""Every page, by path."""

from django.urls import URLPattern, path

from monitor.views import (
    alerts,
    artifacts,
    auth,
    banner,
    checks,
    dead_letters,
    demo,
    evidence,
    health,
    home,
    issue,
    issues,
    limits,
    members,
    metrics,
    outcomes,
    projects,
    releases,
    sdk,
    setup,
    status,
    teams,
    telemetry,
    tokens,
)

PROJECT = "<slug:org>/<slug:slug>/"
ISSUE = PROJECT + "issues/<int:number>/"
RELEASE = PROJECT + "releases/<path:version>/"

# Open to everybody.
public: list[URLPattern] = [
    path("login/", auth.login, name="login"),
    path("logout/", auth.logout, name="logout"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("banner/", banner.banner, name="banner"),
    path("metrics", telemetry.metrics, name="metrics"),
    path("sdk/<str:file>", sdk.sdk, name="sdk"),
    path("demo/", demo.demo, name="demo"),
    path("demo/config.json", demo.demo_config, name="demo_config"),
    path("demo/<path:path>", demo.demo, name="demo_file"),
]

# <org>/settings/…: before the projects, none of which may be called "settings".
organisation: list[URLPattern] = [
    path("<slug:org>/settings/projects/new/", home.project_new, name="project_new"),
    path("<slug:org>/settings/members/", members.members, name="members"),
    path("<slug:org>/settings/members/add/", members.member_add, name="member_add"),
    path("<slug:org>/settings/members/<int:member>/role/", members.member_role, name="member_role"),
    path("<slug:org>/settings/members/<int:member>/remove/", members.member_remove, name="member_remove"),
    path("<slug:org>/settings/teams/", teams.teams, name="teams"),
    path("<slug:org>/settings/teams/new/", teams.team_new, name="team_new"),
    path("<slug:org>/settings/teams/<int:team>/", teams.team_edit, name="team_edit"),
    path("<slug:org>/settings/teams/<int:team>/remove/", teams.team_remove, name="team_remove"),
    path("<slug:org>/settings/tokens/", tokens.tokens, name="tokens"),
    path("<slug:org>/settings/tokens/add/", tokens.token_add, name="token_add"),
    path("<slug:org>/settings/tokens/<int:token>/revoke/", tokens.token_revoke, name="token_revoke"),
]

# <org>/<project>/issues/…
issue_pages: list[URLPattern] = [
    path(PROJECT + "issues/", issues.issues, name="issues"),
    path(PROJECT + "issues/change/", issues.issues_change, name="issues_change"),
    path(ISSUE, issue.issue, name="issue"),
    path(ISSUE + "events/<uuid:event_id>/", issue.issue, name="event"),
    path(ISSUE + "change/", issue.issue_change, name="issue_change"),
    path(ISSUE + "assign/", issue.issue_assign, name="issue_assign"),
    path(ISSUE + "history/", issue.issue_history, name="issue_history"),
    path(ISSUE + "evidence/", evidence.issue_evidence, name="issue_evidence"),
    path(ISSUE + "occurrences/", issue.issue_occurrences, name="issue_occurrences"),
]

# <org>/<project>/: what surrounds the issues.
project: list[URLPattern] = [
    path(PROJECT, home.project, name="project"),
    path(PROJECT + "releases/", releases.releases, name="releases"),
    path(RELEASE + "report/", artifacts.release_report, name="release_report"),
    path(RELEASE + "files/<int:file>/remove/", artifacts.artifact_remove, name="artifact_remove"),
    path(RELEASE, artifacts.release, name="release"),
    path(PROJECT + "checks/", checks.checks, name="checks"),
    path(PROJECT + "checks/new/", checks.check_new, name="check_new"),
    path(PROJECT + "checks/<int:check>/", checks.check, name="check"),
    path(PROJECT + "checks/<int:check>/latency/", checks.check_latency, name="check_latency"),
    path(PROJECT + "checks/<int:check>/edit/", checks.check_edit, name="check_edit"),
    path(PROJECT + "checks/<int:check>/remove/", checks.check_remove, name="check_remove"),
    path(PROJECT + "hosts/", metrics.hosts, name="hosts"),
    path(PROJECT + "hosts/<int:host>/", metrics.host, name="host"),
    path(PROJECT + "hosts/<int:host>/series/", metrics.host_series, name="host_series"),
    path(PROJECT + "channels/", alerts.channels, name="channels"),
    path(PROJECT + "channels/log/", alerts.channels_log, name="channels_log"),
    path(PROJECT + "channels/new/", alerts.channel_new, name="channel_new"),
    path(PROJECT + "channels/<int:channel>/", alerts.channel_edit, name="channel_edit"),
    path(PROJECT + "channels/<int:channel>/remove/", alerts.channel_remove, name="channel_remove"),
    path(PROJECT + "channels/<int:channel>/test/", alerts.channel_test, name="channel_test"),
    path(PROJECT + "setup/", setup.setup, name="setup"),
    path(PROJECT + "setup/waiting/", setup.setup_waiting, name="setup_waiting"),
    path(PROJECT + "settings/", projects.settings, name="settings"),
    path(PROJECT + "settings/change/", projects.settings_change, name="settings_change"),
    path(PROJECT + "settings/teams/", projects.settings_teams, name="settings_teams"),
    path(PROJECT + "settings/filters/", projects.filters, name="filters"),
    path(PROJECT + "settings/limits/", limits.limits, name="limits"),
    path(PROJECT + "settings/limits/keys/<int:key>/", limits.key_limits, name="key_limits"),
    path(PROJECT + "settings/keys/add/", projects.key_add, name="key_add"),
    path(PROJECT + "settings/keys/<int:key>/switch/", projects.key_switch, name="key_switch"),
    path(PROJECT + "status/", status.status, name="status"),
    path(PROJECT + "received/", outcomes.outcomes, name="outcomes"),
    path(PROJECT + "received/chart/", outcomes.outcomes_chart, name="outcomes_chart"),
    path(PROJECT + "dead-letters/", dead_letters.dead_letters, name="dead_letters"),
    path(PROJECT + "dead-letters/change/", dead_letters.dead_letters_change, name="dead_letters_change"),
    path(PROJECT + "dead-letters/<int:letter>/", dead_letters.dead_letter, name="dead_letter"),
]

urlpatterns: list[URLPattern] = [
    *public,
    path("", home.home, name="home"),
    path("account/", auth.account, name="account"),
    *organisation,
    path("<slug:org>/", home.organisation, name="organisation"),
    *issue_pages,
    *project,
]
