"""A token is put at an element by hand: every way of doing so, at every kind of place, with what comes of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest

from engine import exact_json
from engine.bpmn.model import ElementType
from engine.runtime import State, step
from engine.runtime.effects import Outcome
from engine.runtime.history import ElementActivated, InputIgnored
from engine.runtime.inputs import ActivateInstruction, AdHocActivated, JobCompleted, Modified, TerminateInstruction
from engine.runtime.relocation import placing
from engine.runtime.relocation.places import PlaceError
from engine.testing import Engine
from engine.testing.instance import Instance
from tests.core.bpmn.diagrams import process
from tests.core.runtime.nodes import START, boundary, end, flows, job, message, node, timer

TOLD = '<bpmn:messageEventDefinition messageRef="m"/>'
LOOP = (
    '<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality xsi:type="bpmn:tFormalExpression">2</bpmn:loopCardinality>'
    "</bpmn:multiInstanceLoopCharacteristics>"
)
INPUT = '<bpmn:extensionElements><zeebe:ioMapping><zeebe:input source="=1 + 1" target="two"/></zeebe:ioMapping></bpmn:extensionElements>'
REACTION = node(
    "subProcess",
    "react",
    node("startEvent", "heard", TOLD, 'isInterrupting="false"')
    + job("answer")
    + end("said")
    + flows("heard answer said"),
    'triggeredByEvent="true"',
)
INNER = node("startEvent", "begin") + job("deep") + job("deeper") + end("over") + flows("begin deep deeper over")
OUTER = (
    INPUT
    + node("startEvent", "in")
    + node("subProcess", "inner", INNER)
    + boundary("slow", "inner", timer("timeDuration", "PT1H"))
    + end("out")
    + REACTION
    + flows("in inner out", "slow out")
)
EVERYTHING = process(
    START
    + job("first")
    + node("subProcess", "outer", OUTER)
    + boundary("late", "outer", timer("timeDuration", "PT2H"))
    + node(
        "subProcess",
        "several",
        LOOP + node("startEvent", "s1") + job("part") + job("rest") + end("e1") + flows("s1 part rest e1"),
    )
    + job("each", LOOP)
    + node("transaction", "deal", node("startEvent", "s2") + job("pay") + end("e2") + flows("s2 pay e2"))
    + node("adHocSubProcess", "loose", job("pick") + job("then") + flows("pick then"))
    + node("eventBasedGateway", "race")
    + node("intermediateCatchEvent", "tick", timer("timeDuration", "PT1M"))
    + node("intermediateCatchEvent", "hear", TOLD)
    + node("intermediateCatchEvent", "wait", timer("timeDuration", "PT5M"))
    + end()
    + node(
        "subProcess",
        "alarm",
        node("startEvent", "rung", TOLD) + job("run") + end("gone") + flows("rung run gone"),
        'triggeredByEvent="true"',
    )
    + flows("start first outer several each deal loose race tick wait end", "race hear end", "late end"),
    root=message("told", "&quot;k&quot;"),
)
OPENED = {
    "first": ["first"],
    "outer": ["outer", "in", "inner", "begin", "deep"],
    "inner": ["outer", "inner", "begin", "deep"],
    "deep": ["outer", "inner", "deep"],
    "deeper": ["outer", "inner", "deeper"],
    "answer": ["outer", "react", "answer"],
    "react": ["outer", "react", "heard", "answer"],
    "several": ["several", "several", "several", "s1", "s1", "part", "part"],
    "each": ["each", "each", "each"],
    "pay": ["deal", "pay"],
    "deal": ["deal", "s2", "pay"],
    "loose": ["loose", "pick"],
    "pick": ["loose", "pick"],
    "then": ["loose", "then"],
    "race": ["race"],
    "wait": ["wait"],
    "run": ["alarm", "run"],
    "alarm": ["alarm", "rung", "run"],
}
"""By the element at which a token is put: what is activated, in order."""
REFUSED = {
    "nowhere": "found 'nowhere', which is no element of it",
    "first_outer": "found 'first_outer', which is a sequence flow",
    "p": "found the process itself",
    "late": "the boundary event 'late'",
    "slow": "the boundary event 'slow'",
    "in": "the start event 'in'",
    "begin": "the start event 'begin'",
    "heard": "the start event 'heard'",
    "rung": "the start event 'rung'",
    "tick": "Activate the gateway 'race'",
    "hear": "Activate the gateway 'race'",
    "part": "an active instance of the multi-instance .* found none",
    "rest": "Activate 'several' itself",
}


def activated(instance: Instance, *, since: int = 0) -> list[str]:
    return [each.element_id for each in instance.history[since:] if isinstance(each, ElementActivated)]


def modify(
    engine: Engine, instance: Instance, *element_ids: str, ancestor: int | None = None, end: tuple[int, ...] = ()
) -> None:
    activate = tuple(ActivateInstruction(each, ancestor) for each in element_ids)
    engine.give(instance, Modified(activate, tuple(map(TerminateInstruction, end))))


def keys(instance: Instance, element_id: str) -> list[int]:
    return [key for key, element in instance.state.elements.items() if element.node == element_id]


def assert_refused(engine: Engine, instance: Instance, item: Modified, reason: str) -> None:
    """The check that the command makes refuses it, and the core changes nothing."""
    before = instance.state.to_json()
    with pytest.raises(PlaceError, match=reason):
        placing.plan(instance.model, instance.state, item.activate, item.terminate)
    engine.give(instance, item)
    assert instance.state.to_json() == before
    assert instance.facts(InputIgnored)


# --- every element ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("element_id", OPENED)
def test_a_start_at_an_element_opens_each_scope_around_it_once(engine: Engine, element_id: str) -> None:
    engine.deploy(EVERYTHING)
    instance = engine.start("p", before=[element_id])
    assert activated(instance) == ["p", *OPENED[element_id]]
    assert_open(instance)


@pytest.mark.parametrize("element_id", OPENED)
def test_a_modification_opens_each_scope_around_an_element_once(engine: Engine, element_id: str) -> None:
    engine.deploy(EVERYTHING)
    instance = engine.start("p")
    since = len(instance.history)
    modify(engine, instance, element_id)
    assert activated(instance, since=since) == OPENED[element_id]
    assert_open(instance)


@pytest.mark.parametrize("element_id", OPENED)
def test_with_the_process_as_the_ancestor_every_scope_is_opened_anew(engine: Engine, element_id: str) -> None:
    engine.deploy(EVERYTHING)
    instance = engine.start("p", before=["deeper", "answer", "pay", "then", "run"])
    since = len(instance.history)
    modify(engine, instance, element_id, ancestor=instance.key)
    assert activated(instance, since=since) == OPENED[element_id]
    assert_open(instance)


def assert_open(instance: Instance) -> None:
    """Every scope waits for its boundary events and event sub-processes, once, and has its inputs."""
    state, model = instance.state, instance.model
    for key, element in state.elements.items():
        node = model.nodes[element.node]
        inner = element.scope is not None and state.elements[element.scope].is_body
        expected = [] if inner else list(node.boundary_events)
        if not element.is_body:
            expected += [start for child in node.event_sub_processes for start in model.nodes[child].start_events]
        waiting = Counter(state.open[each].node for each in element.open)
        assert {name: waiting[name] for name in expected} == dict.fromkeys(expected, 1)
        opened = {each.element_instance for each in instance.timers}
        opened |= {each.element_instance for each in instance.message_subscriptions}
        assert not expected or key in opened
        assert element.node != "outer" or element.variables == {"two": 2}


@pytest.mark.parametrize("element_id", REFUSED)
def test_a_place_that_is_impossible_is_refused(engine: Engine, element_id: str) -> None:
    engine.deploy(EVERYTHING)
    with pytest.raises(PlaceError, match=REFUSED[element_id]):
        engine.start("p", before=[element_id])
    instance = engine.start("p")
    for ancestor in (None, instance.key):
        reason = REFUSED[element_id] if ancestor is None else "Expected"
        assert_refused(engine, instance, Modified((ActivateInstruction(element_id, ancestor),)), reason)


def test_only_a_start_may_name_the_start_event_of_the_process(engine: Engine) -> None:
    engine.deploy(EVERYTHING)
    instance = engine.start("p", before=["start"])
    assert activated(instance) == ["p", "start", "first"]
    assert_refused(engine, instance, Modified((ActivateInstruction("start"),)), "the start event 'start'")


# --- which scope -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A case begins at `before`; then `element_id` is activated, with the `which` instance of the element `ancestor` as its ancestor."""

    before: tuple[str, ...]
    element_id: str
    ancestor: str | int | None
    expected: list[str] | str
    which: int = 0


