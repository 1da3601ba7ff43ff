"""What expressions may use is a setting of the installation."""

from __future__ import annotations

from typing import Any

import pytest

from engine import expression_limits, feel


def test_the_settings_make_the_budget_and_nothing_set_is_the_default(settings: Any) -> None:
    assert expression_limits.budget().steps == feel.DEFAULT_BUDGET.steps
    settings.STEPWELL_FEEL_STEPS = 1_000
    settings.STEPWELL_FEEL_DEPTH = 3
    settings.STEPWELL_FEEL_SIZE = 500
    found = expression_limits.limits().expressions
    assert (found.steps, found.depth, found.size) == (1_000, 3, 500)
    with pytest.raises(feel.FeelBudgetExceeded, match="steps"):
        feel.compile("for i in 1..1000 return i").evaluate({}, budget=found)


def test_an_expression_ends_when_the_seconds_are_over(settings: Any) -> None:
    settings.STEPWELL_FEEL_SECONDS = 0
    with pytest.raises(feel.FeelBudgetExceeded, match="time"):
        feel.compile("for i in 1..100000 return i").evaluate({}, budget=expression_limits.budget())
