"""Many results for one instance: they wait in line and are taken up together."""

import pytest

from engine import clock, instances
from engine.journal.replay import replay
from engine.models import InstanceStatus, Job, JournalEntry
from engine.runtime.inputs import JobCompleted
from engine.transition import advance
from engine.transition.rows import pending_inputs
from tests.conftest import Figure
from tests.engine.worlds import ADMIN, FAN, deploy

pytestmark = pytest.mark.django_db(transaction=True)


def fan_out(count: int) -> int:
    """An instance with a job for each item, and a result in line for each; the instance's key."""
    deploy(FAN)
    key = instances.start("fan", variables={"items": list(range(count))}, by=ADMIN).key
    jobs = Job.objects.filter(instance_id=key).order_by("key").values_list("key", flat=True)
    results = [(key, JobCompleted(job, {"result": number})) for number, job in enumerate(jobs)]
    pending_inputs.enqueue(results, by="worker", now=clock.now())
    return key


def test_ten_thousand_results_are_one_transition_not_a_rewrite_of_the_state_for_each(figure: Figure) -> None:
    key = fan_out(10_000)
    advance.advance(key)
    instance = instances.require(key)
    assert instance.status == InstanceStatus.COMPLETED
    assert (instance.result or {})["results"] == list(range(10_000))
    assert JournalEntry.objects.filter(instance_key=key).count() == 2
    figure("results of one instance in one transition", 10_000)


def test_large_results_are_taken_up_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending_inputs, "BATCH_BYTES", 1)
    key = fan_out(5)
    advance.advance(key)
    assert (instances.require(key).result or {})["results"] == [0, 1, 2, 3, 4]
    assert JournalEntry.objects.filter(instance_key=key).count() == 6
    assert replay(key).differences == ()
