"""Messages are neither lost nor doubled, whenever they come."""

from datetime import timedelta

import pytest

from engine import clock, instances, messages
from engine.errors import Conflict, InvalidArgument, NotFound, PermissionDenied
from engine.messages import signals
from engine.models import InstanceStatus, Message, MessageCorrelated, MessageSubscription, PendingInput, ProcessInstance
from engine.upkeep import sweeper
from tests.engine.worlds import ADMIN, ALARM, ALICE, ORDERED, PAYMENT, REVIEW, WORKER, assert_all_sound, deploy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_time")]


def pay(order: str = "7", **options: object) -> messages.Published:
    return messages.publish("paid", correlation_key=order, variables={"by": "card"}, by=WORKER, **options)  # type: ignore[arg-type]


def test_a_message_reaches_the_instance_that_waits_for_its_key() -> None:
    deploy(PAYMENT)
    seven, eight = (instances.start("payment", variables={"order": order}, by=ALICE).key for order in ("7", "8"))
    assert pay("7").instances == (seven,)
    assert instances.require(seven).result == {"order": "7", "by": "card"}
    assert instances.require(eight).status == InstanceStatus.ACTIVE
    assert_all_sound()


def test_a_message_that_came_before_waits_for_its_time_to_live() -> None:
    deploy(PAYMENT)
    assert pay("7", ttl=60).instances == ()
    key = instances.start("payment", variables={"order": "7"}, by=ALICE).key
    assert instances.require(key).status == InstanceStatus.COMPLETED
    again = instances.start("payment", variables={"order": "7"}, by=ALICE).key
    assert instances.require(again).status == InstanceStatus.ACTIVE, "a message reaches a process once"
    assert_all_sound()


def test_a_message_is_gone_after_its_time_to_live() -> None:
    deploy(PAYMENT)
    pay("7", ttl=60)
    clock.advance(timedelta(seconds=61))
    key = instances.start("payment", variables={"order": "7"}, by=ALICE).key
    assert instances.require(key).status == InstanceStatus.ACTIVE
    assert messages.expire() == 1
    assert not Message.objects.exists()


def test_a_message_without_a_time_to_live_is_for_who_waits_now() -> None:
    deploy(PAYMENT)
    pay("7")
    key = instances.start("payment", variables={"order": "7"}, by=ALICE).key
    assert instances.require(key).status == InstanceStatus.ACTIVE


def test_buffered_messages_arrive_in_the_order_of_their_publication() -> None:
    deploy(PAYMENT)
    for number in (1, 2):
        messages.publish("paid", correlation_key="7", variables={"number": number}, ttl=60, by=WORKER)
    results = [instances.start("payment", variables={"order": "7"}, by=ALICE).key for _ in range(2)]
    assert [instances.require(key).result for key in results] == [
        {"order": "7", "number": 1},
        {"order": "7", "number": 2},
    ]


def test_the_same_message_id_is_refused_while_the_first_message_lives() -> None:
    deploy(PAYMENT)
    pay("7", ttl=60, message_id="bank-1")
    for ttl in (60, 0):
        with pytest.raises(Conflict, match="'bank-1'"):
            pay("7", ttl=ttl, message_id="bank-1")
    pay("8", ttl=60, message_id="bank-1")
    clock.advance(timedelta(seconds=61))
    pay("7", ttl=60, message_id="bank-1")


def test_the_same_publication_twice_with_one_key_is_one_message() -> None:
    deploy(PAYMENT)
    first, second = (pay("7", ttl=60, idempotency_key="k") for _ in range(2))
    assert first == second
    assert Message.objects.count() == 1


def test_one_of_several_waiting_instances_of_a_process_gets_the_message() -> None:
    deploy(PAYMENT)
    first, second = (instances.start("payment", variables={"order": "7"}, by=ALICE).key for _ in range(2))
    assert pay("7").instances == (first,)
    assert pay("7").instances == (second,)
    assert not MessageSubscription.objects.exists()


def test_a_process_that_begins_with_a_message_is_started_by_it() -> None:
    deploy(ORDERED)
    [key] = messages.publish("order", variables={"total": 5}, by=WORKER).instances
    assert instances.require(key).process_id == "ordered"
    assert_all_sound()


