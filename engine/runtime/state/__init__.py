"""The state of a process instance has what is alive in it, what each element instance remembers (its memory), and what is open."""

from engine.runtime.state.element_instances import ElementInstance
from engine.runtime.state.instance_state import KEYS_PER_BLOCK, KEYS_RESERVE, State, with_variables
from engine.runtime.state.memory import Json
from engine.runtime.state.opened import Opened, OpenKind
from engine.runtime.state.variables import VisibleVariables, scope_variables, visible_variables

__all__ = [
    "KEYS_PER_BLOCK",
    "KEYS_RESERVE",
    "ElementInstance",
    "Json",
    "OpenKind",
    "Opened",
    "State",
    "VisibleVariables",
    "scope_variables",
    "visible_variables",
    "with_variables",
]
