"""Reads the journal and the outside world's file after the faults, and checks what must hold. It trusts no one who took part."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from engine import journal
from engine.models import Incident, InstanceStatus, PendingInput, ProcessInstance
from engine.runtime.inputs import MessageArrived, SignalArrived, TimerFired
from tests.acceptance.faults.workload import CALLED, EFFECTS, RESULTS
from tests.engine.worlds import assert_sound


@dataclass(frozen=True, slots=True)
class Effect:
    """One run of a handler, as it wrote it down itself."""

    instance: int
    element: str
    key: str
    attempt: int


def effects_in(file: Path) -> list[Effect]:
    """In the order in which they were written."""
    found = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    return [Effect(int(instance), element, key, int(attempt)) for instance, element, key, attempt in found]


def check(
    acknowledged: Mapping[int, str], effects: Iterable[Effect], *, repeats_at_most: int, set_back: timedelta
) -> dict[str, int]:
    """`acknowledged`: instance key to process id of every start that was answered. `set_back`: the longest way that the clock was put
    back at once. Returns figures for the report."""
    effects = list(effects)
    instances = {each.key: each for each in ProcessInstance.objects.all()}
    roots = {key: each.process_id for key, each in instances.items() if each.parent_key is None}
    assert roots == dict(acknowledged), "an acknowledged start is missing, or one was doubled"
    children = Counter((each.parent_key, each.process_id) for each in instances.values() if each.parent_key is not None)
    calls = Counter((key, CALLED[each.process_id]) for key, each in instances.items() if each.process_id in CALLED)
    assert children == calls, "each call has exactly one child"
    stuck = {key: each.process_id for key, each in instances.items() if each.status != InstanceStatus.COMPLETED}
    assert not stuck, f"instances that did not end: {stuck}"
    assert not Incident.objects.exists()
    assert not PendingInput.objects.exists()
    for each in instances.values():
        assert_sound(each)  # contiguous journal, which folds to the state; no orphaned rows
        _check_inputs(each, set_back=set_back)
        wanted: dict[str, Any] = RESULTS.get(each.process_id, {})
        assert each.result is not None
        assert {name: each.result.get(name) for name in wanted} == wanted
    return {
        "instances": len(instances),
        "transitions": sum(1 for key in instances for _ in journal.read(key)),
        "effects": len(effects),
        "repeats": _check_effects(instances, effects, repeats_at_most=repeats_at_most),
    }


def _check_inputs(instance: ProcessInstance, *, set_back: timedelta) -> None:
    """A message is consumed once; a timer fires once, and never early."""
    messages: Counter[int | None] = Counter()
    fired = signals = 0
    entries = list(journal.read(instance.key))
    for entry in entries:
        for given in entry.inputs:
            if isinstance(given.input, MessageArrived):
                messages[given.input.message] += 1
            elif isinstance(given.input, SignalArrived):
                signals += 1
            elif isinstance(given.input, TimerFired):
                fired += 1
                # the clock may have been put back between the firing and the step that took it up
                assert entry.at - entries[0].at >= timedelta(seconds=1) - set_back, (
                    f"a timer of {instance.key} was early"
                )
    assert len(messages) == sum(messages.values()) == (instance.process_id == "paying")
    assert fired == (instance.process_id == "pausing")
    assert signals == (instance.process_id == "alarmed")


def _check_effects(instances: Mapping[int, ProcessInstance], effects: list[Effect], *, repeats_at_most: int) -> int:
    """Each effect happened at least once with one stable key, each attempt at it once at most, in the order of the diagram."""
    first_runs: dict[int, dict[str, str]] = defaultdict(dict)
    for effect in effects:
        first_runs[effect.instance].setdefault(effect.key, effect.element)
    assert first_runs.keys() <= instances.keys(), "a handler ran for an instance that is unknown"
    for key, instance in instances.items():
        # a compensation that is not exactly the reverse of what was done has another order here
        assert list(first_runs[key].values()) == EFFECTS[instance.process_id], f"effects of {instance.process_id} {key}"
    attempts = Counter((effect.key, effect.attempt) for effect in effects)
    assert max(attempts.values()) == 1, "an attempt was given out twice"
    repeats = len(effects) - len({effect.key for effect in effects})
    assert repeats <= repeats_at_most
    return repeats
