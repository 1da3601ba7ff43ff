"""When timers are due: dates with zones, durations by the calendar, cycles with a number, a start or an end, cron texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.bpmn.model import TimerKind
from engine.runtime.effects import IncidentType, Outcome
from engine.runtime.elements import schedules
from engine.runtime.elements.schedules import TimerError
from engine.testing import Engine, InvalidDiagramError
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, boundary, end, flows, job, node, timer

NOW = datetime(2030, 1, 31, 9, 0, tzinfo=UTC)


def due(kind: TimerKind, text: str) -> str:
    return schedules.schedule(kind, text, now=NOW).due.isoformat()


def firings(text: str, count: int, *, now: datetime = NOW) -> list[str]:
    """The first so many times of a cycle, each fired when it is due."""
    found = schedules.schedule(TimerKind.CYCLE, text, now=now)
    times = []
    while True:
        times.append(found.due.isoformat(timespec="minutes").removesuffix("+00:00"))
        if len(times) == count or found.text is None:
            return times
        following = schedules.following(found.text, found.due, found.remaining)
        if following is None:
            return times
        found = following


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2030-07-01T12:00:00Z", "2030-07-01T12:00:00+00:00"),
        ("2030-07-01T12:00:00+02:00", "2030-07-01T10:00:00+00:00"),
        ("2030-07-01T12:00:00", "2030-07-01T12:00:00+00:00"),
        ("2030-07-01", "2030-07-01T00:00:00+00:00"),
        ("2030-07-01T12:00:00[Europe/Berlin]", "2030-07-01T10:00:00+00:00"),
        ("2030-01-01T12:00:00@Europe/Berlin", "2030-01-01T11:00:00+00:00"),
        ("2030-07-01T12:00:00+02:00[Europe/Berlin]", "2030-07-01T10:00:00+00:00"),
    ],
)
def test_a_date_is_meant_in_the_zone_that_it_names_else_in_utc(text: str, expected: str) -> None:
    assert due(TimerKind.DATE, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT90S", "2030-01-31T09:01:30+00:00"),
        ("P1DT2H", "2030-02-01T11:00:00+00:00"),
        ("P1M", "2030-02-28T09:00:00+00:00"),
        ("P1Y2W", "2031-02-14T09:00:00+00:00"),
        ("PT0.5S", "2030-01-31T09:00:00.500000+00:00"),
        ("-PT1H", "2030-01-31T08:00:00+00:00"),
    ],
)
def test_a_duration_counts_months_by_the_calendar_and_seconds_exactly(text: str, expected: str) -> None:
    assert due(TimerKind.DURATION, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R3/PT10M", ["2030-01-31T09:10", "2030-01-31T09:20", "2030-01-31T09:30"]),
        ("R1/PT10M", ["2030-01-31T09:10"]),
        (
            "R/2030-02-01T00:00:00Z/P1D",
            ["2030-02-01T00:00", "2030-02-02T00:00", "2030-02-03T00:00", "2030-02-04T00:00"],
        ),
        ("R2/2030-02-01T00:00:00Z/2030-02-01T01:00:00Z", ["2030-02-01T00:00", "2030-02-01T01:00"]),
        ("R/PT12H/2030-02-01T10:00:00Z", ["2030-01-31T21:00", "2030-02-01T09:00"]),
        ("R/P1D/2030-02-02T10:00:00Z", ["2030-02-01T09:00", "2030-02-02T09:00"]),
        ("R-1/PT1H", ["2030-01-31T10:00", "2030-01-31T11:00", "2030-01-31T12:00", "2030-01-31T13:00"]),
        # the last day of the month stays the last day
        ("R/P1M", ["2030-02-28T09:00", "2030-03-31T09:00", "2030-04-30T09:00", "2030-05-31T09:00"]),
        (
            "R/2029-12-31T08:00:00Z/P1M",
            ["2029-12-31T08:00", "2030-01-31T08:00", "2030-02-28T08:00", "2030-03-31T08:00"],
        ),
        # clocks go forward on 31 March 2030 in Berlin: a day later by the clock, 24 hours later by the hours
        ("R2/2030-03-30T09:00:00[Europe/Berlin]/P1D", ["2030-03-30T08:00", "2030-03-31T07:00"]),
        ("R2/2030-03-30T09:00:00[Europe/Berlin]/PT24H", ["2030-03-30T08:00", "2030-03-31T08:00"]),
        ("R2/2030-10-26T02:30:00[Europe/Berlin]/P1D", ["2030-10-26T00:30", "2030-10-27T00:30"]),
        ("0 9 * * MON-FRI", ["2030-02-01T09:00", "2030-02-04T09:00", "2030-02-05T09:00", "2030-02-06T09:00"]),
        ("@daily", ["2030-02-01T00:00", "2030-02-02T00:00", "2030-02-03T00:00", "2030-02-04T00:00"]),
        ("0 30 9 ? * 1", ["2030-02-04T09:30", "2030-02-11T09:30", "2030-02-18T09:30", "2030-02-25T09:30"]),
        ("0 0 9 13 * FRI", ["2030-09-13T09:00", "2030-12-13T09:00"]),
        ("CRON_TZ=Europe/Berlin 0 9 30,31 3 *", ["2030-03-30T08:00", "2030-03-31T07:00"]),
    ],
)
def test_a_cycle_fires_at_its_times(text: str, expected: list[str]) -> None:
    assert firings(text, min(4, len(expected)) if "R/" not in text else 4) == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (TimerKind.DATE, "tomorrow"),
        (TimerKind.DATE, "2030-01-01T00:00:00[Mars/Olympus]"),
        (TimerKind.DURATION, "1 hour"),
        (TimerKind.DURATION, "P"),
        (TimerKind.DURATION, "P9999Y"),
        (TimerKind.DURATION, None),
        (TimerKind.CYCLE, "R3"),
        (TimerKind.CYCLE, "R3/PT0S"),
        (TimerKind.CYCLE, "Rx/PT1S"),
        (TimerKind.CYCLE, "R/P9999Y"),
        (TimerKind.CYCLE, "R/PT1H/2030-01-31T09:30:00Z"),
        (TimerKind.CYCLE, "61 * * * *"),
        (TimerKind.CYCLE, "CRON_TZ=Mars/Olympus 0 9 * * *"),
    ],
)
def test_what_no_timer_can_follow_says_what_was_expected(kind: TimerKind, value: Any) -> None:
    with pytest.raises(TimerError, match="Expected"):
        schedules.schedule(kind, value, now=NOW)


def test_a_cycle_ends_with_the_calendar() -> None:
    assert schedules.following("R/PT1H", datetime(9999, 12, 31, 23, 30, tzinfo=UTC), None) is None
    assert schedules.following("0 0 1 1 *", datetime(9999, 6, 1, tzinfo=UTC), None) is None
    assert schedules.following("R/2030-01-31T00:00:00+00:00/P1Y", datetime(9999, 1, 31, tzinfo=UTC), None) is None


def test_the_times_that_an_endless_cycle_missed_count_once_and_those_of_a_counted_one_each() -> None:
    later = NOW + timedelta(hours=10, minutes=30)
    endless = schedules.after_firing(schedules.Schedule(NOW, "R/PT1H", None), now=later)
    assert endless is not None
    assert endless.due == NOW + timedelta(hours=11)
    counted = schedules.after_firing(schedules.Schedule(NOW, "R5/PT1H", 4), now=later)
    assert counted == schedules.Schedule(NOW + timedelta(hours=1), "R5/PT1H", 3)


@pytest.mark.parametrize(
    ("hours", "remaining", "left"),
    [
        (0, 4, 3),
        (0.5, 4, 3),
        (1, 4, 2),
        (3.5, 4, 0),
        (4, 4, None),
        (100, 4, None),
        (0, 1, 0),
        (1, 1, None),
        (0, 0, None),
    ],
)
def test_a_start_cycle_with_a_number_ends_when_it_would_have_ended_however_late_it_starts(
    hours: float, remaining: int, left: int | None
) -> None:
    """`left` None: nothing follows."""
    found = schedules.after_start(schedules.Schedule(NOW, "R5/PT1H", remaining), now=NOW + timedelta(hours=hours))
    assert (None if found is None else found.remaining) == left
    if found is not None:
        assert found.due == NOW + timedelta(hours=remaining - (left or 0))


def test_the_months_that_a_start_cycle_missed_are_counted_by_the_calendar() -> None:
    cycle = schedules.Schedule(datetime(2030, 2, 28, 9, tzinfo=UTC), "R12/2030-01-31T09:00:00+00:00/P1M", 10)
    found = schedules.after_start(cycle, now=datetime(2030, 5, 1, tzinfo=UTC))
    assert found == schedules.Schedule(datetime(2030, 5, 31, 9, tzinfo=UTC), cycle.text, 7)


def reminded(text: str, *, interrupting: bool) -> bytes:
    return process(
        START
        + job("work")
        + boundary("late", "work", timer("timeCycle", text), interrupting=interrupting)
        + end()
        + end("warned")
        + flows("start work end", "late warned")
    )


@pytest.mark.parametrize(
    ("text", "interrupting", "warned"),
    [("R3/PT1H", False, 3), ("R/PT1H", False, 10), ("R3/PT1H", True, 1), ("0 0 * * * *", False, 10)],
)
def test_a_cycle_at_a_boundary_warns_as_often_as_it_says_or_once_when_it_interrupts(
    engine: Engine, text: str, interrupting: bool, warned: int
) -> None:
    engine.deploy(reminded(text, interrupting=interrupting))
    instance = engine.start("p")
    engine.advance(timedelta(hours=10))
    assert instance.completed_elements.count("warned") == warned
    assert (instance.outcome is Outcome.COMPLETED) is interrupting
    if not interrupting:
        engine.complete_job(instance)
    assert instance.timers == []
    assert instance.outcome is Outcome.COMPLETED


def test_an_endless_cycle_that_began_long_ago_warns_once_for_what_was_missed(engine: Engine) -> None:
    engine.deploy(reminded("R/2020-01-01T09:30:00Z/P1D", interrupting=False))
    instance = engine.start("p")
    engine.advance(timedelta(days=1))
    assert instance.completed_elements.count("warned") == 2


def test_a_catching_timer_with_a_cycle_goes_on_at_its_first_time_and_a_past_date_at_once(engine: Engine) -> None:
    cycle = node("intermediateCatchEvent", "cycle", timer("timeCycle", "R3/PT1H"))
    past = node("intermediateCatchEvent", "past", timer("timeDate", "2020-01-01T00:00:00Z"))
    engine.deploy(process(START + cycle + past + end() + flows("start cycle past end")))
    instance = engine.start("p")
    engine.advance(timedelta(hours=1))
    assert instance.outcome is Outcome.COMPLETED
    assert instance.timers == []


def test_a_time_that_cannot_be_is_an_incident_that_can_be_mended(engine: Engine) -> None:
    waiting = node("intermediateCatchEvent", "wait", timer("timeDuration", "=pause"))
    engine.deploy(process(START + waiting + end() + flows("start wait end")))
    instance = engine.start("p", {"pause": "P9999Y"})
    assert [each.type for each in instance.incidents] == [IncidentType.EXTRACT_VALUE_ERROR]
    assert "P9999Y" in instance.incidents[0].message
    engine.set_variables(instance, {"pause": "PT1H"})
    engine.resolve(instance)
    engine.advance(timedelta(hours=1))
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.parametrize("text", ["CRON_TZ=Mars/Olympus 0 9 * * *", "R/2030-01-01T00:00:00[Mars/Olympus]/P1D", "0 9"])
def test_a_text_that_no_timer_could_follow_is_refused_when_it_is_deployed(engine: Engine, text: str) -> None:
    with pytest.raises(InvalidDiagramError, match="timer-invalid"):
        engine.deploy(reminded(text, interrupting=True))


@pytest.mark.parametrize(
    ("kind", "expression", "hours"),
    [
        ("timeDate", '=date and time("2030-01-01T12:00:00@Europe/Berlin")', 2),
        ("timeDate", '=date("2030-01-02")', 15),
        ("timeDate", '=now() + duration("PT3H")', 3),
        ("timeDate", "=when", 4),
        ("timeDuration", '=duration("P1D")', 24),
        ("timeDuration", '=duration("P1M")', 31 * 24),
        ("timeDuration", '="PT" + string(count) + "H"', 5),
        ("timeCycle", '="R2/PT" + string(count) + "H"', 5),
        ("timeCycle", '=cycle(2, duration("PT6H"))', 6),
    ],
)
def test_an_expression_gives_a_text_or_a_value_of_feel(engine: Engine, kind: str, expression: str, hours: int) -> None:
    engine.deploy(
        process(
            START + node("intermediateCatchEvent", "wait", timer(kind, expression)) + end() + flows("start wait end")
        )
    )
    instance = engine.start("p", {"when": "2030-01-01T13:00:00Z", "count": 5})
    assert not instance.incidents
    engine.advance(timedelta(hours=hours, seconds=-1))
    assert instance.outcome is None
    engine.advance(timedelta(seconds=1))
    assert instance.outcome is Outcome.COMPLETED
