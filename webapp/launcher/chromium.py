"""The tests use the pages in this browser."""

import os
import shutil
from collections.abc import Mapping

_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CHROMIUM_ADVICE = (
    "The browser tests need Chromium. Debian: `apt-get install chromium`. Elsewhere set STEPWELL_CHROMIUM to the program of "
    "Chromium or Chrome."
)


def find_chromium(environ: Mapping[str, str]) -> str | None:
    chosen = environ.get("STEPWELL_CHROMIUM")
    if chosen:
        return chosen if os.access(chosen, os.X_OK) else None
    return next((found for name in _CHROMIUM_NAMES if (found := shutil.which(name, path=environ.get("PATH")))), None)
