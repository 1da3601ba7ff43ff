"""A running instance goes on by another definition: its rows, and what is refused."""

from __future__ import annotations

import pytest

from engine import batch_operations, instances
from engine.batch_operations import working_off
from engine.errors import Conflict
from engine.journal import projection
from engine.models import ElementInstance, JournalEntry, ProcessDefinition, ProcessInstance, Timer, UserTask
from engine.queries.instances import element_instances
from engine.runtime.history import ElementMigrated, IncidentRaised
from tests.conftest import Figure
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


def test_a_dry_run_tells_by_instance_what_would_be_and_changes_nothing(figure: Figure) -> None:
    first()
    good = [instances.start("moving", variables={"limit": "PT1H"}, by=worlds.ADMIN).key for _ in range(3)]
    broken = instances.start("moving", by=worlds.ADMIN).key
    other = definition(worlds.service("c", "sort"), flows="start>c c>end")
    elsewhere = instances.start("moving", by=worlds.ADMIN).key
    target = definition(
        worlds.user("b"), LATE.format(id="late", host="b").replace("PT1H", "=limit"), flows="start>b b>end late>end"
    )
    before = (JournalEntry.objects.count(), Timer.objects.count(), set(UserTask.objects.values_list("element_id")))

    facts = instances.try_migration(good[0], target=target.key, mapping={"a": "b"}, by=worlds.ADMIN)
    assert [fact.element_id for fact in facts if isinstance(fact, ElementMigrated)] == ["moving", "b"]
    assert [fact.element_id for fact in facts if isinstance(fact, IncidentRaised)] == []
    trial = batch_operations.migrate_instances(
        {"state": "ACTIVE"}, target=target.key, mapping={"a": "b"}, dry_run=True, by=worlds.ADMIN
    )
    working_off.run()

    tried = {item.item_key: (item.status, item.error) for item in trial.items.all()}
    assert [tried[key] for key in good] == [("COMPLETED", "")] * 3
    assert tried[broken][0] == "FAILED"
    assert "an incident" in tried[broken][1]
    assert tried[elsewhere][0] == "FAILED"
    assert "'c'" in tried[elsewhere][1]
    assert before == (
        JournalEntry.objects.count(),
        Timer.objects.count(),
        set(UserTask.objects.values_list("element_id")),
    )

    done = batch_operations.migrate_instances(
        {"processInstanceKey": {"$in": list(map(str, good))}}, target=target.key, mapping={"a": "b"}, by=worlds.ADMIN
    )
    working_off.run()
    assert {item.item_key: item.status for item in done.items.all()} == dict.fromkeys(good, "COMPLETED")
    versions = dict(ProcessInstance.objects.values_list("key", "version"))
    assert [versions[key] for key in (*good, broken, elsewhere)] == [target.version] * 3 + [1, other.version]
    worlds.assert_all_sound()
    figure("instances tried with a result each", len(tried))
    figure("migrated as the trial said", len(good))
