"""Ad-hoc sub-processes: what ends them, and elements that are activated in them while they run (BPMN 2.0, 10.2.5)."""

from __future__ import annotations

from engine.runtime.effects import Outcome
from engine.runtime.history import InputIgnored
from engine.runtime.inputs import ActivateInstruction, AdHocActivated
from engine.testing import Engine, Instance
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, end, flows, job, node

FORMAL = 'xsi:type="bpmn:tFormalExpression"'


def ad_hoc(inner: str, *, attributes: str = "", condition: str = "", active: str = "[]", beside: str = "") -> bytes:
    chosen = (
        f'<bpmn:extensionElements><zeebe:adHoc activeElementsCollection="={active}"/></bpmn:extensionElements>'
        if active
        else ""
    )
    asked = f"<bpmn:completionCondition {FORMAL}>={condition}</bpmn:completionCondition>" if condition else ""
    inside = chosen + inner + asked
    return process(
        START + node("adHocSubProcess", "work", inside, attributes) + end() + flows("start work end") + beside
    )


def opened(instance: Instance) -> list[str]:
    return [each.element_id for each in instance.jobs]


def scope_of(instance: Instance) -> int:
    return next(key for key, element in instance.state.elements.items() if element.node == "work")


def activate(engine: Engine, instance: Instance, *names: str, cancel: bool = False, **variables: int) -> None:
    elements = tuple(ActivateInstruction(name, None, variables) for name in names)
    engine.give(instance, AdHocActivated(scope_of(instance), elements, cancel))


def test_with_a_condition_that_is_false_it_stays_when_nothing_runs_in_it_any_more(engine: Engine) -> None:
    engine.deploy(ad_hoc(job("a") + job("b"), condition="done", active="[&quot;a&quot;]"))
    instance = engine.start("p", {"done": False})
    engine.complete_job(instance, "a")
    assert (instance.outcome, opened(instance)) == (None, [])
    activate(engine, instance, "b", "a")
    assert opened(instance) == ["b", "a"]
    engine.complete_job(instance, "b", {"done": True})
    assert instance.terminated_elements == ["a"]
    assert instance.outcome is Outcome.COMPLETED


def test_variables_by_which_the_condition_becomes_true_end_it_when_nothing_runs_in_it(engine: Engine) -> None:
    engine.deploy(ad_hoc(job("a"), condition="done"))
    instance = engine.start("p", {"done": False})
    engine.set_variables(instance, {"other": 1})
    assert instance.outcome is None
    engine.set_variables(instance, {"done": True})
    assert instance.outcome is Outcome.COMPLETED


def test_what_another_branch_writes_ends_it_too_when_nothing_runs_in_it(engine: Engine) -> None:
    engine.deploy(ad_hoc(job("a"), condition="done", active="", beside=job("other") + flows("start other end")))
    instance = engine.start("p", {"done": False})
    engine.complete_job(instance, "a")
    engine.complete_job(instance, "other", {"done": True})
    assert instance.outcome is Outcome.COMPLETED


def test_an_activated_element_begins_with_variables_of_its_own(engine: Engine) -> None:
    engine.deploy(ad_hoc(job("a"), condition="false"))
    instance = engine.start("p")
    activate(engine, instance, "a", n=7)
    [job_] = instance.jobs
    assert instance.state.elements[job_.element_instance].variables == {"n": 7}
    assert instance.variables == {}


def test_a_sequential_one_begins_what_is_activated_when_nothing_else_runs(engine: Engine) -> None:
    engine.deploy(
        ad_hoc(job("a") + job("then") + job("b") + flows("a then"), attributes='ordering="Sequential"', active="")
    )
    instance = engine.start("p")
    activate(engine, instance, "a", n=2)
    for expected in ("a", "then", "b", "a", "then"):
        assert opened(instance) == [expected]
        engine.complete_job(instance, expected)
    assert instance.outcome is Outcome.COMPLETED


def test_an_activation_may_cancel_what_runs(engine: Engine) -> None:
    engine.deploy(ad_hoc(job("a") + job("b"), condition="false", active="[&quot;a&quot;]"))
    instance = engine.start("p")
    activate(engine, instance, "b", cancel=True)
    assert (opened(instance), instance.terminated_elements) == (["b"], ["a"])


def test_the_condition_is_asked_after_each_activity_also_within_a_flow(engine: Engine) -> None:
    engine.deploy(ad_hoc(job("a") + job("b") + job("c") + flows("a b"), condition="n = 1", active=""))
    instance = engine.start("p", {"n": 0})
    engine.complete_job(instance, "a", {"n": 1})
    assert instance.terminated_elements == ["c"]
    assert "b" not in instance.activated_elements
    assert instance.outcome is Outcome.COMPLETED


def test_a_condition_that_was_true_once_lets_the_rest_end_though_it_is_false_again(engine: Engine) -> None:
    engine.deploy(
        ad_hoc(job("a") + job("b"), attributes='cancelRemainingInstances="false"', condition="n = 1", active="")
    )
    instance = engine.start("p", {"n": 0})
    engine.complete_job(instance, "a", {"n": 1})
    engine.complete_job(instance, "b", {"n": 2})
    assert instance.outcome is Outcome.COMPLETED


def test_an_activation_in_what_has_ended_is_ignored(engine: Engine) -> None:
    inside = node("adHocSubProcess", "work", job("a") + job("b"))
    engine.deploy(process(START + inside + job("z") + end() + flows("start work z end")))
    instance = engine.start("p")
    scope = scope_of(instance)
    engine.complete_job(instance, "a")
    engine.complete_job(instance, "b")
    engine.give(instance, AdHocActivated(scope, (ActivateInstruction("b"),)))
    assert opened(instance) == ["z"]
    assert any(isinstance(fact, InputIgnored) for fact in instance.history)


def test_a_multi_instance_element_is_activated_with_all_its_instances(engine: Engine) -> None:
    number = f"<bpmn:loopCardinality {FORMAL}>=n</bpmn:loopCardinality>"
    loop = f"<bpmn:multiInstanceLoopCharacteristics>{number}</bpmn:multiInstanceLoopCharacteristics>"
    engine.deploy(ad_hoc(job("a", loop), condition="false"))
    instance = engine.start("p")
    activate(engine, instance, "a", n=3)
    assert opened(instance) == ["a", "a", "a"]
