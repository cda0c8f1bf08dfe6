"""What there is: every table of Farside, one file per noun."""

from monitor.models.alert import Channel, Notification
from monitor.models.artifact import Artifact, ArtifactBundle
from monitor.models.check import Check, Location, Result
from monitor.models.issue import (
    Activity,
    CountedBatch,
    DeadLetter,
    Dictionary,
    Event,
    Fingerprint,
    Issue,
    IssueCount,
    IssueRelease,
    IssueTag,
    IssueUser,
    Outcome,
    SampledEvent,
    Stack,
)
from monitor.models.project import Key, Member, Organisation, Project, Team, Token
from monitor.models.release import Deploy, Release
from monitor.models.series import Host, Reading, Series

__all__ = [
    "Activity",
    "Artifact",
    "ArtifactBundle",
    "Channel",
    "Check",
    "CountedBatch",
    "DeadLetter",
    "Deploy",
    "Dictionary",
    "Event",
    "Fingerprint",
    "Host",
    "Issue",
    "IssueCount",
    "IssueRelease",
    "IssueTag",
    "IssueUser",
    "Key",
    "Location",
    "Member",
    "Notification",
    "Organisation",
    "Outcome",
    "Project",
    "Reading",
    "Release",
    "Result",
    "SampledEvent",
    "Series",
    "Stack",
    "Team",
    "Token",
]
