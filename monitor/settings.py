"""Django's settings and Farside's own, each read from the environment by monitor.environment."""

import json
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg.conninfo
from kombu import Queue

from monitor.environment import SettingError, read_bool, read_choice, read_int, read_list, read_text

BASE_DIR = Path(__file__).resolve().parent.parent

# --- where things are ------------------------------------------------------------------------------------------------
FARSIDE_DATA = Path(
    read_text("FARSIDE_DATA", "data", "folder that holds the embedded servers' data, blobs and secrets")
).resolve()
FARSIDE_LISTEN = read_text("FARSIDE_LISTEN", "127.0.0.1", "address the web process listens on")
FARSIDE_PORT = read_int("FARSIDE_PORT", 8000, "port the web process listens on", least=1, most=65535)
FARSIDE_URL = read_text("FARSIDE_URL", "", "address users and SDKs reach Farside at; empty: localhost, with the port")
FARSIDE_URL = FARSIDE_URL.rstrip("/") or f"http://localhost:{FARSIDE_PORT}"
DATABASE_URL = read_text(
    "DATABASE_URL", "", "PostgreSQL to use, postgresql://user:password@host/name; empty: the embedded one"
)
FARSIDE_DATABASE_CONNECTIONS = read_int(
    "FARSIDE_DATABASE_CONNECTIONS",
    0,
    "database connections that the threads of a process share; 0: each keeps its own (`farside web` takes 10)",
    most=1000,
)
REDIS_URL = read_text("REDIS_URL", "", "Valkey or Redis to use, redis://:password@host:6379/0; empty: the embedded one")
FARSIDE_EMBEDS_POSTGRES = not DATABASE_URL
FARSIDE_EMBEDS_VALKEY = not REDIS_URL
FARSIDE_FIRST_TOKEN = read_text(
    "FARSIDE_FIRST_TOKEN",
    "",
    "API token that the first start makes, for services started beside it; empty: a random one",
)
FARSIDE_VALKEY_FSYNC = read_choice(
    "FARSIDE_VALKEY_FSYNC",
    "always",
    ("always", "everysec"),
    "when the embedded Valkey flushes to disk: before each answer or every second",
)


