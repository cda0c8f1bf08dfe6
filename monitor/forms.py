"""What people may enter, and what is wrong with it when they enter something else."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.text import slugify

from monitor.models import Channel, Check, Key, Member, Organisation, Project, Team
from monitor.models.filters import LONGEST_PATTERN, MOST_PATTERNS
from monitor.models.project import ROLES, SCOPES

TAKEN_SLUGS = {"settings"}
"""Words that a project's address cannot be: pages of the organisation live there."""

SCOPE_MEANINGS = {
    "project:read": "read projects, keys and releases",
    "project:write": "change projects and keys",
    "project:releases": "upload source maps, make releases and deploys",
    "event:read": "read issues and events",
    "event:write": "resolve, ignore and assign issues",
    "org:read": "read the organisation",
    "probe:write": "send probe results and fetch checks",
    "metrics:write": "send server metrics",
}


class LoginForm(AuthenticationForm):
    """E-mail and password; e-mails are kept in lower case."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "E-mail"
        self.fields["username"].widget = forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
        self.error_messages["invalid_login"] = "This e-mail and password do not match any account."

    def clean_username(self) -> str:
        """In lower case, as it was stored."""
        return str(self.cleaned_data["username"]).strip().lower()


class ProjectForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes no argument at run time
    """A project's name and platform. A new project's address is made from its name."""

    platform = forms.ChoiceField(
        choices=[("javascript", "Browser JavaScript"), ("node", "Node.js"), ("python", "Python"), ("other", "Other")]
    )

    class Meta:
        model = Project
        fields = ["name", "platform"]

    def clean(self) -> dict[str, Any]:
        """Find an address for a new project; refuse a name from which none can be made."""
        cleaned = super().clean() or {}
        if self.instance.pk is None and cleaned.get("name"):
            self.instance.slug = slugify(cleaned["name"])[:50]
            taken = Project.objects.filter(organisation_id=self.instance.organisation_id, slug=self.instance.slug)
            if not self.instance.slug or self.instance.slug in TAKEN_SLUGS or taken.exists():
                self.add_error(
                    "name", "No address can be made from this name, or another project has it; choose another name."
                )
        return cleaned


class TeamsForm(forms.Form):
    """Which teams own a project."""

    teams = forms.ModelMultipleChoiceField(
        Team.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Teams",
        help_text="With none, everybody in the organisation sees the project; else the teams, admins and owners.",
    )

    def __init__(self, project: Project, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["teams"] = project.teams.all()
        of_organisation = Team.objects.filter(organisation_id=project.organisation_id).order_by("name")
        choose_from(self, "teams", of_organisation)


class PatternsField(forms.CharField):
    """Patterns of models.filters, one a line; cleaned to a list without empty lines and repeats."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"})
        super().__init__(required=False, max_length=20_000, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The lines of a stored list; what was entered as it was."""
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        """Refuse a line that would match everything or is too long, and too many lines."""
        lines = [line.strip() for line in str(super().clean(value)).splitlines()]
        patterns = list(dict.fromkeys(line for line in lines if line))
        if len(patterns) > MOST_PATTERNS:
            raise forms.ValidationError(f"{len(patterns)} patterns; {MOST_PATTERNS} are the most.")
        for pattern in patterns:
            if len(pattern) > LONGEST_PATTERN:
                message = f"“{pattern[:30]}…” has {len(pattern)} characters; {LONGEST_PATTERN} are the most."
                raise forms.ValidationError(message)
            if "*" in pattern and not pattern.strip("*/:. "):
                raise forms.ValidationError(f"“{pattern}” would match everything: name what is to be left out.")
        return patterns


class FiltersForm(forms.Form):
    """Which events of a project are counted and not kept."""

    localhost = forms.BooleanField(
        required=False,
        label="Pages on localhost",
        help_text="localhost, names below it, 127.0.0.1, ::1: what developers see on their own machines.",
    )
    crawlers = forms.BooleanField(
        required=False,
        label="Crawlers",
        help_text="Search engines and other robots, by their user agent. Their errors can cost a place in a search.",
    )
    extensions = forms.BooleanField(
        required=False,
        label="Browser extensions",
        help_text="Stacks with no code but an extension's, and messages that only extensions cause.",
    )
    legacy_browsers = forms.BooleanField(
        required=False,
        label="Legacy browsers",
        help_text="Older than ES2018: Internet Explorer, Chrome below 63, Edge 79, Firefox 58, Safari and iOS 12.",
    )
    releases = PatternsField(label="Releases", help_text="One a line, as shop@1.* or *-dev.")
    messages = PatternsField(
        label="Messages",
        help_text="Of the exception, with its type or without: *ResizeObserver loop*, AbortError: *.",
    )
    urls = PatternsField(label="Pages", help_text="The whole address: https://staging.shop.example/* or *://*/admin/*.")


RATE_LABELS = {"rate_limit": "Rate limit (events)", "rate_window_s": "Window (seconds)"}


class ProjectLimitsForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes no argument at run time
    """How much a project takes, and whether it keeps addresses."""

    class Meta:
        model = Project
        fields = ["rate_limit", "rate_window_s", "quota", "quota_period", "keeps_addresses"]
        labels = {
            **RATE_LABELS,
            "quota": "Quota (events)",
            "quota_period": "Counted for",
            "keeps_addresses": "Keep full addresses",
        }
        help_texts = {
            "rate_limit": "In each window; evens out bursts. Empty: as many as come.",
            "quota": "Bounds the sum of a day or month of UTC. Empty: as many as come.",
            "keeps_addresses": "The full address of each client is then kept with each event, as long as the event is. "
            "Else only network, country and region are.",
        }


class KeyLimitsForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes no argument at run time
    """How much the clients of one DSN key may send."""

    class Meta:
        model = Key
        fields = ["rate_limit", "rate_window_s"]
        labels = RATE_LABELS


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes no argument at run time
    """A new DSN key's label."""

    class Meta:
        model = Key
        fields = ["label"]
        help_texts = {"label": "Where it is used, say “staging” or “mobile web”."}


class TokenForm(forms.Form):
    """A new API token: name, scopes, and the one project it reaches, if it is to be only one."""

    name = forms.CharField(max_length=100, help_text="What uses it, say “CI” or “prober Frankfurt”.")
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {SCOPE_MEANINGS[scope]}") for scope in SCOPES], widget=forms.CheckboxSelectMultiple
    )
    project = forms.ModelChoiceField(Project.objects.none(), required=False, empty_label="All projects")
    expires_at = forms.DateTimeField(
        required=False,
        label="Expires (UTC)",
        help_text="Empty: never.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, organisation: Organisation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "project", organisation.projects.order_by("name"))


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes no argument at run time
    """A team's name and members. A new team's slug is made from its name."""

    class Meta:
        model = Team
        fields = ["name", "members"]
        widgets = {"members": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = Member.objects.filter(organisation_id=self.instance.organisation_id).select_related("user")
        choose_from(self, "members", members.order_by("user__username"))

    def clean_name(self) -> str:
        """Refuse a name whose slug is empty or taken."""
        name = str(self.cleaned_data["name"])
        slug = slugify(name)[:50]
        others = Team.objects.filter(organisation_id=self.instance.organisation_id, slug=slug).exclude(
            pk=self.instance.pk
        )
        if not slug or others.exists():
            raise forms.ValidationError("A team needs a name with letters or digits that no other team has.")
        self.instance.slug = slug
        return name


class MemberForm(forms.Form):
    """Whom to add to an organisation, and as what."""

    email = forms.EmailField(label="E-mail", max_length=150)
    role = forms.ChoiceField(choices=[])

    def __init__(self, organisation: Organisation, may_make_owners: bool, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        choices = role_choices(may_make_owners)
        self.fields["role"] = forms.ChoiceField(choices=choices, initial="member")

    def clean_email(self) -> str:
        """In lower case; refuse who is a member already."""
        email = str(self.cleaned_data["email"]).lower()
        if self.organisation.members.filter(user__username=email).exists():
            raise forms.ValidationError(f"{email} is already a member.")
        return email


class RoleForm(forms.Form):
    """A member's new role."""

    role = forms.ChoiceField(choices=[])

    def __init__(self, may_make_owners: bool, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = forms.ChoiceField(choices=role_choices(may_make_owners))


class AssignForm(forms.Form):
    """To whom an issue goes: a member of the organisation, or nobody."""

    assignee = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Unassigned")

    def __init__(self, organisation: Organisation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "assignee", User.objects.filter(memberships__organisation=organisation).order_by("username"))
        self.fields["assignee"].label_from_instance = lambda user: user.get_full_name() or user.username  # type: ignore[attr-defined]


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes no argument at run time
    """A Slack channel. The webhook's URL is a secret: it is taken, never shown; empty means unchanged."""

    webhook_url = forms.CharField(
        label="Webhook URL",
        max_length=500,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": "https://hooks.slack.com/services/…", "spellcheck": "false"}
        ),
        help_text="From Slack: Apps → Incoming Webhooks → Add to a channel → Copy the URL.",
    )

    class Meta:
        model = Channel
        fields = ["name", "webhook_url", "on_new", "on_regressed", "is_active"]
        labels = {"on_new": "Tell of new issues", "on_regressed": "Tell of regressions", "is_active": "On"}
        help_texts = {"name": "Say, the Slack channel: #web-errors."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["webhook_url"].required = self.instance.pk is None

    def clean_webhook_url(self) -> str:
        """The URL, which must be https."""
        url = str(self.cleaned_data["webhook_url"]).strip()
        if url:
            check_webhook_url(url)
        return url

    def save(self, commit: bool = True) -> Channel:
        """Store the form; an empty URL leaves the stored one."""
        if url := self.cleaned_data["webhook_url"]:
            self.instance.config = {**self.instance.config, "webhook_url": url}
        saved: Channel = super().save(commit)
        return saved


class CheckForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes no argument at run time
    """An HTTP check."""

    url = forms.URLField(label="URL", assume_scheme="https")

    class Meta:
        model = Check
        fields = ["name", "url", "method", "interval_s", "timeout_s", "expect_status", "expect_body", "is_active"]
        labels = {
            "interval_s": "Every (seconds)",
            "timeout_s": "Time limit (seconds)",
            "expect_status": "Expected status",
            "expect_body": "Text the answer must contain",
            "is_active": "On",
        }
        help_texts = {"expect_status": "Codes and ranges, as 200-299,304.", "expect_body": "Empty: any answer will do."}

    def clean_url(self) -> str:
        """Refuse what a prober would refuse: no host, another scheme, a password that results would show."""
        url = str(self.cleaned_data["url"])
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise forms.ValidationError("Write an http:// or https:// address with a host.")
        if parts.username or parts.password:
            raise forms.ValidationError("Leave user name and password out: results would show them.")
        return url

    def clean_expect_status(self) -> str:
        """Refuse what is not a list of codes and ranges."""
        text = str(self.cleaned_data["expect_status"]).replace(" ", "")
        if not all(is_status_range(part) for part in text.split(",")):
            raise forms.ValidationError("Write codes and ranges between 100 and 599, as 200-299,304.")
        return text

    def clean(self) -> dict[str, Any]:
        """Refuse a name that another check of the project has, and a limit longer than the interval."""
        cleaned = super().clean() or {}
        same = Check.objects.filter(project_id=self.instance.project_id, name=cleaned.get("name")).exclude(
            pk=self.instance.pk
        )
        if same.exists():
            self.add_error("name", "Another check of this project has this name.")
        if cleaned.get("timeout_s", 0) > cleaned.get("interval_s", 3600):
            self.add_error("timeout_s", "The time limit must not exceed the interval.")
        return cleaned


def choose_from(form: forms.BaseForm, name: str, rows: QuerySet[Any]) -> None:
    """Let the field `name` offer, and accept, `rows` only."""
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows


def role_choices(may_make_owners: bool) -> list[tuple[str, str]]:
    """The roles one may give: only owners make owners."""
    return [(role, role.capitalize()) for role in ROLES if may_make_owners or role != "owner"]


def is_status_range(text: str) -> bool:
    """Whether `text` is an HTTP status or a range of them."""
    low, _, high = text.partition("-")
    return low.isdecimal() and (high or low).isdecimal() and 100 <= int(low) <= int(high or low) <= 599


def check_webhook_url(url: str) -> None:
    """Refuse, with a ValidationError, an address a message cannot be sent to safely."""
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, has_host = urlsplit(""), False
    schemes = ("https", "http") if settings.FARSIDE_ALLOW_PRIVATE_TARGETS else ("https",)
    if parts.scheme not in schemes or not has_host:
        raise forms.ValidationError("Write the https:// address that Slack gave for the webhook.")
