"""/healthz: the process lives. /readyz: so do the database, the broker and a worker."""

from collections.abc import Callable

import redis
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from monitor.broker import WORKER_ALIVE, client


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Always 200: balancers keep doors open that take events while the broker is away."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when all parts answer, else 503 with what does not answer and why."""
    parts: dict[str, Callable[[], str]] = {"database": _database, "broker": _broker, "worker": _worker}
    troubles = {name: trouble for name, look in parts.items() if (trouble := look())}
    answer = {name: troubles.get(name, "ok") for name in parts}
    return JsonResponse({"ready": not troubles, **answer}, status=503 if troubles else 200)


def _database() -> str:
    """What is wrong, "" when nothing is. Addresses and credentials stay out: anybody may ask."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"does not answer ({type(error).__name__}); check DATABASE_URL and that PostgreSQL runs"
    return ""


def _broker() -> str:
    try:
        client().ping()
    except redis.RedisError as error:
        return f"does not answer ({type(error).__name__}); check REDIS_URL and that Valkey runs"
    return ""


def _worker() -> str:
    try:
        alive = client().exists(WORKER_ALIVE)
    except redis.RedisError:
        return "unknown while the broker does not answer"
    return "" if alive else "no worker was heard of lately; start one with: farside worker"
