"""The front of the web server, piece by piece; `tests/acceptance/test_waiting_clients.py` has it whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Coroutine, Mapping
from typing import Any

import pytest
from pytest_django import Settings

from webapp.front import bodies
from webapp.front.callers import Callers, caller_of
from webapp.front.lookout import Lookout
from webapp.front.refusals import Refused
from webapp.long_polls import Topic


class Sender:
    """A client that sends these parts of a body, and then nothing, or goes."""

    def __init__(self, *parts: bytes, more: bool = False, goes: bool = False) -> None:
        self.messages: list[dict[str, Any]] = [
            {"type": "http.request", "body": part, "more_body": more or goes or number < len(parts) - 1}
            for number, part in enumerate(parts)
        ]
        if goes:
            self.messages.append({"type": "http.disconnect"})

    async def __call__(self) -> dict[str, Any]:
        if not self.messages:
            await asyncio.sleep(3600)
        return self.messages.pop(0)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def in_time() -> Any:
        async with asyncio.timeout(20):
            return await work

    return asyncio.run(in_time())


def read(sender: Sender, **headers: bytes) -> bytes:
    named = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    body = run(bodies.read(named, sender))
    with body:
        return bytes(body.read())


def test_a_body_is_read_whole_from_its_parts() -> None:
    assert read(Sender(b"ab", b"", b"c"), content_length=b"3") == b"abc"
    assert read(Sender(b"ab", b"c"), transfer_encoding=b"chunked") == b"abc"
    assert read(Sender()) == b""


def test_a_body_has_a_limit_whether_it_says_its_length_or_not(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 4
    for sender, headers in (
        (Sender(more=True), {"content_length": b"5"}),
        (Sender(more=True), {"content_length": b"-1"}),
        (Sender(b"abc", b"de", more=True), {"transfer_encoding": b"chunked"}),
    ):
        with pytest.raises(Refused) as refused:
            read(sender, **headers)
        assert refused.value.status == 413
    assert read(Sender(b"abcde"), content_length=b"5", content_type=b"multipart/form-data; boundary=x") == b"abcde"


def test_a_body_that_does_not_come_is_given_up(settings: Settings) -> None:
    settings.STEPWELL_BODY_SECONDS = 1
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        read(Sender(b"a", more=True), content_length=b"10")
    assert refused.value.status == 408
    assert time.monotonic() - began < 10


def test_who_goes_while_sending_gets_no_answer() -> None:
    with pytest.raises(bodies.ClientGone):
        read(Sender(b"a", goes=True), content_length=b"10")


def test_a_caller_is_known_by_token_or_session_and_by_nothing_else(settings: Settings) -> None:
    settings.SESSION_COOKIE_NAME = "stepwell_session"
    by_token = caller_of({b"authorization": b"Bearer abc"})
    by_session = caller_of({b"cookie": b"csrftoken=x; stepwell_session=abc"})
    assert by_token is not None
    assert by_session is not None
    assert by_session == caller_of({b"cookie": b"stepwell_session=abc; theme=dark"})
    assert len({by_token, by_session, caller_of({b"authorization": b"Bearer abd"})}) == 3
    for nobody in ({}, {b"cookie": b"csrftoken=x"}, {b"cookie": b"\xff;;=="}, {b"x-forwarded-for": b"1.2.3.4"}):
        assert caller_of(nobody) is None


def test_a_caller_that_asks_too_often_is_told_when_to_come_again_and_others_are_served(settings: Settings) -> None:
    settings.STEPWELL_REQUEST_RATE = 2
    callers = Callers()
    while callers.seconds_to_wait(b"busy") == 0:
        callers.count_request(b"busy")
    with pytest.raises(Refused) as refused:
        callers.count_request(b"busy")
    assert (refused.value.status, refused.value.response("/v2/x")["Retry-After"]) == (429, "1")
    callers.count_request(b"quiet")
    for _ in range(100):
        callers.count_request(None)


def test_open_polls_are_counted_while_they_are_open(settings: Settings) -> None:
    settings.STEPWELL_OPEN_POLLS = 1
    callers = Callers()
    for _ in range(3):
        with callers.waiting(b"one"), callers.waiting(b"other"):
            with pytest.raises(Refused) as refused, callers.waiting(b"one"):
                pass
            assert refused.value.status == 429


class Shelf:
    """What has arrived, and how often somebody asked."""

    def __init__(self) -> None:
        self.there: dict[str, int] = {}
        self.asked: list[set[str]] = []

    def arrived(self, of: Collection[str]) -> Mapping[str, int]:
        self.asked.append(set(of))
        return {name: self.there[name] for name in of if self.there.get(name)}


def test_one_question_is_asked_for_all_who_wait_and_as_many_are_told_as_there_are_things(db: None) -> None:
    shelf = Shelf()

    async def work() -> list[bool]:
        lookout = Lookout()
        waits = [
            asyncio.create_task(lookout.wait(Topic(shelf.arrived, name), seconds=1, in_vain=False))
            for name in ["a"] * 50 + ["b"] * 50
        ]
        await asyncio.sleep(0.3)
        shelf.there = {"a": 2}
        await asyncio.wait(waits[:2])
        shelf.there = {}
        return list(await asyncio.gather(*waits))

    assert run(work()) == [True, True] + [False] * 98
    assert all(of == {"a", "b"} for of in shelf.asked)
    assert len(shelf.asked) < 40


def test_who_waits_when_the_process_is_to_end_is_woken_up(db: None) -> None:
    async def work() -> bool:
        lookout = Lookout()
        wait = asyncio.create_task(lookout.wait(Topic(Shelf().arrived, "a"), seconds=60, in_vain=False))
        await asyncio.sleep(0.1)
        lookout.wake_all()
        return await wait

    assert run(work()) is False


def test_a_topic_that_was_told_in_vain_rests_ever_longer(db: None) -> None:
    shelf = Shelf()
    shelf.there = {"limited": 100}

    async def work() -> int:
        lookout, told, until = Lookout(), 0, time.monotonic() + 2
        while time.monotonic() < until:
            told += await lookout.wait(Topic(shelf.arrived, "limited"), seconds=2, in_vain=told > 0)
        return told

    assert 2 <= run(work()) <= 8


def test_an_error_of_the_database_ends_nobodys_wait(db: None) -> None:
    asked: list[int] = []

    def arrived(of: Collection[str]) -> Mapping[str, int]:
        asked.append(len(of))
        if len(asked) == 1:
            raise ConnectionError("the database is away")
        return dict.fromkeys(of, 1)

    async def work() -> bool:
        return await Lookout().wait(Topic(arrived, "a"), seconds=10, in_vain=False)

    assert run(work()) is True
