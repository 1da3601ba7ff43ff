"""A process remembers what the newest version was; a start that relies on it is checked by the statement that inserts it."""

from __future__ import annotations

import os

import pytest

from engine import definitions, deployments, instances
from engine.errors import InvalidArgument, NotFound
from engine.models import ProcessDefinition, ProcessInstance
from engine.postgres import keys
from tests.engine.worlds import ALICE, END, START, WORKER, deploy, diagram

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = diagram("line", START, END, flows="start>end")
SECOND = FIRST.replace(b'name="Line"', b'name="Newer"')


def start() -> int:
    return instances.start("line", by=ALICE).version


def presumed() -> int:
    found = definitions.presumed_newest("line")
    assert found is not None
    return found.version


def test_a_version_that_was_deployed_elsewhere_is_started_though_another_was_presumed() -> None:
    deploy(FIRST)
    assert (start(), presumed()) == (1, 1)
    deploy(SECOND)
    assert presumed() == 1, "this process knows nothing of it"
    assert (start(), presumed()) == (2, 2)
    assert list(ProcessInstance.objects.order_by("key").values_list("version", flat=True)) == [1, 2]


def test_a_version_that_was_deleted_elsewhere_is_not_started_though_it_was_presumed() -> None:
    deploy(FIRST)
    deploy(SECOND)
    assert start() == 2
    deployments.delete_process(ProcessDefinition.objects.get(version=2).key, by=WORKER)
    assert start() == 1
    deployments.delete_process(ProcessDefinition.objects.get(version=1).key, by=WORKER)
    with pytest.raises(NotFound):
        start()


def test_what_the_presumed_version_refuses_the_newest_may_take() -> None:
    only_by_message = diagram(
        "line",
        '<bpmn:startEvent id="start"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>',
        END,
        flows="start>end",
        roots='<bpmn:message id="m" name="order"/>',
    )
    deploy(only_by_message)
    with pytest.raises(InvalidArgument, match="none start event"):
        start()
    assert presumed() == 1
    deploy(FIRST)
    assert start() == 2


def test_keys_of_instances_grow_and_a_forked_process_takes_its_own() -> None:
    taken = [keys.take_for_instance() for _ in range(100)]
    assert taken == sorted(set(taken))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, str(len(keys._ahead._keys)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 10) == b"0"
    os.close(reader)
    os.close(writer)
