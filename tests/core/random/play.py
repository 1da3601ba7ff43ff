"""Plays a process by a schedule of whole numbers, and looks after every step at what must hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from engine import exact_json
from engine.bpmn.model import SCOPE_TYPES, ElementType
from engine.runtime import State, codec, effects, history, inputs, step
from engine.testing import Engine
from engine.testing.instance import Instance
from tests.core.random.diagrams import ERRORS, MESSAGES, SIGNALS

ENOUGH = 60
"""Turns after which what has not ended is cancelled: an event that starts work each time that it comes may never let it end."""
Action = tuple[str, Callable[[], None]]


def play(source: str, schedule: Sequence[int]) -> None:
    """Deploy and start it; take a turn for each number; then cancel it, or see it to its end. Raises AssertionError."""
    engine = Engine()
    engine.deploy(source)
    engine.start("main", {"a": 1, "b": 2, "c": 0})
    assert_sound(engine)
    for number in schedule:
        found = actions(engine)
        if not found:
            break
        found[number % len(found)][1]()
        assert_sound(engine)
    for instance in engine.instances:
        assert_history_folds(instance)
    if schedule and schedule[-1] % 2:
        engine.cancel(engine.instances[0])
    else:
        finish(engine)
    assert_sound(engine)
    for instance in engine.instances:
        assert instance.end is not None, f"'{instance.model.id}' has not ended; open: {instance.open}"
        assert not instance.state.elements
        assert not instance.state.open
        assert_history_folds(instance)
        assert_replays(instance)
    engine.check()


def actions(engine: Engine) -> list[Action]:
    """What the world could do now: work, failures, messages, signals, time."""
    found: list[Action] = []
    for instance in engine.instances:
        if instance.end is not None:
            continue
        failed = {incident.job for incident in instance.incidents}
        for job in instance.jobs:
            if job.key in failed:
                continue
            found.append(
                ("complete", partial(give, engine, instance, inputs.JobCompleted(job.key, {"a": job.key % 4})))
            )
            found.append(("fail", partial(give, engine, instance, inputs.JobFailed(job.key, "no"))))
            for code in ERRORS:
                found.append(("error", partial(give, engine, instance, inputs.JobErrorThrown(job.key, code))))
        for task in instance.user_tasks:
            found.append(("user task", partial(give, engine, instance, inputs.UserTaskCompleted(task.key, {"b": 2}))))
        for incident in instance.incidents:
            found.append(("resolve", partial(engine.give, instance, inputs.IncidentResolved(incident.key))))
        found.append(("set", partial(engine.set_variables, instance, {"a": 3})))
    if not found:
        return []
    found += [("message", partial(engine.publish, name, "k")) for name in MESSAGES]
    found += [("signal", partial(engine.broadcast, name)) for name in SIGNALS]
    found += [("time", partial(engine.advance, timedelta(minutes=minutes))) for minutes in (1, 3)]
    return found


def give(
    engine: Engine,
    instance: Instance,
    item: inputs.JobCompleted | inputs.JobFailed | inputs.JobErrorThrown | inputs.UserTaskCompleted,
) -> None:
    key = item.user_task if isinstance(item, inputs.UserTaskCompleted) else item.job
    if not isinstance(item, inputs.JobFailed):  # what has failed stays, with its incident
        del instance.open[key]
    engine.give(instance, item)


def finish(engine: Engine) -> None:
    """Give everything that is waited for until all has ended."""
    for turn in range(ENOUGH):
        running = [each for each in engine.instances if each.end is None]
        if not running:
            return
        work = [action for name, action in actions(engine) if name in ("complete", "user task", "resolve")]
        if work:
            work[0]()
        else:
            for instance in running:
                if instance.end is None:
                    engine.set_variables(instance, {"a": 3 if turn % 2 else 0})
            engine.publish(MESSAGES[turn % len(MESSAGES)], "k")
            engine.broadcast(SIGNALS[turn // 2 % len(SIGNALS)])
            engine.advance(timedelta(minutes=1))
        assert_sound(engine)
    for instance in engine.instances:
        if instance.end is None:
            engine.cancel(instance)


def assert_sound(engine: Engine) -> None:
    for instance in engine.instances:
        state = instance.state
        if instance.end is not None:
            assert not instance.open, f"open after the end: {instance.open}"
            continue
        assert_nothing_is_stuck(instance, state)
        answered_elsewhere = {"condition", "decision", "listener"}
        wanted = {key for key, opened in state.open.items() if opened.kind not in answered_elsewhere}
        assert wanted == set(instance.open), f"the state waits for {wanted}, the world has {set(instance.open)}"


def assert_nothing_is_stuck(instance: Instance, state: State) -> None:
    """Every scope holds something that is alive, and everything else waits for something of its own."""
    stopped = {
        item[0]
        for opened in state.open.values()
        if isinstance(opened.data, list)
        for item in opened.data
        if isinstance(item, list)
    }
    for element in state.elements.values():
        if element.key in stopped:  # by the limit of steps; the incident goes on with it
            continue
        own = [opened for key in element.open if (opened := state.open[key]).node in ("", element.node)]
        if any(opened.kind == "incident" for opened in own):
            continue
        if element.type in SCOPE_TYPES or element.is_body:
            assert element.kids, f"{element.node} in '{instance.model.id}' holds nothing; its data: {element.data}"
        elif element.type is ElementType.EVENT_BASED_GATEWAY:
            assert element.open, f"{element.node} waits for nothing"
        elif "undo" in element.data:
            assert any(other.data.get("undoes_for") == element.key for other in state.elements.values()), (
                f"{element.node} waits for a compensation that does not run"
            )
        else:
            assert own, f"{element.node} in '{instance.model.id}' waits for nothing"


def assert_history_folds(instance: Instance) -> None:
    """What was entered and not left is what is alive."""
    state = instance.state
    alive: dict[int, str] = {}
    for fact in instance.history:
        if isinstance(fact, history.ElementActivated):
            assert fact.element_instance not in alive
            alive[fact.element_instance] = fact.element_id
        elif isinstance(fact, history.ElementCompleted | history.ElementTerminated):
            assert alive.pop(fact.element_instance, None) == fact.element_id, fact
    assert alive == {key: element.node for key, element in state.elements.items()}


def assert_replays(instance: Instance) -> None:
    """Again from the journal, without a dump between the steps: the same, with the same count of tokens."""
    state = State.new(instance.key)
    for entry in instance.journal:
        given = [codec.input_from_json(each) for each in exact_json.decode(entry.inputs)]
        done = step(entry.model, state, given, now=entry.now)
        state = done.state
        assert exact_json.encode_text(state.to_json()) == entry.state
        loaded = State.from_json(exact_json.decode(entry.state))
        for key, element in state.elements.items():
            assert element.tokens == loaded.elements[key].tokens, f"{element.node} counts its tokens wrongly"
            assert list(element.kids) == list(loaded.elements[key].kids)
            assert list(element.open) == list(loaded.elements[key].open)
    ended = [effect for effect in exact_json.decode(instance.journal[-1].effects) if "EndInstance" in str(effect)]
    assert len(ended) <= 1
    assert isinstance(instance.end, effects.EndInstance)
