"""A token that is put anywhere in a random process finds what one that came by the flows finds.

200 cases as part of the tests; `STEPWELL_RANDOM_CASES=10000 .venv/bin/python -m pytest tests/core/random` plays that many.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from engine import exact_json
from engine.bpmn.model import (
    SCOPE_TYPES,
    ConditionalEvent,
    ElementType,
    FlowNode,
    MessageEvent,
    ProcessModel,
    SignalEvent,
    TimerEvent,
)
from engine.runtime.history import InputIgnored
from engine.runtime.inputs import ActivateInstruction, Modified
from engine.runtime.relocation.places import PlaceError
from engine.testing import Engine
from engine.testing.instance import Instance
from tests.core.random.diagrams import diagrams
from tests.core.random.play import DECISION, Game, assert_history_folds, assert_replays

CASES = int(os.environ.get("STEPWELL_RANDOM_CASES", "200"))
VARIABLES = {"a": 1, "b": 2, "c": 0}
Opening = Counter[tuple[str, str, float]]
"""What a scope waits for when it is opened: the kinds, the elements, and the seconds of a timer."""
WAITING = ("OpenTimer", "OpenMessageSubscription", "OpenSignalSubscription")
SCOPES = frozenset(each.value for each in SCOPE_TYPES)
NEVER = frozenset({ElementType.PROCESS, ElementType.START_EVENT, ElementType.BOUNDARY_EVENT})


@pytest.mark.timeout(0)
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")  # of a diagram too long to be shown
@settings(
    max_examples=CASES,
    deadline=None,
    derandomize="STEPWELL_RANDOM_CASES" not in os.environ,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(source=diagrams(may_call=False), number=st.integers(0, 9_999), modified=st.booleans())
def test_a_token_at_a_random_element_finds_what_one_that_came_by_the_flows_finds(
    source: str, number: int, modified: bool
) -> None:
    engine = Engine()
    engine.deploy_decisions(DECISION)
    model = engine.deploy(source).processes["main"]
    nested = [
        each for each in model.nodes.values() if len(scopes_around(model, each)) > 1 and not is_refused(model, each)
    ]
    nodes = nested if nested and number % 4 else list(model.nodes.values())
    node = nodes[number % len(nodes)]
    around = scopes_around(model, node)
    if is_refused(model, node):
        assert_refused(engine, node)
        return
    counters = dict.fromkeys(re.findall(r"\bn\d+\b", source), 0)  # the flows would have set them before a loop
    instance = engine.start("main", VARIABLES | counters, before=() if modified else [node.id])
    if modified:
        assume(instance.end is None)
        engine.give(instance, Modified((ActivateInstruction(node.id),)))
    assume(not instance.facts(InputIgnored))  # the scope is ambiguous, or about to end
    game = Game(engine)
    game.is_modified = True
    game.assert_sound()
    if not waits_for_conditions(model, around):
        assert_opened_as_by_the_flows(instance, node, around, openings(played(source)))
    game.give_everything()
    if instance.end is None:
        assert tokens_wait(instance) or waits_again(instance), f"it has not ended; open: {instance.open}"
        engine.cancel(instance)
    assert not instance.state.elements
    assert_history_folds(instance)
    assert_replays(instance)


def assert_opened_as_by_the_flows(
    instance: Instance, node: FlowNode, around: list[FlowNode], by_flows: dict[str, Opening]
) -> None:
    by_hand = openings(instance)
    names = [each.id for each in around]
    assert [name for name in by_hand if name in names] == names
    assert node.id in instance.activated_elements
    for each in around:
        assert {name for _, name, _ in by_hand[each.id]} == waited_for(instance.model, each)
    for name in names:
        assert by_hand[name] == by_flows.get(name, by_hand[name]), f"'{name}' waits for something else"


def assert_refused(engine: Engine, node: FlowNode) -> None:
    """Neither a start nor a modification puts a token there, unless there is an instance of the multi-instance around it."""
    instance = engine.start("main", VARIABLES)
    if node.id not in instance.model.root.start_events:
        with pytest.raises(PlaceError):
            engine.start("main", VARIABLES, before=[node.id])
    if instance.end is None and node.type in NEVER:
        before = exact_json.encode_text(instance.state.to_json())
        engine.give(instance, Modified((ActivateInstruction(node.id),)))
        assert instance.facts(InputIgnored)
        assert exact_json.encode_text(instance.state.to_json()) == before


def scopes_around(model: ProcessModel, node: FlowNode) -> list[FlowNode]:
    around: list[FlowNode] = []
    while node.scope is not None:
        node = model.nodes[node.scope]
        around.insert(0, node)
    return around


def is_refused(model: ProcessModel, node: FlowNode) -> bool:
    comes_after_a_choice = any(
        model.nodes[flow.source].type is ElementType.EVENT_BASED_GATEWAY for flow in node.incoming
    )
    return node.type in NEVER or comes_after_a_choice or any(each.loop for each in scopes_around(model, node))


def waited_for(model: ProcessModel, scope: FlowNode) -> set[str]:
    """The boundary events of a scope and the starts of its event sub-processes that the world makes occur."""
    found = [
        *scope.boundary_events,
        *(start for child in scope.event_sub_processes for start in model.nodes[child].start_events),
    ]
    awaited = (TimerEvent, MessageEvent, SignalEvent)
    return {each for each in found if any(isinstance(event, awaited) for event in model.nodes[each].events)}


def waits_for_conditions(model: ProcessModel, around: list[FlowNode]) -> bool:
    """Whether something around it may happen at once, and end what is there."""
    starts = [
        start for scope in around for child in scope.event_sub_processes for start in model.nodes[child].start_events
    ]
    edges = [edge for scope in around for edge in scope.boundary_events]
    return any(isinstance(event, ConditionalEvent) for each in (*starts, *edges) for event in model.nodes[each].events)


def played(source: str) -> Instance:
    """The same process from its start event to its end."""
    engine = Engine()
    engine.deploy_decisions(DECISION)
    engine.deploy(source)
    instance = engine.start("main", VARIABLES)
    Game(engine).give_everything()
    return instance


def openings(instance: Instance) -> dict[str, Opening]:
    """Of each scope what its first instance waited for when it was opened, in the order in which they were opened."""
    found: dict[str, Opening] = {}
    for entry in instance.journal:
        scopes: dict[int, str] = {}
        for name, *values in exact_json.decode(entry.facts):
            if name == "ElementActivated" and values[2] in SCOPES and values[1] not in found:
                scopes[values[0]] = values[1]
                found[values[1]] = Counter()
        for name, _, *values in exact_json.decode(entry.effects):
            if name in WAITING and values[0] in scopes:
                wait = datetime.fromisoformat(values[2]) - entry.now if name == "OpenTimer" else timedelta()
                found[scopes[values[0]]][name, values[1], wait.total_seconds()] += 1
    return found


def waits_again(instance: Instance) -> bool:
    """Whether an event starts work there each time that it comes, so that it may never end."""
    messages, signals = instance.message_subscriptions, instance.signal_subscriptions
    return any(not each.interrupting for each in messages) or any(not each.interrupting for each in signals)


def tokens_wait(instance: Instance) -> bool:
    """Whether a token waits for another one that does not come."""
    return any(element.tokens for element in instance.state.elements.values())
