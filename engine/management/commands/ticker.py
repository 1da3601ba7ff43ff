"""`manage.py ticker` fires timers, finds what was forgotten, keeps the search tables up to date. SIGTERM ends it cleanly.

The file of STEPWELL_HEARTBEAT_FILE, when set, is touched after each round: its age tells a container's health check of a ticker that hangs.
"""

import os
import signal
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management import BaseCommand

from engine.observability import exporting, metrics_server
from engine.upkeep.ticker import Ticker


class Command(BaseCommand):
    help = "Fire timers and look after what was forgotten, until SIGTERM. Several may run."

    def handle(self, *_: Any, **__: Any) -> None:
        beat = os.environ.get("STEPWELL_HEARTBEAT_FILE")
        ticker = Ticker(after_round=Path(beat).touch if beat else lambda: None)

        def stop(signum: int, frame: FrameType | None) -> None:
            del signum, frame
            ticker.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        exporting.set_up("ticker")
        metrics_server.start()
        ticker.run()
