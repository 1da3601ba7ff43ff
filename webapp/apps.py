"""Makes the Celery application known in every process that sets Django up."""

from django.apps import AppConfig


class WebappConfig(AppConfig):
    name = "webapp"

    def ready(self) -> None:
        # `shared_task` publishes through the current application: without this import that would be Celery's default
        # one, whose broker is a RabbitMQ on localhost.
        from webapp import celery  # noqa: F401
