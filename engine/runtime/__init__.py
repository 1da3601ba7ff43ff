"""This package is the token machine of BPMN 2.0 (chapter 13): `step` is a pure function from a state and inputs to the next state
and effects."""

from engine.runtime import codec
from engine.runtime.machine import StepLimits
from engine.runtime.state import State, scope_variables, visible_variables
from engine.runtime.stepping import Step, step

__all__ = ["State", "Step", "StepLimits", "codec", "scope_variables", "step", "visible_variables"]