CASES = [
    Case(("deep",), "deeper", None, ["deeper"]),
    Case(("deep", "answer"), "deeper", None, ["deeper"]),
    Case(("answer",), "deeper", None, ["inner", "deeper"]),
    Case(("deep",), "deeper", "inner", ["deeper"]),
    Case(("deep",), "deeper", "outer", ["inner", "deeper"]),
    Case(("deep",), "answer", "outer", ["react", "answer"]),
    Case(("outer", "outer"), "deeper", None, "one active instance of .*'outer'.* found 2"),
    Case(("outer", "outer"), "deeper", "inner", ["deeper"], which=1),
    Case(("outer", "outer"), "deeper", "outer", ["inner", "deeper"], which=1),
    Case(("deep",), "first", "inner", "one of the scopes of .*'first'.* as its ancestor"),
    Case(("deep",), "deeper", "deep", "one of the scopes of .*'deeper'.* as its ancestor"),
    Case(("deep",), "inner", "inner", "one of the scopes of .*'inner'.* as its ancestor"),
    Case(("pay",), "deeper", "deal", "one of the scopes of .*'deeper'.* as its ancestor"),
    Case(("deep",), "deeper", 17, "the key of an active element instance .* found 17"),
    Case(("several",), "rest", None, "one active instance of .*'several'.* found 2"),
    Case(("several",), "rest", "several", "which is its body"),
    Case(("several",), "rest", "several", ["rest"], which=1),
    Case(("several",), "rest", "several", ["rest"], which=2),
    Case(("several",), "several", "several", "one of the scopes of .*'several'"),
    Case(("each",), "each", "each", "one of the scopes of .*'each'"),
    Case(("each",), "each", "each", "one of the scopes of .*'each'", which=1),
    Case(("each",), "each", None, ["each", "each", "each"]),
    Case(("pick",), "then", None, ["then"]),
    Case(("pick",), "pick", "loose", ["pick"]),
]


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{'-'.join(case.before)}-{case.element_id}-{case.ancestor}-{case.which}"
)
def test_the_scope_is_the_only_one_or_the_one_that_is_named(engine: Engine, case: Case) -> None:
    engine.deploy(EVERYTHING)
    instance = engine.start("p", before=case.before)
    ancestor = keys(instance, case.ancestor)[case.which] if isinstance(case.ancestor, str) else case.ancestor
    item = Modified((ActivateInstruction(case.element_id, ancestor),))
    if isinstance(case.expected, str):
        assert_refused(engine, instance, item, case.expected)
        return
    since = len(instance.history)
    engine.give(instance, item)
    assert activated(instance, since=since) == case.expected
    assert_open(instance)
    if isinstance(case.ancestor, str):
        around = instance.state.elements[keys(instance, case.element_id)[-1]].scope
        while around is not None and around != ancestor:
            around = instance.state.elements[around].scope
        assert around == ancestor


