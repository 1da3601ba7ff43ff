"""`manage.py ticker`: fires timers, finds what was forgotten, keeps the search tables up to date. SIGTERM ends it cleanly."""

import signal
from types import FrameType
from typing import Any

from django.core.management import BaseCommand

from engine.ticker import Ticker


class Command(BaseCommand):
    help = "Fire timers and look after what was forgotten, until SIGTERM. Several may run."

    def handle(self, *_: Any, **__: Any) -> None:
        ticker = Ticker()

        def stop(signum: int, frame: FrameType | None) -> None:
            del signum, frame
            ticker.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        ticker.run()
