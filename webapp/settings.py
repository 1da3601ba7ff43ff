"""Django's settings come from the environment as far as they differ between installations.

| variable | meaning | default |
| --- | --- | --- |
| DATABASE_URL | PostgreSQL, as a libpq URI | the embedded server of STEPWELL_DATA |
| BROKER_URL | Valkey or Redis | the embedded server of STEPWELL_DATA |
| STEPWELL_DATA | folder for what the embedded servers, logs and mail keep | `.data` in the project |
| STEPWELL_ARCHIVE | folder for what retention has taken out of the database | `STEPWELL_DATA/archive` |
| STEPWELL_SECRET_KEY | signs sessions | `STEPWELL_DATA/secret_key`, made by `manage.py` |
| STEPWELL_DEBUG | `1`: tracebacks in the browser | off |
| STEPWELL_ALLOWED_HOSTS | host names that the pages answer to, by comma | `localhost` |
| STEPWELL_CSRF_TRUSTED_ORIGINS | origins (`https://flow.example.com`) that may post, by comma | none |
| STEPWELL_HTTPS | `1`: behind a proxy that ends TLS and sets X-Forwarded-Proto | off |
| STEPWELL_TRUSTED_PROXIES | proxies in a row that write X-Forwarded-For (`webapp/accounts/addresses.py`) | 0 |
| STEPWELL_PROCESSES | folder of the process packages | `processes` in the project |
| STEPWELL_JOB_QUEUES | `prefix=queue` by comma: job types that get workers of their own | none |
| STEPWELL_JOB_LEASE | seconds after which a job of a worker that died is given to another | 15 |
| STEPWELL_HTTP_ALLOWED_HOSTS | hosts that the HTTP connector may call, by comma, `*.example.com` allowed | none |
| STEPWELL_HTTP_ALLOWED_PORTS | ports that the HTTP connector may call, by comma | all |
| STEPWELL_HTTP_ALLOW_PRIVATE | `1`: the HTTP connector may reach private addresses | off |
| STEPWELL_FORM_FOREIGN_NAMES | what becomes of names that a form does not have: `refuse` or `drop` | `refuse` |
| STEPWELL_FEEL_STEPS | steps that one expression, or one decision as a whole, may take | 3,000,000 |
| STEPWELL_FEEL_DEPTH | calls of functions within each other in an expression | 1,000 |
| STEPWELL_FEEL_SIZE | what an expression may build, in about eight bytes each | 4,000,000 |
| STEPWELL_FEEL_SECONDS | seconds for all expressions of one step of an instance, or of one decision | 10 |
| STEPWELL_TEST_CLOCK | `1`: tests may move the engine's clock | off |
| STEPWELL_EMAIL_HOST, _PORT, _USER, _PASSWORD, _TLS, _FROM | the mail server | files in `STEPWELL_DATA/mail` |
| STEPWELL_DB_POOL_SIZE | connections per process, at most; one a thread | 20 |
| STEPWELL_WEB_THREADS | requests of a web server that are worked on at once | 16 |
| STEPWELL_QUEUED_REQUESTS | requests that may wait for that; the next get 503 | 5000 |
| STEPWELL_REQUEST_RATE | requests a second of one token or session, over 10 seconds, 0 for any number; the next get 429 | 500 |
| STEPWELL_OPEN_POLLS | long polls of one token or session that may be open at a web server; the next get 429 | 4000 |
| STEPWELL_BODY_SECONDS | seconds to send the body of a request, and one more for each 16 KiB; then 408 | 30 |
| STEPWELL_STATEMENT_TIMEOUT | seconds that one SQL statement may take, 0 for ever | 60 |
| STEPWELL_HEARTBEAT_FILE | touched by the ticker after each round, by a worker when it is ready | none |
| STEPWELL_LOG_LEVEL | level of the log on standard error | INFO |
| STEPWELL_LOG_FORMAT | `text`, or `json`: an object a line | text |
| STEPWELL_METRICS_ADDRESS | `host:port` at which a worker or ticker of its own tells its metrics, without a login | none |
| OTEL_EXPORTER_OTLP_ENDPOINT | where traces are sent (`engine/observability/exporting.py`) | none |
"""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from kombu import Exchange, Queue
from psycopg.conninfo import conninfo_to_dict

from webapp.launcher.bare.data_folder import DataFolder
from webapp.launcher.bare.project import BUILT_FRONTEND, PROJECT


def _flag(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() in {"1", "true", "yes", "on"}


def _words(name: str) -> list[str]:
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "").strip() or str(default)
    if not text.isdecimal():
        raise ImproperlyConfigured(f"Expected a whole number in {name}, found {text!r}.")
    return int(text)


def _ports(name: str) -> tuple[int, ...]:
    if not all(word.isdecimal() and 0 < int(word) < 65_536 for word in _words(name)):
        raise ImproperlyConfigured(f"Expected ports by comma in {name}, found {os.environ[name]!r}.")
    return tuple(int(word) for word in _words(name))


