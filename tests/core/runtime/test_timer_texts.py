"""When a timer is due, by every form of text that ISO 8601 and cron have, and by FEEL's own values."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from engine.bpmn.model import TimerKind
from engine.runtime.effects import IncidentType, Outcome
from engine.runtime.elements.schedules import TimerError, following, schedule
from engine.testing import Engine
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, end, flows, node, timer

NOW = datetime(2030, 1, 31, 9, 0, tzinfo=UTC)


def at(day: int, hour: int = 9, minute: int = 0, *, month: int = 1, year: int = 2030, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "due"),
    [
        ("2030-02-01T10:00:00Z", at(1, 10, month=2)),
        ("2030-02-01T10:00:00+02:00", at(1, 8, month=2)),
        ("2030-02-01T10:00:00", at(1, 10, month=2)),
        ("2030-02-01", at(1, 0, month=2)),
        ("2030-07-01T10:00:00@Europe/Berlin", at(1, 8, month=7)),
        ("2030-02-01T10:00:00[Europe/Berlin]", at(1, 9, month=2)),
        ("2030-02-01T10:00:00+01:00[Europe/Berlin]", at(1, 9, month=2)),
        (datetime(2030, 2, 1, 10, tzinfo=UTC), at(1, 10, month=2)),
        (datetime(2030, 2, 1, 10), at(1, 10, month=2)),  # noqa: DTZ001 - FEEL has times without a zone
        (date(2030, 2, 1), at(1, 0, month=2)),
    ],
)
def test_a_date_is_due_at_its_moment(value: Any, due: datetime) -> None:
    assert schedule(TimerKind.DATE, value, now=NOW).due == due


@pytest.mark.parametrize(
    ("value", "due"),
    [
        ("PT15M", at(31, 9, 15)),
        ("PT1.5S", NOW + timedelta(seconds=1.5)),
        ("P1DT2H", at(1, 11, month=2)),
        ("P2W", at(14, month=2)),
        ("P1M", at(28, month=2)),
        ("P1Y", at(31, year=2031)),
        ("P13M", at(28, month=2, year=2031)),
        ("-PT1H", at(31, 8)),
        ("pt1m", at(31, 9, 1)),
        (timedelta(hours=2), at(31, 11)),
    ],
)
def test_a_duration_is_due_that_long_after_now_and_months_keep_to_the_calendar(value: Any, due: datetime) -> None:
    assert schedule(TimerKind.DURATION, value, now=NOW).due == due


@pytest.mark.parametrize(
    ("text", "dues"),
    [
        ("R3/PT10S", [at(31, second=10), at(31, second=20), at(31, second=30)]),
        ("R/PT1H", [at(31, 10), at(31, 11), at(31, 12), at(31, 13)]),
        ("R-1/PT1H", [at(31, 10), at(31, 11), at(31, 12), at(31, 13)]),
        ("R0/PT1H", [at(31, 10)]),
        ("R2/2030-02-01T00:00:00Z/PT1H", [at(1, 0, month=2), at(1, 1, month=2)]),
        ("R2/PT1H/2030-02-01T00:00:00Z", [at(31, 10), at(31, 11)]),
        ("R2/2030-02-01T00:00:00Z/2030-02-01T06:00:00Z", [at(1, 0, month=2), at(1, 6, month=2)]),
        ("R2/P1M", [at(28, month=2), at(31, month=3)]),
        ("0 12 * * *", [at(31, 12), at(1, 12, month=2)]),
        ("30 0 12 * * ?", [at(31, 12, second=30), at(1, 12, month=2, second=30)]),
        ("0 0 12 * * MON-FRI", [at(31, 12), at(1, 12, month=2), at(4, 12, month=2)]),
        ("@hourly", [at(31, 10), at(31, 11)]),
        ("@monthly", [at(1, 0, month=2), at(1, 0, month=3)]),
    ],
)
def test_a_cycle_fires_at_its_times_and_as_often_as_it_says(text: str, dues: list[datetime]) -> None:
    found = [schedule(TimerKind.CYCLE, text, now=NOW)]
    while len(found) < len(dues) + 1:
        assert found[-1].text is not None
        after = following(found[-1].text, found[-1].due, found[-1].remaining)
        if after is None:
            break
        found.append(after)
    endless = not text.startswith("R") or text.startswith(("R/", "R-1/"))
    assert [each.due for each in found[: len(dues)]] == dues
    assert (len(found) > len(dues)) is endless


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (TimerKind.DATE, "tomorrow", "ISO 8601 date and time"),
        (TimerKind.DATE, "2030-02-01T10:00:00@Nowhere/City", "ISO 8601 date and time"),
        (TimerKind.DURATION, "15 minutes", "ISO 8601 duration"),
        (TimerKind.DURATION, "P", "ISO 8601 duration"),
        (TimerKind.DURATION, "P99999Y", "within the calendar"),
        (TimerKind.DATE, "0001-01-01T00:00:00+05:00", "within the calendar"),
        (TimerKind.CYCLE, "R3/", "ISO 8601 date and time"),
        (TimerKind.CYCLE, "R3/a/b/c", "a repetition such as R3/PT10S"),
        (TimerKind.CYCLE, "R3/PT0S", "an interval longer than nothing"),
        (TimerKind.CYCLE, "R3/2030-02-02/2030-02-01", "after the start"),
        (TimerKind.CYCLE, "now and then", "a cron text"),
        (TimerKind.CYCLE, "0 0 30 2 *", "a cron text"),
    ],
)
def test_what_is_no_time_is_refused_with_what_was_expected(kind: TimerKind, value: str, expected: str) -> None:
    with pytest.raises(TimerError, match=expected):
        schedule(kind, value, now=NOW)


def test_a_cycle_ends_where_the_calendar_does() -> None:
    assert following("R/P100Y", at(1, year=9950), None) is None


def test_a_timer_whose_value_is_no_time_is_an_incident_that_can_be_resolved(engine: Engine) -> None:
    engine.deploy(
        process(
            START
            + node("intermediateCatchEvent", "wait", timer("timeDuration", "=span"))
            + end()
            + flows("start wait end")
        )
    )
    instance = engine.start("p", {"span": "soon"})
    [incident] = instance.incidents
    assert incident.type is IncidentType.EXTRACT_VALUE_ERROR
    assert "ISO 8601 duration" in incident.message
    engine.set_variables(instance, {"span": "PT1H"})
    engine.resolve(instance)
    engine.advance(timedelta(hours=1))
    assert instance.outcome is Outcome.COMPLETED


@pytest.mark.element("start event: timer, cron")
def test_a_cron_text_starts_an_instance_at_each_of_its_times(engine: Engine) -> None:
    engine.deploy(process(node("startEvent", "noon", timer("timeCycle", "0 0 12 * * ?")) + end() + flows("noon end")))
    engine.advance(timedelta(days=3))
    assert [each.journal[0].now.hour for each in engine.instances] == [12, 12, 12]
    assert all(each.outcome is Outcome.COMPLETED for each in engine.instances)


@pytest.mark.element("start event: timer, date")
def test_a_date_starts_one_instance(engine: Engine) -> None:
    engine.deploy(
        process(node("startEvent", "then", timer("timeDate", "2030-01-02T00:00:00Z")) + end() + flows("then end"))
    )
    engine.advance(timedelta(days=9))
    assert [each.journal[0].now for each in engine.instances] == [at(2, 0)]
