"""The lookout tells requests that wait when it is time to look again. One round asks for all of them at once, in a statement for each
kind of thing that is waited for; how many wait changes little."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from django.db import close_old_connections

from webapp.long_polls import PAUSE, Topic

logger = logging.getLogger(__name__)

_SHARE = 9
"""A round is followed by a pause of this many times its own length: the lookout takes a tenth of a connection, more where the database is
slow. The pause has a bound."""
_AFTER_AN_ERROR = 1.0
"""The lookout rests for so many seconds when the database does not answer."""
_MOST_A_ROUND = 16
"""So many requests are told in one round at most, of each kind: what comes at once must not keep all others from the threads."""
_LONGEST_PAUSE = 1.0
"""No pause is longer than so many seconds: neither that after a slow round, nor that of a topic whose requests were told in vain, as
of a job type that may not be handed out now."""


@dataclass
class _Waiting:
    """Who waits for one topic, in the order in which they came."""

    futures: dict[asyncio.Future[bool], None] = field(default_factory=dict)
    pause: float = 0.0
    rests_until: float = 0.0

    def is_over(self, *, now: float) -> bool:
        return not self.futures and self.rests_until + _LONGEST_PAUSE < now


class Lookout:
    def __init__(self) -> None:
        self._topics: dict[Topic, _Waiting] = {}
        self._round: asyncio.Task[None] | None = None
        # of its own, so that it goes on while all threads of the requests are busy
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lookout")

    async def wait(self, topic: Topic, *, seconds: float, in_vain: bool) -> bool:
        """Wait, and say whether it is time to look: False after so many seconds, or when all are woken up. `in_vain` says that the
        caller has been told, and found nothing."""
        waiting = self._topics.setdefault(topic, _Waiting())
        if in_vain:
            waiting.pause = min(_LONGEST_PAUSE, max(PAUSE, 2 * waiting.pause))
            waiting.rests_until = time.monotonic() + waiting.pause
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        waiting.futures[told] = None
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._look_out())
        try:
            async with asyncio.timeout(seconds):
                return await told
        except TimeoutError:
            return False
        finally:
            waiting.futures.pop(told, None)

    def wake_all(self) -> None:
        """End every wait of now: the process is to end."""
        for told in [told for waiting in self._topics.values() for told in waiting.futures if not told.done()]:
            told.set_result(False)

    def found(self, topic: Topic) -> None:
        """Note that who was told has found something: the topic needs no rest."""
        if topic in self._topics:
            self._topics[topic].pause = 0.0

    async def _look_out(self) -> None:
        while self._topics:
            began = time.monotonic()
            for arrived, topics in self._by_question(now=began).items():
                await self._ask(arrived, topics)
            for topic in [topic for topic, waiting in self._topics.items() if waiting.is_over(now=began)]:
                del self._topics[topic]
            await asyncio.sleep(min(_LONGEST_PAUSE, max(PAUSE, _SHARE * (time.monotonic() - began))))

    def _by_question(self, *, now: float) -> dict[Callable[[Any], Any], dict[Hashable, _Waiting]]:
        found: dict[Callable[[Any], Any], dict[Hashable, _Waiting]] = {}
        for topic, waiting in self._topics.items():
            if waiting.futures and waiting.rests_until <= now:
                found.setdefault(topic.arrived, {})[topic.of] = waiting
        return found

    async def _ask(self, arrived: Callable[[Any], Any], topics: dict[Hashable, _Waiting]) -> None:
        loop = asyncio.get_running_loop()
        try:
            numbers = await loop.run_in_executor(self._thread, _asked, arrived, list(topics))
        except Exception:  # whoever waits goes on waiting: the database may be back in time
            logger.warning("Requests wait for what the database does not tell now", exc_info=True)
            await asyncio.sleep(_AFTER_AN_ERROR)
            return
        left = _MOST_A_ROUND
        for of, number in numbers.items():
            for told in list(topics[of].futures)[: min(number, left)]:
                left -= 1
                if not told.done():
                    told.set_result(True)


def _asked(arrived: Callable[[Any], Any], of: list[Hashable]) -> dict[Hashable, int]:
    try:
        return dict(arrived(of))
    finally:
        close_old_connections()