def test_several_instructions_share_the_scopes_that_they_open(engine: Engine) -> None:
    engine.deploy(EVERYTHING)
    instance = engine.start("p", before=["deep", "deeper", "answer"])
    assert activated(instance) == ["p", "outer", "inner", "react", "deep", "deeper", "answer"]
    for element_id in ("deep", "deeper", "deeper", "answer"):
        engine.complete_job(instance, element_id)
    assert instance.completed_elements.count("outer") == 1
    assert [each.element_id for each in instance.jobs] == ["part", "part"]


def test_an_instance_of_a_multi_instance_goes_on_where_it_is_moved(engine: Engine) -> None:
    engine.deploy(EVERYTHING)
    instance = engine.start("p", before=["several"])
    for part in keys(instance, "part"):
        ancestor = placing.ancestor_of_move(instance.model, instance.state, source=part, target="rest")
        assert ancestor == instance.state.elements[part].scope
        modify(engine, instance, "rest", ancestor=ancestor, end=(part,))
    assert [each.element_id for each in instance.jobs] == ["rest", "rest"]
    for _ in range(2):
        engine.complete_job(instance, "rest")
    assert [each.element_id for each in instance.jobs] == ["each", "each"]


def test_a_scope_that_the_same_modification_ends_takes_nothing(engine: Engine) -> None:
    engine.deploy(EVERYTHING)
    instance = engine.start("p", before=["deep"])
    for around in ("inner", "outer", "p"):
        [key] = keys(instance, around)
        item = Modified((ActivateInstruction("deeper"),), (TerminateInstruction(key),))
        assert_refused(engine, instance, item, f"'{around}'.* to stay" if around != "p" else "to stay")


