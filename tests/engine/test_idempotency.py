"""A request marked with a key is carried out once."""

import threading

import pytest
from django.db import connection, transaction

from engine.actors import Actor
from engine.errors import Conflict, InvalidArgument
from engine.transition import idempotency

ALICE = Actor("alice")
BOB = Actor("bob")


@pytest.mark.django_db
def test_the_second_request_gets_the_answer_of_the_first() -> None:
    assert idempotency.recall("k", command="start", arguments={"a": 1, "b": 2}, by=ALICE) is None
    idempotency.remember("k", {"instance": 7}, by=ALICE)
    assert idempotency.recall("k", command="start", arguments={"b": 2, "a": 1}, by=ALICE) == {"instance": 7}


@pytest.mark.django_db
def test_the_same_key_for_another_request_is_a_conflict_and_another_actors_key_is_another_key() -> None:
    idempotency.recall("k", command="start", arguments={"a": 1}, by=ALICE)
    with pytest.raises(Conflict, match="'k'"):
        idempotency.recall("k", command="start", arguments={"a": 2}, by=ALICE)
    with pytest.raises(Conflict):
        idempotency.recall("k", command="stop", arguments={"a": 1}, by=ALICE)
    assert idempotency.recall("k", command="start", arguments={"a": 2}, by=BOB) is None


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b"])
def test_a_key_has_a_length(key: str) -> None:
    with pytest.raises(InvalidArgument):
        idempotency.recall(key, command="start", arguments={}, by=ALICE)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_the_second_waits_for_the_first_and_gets_its_answer() -> None:
    taken = threading.Event()
    answers: list[object] = []

    def second() -> None:
        taken.wait(5)
        with transaction.atomic():
            answers.append(idempotency.recall("k", command="start", arguments={}, by=ALICE))
        connection.close()

    thread = threading.Thread(target=second)
    thread.start()
    with transaction.atomic():
        assert idempotency.recall("k", command="start", arguments={}, by=ALICE) is None
        taken.set()
        thread.join(0.3)
        assert thread.is_alive()
        idempotency.remember("k", {"instance": 7}, by=ALICE)
    thread.join(5)
    assert answers == [{"instance": 7}]
