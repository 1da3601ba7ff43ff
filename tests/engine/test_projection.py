"""The search tables follow the journal, whatever the order in which its entries become visible."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from engine import instances, jobs
from engine.journal.projection import Projector
from engine.models import ElementInstance, ElementStatus, FlowCount, JournalEntry, ProjectionWatermark, Variable
from tests.engine.worlds import ALICE, FAN, WORK, WORKER, deploy


def project() -> None:
    """Twice: what is noted in the first round has settled in the second."""
    projector = Projector()
    projector.run()
    projector.run()


@pytest.mark.django_db(transaction=True)
def test_elements_variables_and_flows_of_all_instances_can_be_searched() -> None:
    deploy(WORK)
    first, second = (instances.start("work", variables={"order": order}, by=ALICE).key for order in (7, 8))
    project()
    [activated] = jobs.activate("test-work", worker="w", max_jobs=1, lease=30, by=WORKER)
    jobs.complete(activated.job.key, {"order": "seven"}, by=WORKER)
    project()

    waiting = ElementInstance.objects.get(element_id="do", status=ElementStatus.ACTIVE)
    assert waiting.instance_key == second
    done = ElementInstance.objects.get(element_id="do", status=ElementStatus.COMPLETED)
    assert (done.instance_key, done.type, done.process_id) == (first, "SERVICE_TASK", "work")
    assert done.ended_at is not None
    assert {(row.instance_key, row.text) for row in Variable.objects.filter(name="order")} == {
        (first, '"seven"'),
        (second, "8"),
    }
    assert dict(FlowCount.objects.values_list("flow_id", "count")) == {"f0": 2, "f1": 1}


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_becomes_visible_after_a_later_one_is_not_missed() -> None:
    entry = {"definition_key": 1, "at": datetime.now(UTC), "by": "x", "inputs": [], "facts": []}
    written, commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            JournalEntry.objects.create(instance_key=2**24, sequence=1, **entry)
            written.set()
            commit.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    written.wait(10)
    later = JournalEntry.objects.create(instance_key=2**25, sequence=1, **entry)
    later.refresh_from_db()
    projector = Projector()
    for _ in range(3):
        projector.run()
    assert ProjectionWatermark.objects.get().position < later.position - 1
    commit.set()
    thread.join(10)
    for _ in range(2):
        projector.run()
    assert ProjectionWatermark.objects.get().position == later.position


@pytest.mark.django_db(transaction=True)
def test_a_thousand_entries_are_taken_in_batches() -> None:
    deploy(FAN)
    instances.start("fan", variables={"items": list(range(3))}, by=ALICE)
    for number in range(1_100):
        JournalEntry.objects.create(
            instance_key=2**40 + number,
            sequence=1,
            definition_key=1,
            at=datetime.now(UTC),
            by="x",
            inputs=[],
            facts=[],
        )
    projector = Projector()
    assert projector.run() + projector.run() >= 1_100
    assert projector.run() == 0
