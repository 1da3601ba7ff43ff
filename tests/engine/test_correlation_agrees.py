"""The shell, with rows, and the engine of the tests, with lists, bring the same messages to the same subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from engine import bpmn, exact_json, instances
from engine.models import Message, MessageSubscription, PendingInput, ProcessInstance
from engine.runtime import codec
from engine.runtime import effects as fx
from engine.runtime.correlating import Addressed
from engine.runtime.inputs import MessageArrived
from engine.testing.instance import Instance
from engine.testing.messages import Message as MessageInMemory
from engine.testing.messages import Messages
from engine.testing.world import World
from engine.transition import correlation
from tests.engine.worlds import ADMIN, ALICE, END, START, deploy, diagram, user

NOW = datetime(2030, 1, 1, 9, tzinfo=UTC)
PROCESSES = ("p", "p", "p", "q")
"""Of each instance."""
Arrived = tuple[int, int]
"""The key of a subscription and the number of the message that it got."""


@dataclass(frozen=True)
class Publish:
    name: str
    key: str
    target: tuple[str, str]


@dataclass(frozen=True)
class Wait:
    name: str
    key: str
    element: str
    flow_end: bool
    interrupting: bool


NAMES = st.sampled_from([*["paid"] * 7, "sent"])
KEYS = st.sampled_from(["", "", "1", "2"])
TARGETS = st.sampled_from([*[("p", "x")] * 4, ("p", ""), ("q", "x"), ("", "")])
WAITS = st.builds(Wait, NAMES, KEYS, st.sampled_from([*"xxxy"]), st.sampled_from([True, True, False]), st.booleans())
OPERATIONS = st.lists(
    st.one_of(
        st.builds(Publish, NAMES, KEYS, TARGETS),
        st.tuples(st.integers(0, len(PROCESSES) - 1), st.lists(WAITS, min_size=1, max_size=3)),
    ),
    min_size=2,
    max_size=9,
)
Operations = list[Publish | tuple[int, list[Wait]]]


@pytest.mark.django_db
def test_the_same_messages_reach_the_same_subscriptions() -> None:
    sources = {name: diagram(name, START, user("t"), END, flows="start>t t>end") for name in ("p", "q")}
    for source in sources.values():
        deploy(source)
    rows = [ProcessInstance.objects.get(key=instances.start(name, by=ALICE).key) for name in PROCESSES]
    models = {name: bpmn.parse(source).processes[name] for name, source in sources.items()}
    got = 0

    @settings(max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(OPERATIONS)
    def agree(operations: Operations) -> None:
        nonlocal got
        with transaction.atomic():
            by_rows = _with_rows(operations, rows)
            transaction.set_rollback(True)
        in_memory = _in_memory(operations, [Instance(row.key, models[row.process_id]) for row in rows])
        assert by_rows == in_memory
        got += len(by_rows)
        event(f"{min(len(by_rows), 5)} arrived")

    agree()
    assert got > 100, "Expected random messages to reach somebody often"


def _with_rows(operations: Operations, rows: list[ProcessInstance]) -> list[Arrived]:
    for number, operation in enumerate(operations, 1):
        if isinstance(operation, Publish):
            process_id, element_id = operation.target
            message = Message.objects.create(
                key=number,
                name=operation.name,
                correlation_key=operation.key,
                target_process_id=process_id,
                target_element_id=element_id,
                variables={"number": number},
                published_at=NOW,
                expires_at=NOW + timedelta(hours=1),
                by=ADMIN.username,
            )
            correlation.deliver(message, now=NOW, stored=True)
            continue
        place, waits = operation
        instance = rows[place]
        opened = [
            MessageSubscription(
                key=_key(instance.key, number, offset),
                instance_key=instance.key,
                definition_key=instance.definition_id,
                process_id=instance.process_id,
                element_id=wait.element,
                element_instance_key=instance.key,
                message_name=wait.name,
                correlation_key=wait.key,
                flow_end=wait.flow_end,
                interrupting=wait.interrupting,
                created_at=NOW,
            )
            for offset, wait in enumerate(waits)
        ]
        MessageSubscription.objects.bulk_create(opened)
        correlation.deliver_buffered(opened, now=NOW)
    pending = PendingInput.objects.order_by("id").values_list("input", flat=True)
    return [_arrived(codec.input_from_json(exact_json.decode(exact_json.encode(each)))) for each in pending]


def _in_memory(operations: Operations, of: list[Instance]) -> list[Arrived]:
    messages = Messages(World(NOW, instances=of))
    for number, operation in enumerate(operations, 1):
        if isinstance(operation, Publish):
            to = Addressed(operation.name, operation.key, *operation.target)
            messages.publish(MessageInMemory(to, {"number": number}, NOW + timedelta(hours=1)))
            continue
        place, waits = operation
        instance = of[place]
        opened = [
            fx.OpenMessageSubscription(
                key=_key(instance.key, number, offset),
                element_instance=instance.key,
                element_id=wait.element,
                message_name=wait.name,
                correlation_key=wait.key,
                interrupting=wait.interrupting,
                flow_end=wait.flow_end,
            )
            for offset, wait in enumerate(waits)
        ]
        instance.open.update({each.key: each for each in opened})
        messages.deliver_kept(instance, opened)
    return [_arrived(item) for _, item in messages.world.pending]


def _key(instance_key: int, number: int, offset: int) -> int:
    return instance_key + 100 * number + offset


def _arrived(item: object) -> Arrived:
    assert isinstance(item, MessageArrived)
    return item.subscription, item.variables["number"]
