"""A running instance goes on by another definition: its rows, and what is refused."""

from __future__ import annotations

import pytest

from engine import instances, projection
from engine.errors import Conflict
from engine.models import ElementInstance, ProcessDefinition, Timer, UserTask
from engine.queries import element_instances
from tests.engine import worlds

pytestmark = pytest.mark.django_db(transaction=True)

LATE = (
    '<bpmn:boundaryEvent id="{id}" attachedToRef="{host}"><bpmn:timerEventDefinition><bpmn:timeDuration '
    'xsi:type="bpmn:tFormalExpression">PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>'
)


def definition(*nodes: str, flows: str) -> ProcessDefinition:
    worlds.deploy(worlds.diagram("moving", worlds.START, *nodes, worlds.END, flows=flows))
    return ProcessDefinition.objects.filter(process_id="moving").latest("version")


def first() -> ProcessDefinition:
    return definition(worlds.user("a", 'assignee="alice"'), flows="start>a a>end")


def test_rows_go_on_under_the_names_of_the_target_and_a_user_task_keeps_its_people() -> None:
    first()
    instance = instances.start("moving", by=worlds.ADMIN)
    target = definition(
        worlds.user("b", 'assignee="bob"'), LATE.format(id="late", host="b"), flows="start>b b>end late>end"
    )
    projection.Projector().run()
    instances.migrate(instance.key, target=target.key, mapping={"a": "b"}, by=worlds.ADMIN)

    task = UserTask.objects.get()
    assert (task.element_id, task.assignee, task.version, task.definition_key) == ("b", "alice", 2, target.key)
    assert Timer.objects.get(instance_key=instance.key).element_id == "late"
    found = element_instances.get(task.element_instance_key, by=worlds.ADMIN)
    assert found.element_id == "b"
    projection.Projector().run()
    assert ElementInstance.objects.get(key=task.element_instance_key).element_id == "b"
    worlds.assert_all_sound()


def test_an_active_element_without_a_place_in_the_target_is_refused_by_name() -> None:
    first()
    instance = instances.start("moving", by=worlds.ADMIN)
    without = definition(worlds.service("b", "sort"), flows="start>b b>end")

    with pytest.raises(Conflict, match="'a'"):
        instances.migrate(instance.key, target=without.key, mapping={}, by=worlds.ADMIN)
    with pytest.raises(Conflict, match="USER_TASK"):
        instances.migrate(instance.key, target=without.key, mapping={"a": "b"}, by=worlds.ADMIN)
    assert UserTask.objects.get().element_id == "a"
