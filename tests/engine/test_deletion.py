import pytest
from django.apps import apps

from engine import batch_operations, instances, jobs, user_tasks
from engine.batch_operations import working_off
from engine.errors import Conflict, NotFound
from engine.journal.projection import Projector
from engine.models import Comment, ElementInstance, JournalEntry, ProcessInstance, UserTask, UserTaskDraft, Variable
from engine.retention import deletion
from tests.engine import worlds
from tests.engine.worlds import ADMIN, WORKER

pytestmark = pytest.mark.django_db

KEPT = {
    "BatchOperationItem": "the record of who did what",
    "MessageCorrelated": "goes with its message",
    "InstanceState": "deleted at the end of the instance",
    "Job": "deleted at the end of the instance",
    "Timer": "deleted at the end of the instance",
    "MessageSubscription": "deleted at the end of the instance",
    "SignalSubscription": "deleted at the end of the instance",
}


def test_every_table_with_rows_of_an_instance_is_seen_to() -> None:
    of_instance = {
        model.__name__
        for model in apps.get_app_config("engine").get_models()
        if any(field.column == "instance_key" for field in model._meta.concrete_fields)
    }
    assert of_instance == {model.__name__ for model in deletion.OF_INSTANCE} | {"UserTask"} | set(KEPT)


def test_nothing_is_left_of_a_deleted_instance_and_others_stay() -> None:
    worlds.deploy(worlds.REVIEW)
    gone, kept = (instances.start("review", variables={"a": 1}, by=ADMIN).key for _ in range(2))
    for task in UserTask.objects.order_by("key"):
        user_tasks.complete(task.key, by=ADMIN)
        Comment.objects.create(user_task=task, author="a", text="t", created_at=task.created_at)
        UserTaskDraft.objects.create(user_task=task, username="a", variables={}, saved_at=task.created_at)
    Projector().run()

    deletion.delete(gone, by=ADMIN)

    for model in (JournalEntry, ElementInstance, Variable):
        assert set(model._default_manager.values_list("instance_key", flat=True)) == {kept}
    assert set(ProcessInstance.objects.values_list("key", flat=True)) == {kept}
    assert Comment.objects.get().user_task.instance_id == kept
    assert UserTaskDraft.objects.get().user_task.instance_id == kept
    worlds.assert_all_sound()


def test_what_was_called_goes_with_its_root_and_one_that_runs_is_refused() -> None:
    worlds.deploy(worlds.WORK, worlds.CALLER)
    root = instances.start("caller", by=ADMIN).key
    with pytest.raises(Conflict, match="to have ended; its state is ACTIVE"):
        deletion.delete(root, by=ADMIN)
    [job] = jobs.activate("test-work", max_jobs=1, worker="w", lease=60, by=WORKER)
    jobs.complete(job.job.key, by=WORKER)
    assert ProcessInstance.objects.filter(ended_at__isnull=False).count() == 2

    deletion.delete(root, by=ADMIN)

    assert not ProcessInstance.objects.exists()
    assert not JournalEntry.objects.exists()
    with pytest.raises(NotFound):
        deletion.delete(root, by=ADMIN)


def test_what_was_deleted_before_the_projector_came_is_not_projected() -> None:
    worlds.deploy(worlds.WORK)
    key = instances.start("work", by=ADMIN).key
    instances.cancel(key, by=ADMIN)
    deletion.delete(key, by=ADMIN)

    Projector().run()
    assert not ElementInstance.objects.exists()


def test_those_that_the_filter_finds_are_deleted_in_the_background() -> None:
    worlds.deploy(worlds.WORK)
    ended, running = (instances.start("work", by=ADMIN).key for _ in range(2))
    instances.cancel(ended, by=ADMIN)

    operation = batch_operations.delete_instances({"processDefinitionId": "work"}, by=ADMIN)
    working_off.run()

    assert list(operation.items.values_list("item_key", "status")) == [(ended, "COMPLETED")]
    assert set(ProcessInstance.objects.values_list("key", flat=True)) == {running}
