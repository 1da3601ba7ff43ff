"""A budget bounds what one evaluation may use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

CHUNK = 20_000
"""So many steps go by before a caller's `out_of_time` is asked again."""


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget has the limits of one evaluation; going over one raises `FeelBudgetExceeded`.

    `steps`: rounds of loops, filters and built-in functions, weighted with the size of what they run.
    `depth`: calls of functions within each other.
    `size`: what is built on the way, in about eight bytes each: elements of lists and contexts, characters, and what holds them.
    `digits`: of a number read from a text or from the context.
    `out_of_time`: asked every 20,000 steps; true ends the evaluation. It is the caller's, since evaluation itself has no clock.
    """

    steps: int = 3_000_000
    depth: int = 1_000
    size: int = 4_000_000
    digits: int = 1_000
    out_of_time: Callable[[], bool] | None = None

    stack: ClassVar[int] = 0
    """Nothing runs yet: see `Account`."""


DEFAULT_BUDGET = Budget()


@dataclass(slots=True)
class Account:
    """An account holds what is left of a budget that several evaluations share, as those of one decision do. Each pays into it what it
    used. `stack` is what their calls within each other take of the stack already."""

    steps: int
    depth: int
    size: int
    digits: int
    out_of_time: Callable[[], bool] | None = None
    stack: int = 0

    @classmethod
    def of(cls, budget: Budget) -> Account:
        return cls(budget.steps, budget.depth, budget.size, budget.digits, budget.out_of_time)
