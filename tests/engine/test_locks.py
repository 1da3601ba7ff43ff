"""Advisory locks: one list of all, and nobody locks past it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection, transaction

from engine.postgres import keys, locks
from engine.postgres.locks import Lock

ENGINE = Path(__file__).parents[2] / "engine"


def test_each_lock_has_a_number_of_its_own_that_no_instance_has() -> None:
    numbers = [each.value for each in Lock]
    assert len(set(numbers)) == len(Lock.__members__)
    assert all(number % (1 << keys.BITS_PER_BLOCK) for number in numbers)


def test_nobody_takes_an_advisory_lock_past_the_list() -> None:
    places = (ENGINE, ENGINE.parent / "webapp")
    files = [file for place in places for file in place.rglob("*.py")]
    found = [file.relative_to(ENGINE.parent).as_posix() for file in files if "_advisory_" in file.read_text("utf-8")]
    assert set(found) - {"engine/transition/tries.py"} == {"engine/postgres/locks.py"}


@pytest.mark.django_db(transaction=True)
def test_a_lock_for_texts_is_the_one_that_earlier_versions_take() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        locks.lock(Lock.BUSINESS_ID, "order", "B-1")
        locks.lock_all(Lock.MESSAGE, [("paid", "7"), ("paid", "7"), ("sent", "")])
        locks.lock_all(Lock.MESSAGE, [])
        cursor.execute(
            "SELECT classid::bigint, objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"
        )
        taken = set(cursor.fetchall())
        cursor.execute(
            "SELECT class::bigint, hashtext(a || chr(1) || b)::bit(32)::bigint FROM unnest(%s::int[], %s::text[], %s::text[])"
            " AS expected(class, a, b)",
            [[1_398_034_010, 1_398_034_000, 1_398_034_000], ["order", "paid", "sent"], ["B-1", "7", ""]],
        )
        assert taken == set(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_a_lock_of_the_session_is_given_back() -> None:
    with locks.held(Lock.PREPARATION), locks.alone_with(5 << keys.BITS_PER_BLOCK) as alone:
        assert alone
        assert _held() == 2
    assert _held() == 0


@pytest.mark.django_db(transaction=True)
def test_a_lock_without_texts_lasts_until_the_commit() -> None:
    with transaction.atomic():
        locks.lock(Lock.DEPLOYMENT)
        assert locks.try_lock(Lock.PROJECTION)
        assert _held() == 2
    assert _held() == 0


def _held() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        return int(cursor.fetchone()[0])
