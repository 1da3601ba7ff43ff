"""What expressions may use is a setting of the installation: the core gets it as an argument, and this module reads it."""

from __future__ import annotations

from time import monotonic

from django.conf import settings

from engine import feel
from engine.runtime.machine import StepLimits


def budget() -> feel.Budget:
    """Return the budget of one expression, or of one decision as a whole; its time begins now. Ask for it when work begins: all that
    one step of an instance evaluates shares the time."""
    end = monotonic() + settings.STEPWELL_FEEL_SECONDS
    return feel.Budget(
        steps=settings.STEPWELL_FEEL_STEPS or feel.DEFAULT_BUDGET.steps,
        depth=settings.STEPWELL_FEEL_DEPTH or feel.DEFAULT_BUDGET.depth,
        size=settings.STEPWELL_FEEL_SIZE or feel.DEFAULT_BUDGET.size,
        out_of_time=lambda: monotonic() > end,
    )


def limits() -> StepLimits:
    """Return the limits of one step."""
    return StepLimits(expressions=budget())
