"""Granian serves this WSGI application."""

import os
import signal
import threading

from django.core.wsgi import get_wsgi_application

from engine import long_polls
from engine.observability import exporting
from webapp.launcher.bare.children import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")

_LAST_WORDS = 5.0
"""So many seconds are left to requests that wait, to answer, once the process is to end; `roles.web_command` kills after ten."""


def _tell_long_polls_of_the_end() -> None:
    """Tell requests that wait when the process is to end. Granian has handlers of its own for the signals; the wake-up descriptor hears
    of them all the same."""
    heard, said = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(said, False)
    signal.set_wakeup_fd(said, warn_on_full_buffer=False)

    def listen() -> None:
        while number := os.read(heard, 1):
            if number[0] in (signal.SIGTERM, signal.SIGINT):
                long_polls.end_within(_LAST_WORDS)

    threading.Thread(target=listen, name="end listener", daemon=True).start()


if os.environ.get("STEPWELL_SUPERVISED"):
    die_with_parent()  # this is Granian's worker process, its parent Granian's master
if threading.current_thread() is threading.main_thread():
    _tell_long_polls_of_the_end()
exporting.set_up("web")
application = get_wsgi_application()