def _embedded_urls() -> dict[str, str]:
    """The embedded servers' addresses, as `farside up` wrote them when it started the servers of this data folder."""
    try:
        return dict(json.loads((FARSIDE_DATA / "servers.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _pool() -> dict[str, Any]:
    """Under ASGI each request has a thread of its own: with a connection a thread, they would soon be used up."""
    most = FARSIDE_DATABASE_CONNECTIONS
    return {"pool": {"min_size": 1, "max_size": most, "timeout": 20}} if most else {}


def _database(url: str) -> dict[str, Any]:
    form = "postgresql://user:password@host:5432/name"
    if url and urlsplit(url).scheme not in ("postgresql", "postgres"):
        raise SettingError(
            f"DATABASE_URL must begin with postgresql://, as {form}; Farside needs PostgreSQL 15 or newer"
        )
    try:
        parts = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # The reason would repeat a part of the address, perhaps of the password.
        raise SettingError(f"DATABASE_URL cannot be read; write {form}, special characters as %XX") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "farside"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": {key: value for key, value in parts.items() if value is not None} | _pool(),
        "CONN_MAX_AGE": 0 if _pool() else 600,
        "CONN_HEALTH_CHECKS": True,
    }


def _broker(url: str) -> str:
    if url and urlsplit(url).scheme not in ("redis", "rediss"):
        raise SettingError("REDIS_URL must begin with redis:// or rediss://, as redis://:password@host:6379/0")
    return url


_servers = _embedded_urls()
DATABASES = {"default": _database(DATABASE_URL or _servers.get("DATABASE_URL", ""))}
REDIS_URL = _broker(REDIS_URL or _servers.get("REDIS_URL", ""))


def _secret_key() -> str:
    """The key kept in the data folder, made at the first start, so that sessions outlive restarts."""
    path = FARSIDE_DATA / "secret_key"
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        pass
    key = secrets.token_urlsafe(50)
    try:
        # Others may pass through, which root's embedded servers need, but not look around.
        FARSIDE_DATA.mkdir(mode=0o711, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        path.write_text(key, encoding="utf-8")
    except OSError as error:
        raise SettingError(
            f"{path} cannot be written ({error.strerror}); set FARSIDE_SECRET_KEY or a writable FARSIDE_DATA"
        ) from error
    return key


# --- web -------------------------------------------------------------------------------------------------------------
SECRET_KEY = (
    read_text("FARSIDE_SECRET_KEY", "", "signs sessions and links; empty: made once and kept in the data folder")
    or _secret_key()
)
DEBUG = read_bool("FARSIDE_DEBUG", False, "show tracebacks in the browser; never on a machine others reach")
FARSIDE_METRICS_TOKEN = read_text(
    "FARSIDE_METRICS_TOKEN", "", "token with which /metrics may be read, beside API tokens; empty: API tokens alone"
)
ALLOWED_HOSTS = read_list("FARSIDE_ALLOWED_HOSTS", "*", "host names the UI answers to, comma-separated")
CSRF_TRUSTED_ORIGINS = [FARSIDE_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = FARSIDE_URL.startswith("https://")
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

ROOT_URLCONF = "monitor.urls"
APPEND_SLASH = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "monitor",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "monitor.views.policy.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "monitor.views.frame.frame",
            ]
        },
    }
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"

STATIC_URL = "/static/"
STATIC_ROOT = FARSIDE_DATA / "static"
MEDIA_ROOT = FARSIDE_DATA / "blobs"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["monitor.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["monitor.api.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Farside",
    "VERSION": "1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
}

LOG_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"

# --- Celery ----------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_LOG_FORMAT = LOG_LINE
# Else Celery closes the database connection around every task. monitor.celery looks after connections instead.
CELERY_DB_REUSE_MAX = 2**62
CELERY_TASK_DEFAULT_QUEUE = "upkeep"
# Two queues, so that a backlog of events never delays notifications and the sweep that rescues lost batches.
CELERY_TASK_QUEUES = [Queue("upkeep"), Queue("events")]
CELERY_TASK_ROUTES = {"monitor.tasks.process_events": {"queue": "events"}}
CELERY_BEAT_SCHEDULE = {
    "sweep-batches": {"task": "monitor.tasks.sweep_batches", "schedule": 5.0, "options": {"expires": 5}},
    "send-due-notifications": {
        "task": "monitor.tasks.send_due_notifications",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "rescue-bundles": {"task": "monitor.tasks.rescue_bundles", "schedule": 60.0, "options": {"expires": 60}},
    "fetch-maps": {"task": "monitor.tasks.fetch_maps", "schedule": 10.0, "options": {"expires": 10}},
    "make-partitions": {"task": "monitor.tasks.make_partitions", "schedule": 3600.0, "options": {"expires": 3600}},
    "train-dictionaries": {
        "task": "monitor.tasks.train_dictionaries",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "retain": {"task": "monitor.tasks.retain", "schedule": 3600.0, "options": {"expires": 3600}},
}
FARSIDE_WEB_PROCESSES = read_int("FARSIDE_WEB_PROCESSES", 1, "processes of one web server", least=1, most=64)
FARSIDE_WORKERS = read_int("FARSIDE_WORKERS", 2, "processes of one Celery worker", least=1, most=256)

# --- ingest ----------------------------------------------------------------------------------------------------------
FARSIDE_MAX_REQUEST_BYTES = read_int(
    "FARSIDE_MAX_REQUEST_BYTES", 20_000_000, "largest request body the door takes, as sent", least=1000
)
FARSIDE_MAX_BODY_BYTES = read_int(
    "FARSIDE_MAX_BODY_BYTES", 40_000_000, "largest request body the door takes, decompressed", least=1000
)
FARSIDE_BODY_TIMEOUT_S = read_int(
    "FARSIDE_BODY_TIMEOUT_S", 30, "seconds in which a request's body must have arrived", least=1, most=600
)
FARSIDE_SPOOL = Path(
    read_text(
        "FARSIDE_SPOOL", "", "folder where the door keeps events while the broker is away; empty: in the data folder"
    )
    or FARSIDE_DATA / "spool"
).resolve()
FARSIDE_SPOOL_MAX_BYTES = read_int(
    "FARSIDE_SPOOL_MAX_BYTES",
    2**30,
    "most bytes that one web process keeps there; beyond that it answers 503",
    most=2**50,
)
FARSIDE_MAX_EVENT_BYTES = read_int("FARSIDE_MAX_EVENT_BYTES", 1_000_000, "largest single event", least=1000)
FARSIDE_TRUSTED_PROXIES = read_int(
    "FARSIDE_TRUSTED_PROXIES", 0, "proxies before Farside whose X-Forwarded-For is believed", most=10
)
FARSIDE_MMDB = read_list(
    "FARSIDE_MMDB", "", "MMDB files that tell a client's network and country, comma-separated; empty: no place is told"
)
FARSIDE_HOT_ISSUE_EVENTS = read_int(
    "FARSIDE_HOT_ISSUE_EVENTS",
    200,
    "events of one issue stored in an hour before only a sample of them is; 0: store all",
)
FARSIDE_RETENTION_DAYS = read_int(
    "FARSIDE_RETENTION_DAYS", 90, "days that events, results and readings are kept", least=1, most=3650
)

# --- outgoing --------------------------------------------------------------------------------------------------------
FARSIDE_FETCH_MAPS = read_bool(
    "FARSIDE_FETCH_MAPS", False, "fetch scripts and source maps that nobody uploaded from where the scripts are served"
)
FARSIDE_ALLOW_PRIVATE_TARGETS = read_bool(
    "FARSIDE_ALLOW_PRIVATE_TARGETS",
    False,
    "let notification channels reach addresses that are not global (loopback, private networks)",
)

FARSIDE_LOG_LEVEL = read_choice(
    "FARSIDE_LOG_LEVEL",
    "INFO",
    ("DEBUG", "INFO", "WARNING", "ERROR"),
    "least level that is logged; `farside up` starts its processes with WARNING unless it is set",
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": LOG_LINE}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["stderr"],
        "level": FARSIDE_LOG_LEVEL,
    },
    # A 503 of /readyz is an answer, not a fault to log.
    "filters": {
        "no_503": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: getattr(record, "status_code", 500) != 503,
        }
    },
    "loggers": {"django.request": {"level": "ERROR", "filters": ["no_503"]}},
}
