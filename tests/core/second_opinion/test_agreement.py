"""Random processes of what SpiffWorkflow runs as well: the same work, done in a random order, leaves the same trace in both."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.testing import Engine
from tests.core.bpmn.diagrams import process
from tests.core.random.diagrams import Scope, a_condition
from tests.core.second_opinion.differences import DIFFERENCES
from tests.core.second_opinion.opinion import Opinion, second_opinion
from tests.core.support.page import PROJECT

CASES = int(os.environ.get("STEPWELL_RANDOM_CASES", "40"))


@st.composite
def plain_diagrams(draw: st.DrawFn) -> str:
    """Chains of tasks, choices, forks, inclusive forks and sub-processes, within each other."""
    scope = Scope([0], may_call=False)
    _body(draw, scope, 3)
    return process(scope.xml()).decode()


def _body(draw: st.DrawFn, scope: Scope, depth: int) -> None:
    last = _chain(draw, scope, scope.add("startEvent", "start"), depth)
    scope.flow(last, scope.add("endEvent", "end"))


def _chain(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    kinds = [_task, _task, *([_choice, _inclusive, _fork, _sub_process] if depth > 0 else [])]
    for _ in range(draw(st.integers(1, 3))):
        before = draw(st.sampled_from(kinds))(draw, scope, before, depth)
    return before


def _task(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    kind = draw(st.sampled_from(["userTask", "manualTask", "task"]))
    extension = "<bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements>" if kind == "userTask" else ""
    identifier = scope.add(kind, "task", extension)
    scope.flow(before, identifier)
    return identifier


def _choice(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    return _branches(draw, scope, before, depth, "exclusiveGateway", conditional=True)


def _inclusive(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    return _branches(draw, scope, before, depth, "inclusiveGateway", conditional=True)


def _fork(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    return _branches(draw, scope, before, depth, "parallelGateway", conditional=False)


def _branches(draw: st.DrawFn, scope: Scope, before: str, depth: int, kind: str, *, conditional: bool) -> str:
    fork, first, join = scope.new("fork"), scope.new("task"), scope.add(kind, "join")
    default = f'default="{fork}_{first}"' if conditional else ""
    scope.parts.append(f'<bpmn:{kind} id="{fork}" {default}/><bpmn:manualTask id="{first}"/>')
    scope.flow(before, fork)
    scope.flow(fork, first)
    scope.flow(_chain(draw, scope, first, depth - 1), join)
    for _ in range(draw(st.integers(1, 2))):
        other = scope.add("manualTask", "task")
        scope.flow(fork, other, a_condition(draw) if conditional else None)
        scope.flow(_chain(draw, scope, other, depth - 1), join)
    return join


def _sub_process(draw: st.DrawFn, scope: Scope, before: str, depth: int) -> str:
    inside = scope.inner()
    _body(draw, inside, depth - 1)
    identifier = scope.add("subProcess", "host", inside.xml())
    scope.flow(before, identifier)
    return identifier


def played(source: str, schedule: list[int]) -> Opinion:
    """Complete one user task for each number, of those that are open then; afterwards compare what has happened."""
    engine = Engine()
    engine.deploy(source)
    instance = engine.start("p", {"a": 0, "b": 1, "c": 2})
    for number in schedule:
        if not instance.user_tasks:
            break
        engine.complete_user_task(instance, instance.user_tasks[number % len(instance.user_tasks)].element_id)
    engine.check()
    opinion = second_opinion(engine, source)
    assert opinion is not None, "SpiffWorkflow refuses the diagram"
    return opinion


@settings(max_examples=CASES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(source=plain_diagrams(), schedule=st.lists(st.integers(0, 99), max_size=20))
def test_a_random_process_leaves_the_same_trace_in_both(source: str, schedule: list[int]) -> None:
    opinion = played(source, schedule)
    assert opinion.ours == opinion.theirs


def test_each_difference_is_that_of_a_test_which_is_there() -> None:
    tests = "".join(file.read_text("utf-8") for file in (PROJECT / "tests" / "core").rglob("test_*.py"))
    assert [name for name in DIFFERENCES if f"def {name.partition('[')[0]}(" not in tests] == []