def _choice(name: str, *allowed: str) -> str:
    """Return the value of a variable, which is one of a few words; the first where nothing is set."""
    text = os.environ.get(name, "").strip().lower() or allowed[0]
    if text not in allowed:
        raise ImproperlyConfigured(f"Expected {' or '.join(allowed)} in {name}, found {text!r}.")
    return text


DATA = DataFolder.from_environment(os.environ, project=PROJECT)
STEPWELL_DATA = str(DATA.path)  # handlers may keep files of their own below it
STEPWELL_ARCHIVE = os.environ.get("STEPWELL_ARCHIVE") or str(DATA.path / "archive")
PROCESSES_DIR = Path(os.environ.get("STEPWELL_PROCESSES") or PROJECT / "processes").resolve()

DEBUG = _flag("STEPWELL_DEBUG")
SECRET_KEY = os.environ.get("STEPWELL_SECRET_KEY") or DATA.secret_key()
if not SECRET_KEY:
    raise ImproperlyConfigured(
        f"Expected a secret key in STEPWELL_SECRET_KEY or in {DATA.secret_key_file}. Start through `python3 manage.py`, "
        "which makes one, or set STEPWELL_SECRET_KEY to at least 50 random characters, the same for every process."
    )
HTTPS = _flag("STEPWELL_HTTPS")
STEPWELL_TRUSTED_PROXIES = _number("STEPWELL_TRUSTED_PROXIES", 0)
ALLOWED_HOSTS = [*_words("STEPWELL_ALLOWED_HOSTS"), "localhost", "127.0.0.1", "[::1]"]  # the last for health checks
CSRF_TRUSTED_ORIGINS = _words("STEPWELL_CSRF_TRUSTED_ORIGINS")

# --- what the application is made of ---------------------------------------------------------------------------------

STEPWELL_HANDLER_MODULES = ["engine.connectors"]
"""These modules are imported for the job handlers they declare; those of the process packages are found besides."""

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "engine",
    "webapp.accounts",
    "webapp",
]
MIDDLEWARE = [
    "webapp.request_figures.RequestFiguresMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "webapp.security_headers.SecurityHeadersMiddleware",
    "webapp.assets.AssetsMiddleware",
    "webapp.compression.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "webapp.urls"
WSGI_APPLICATION = "webapp.wsgi.application"
ASGI_APPLICATION = "webapp.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [  # only drf-spectacular's documentation pages are rendered from templates
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# --- database --------------------------------------------------------------------------------------------------------

DATABASE_URL = os.environ.get("DATABASE_URL") or DATA.database_url()


def _database(url: str) -> dict[str, object]:
    """Return Django's form of a libpq URI; what Django has no key for (sslmode, target_session_attrs, ...) goes to OPTIONS."""
    try:
        parts = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except Exception:  # psycopg's own text quotes the whole address, with its password
        raise ImproperlyConfigured(
            "Expected a PostgreSQL address in DATABASE_URL, such as postgresql://user:password@host:5432/name."
        ) from None
    on_connect = {
        # seconds to milliseconds; a transaction that idles holds locks that `advance` waits for
        "statement_timeout": _number("STEPWELL_STATEMENT_TIMEOUT", 60) * 1000,
        "idle_in_transaction_session_timeout": 60_000,
        "plan_cache_mode": "force_custom_plan",  # of prepared statements: see `engine.postgres.statements`
    }
    settings_on_connect = " ".join(f"-c {name}={value}" for name, value in on_connect.items())
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "stepwell"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "ATOMIC_REQUESTS": False,  # the outside world is called outside transactions
        "CONN_HEALTH_CHECKS": True,  # else the first request after a restart of PostgreSQL fails
        "OPTIONS": {
            **parts,
            "prepare_threshold": 3,  # of what `engine.postgres.statements` runs; Django's own queries are never prepared
            "options": f"{parts.get('options', '')} {settings_on_connect}".strip(),
            "pool": {"min_size": 1, "max_size": _number("STEPWELL_DB_POOL_SIZE", 20), "timeout": 15},
        },
    }


DATABASES = {"default": _database(DATABASE_URL)}

# --- work ------------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = os.environ.get("BROKER_URL") or DATA.broker_url()
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlives its broker
# The rows in PostgreSQL are the truth and a sweeper rings again, so a dead broker may cost a request half a second, not
# the six that kombu's defaults take.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "socket_connect_timeout": 0.5,
    "visibility_timeout": 3600,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True  # results are rows of the engine; there is no result backend
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A lease, not the broker's connection, decides who owns a job: a handler is not killed because the doorbell fell off.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "stepwell"
CELERY_TASK_CREATE_MISSING_QUEUES = True


def _job_queues(pairs: list[str]) -> tuple[tuple[str, str], ...]:
    split = [tuple(part.strip() for part in pair.split("=", 1)) for pair in pairs]
    if any(len(pair) != 2 or not all(pair) for pair in split):
        raise ImproperlyConfigured(
            f"Expected pairs such as 'mail.=mail,report.=slow' in STEPWELL_JOB_QUEUES, found {','.join(pairs)!r}."
        )
    # the longest prefix first, so that the first match is the closest
    return tuple(sorted(((prefix, queue) for prefix, queue in split), key=lambda pair: -len(pair[0])))


