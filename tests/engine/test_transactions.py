import threading

import pytest
from django.db import OperationalError, connection

from engine.postgres import transactions


def lock(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


@pytest.mark.django_db(transaction=True)
def test_of_two_transactions_that_wait_for_each_other_both_end_well() -> None:
    both_have_one = threading.Barrier(2)
    tries: list[int] = []

    def work(first: int, second: int) -> None:
        tries.append(first)
        lock(first)
        if tries.count(first) == 1:
            both_have_one.wait(5)
        lock(second)

    def other() -> None:
        transactions.run(lambda: work(2, 1))
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    transactions.run(lambda: work(1, 2))
    thread.join(10)
    assert not thread.is_alive()
    assert len(tries) == 3, "one of the two came again"


@pytest.mark.django_db(transaction=True)
def test_another_failure_of_the_database_is_not_repeated() -> None:
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '10ms'")
            cursor.execute("SELECT pg_sleep(1)")

    with pytest.raises(OperationalError):
        transactions.run(work)
    assert len(tries) == 1