# --- scopes that have not begun, or end ------------------------------------------------------------------------------------

LISTENED = (
    "<bpmn:extensionElements>{}<zeebe:executionListeners>"
    '<zeebe:executionListener eventType="start" type="listen"/><zeebe:executionListener eventType="end" type="listen"/>'
    "</zeebe:executionListeners></bpmn:extensionElements>"
)


def _around(extension: str, *, wait: str = "PT1H") -> bytes:
    inner = extension + node("startEvent", "in") + job("a") + job("b") + end("out") + flows("in a b out")
    return process(
        START
        + node("subProcess", "sub", inner)
        + boundary("late", "sub", timer("timeDuration", wait))
        + end()
        + flows("start sub end", "late end")
    )


def test_what_is_put_into_a_scope_waits_for_its_start_listeners(engine: Engine) -> None:
    engine.deploy(_around(LISTENED.format("")))
    instance = engine.start("p", before=["b"])
    assert [each.type for each in instance.jobs] == ["listen"]
    assert not instance.timers
    item = Modified((ActivateInstruction("b"),))
    assert_refused(engine, instance, item, "it has not begun")
    engine.complete_job(instance)
    assert [each.type for each in instance.jobs] == ["b"]
    assert [each.element_id for each in instance.timers] == ["late"]
    engine.complete_job(instance, "b")
    assert_refused(engine, instance, item, "it is about to end")
    engine.complete_job(instance)
    assert instance.outcome is Outcome.COMPLETED
    assert "a" not in instance.activated_elements


def test_what_is_put_into_a_scope_that_fails_to_begin_comes_when_that_is_resolved(engine: Engine) -> None:
    engine.deploy(_around("", wait="=limit"))
    instance = engine.start("p", before=["b"])
    assert len(instance.incidents) == 1
    assert not instance.jobs
    assert_refused(engine, instance, Modified((ActivateInstruction("b"),)), "resolve its incident first")
    engine.set_variables(instance, {"limit": "PT1H"})
    engine.resolve(instance)
    assert [each.element_id for each in instance.jobs] == ["b"]
    assert [each.element_id for each in instance.timers] == ["late"]


def test_what_is_put_into_a_scope_that_has_not_begun_is_migrated_with_it(engine: Engine) -> None:
    engine.deploy(_around(LISTENED.format("")))
    instance = engine.start("p", before=["b"])
    assert instance.state.placements == [("sub", {"n": "b"})]
    renamed = _around(LISTENED.format("")).replace(b'"b"', b'"c"').replace(b"a_b", b"a_c").replace(b"b_out", b"c_out")
    engine.deploy(renamed)
    engine.migrate(instance, "p", {"b": "c"})
    engine.complete_job(instance)
    assert [each.element_id for each in instance.jobs] == ["c"]


def test_a_scope_that_an_older_version_opened_without_its_start_goes_on_without_it() -> None:
    engine = Engine()
    engine.deploy(_around(LISTENED.format("")))
    instance = engine.start("p", before=["b"])
    dumped = exact_json.decode(exact_json.encode(instance.state.to_json()))
    [sub] = keys(instance, "sub")
    [scope] = [each for each in dumped["e"] if each[0] == sub]
    scope[5] = {"bare": True}  # the token had been put into it at once
    task, work = dumped["k"] + 90, dumped["k"] + 91
    dumped["c"] = 91
    dumped["e"].append([task, "b", "SERVICE_TASK", sub, None, {}])
    dumped["o"].append([work, task, "job", "b", 0, None])
    state = step(instance.model, State.from_json(dumped), [JobCompleted(instance.jobs[0].key)], now=engine.now).state
    assert [each.node for each in state.elements.values()] == ["p", "sub", "b"]
    done = step(instance.model, state, [JobCompleted(work)], now=engine.now)
    assert [each.node for each in done.state.elements.values()] == ["p", "sub"]  # its end listener runs