def test_the_newest_version_alone_is_started() -> None:
    deploy(ORDERED)
    deploy(ORDERED.replace(b'name="Ordered"', b'name="Ordered again"'))
    [key] = messages.publish("order", by=WORKER).instances
    assert instances.require(key).version == 2


def test_one_instance_runs_for_a_correlation_key_and_the_next_message_waits_for_its_end() -> None:
    deploy(ORDERED)
    [first] = messages.publish("order", correlation_key="7", ttl=60, by=WORKER).instances
    assert messages.publish("order", correlation_key="7", ttl=60, by=WORKER).instances == ()
    assert messages.start_waiting() == []
    instances.cancel(first, by=ADMIN)
    [second] = messages.start_waiting()
    assert second != first
    assert ProcessInstance.objects.count() == 2
    assert MessageCorrelated.objects.count() == 2


def test_a_message_whose_receiver_ends_before_it_takes_it_up_goes_to_another() -> None:
    deploy(PAYMENT)
    first, second = (instances.start("payment", variables={"order": "7"}, by=ALICE).key for _ in range(2))
    instances.suspend(first, by=ADMIN)
    assert pay("7", ttl=60).instances == (first,)
    instances.cancel(first, by=ADMIN)
    assert instances.require(second).status == InstanceStatus.COMPLETED
    assert MessageCorrelated.objects.get().instance_key == second
    assert_all_sound()


def test_a_message_that_reached_an_instance_after_its_end_goes_to_another() -> None:
    deploy(PAYMENT)
    first, second = (instances.start("payment", variables={"order": "7"}, by=ALICE).key for _ in range(2))
    instances.suspend(first, by=ADMIN)
    pay("7", ttl=60)
    left = PendingInput.objects.values("instance_key", "input", "at", "by").get()
    correlated = MessageCorrelated.objects.get()
    correlated.delete()
    PendingInput.objects.all().delete()
    instances.cancel(first, by=ADMIN)
    PendingInput.objects.create(**left)  # as if it had been inserted in the moment of the end
    MessageCorrelated.objects.create(message_id=correlated.message_id, process_id="payment", instance_key=first)
    clock.advance(timedelta(seconds=2))
    assert sweeper.remove_orphans() == 1
    assert instances.require(second).status == InstanceStatus.COMPLETED
    assert not PendingInput.objects.exists()


def test_a_correlation_that_reaches_nobody_says_so() -> None:
    deploy(PAYMENT)
    with pytest.raises(NotFound, match=r"'paid'.*'7'"):
        messages.correlate("paid", correlation_key="7", by=WORKER)
    key = instances.start("payment", variables={"order": "7"}, by=ALICE).key
    assert messages.correlate("paid", correlation_key="7", by=WORKER).instances == (key,)


def test_a_signal_reaches_every_instance_that_waits() -> None:
    deploy(ALARM, REVIEW)
    waiting = {instances.start("alarm", by=ALICE).key for _ in range(3)}
    instances.start("review", by=ALICE)
    signals.broadcast("other", by=ADMIN)
    assert set(ProcessInstance.objects.values_list("status", flat=True)) == {InstanceStatus.ACTIVE}
    signals.broadcast("alarm", variables={"level": 2}, by=ADMIN)
    ended = ProcessInstance.objects.filter(status=InstanceStatus.COMPLETED)
    assert {instance.key for instance in ended} == waiting
    assert all(instance.result == {"level": 2} for instance in ended)
    assert_all_sound()


def test_who_is_no_operator_publishes_nothing() -> None:
    for refused in (
        lambda: messages.publish("paid", by=ALICE),
        lambda: messages.correlate("paid", by=ALICE),
        lambda: signals.broadcast("alarm", by=ALICE),
    ):
        with pytest.raises(PermissionDenied):
            refused()


def test_names_and_times_to_live_have_bounds() -> None:
    for arguments in (
        {"name": ""},
        {"name": "x" * 600},
        {"name": "a\x00"},
        {"name": "a", "ttl": -1},
        {"name": "a", "ttl": 1e12},
    ):
        with pytest.raises(InvalidArgument):
            messages.publish(**arguments, by=WORKER)
