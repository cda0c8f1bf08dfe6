"""/metrics: how Farside itself does, for Prometheus."""

import hmac
from collections.abc import Iterator
from datetime import UTC, datetime

import redis
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from monitor.models import DeadLetter, Notification, Outcome, Token
from monitor.pipeline.backlog import measure, measure_lag, read_doors, together

HOW = (
    "send Authorization: Bearer <token>, with FARSIDE_METRICS_TOKEN or an API token of the whole organisation that has "
    "the scope org:read"
)
NEEDED = "org:read"


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures in Prometheus' text format 0.0.4. Of a part that is away there is farside_up 0 and nothing else."""
    try:
        problem = _refusal(request)
    except DatabaseError:
        return _plain("the database that knows the tokens does not answer; FARSIDE_METRICS_TOKEN works without it", 503)
    if problem:
        answer = _plain(problem, 401)
        answer.headers["WWW-Authenticate"] = 'Bearer realm="farside"'
        return answer
    return HttpResponse(generate_latest(Figures()), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")


def _refusal(request: HttpRequest) -> str:
    """Why the request may not read the figures, "" when it may. Raises DatabaseError."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        return f"metrics need a token: {HOW}"
    own = settings.FARSIDE_METRICS_TOKEN
    if own and hmac.compare_digest(own.encode(), secret.encode("utf-8", "replace")):
        return ""
    token = Token.objects.valid(secret)
    if token is None:
        return f"this token is unknown, revoked or expired: {HOW}"
    if token.project_id is not None:
        return f"this token is of one project, and the figures are of all: {HOW}"
    if NEEDED not in token.scopes:
        return f"this token lacks the scope {NEEDED}: {HOW}"
    token.record_use()
    return ""


class Figures(Collector):
    """Asks the broker, the disk and the database anew at each scrape, in one round trip and six queries."""

    def collect(self) -> Iterator[Metric]:
        """Every family of figures that can be had now."""
        up = GaugeMetricFamily("farside_up", "Whether a part that others depend on answers.", labels=["part"])
        for part, ask in {"broker": _of_broker, "database": _of_database}.items():
            try:
                families = list(ask())
            except (redis.RedisError, DatabaseError):
                up.add_metric([part], 0)
            else:
                up.add_metric([part], 1)
                yield from families
        yield up
        yield from _of_doors()


def _of_broker() -> Iterator[Metric]:
    backlog = measure()
    queues = GaugeMetricFamily("farside_queue_messages", "Messages that wait in a queue.", labels=["queue"])
    queues.add_metric(["events"], backlog.queued)
    queues.add_metric(["upkeep"], backlog.upkeep_queued)
    yield queues
    yield _gauge("farside_batches_pending", "Batches accepted and not stored yet.", backlog.pending)
    yield _gauge("farside_batches_begun", "Batches that a worker has begun and not finished.", backlog.begun)
    oldest = backlog.oldest_age_s if backlog.pending else 0.0
    yield _gauge("farside_batch_oldest_age_seconds", "Age of the oldest batch that is not stored yet.", oldest)
    yield _gauge("farside_worker_alive", "Whether any worker was heard of lately.", backlog.is_worker_alive)


def _of_doors() -> Iterator[Metric]:
    door = together(read_doors())
    yield _gauge("farside_spool_bytes", "Bytes that doors hold on disk for the broker.", door.spool_bytes)
    yield _gauge("farside_spool_batches", "Batches that doors hold on disk for the broker.", door.spool_batches)
    limit = "Bytes that the doors with a spool may hold; 0 while none has one."
    yield _gauge("farside_spool_limit_bytes", limit, door.spool_limit_bytes)
    yield _gauge("farside_spool_oldest_age_seconds", "Age of the oldest batch on disk.", door.oldest_age_s)
    away = "Whether a door finds that the broker takes nothing."
    yield _gauge("farside_door_broker_away", away, door.broker_away_since is not None)


def _of_database() -> Iterator[Metric]:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    items = CounterMetricFamily(
        "farside_items",
        "Items by what became of them, since midnight UTC, when it begins again at 0.",
        labels=["category", "outcome", "reason"],
    )
    for total in Outcome.objects.filter(hour__gte=today).totals():
        items.add_metric([total.category, total.outcome, total.reason], total.items)
    yield items
    yield _gauge("farside_dead_letters", "Events that no attempt could process.", DeadLetter.objects.count())
    states = GaugeMetricFamily("farside_notifications", "Notifications by state.", labels=["state"])
    for state, count in Notification.objects.values_list("state").annotate(Count("id")).order_by("state"):
        states.add_metric([state], count)
    yield states
    lag = measure_lag()
    if lag.events:
        text = "Seconds from receipt to storing, of the last events stored, in five minutes: {}."
        yield _gauge("farside_lag_median_seconds", text.format("the median"), lag.median_s)
        yield _gauge("farside_lag_worst_seconds", text.format("the longest"), lag.worst_s)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
