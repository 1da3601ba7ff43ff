"""A budget bounds what one evaluation may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget has the limits of one evaluation; going over one raises `FeelBudgetExceeded`.

    `steps`: rounds of loops, filters and built-in functions, weighted with the size of what they run.
    `depth`: nested calls of functions, counted in levels of nested expressions.
    `size`: what is built on the way, in about eight bytes each: elements of lists and contexts, characters, and what holds them.
    `digits`: of a number read from a text or from the context.
    """

    steps: int = 100_000
    depth: int = 400
    size: int = 150_000
    digits: int = 1_000


DEFAULT_BUDGET = Budget()


@dataclass(slots=True)
class Account:
    """An account holds what is left of a budget that several evaluations share, as those of one decision do. Each pays into it what it
    used."""

    steps: int
    depth: int
    size: int
    digits: int

    @classmethod
    def of(cls, budget: Budget) -> Account:
        return cls(budget.steps, budget.depth, budget.size, budget.digits)
