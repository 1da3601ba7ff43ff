"""What an element instance remembers is what was set, in that order; every stage, kind and type is known where it has to be."""

from __future__ import annotations

import pytest

from engine.bpmn.model import ElementType
from engine.runtime import State
from engine.runtime.machine import WITHDRAWALS
from engine.runtime.processors import STAGES
from engine.runtime.stages import Stage
from engine.runtime.state import ElementInstance, OpenKind
from engine.runtime.state.memory import FAMILIES, BodyMemory, ScopeMemory

KEY = 2**24
WITHDRAWN_IN_ANOTHER_WAY = {OpenKind.CHILD, OpenKind.DECISION, OpenKind.CONDITION}


def written(element: ElementInstance) -> dict[str, object]:
    state = State.new(KEY)
    state.elements[element.key] = element
    [[*_, memory]] = state.to_json()["e"]
    return dict(memory)


def test_a_memory_is_written_as_what_was_set_in_the_order_of_setting() -> None:
    scope = ElementInstance(KEY, "p", ElementType.PROCESS, None)
    memory = scope.memory_as(ScopeMemory)
    assert (memory.joins, memory.interrupted, written(scope)) == (None, False, {})
    memory.interrupted = True
    memory.put_token("join", "a_join")
    assert list(written(scope).items()) == [("interrupted", True), ("joins", {"join": {"a_join": 1}})]
    del memory.interrupted
    memory.forget_tokens()
    assert (memory.joins, memory.interrupted, written(scope)) == (None, False, {})


def test_a_memory_is_known_by_the_family_of_its_element_alone() -> None:
    task = ElementInstance(KEY, "a", ElementType.SERVICE_TASK, None)
    assert task.memory_if(BodyMemory) is None
    with pytest.raises(TypeError, match="Expected SERVICE_TASK 'a' to have a BodyMemory"):
        task.memory_as(BodyMemory)


def test_what_a_version_does_not_know_of_a_memory_is_kept() -> None:
    dumped = State.new(KEY).to_json() | {
        "e": [[KEY, "p", "PROCESS", None, {}, {"later": 1, "joins": {"join": {"a": 2}}}]]
    }
    state = State.from_json(dumped)
    assert (state.elements[KEY].tokens, state.joins_with_tokens) == (2, ["join"])
    assert state.to_json() == dumped


def test_each_stage_is_run_by_something() -> None:
    assert STAGES.keys() == set(Stage)


def test_each_kind_of_what_is_open_can_be_withdrawn() -> None:
    assert WITHDRAWALS.keys() | WITHDRAWN_IN_ANOTHER_WAY == set(OpenKind)


def test_each_type_of_element_has_a_memory() -> None:
    assert FAMILIES.keys() == set(ElementType)
