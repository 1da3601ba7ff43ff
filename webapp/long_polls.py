"""A request that waits for something is a long poll: it looks once, and what it waits for is told to whoever serves it.

Our web server (`webapp.front`) holds no thread while such a request waits. Under any other, such as the client of Django's tests, its
thread looks again and again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseBase

PAUSE = 0.05
"""What requests wait for is looked after every 0.05 seconds."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Requests wait for this. `arrived` is asked for all whose topic has the same one, and answers how many of each may look again."""

    arrived: Callable[[Collection[Any]], Mapping[Any, int]]
    of: Hashable


@dataclass(frozen=True, slots=True)
class LongPoll:
    """A view returns this instead of its answer. `look` gives the answer or, while there is none, None; `over` gives the one for who
    has waited until `until` (of `time.monotonic`), or raises."""

    topic: Topic
    until: float
    look: Callable[[], Any]
    over: Callable[[], Any]
    to_the_last: bool = False
    """What was asked for is done, so the answer counts: a server that is to end lets this wait for as long as it may."""
    undo: Callable[[], None] | None = None
    """Takes back what `look` has given, when nobody is there any more to get it."""

    def sit_out(self) -> Any:
        """Look, and wait in this thread, until there is an answer."""
        while (answer := self.look()) is None:
            if time.monotonic() >= self.until:
                return self.over()
            time.sleep(PAUSE)
        return answer


class Unanswered:
    """A view's long poll has no answer yet. Middleware sees its empty response; `look` and `end` give that its answer."""

    def __init__(
        self, poll: LongPoll, response: HttpResponse, render: Callable[[Callable[[], Any]], HttpResponse]
    ) -> None:
        self.poll = poll
        self.when_answered: list[Callable[[HttpResponse], None]] = []
        self._response = response
        self._render = render
        response.unanswered = self  # type: ignore[attr-defined]

    def look(self) -> bool:
        """Look once more; True when the response has its answer now."""
        found: list[Any] = []

        def look() -> Any:
            found.append(self.poll.look())
            return found[0]

        return self._fill(self._render(look), is_answer=found != [None])

    def end(self) -> None:
        """Give the response the answer of who has waited in vain."""
        self._fill(self._render(self.poll.over), is_answer=True)

    def _fill(self, answer: HttpResponse, *, is_answer: bool) -> bool:
        if not is_answer:
            return False
        self._response.status_code = answer.status_code
        self._response.content = answer.content
        for name, value in answer.items():
            self._response[name] = value
        self._response["Content-Length"] = str(len(answer.content))
        for tell in self.when_answered:
            tell(self._response)
        return True


def of(response: HttpResponseBase) -> Unanswered | None:
    """Return the long poll of a response that has no answer yet; None for any other."""
    return getattr(response, "unanswered", None)
