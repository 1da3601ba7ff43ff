"""This is set up in every process that sets Django up."""

from django.apps import AppConfig
from psycopg_pool.base import AttemptWithBackoff


class WebappConfig(AppConfig):
    name = "webapp"

    def ready(self) -> None:
        # `shared_task` publishes through the current application: without this import that would be Celery's default
        # one, whose broker is a RabbitMQ on localhost.
        from webapp import celery  # noqa: F401

        # The pool would double its waits for up to five minutes, so that PostgreSQL would be missed for as long again as it
        # was away. A second each costs nothing.
        AttemptWithBackoff.DELAY_BACKOFF = 1.0