STEPWELL_JOB_QUEUES = _job_queues(_words("STEPWELL_JOB_QUEUES"))
# What a worker hears when it is started without --queues: all of them.
CELERY_TASK_QUEUES = [
    Queue(name, Exchange(name), routing_key=name)  # Celery gives a bare queue the default queue's routing key
    for name in sorted({CELERY_TASK_DEFAULT_QUEUE, *(queue for _, queue in STEPWELL_JOB_QUEUES)})
]

# --- the engine ------------------------------------------------------------------------------------------------------

STEPWELL_JOB_LEASE = _number("STEPWELL_JOB_LEASE", 15)
STEPWELL_FORM_FOREIGN_NAMES = _choice("STEPWELL_FORM_FOREIGN_NAMES", "refuse", "drop")
STEPWELL_FEEL_STEPS = _number("STEPWELL_FEEL_STEPS", 0)  # 0: the engine's own default
STEPWELL_FEEL_DEPTH = _number("STEPWELL_FEEL_DEPTH", 0)
STEPWELL_FEEL_SIZE = _number("STEPWELL_FEEL_SIZE", 0)
STEPWELL_FEEL_SECONDS = _number("STEPWELL_FEEL_SECONDS", 10)
STEPWELL_TEST_CLOCK = _flag("STEPWELL_TEST_CLOCK")
STEPWELL_HTTP_ALLOWED_HOSTS = tuple(_words("STEPWELL_HTTP_ALLOWED_HOSTS"))
STEPWELL_HTTP_ALLOWED_PORTS = _ports("STEPWELL_HTTP_ALLOWED_PORTS")
STEPWELL_HTTP_ALLOW_PRIVATE = _flag("STEPWELL_HTTP_ALLOW_PRIVATE")

EMAIL_HOST = os.environ.get("STEPWELL_EMAIL_HOST", "")
EMAIL_PORT = _number("STEPWELL_EMAIL_PORT", 587)
EMAIL_HOST_USER = os.environ.get("STEPWELL_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("STEPWELL_EMAIL_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("STEPWELL_EMAIL_TLS", "1") != "0"
EMAIL_TIMEOUT = 20
EMAIL_FILE_PATH = str(DATA.path / "mail")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
DEFAULT_FROM_EMAIL = os.environ.get("STEPWELL_EMAIL_FROM", "stepwell@localhost")

# --- the API ---------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # the bearer first: its challenge makes "not logged in" a 401
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "webapp.api.authentication.BearerAuthentication",
        "webapp.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["webapp.api.encoding.Renderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "webapp.api.encoding.OnlyOurs",
    "EXCEPTION_HANDLER": "webapp.problems.handler",
}
CSRF_FAILURE_VIEW = "webapp.problems.csrf_failure"
SPECTACULAR_SETTINGS = {
    "TITLE": "Stepwell",
    "DESCRIPTION": "BPMN 2.0 processes, durable on PostgreSQL. Names, shapes and status codes are those of the Camunda 8 "
    "Orchestration Cluster API, so that its clients work.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/v2",
    "POSTPROCESSING_HOOKS": ["webapp.api.schema.add_components"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- what the browser gets -------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
FRONTEND_DIST = BUILT_FRONTEND
WHITENOISE_ROOT = str(FRONTEND_DIST) if FRONTEND_DIST.is_dir() else None
WHITENOISE_USE_FINDERS = True  # the API pages' files straight from their package: no collectstatic step
WHITENOISE_MAX_AGE = 60


def _is_immutable(_path: str, url: str) -> bool:
    """Say whether a browser may keep the file for ever: Vite names its files after their content."""
    return url.startswith("/assets/")


WHITENOISE_IMMUTABLE_FILE_TEST = _is_immutable

STEPWELL_WEB_THREADS = _number("STEPWELL_WEB_THREADS", 16)
STEPWELL_QUEUED_REQUESTS = _number("STEPWELL_QUEUED_REQUESTS", 5000)
STEPWELL_REQUEST_RATE = _number("STEPWELL_REQUEST_RATE", 500)
STEPWELL_OPEN_POLLS = _number("STEPWELL_OPEN_POLLS", 4000)
STEPWELL_BODY_SECONDS = _number("STEPWELL_BODY_SECONDS", 30)

DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024  # the largest request body that is not a file, in bytes
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 200

# Browsers share cookies between the ports of a host: two installations side by side need two names.
SESSION_COOKIE_NAME = os.environ.get("STEPWELL_SESSION_COOKIE") or "stepwell_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# --- logs ------------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "webapp.log_lines.TextFormatter"},
        "json": {"()": "webapp.log_lines.JsonFormatter"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": _choice("STEPWELL_LOG_FORMAT", "text", "json")}
    },
    "root": {"handlers": ["stderr"], "level": os.environ.get("STEPWELL_LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True, "level": "INFO"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # the answer says it; anybody could fill the log
    },
}
