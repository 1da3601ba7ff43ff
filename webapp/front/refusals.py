"""The front refuses some requests itself, before Django sees them, by the same problem details."""

from __future__ import annotations

from django.http import HttpResponse

from webapp.problems import problem_at


class Refused(Exception):  # noqa: N818
    """A request gets this problem as its answer, with the seconds after which to try again where that helps."""

    def __init__(self, status: int, title: str, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.retry_after = retry_after

    def response(self, path: str) -> HttpResponse:
        response = problem_at(path, self.status, self.title, self.detail)
        response["Cache-Control"] = "no-store"
        if self.retry_after is not None:
            response["Retry-After"] = str(self.retry_after)
        if self.status in (408, 413):  # the rest of the body is on its way
            response["Connection"] = "close"
        return response