# --- ad-hoc sub-processes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("element_id", "reason"),
    [
        ("then", "that no flow leads to"),
        ("first", "elements of ad-hoc"),
        ("nowhere", "elements of ad-hoc"),
        ("edge", "boundary event"),
    ],
)
def test_an_ad_hoc_sub_process_activates_its_own_activities_alone(engine: Engine, element_id: str, reason: str) -> None:
    inside = job("pick") + job("then") + boundary("edge", "pick", timer("timeDuration", "PT1H")) + flows("pick then")
    engine.deploy(
        process(
            START + job("first") + node("adHocSubProcess", "loose", inside) + end() + flows("start first loose end")
        )
    )
    instance = engine.start("p", before=["loose"])
    [scope] = keys(instance, "loose")
    before = instance.state.to_json()
    engine.give(instance, AdHocActivated(scope, (ActivateInstruction("pick"), ActivateInstruction(element_id))))
    assert instance.state.to_json() == before
    [ignored] = instance.facts(InputIgnored)
    assert reason in ignored.reason


def test_a_resting_ad_hoc_sub_process_goes_on_with_what_is_put_into_it(engine: Engine) -> None:
    condition = '<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">=done</bpmn:completionCondition>'
    engine.deploy(
        process(START + node("adHocSubProcess", "loose", job("pick") + condition) + end() + flows("start loose end"))
    )
    instance = engine.start("p", {"done": False})
    engine.complete_job(instance, "pick")
    modify(engine, instance, "pick")
    engine.set_variables(instance, {"done": True})
    assert instance.outcome is None
    engine.complete_job(instance, "pick")
    assert instance.outcome is Outcome.COMPLETED


def test_the_active_elements_of_an_ad_hoc_sub_process_are_elements_that_begin_by_themselves(engine: Engine) -> None:
    chosen = (
        '<bpmn:extensionElements><zeebe:adHoc activeElementsCollection="=[&quot;edge&quot;]"/></bpmn:extensionElements>'
    )
    inside = (
        chosen
        + job("pick")
        + job("then")
        + boundary("edge", "pick", timer("timeDuration", "PT1H"))
        + flows("edge then")
    )
    engine.deploy(process(START + node("adHocSubProcess", "loose", inside) + end() + flows("start loose end")))
    instance = engine.start("p")
    [incident] = instance.incidents
    assert "the boundary event 'edge'" in incident.message


# --- two cases that went wrong ---------------------------------------------------------------------------------------------


def test_an_instance_that_starts_inside_a_sub_process_leaves_it_as_any_other(engine: Engine) -> None:
    inside = node("startEvent", "s2") + job("B") + job("C") + end("e2") + flows("s2 B C e2")
    engine.deploy(
        process(
            START
            + job("A")
            + node("subProcess", "sp", inside)
            + boundary("be", "sp", timer("timeDuration", "PT1H"))
            + job("Z")
            + end()
            + end("e3")
            + flows("start A sp Z end", "be e3")
        )
    )
    instance = engine.start("p", before=["C"])
    assert [each.element_id for each in instance.timers] == ["be"]
    engine.complete_job(instance, "C")
    assert not instance.timers
    assert [each.element_id for each in instance.jobs] == ["Z"]
    engine.complete_job(instance, "Z")
    assert instance.outcome is Outcome.COMPLETED


def test_the_body_of_a_multi_instance_task_is_no_ancestor_of_the_task(engine: Engine) -> None:
    engine.deploy(process(START + job("A", LOOP) + end() + flows("start A end")))
    instance = engine.start("p")
    body = keys(instance, "A")[0]
    assert instance.state.elements[body].type is ElementType.MULTI_INSTANCE_BODY
    assert_refused(engine, instance, Modified((ActivateInstruction("A", body),)), "as its ancestor")
    for _ in range(2):
        engine.complete_job(instance, "A")
    assert instance.outcome is Outcome.COMPLETED
