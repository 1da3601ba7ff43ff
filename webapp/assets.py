"""The web server serves the front end's files, also those of a build that was made while the server runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

ASSETS = "/assets/"


class AssetsMiddleware(WhiteNoiseMiddleware):
    """This is WhiteNoise, which lists files at its start, and lists the front end's again when its index.html is another."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self._build = _build()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(ASSETS) and not self.autorefresh and (build := _build()) != self._build:
            self._build = build
            kept = {url: file for url, file in self.files.items() if not url.startswith(ASSETS)}
            self.files: dict[str, Any] = kept
            self.add_files(str(settings.FRONTEND_DIST))
        return super().__call__(request)


def _build() -> tuple[int, int] | None:
    """Return what tells one build from another; None while there is none."""
    try:
        found = (Path(settings.FRONTEND_DIST) / "index.html").stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino
