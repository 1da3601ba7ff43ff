"""The type checker reads these settings, for it has no secret."""

import os

os.environ.setdefault("STEPWELL_SECRET_KEY", "for the type checker, which signs nothing")

from webapp.settings import *  # noqa: F403
