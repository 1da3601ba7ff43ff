"""Supervisors and load balancers ask without a login whether this process lives, and whether it can work."""

import logging

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from engine import handlers

logger = logging.getLogger(__name__)

_migrated = False  # a database that has been migrated stays so for the life of a process


def healthz(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers, which says nothing about the database."""
    return healthy()


def healthy() -> HttpResponse:
    """Return the answer of a process that lives; `webapp.front` gives it without a thread."""
    return _plain("ok", status=200)


def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and is migrated and no job type has two functions, else 503. The broker may be away: rows are
    the truth. A process package that cannot be imported is named, and no reason to serve nobody."""
    global _migrated
    try:
        if not _migrated:
            executor = MigrationExecutor(connection)
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        else:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
    except Error:
        logger.warning("Not ready: the database does not answer", exc_info=True)
        return _plain("the database does not answer", status=503)
    if not _migrated:
        return _plain("the database is not migrated", status=503)
    faults = handlers.faults()
    if faults.contested:
        return _plain("\n".join(map(str, faults.contested.values())), status=503)
    # without the error itself: everybody may ask here, and it may show what is in a file
    unusable = "".join(f"\nthe process package '{each.name}' cannot be imported" for each in faults.broken)
    return _plain(f"ready{unusable}", status=200)


def _plain(text: str, *, status: int) -> HttpResponse:
    response = HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response
