"""What a step costs does not depend on what was before, and little on what is around it: the short form of `bench/core.py`.

Times are of the processor, each the least of several; the bounds leave room for a machine that is busy with other things.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.core import JobLoop, chain, dumped, fan_out, joins, loaded, model, seconds, transitions_a_second
from engine.runtime import State

ROOM = 2.0
"""Ten times as much work at a cost that grows with its square would be ten times dearer; caches and neighbours make up to 1.7 of it."""


def holds(figures: Callable[[], tuple[float, float]], *, room: float = ROOM, tries: int = 6) -> None:
    """The second figure is at most `room` times the first, at the least of each in several tries."""
    first, second = figures()
    for _ in range(tries):
        if second <= first * room:
            return
        again = figures()
        first, second = min(first, again[0]), min(second, again[1])
    assert second <= first * room, f"{second:.3g} is more than {room} times {first:.3g}"


def test_a_round_of_a_loop_costs_the_same_after_thousands_of_rounds() -> None:
    begun, long = JobLoop.begun(), JobLoop.begun()
    begun.run(10)
    long.run(5_000)
    before = len(dumped(long.done.state))

    def figures() -> tuple[float, float]:
        return begun.run(100), long.run(100)

    holds(figures)
    assert len(dumped(long.done.state)) - before <= 2  # digits of the counters
    assert len(long.done.state.elements) == 2


@pytest.mark.parametrize("results", [False, True], ids=["without results", "with results"])
def test_parallel_instances_cost_the_same_each_however_many_there_are(results: bool) -> None:
    def figures() -> tuple[float, float]:
        few, many = fan_out(250, results=results), fan_out(2_500, results=results)
        return sum(few[:2]), sum(many[:2])

    holds(figures)


def test_a_state_is_dumped_and_loaded_in_the_time_of_its_size() -> None:
    states = [fan_out(count, results=True)[2] for count in (250, 2_500)]
    sizes = [len(dumped(state)) for state in states]

    def figures() -> tuple[float, float]:
        few, many = (seconds(lambda state=state: _through_json(state)) for state in states)  # type: ignore[misc]
        return few * sizes[1] / sizes[0], many

    holds(figures)
    assert sizes[1] / 2_500 < sizes[0] / 250 * 1.1


def _through_json(state: State) -> Any:
    return loaded(dumped(state))


@pytest.mark.parametrize("body", [chain, joins], ids=["a chain of tasks", "inclusive splits and joins"])
def test_a_diagram_of_two_thousand_elements_is_stepped_as_fast_as_a_small_one(body: Callable[[int], str]) -> None:
    small, large = model(body(20)), model(body(2_000))
    transitions_a_second(large, at_least=0.01)

    def figures() -> tuple[float, float]:
        return (
            1 / transitions_a_second(small, at_least=0.05),
            1 / transitions_a_second(large, at_least=0.05),
        )

    holds(figures, room=2.5)


def test_a_core_makes_tens_of_thousands_of_transitions_a_second() -> None:
    process = model(chain(20))
    assert (
        max(transitions_a_second(process, at_least=0.1) for _ in range(5)) > 40_000
    )  # 190,000 on the machine of the report
