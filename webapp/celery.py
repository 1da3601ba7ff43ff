"""The Celery application carries the doorbell of the engine. Its settings are the CELERY_ ones of `webapp.settings`."""

import os
from pathlib import Path

from celery import Celery
from celery.signals import worker_process_init, worker_ready, worker_shutting_down

from engine.observability import exporting, metrics_server
from webapp.launcher.bare.children import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")

app = Celery("stepwell")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["engine"], related_name="workers")


@worker_ready.connect
def _tell_that_it_works(**_: object) -> None:
    metrics_server.start()
    heartbeat_file = os.environ.get("STEPWELL_HEARTBEAT_FILE")
    if heartbeat_file:
        Path(heartbeat_file).touch()


@worker_shutting_down.connect
def _take_no_more(**_: object) -> None:
    from engine.jobs import running  # Django is set up by now

    running.end_soon()


@worker_process_init.connect
def _end_with_the_worker(**_: object) -> None:
    """End a pool process whose worker was killed: it would hold its lease and run on; the lease is for a process that lives."""
    die_with_parent()
    exporting.set_up("worker")
