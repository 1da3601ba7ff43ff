"""The state of a process instance holds only what is alive. It is plain data, dumped to JSON and loaded between any two steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.bpmn.model import ElementType
from engine.runtime.effects import Outcome
from engine.runtime.state.element_instances import ElementInstance
from engine.runtime.state.memory import Json, Placement, ScopeMemory
from engine.runtime.state.opened import Opened, OpenKind

KEYS_PER_BLOCK = 2**24
"""Keys of one block that an instance owns, from its own key on, for its elements and effects; it gets a further block before they
are used up.
"""
KEYS_RESERVE = 2**20
"""Keys that an instance has left before a step, at least; with fewer, the shell grants a further block before the next step."""

_TYPES = {each.value: each for each in ElementType}
_KINDS = {each.value: each for each in OpenKind}
"""The members by their texts: looking them up in a dictionary takes a tenth of the time of calling the enumeration."""


_CONDITION, _SIGNAL = OpenKind.CONDITION, OpenKind.SIGNAL


class State:
    """The state is a process instance as it is between two steps. Its owner is whoever steps it: `step` consumes the state that it
    is given.
    """

    __slots__ = (
        "base",
        "called",
        "conditions",
        "counter",
        "elements",
        "ended",
        "joins",
        "key",
        "next_base",
        "open",
        "signals",
    )

    def __init__(self, key: int) -> None:
        self.key = key
        self.base = key
        self.next_base: int | None = None
        self.counter = 0
        self.called = False
        self.ended: Outcome | None = None
        self.elements: dict[int, ElementInstance] = {}
        self.open: dict[int, Opened] = {}
        self.conditions: dict[int, None] = {}
        """Keys of the open conditions."""
        self.signals: dict[str, dict[int, None]] = {}
        """Keys of the open signal subscriptions by signal name."""
        self.joins: dict[tuple[int, str], None] = {}
        """The inclusive and complex gateways at which tokens wait, as (scope, gateway)."""

    @classmethod
    def new(cls, instance_key: int) -> State:
        return cls(instance_key)

    @property
    def needs_keys(self) -> bool:
        return self.next_base is None and KEYS_PER_BLOCK - self.counter < KEYS_RESERVE

    @property
    def last_key(self) -> int:
        """Return the last key that was given out."""
        return self.base + self.counter

    def next_key(self) -> int:
        self.counter += 1
        if self.counter >= KEYS_PER_BLOCK:
            if self.next_base is None:
                raise RuntimeError(f"Expected a further block of keys for instance {self.key}; its own is used up")
            self.base, self.next_base, self.counter = self.next_base, None, 0
        return self.base + self.counter

    def index(self, key: int, opened: Opened) -> None:
        if opened.kind is _CONDITION:
            self.conditions[key] = None
        elif opened.kind is _SIGNAL:
            self.signals.setdefault(opened.data[0], {})[key] = None

    def unindex(self, key: int, opened: Opened) -> None:
        if opened.kind is _CONDITION:
            del self.conditions[key]
        elif opened.kind is _SIGNAL:
            waiting = self.signals[opened.data[0]]
            del waiting[key]
            if not waiting:
                del self.signals[opened.data[0]]

    @property
    def joins_with_tokens(self) -> list[str]:
        """Return the ids of the nodes at which tokens wait for others: gateways, and activities with a start quantity."""
        scopes = (element.memory_if(ScopeMemory) for element in self.elements.values())
        return [node for scope in scopes if scope is not None for node in scope.joins or ()]

    @property
    def placements(self) -> list[tuple[str, Placement]]:
        """Return what is put into scopes that have not begun yet, each with the id of its scope, the outermost first."""
        found: list[tuple[str, Placement]] = []
        for element in self.elements.values():
            memory = element.memory_if(ScopeMemory)
            if memory is not None:
                found += [(element.node, each) for each in memory.placed or ()]
        for _, placement in found:
            found += [(placement["n"], each) for each in placement.get("i", ())]
        return found

    # --- JSON

    def to_json(self) -> Json:
        """Return the state as JSON values, which share parts with the state itself. It reads `_value_`, which is `value` without a
        call: twice a step for each of what may be ten thousand element instances.
        """
        elements = [
            [each.key, each.node, each.type._value_, each.scope, each.variables, each.memory.__dict__]
            for each in self.elements.values()
        ]
        opened = [
            [key, each.element, each.kind._value_, each.node, each.event, each.data] for key, each in self.open.items()
        ]
        dumped: Json = {"v": 1, "k": self.key, "b": self.base, "c": self.counter, "e": elements, "o": opened}
        if self.next_base is not None:
            dumped["n"] = self.next_base
        if self.called:
            dumped["p"] = True
        if self.joins:
            dumped["j"] = [list(join) for join in self.joins]
        if self.ended is not None:
            dumped["x"] = self.ended.value
        return dumped

    @classmethod
    def from_json(cls, dumped: Mapping[str, Any]) -> State:
        state = cls(dumped["k"])
        state.base = dumped["b"]
        state.counter = dumped["c"]
        state.next_base = dumped.get("n")
        state.called = dumped.get("p", False)
        state.ended = Outcome(dumped["x"]) if "x" in dumped else None
        for key, node, type_, scope, variables, data in dumped["e"]:
            element = ElementInstance(key, node, _TYPES[type_], scope)
            element.variables = variables
            if data:
                element.memory.__dict__ = data
                element.tokens = sum(count for flows in data.get("joins", {}).values() for count in flows.values())
            state.elements[key] = element
            if scope is not None:
                state.elements[scope].kids[key] = None
        for key, owner, kind, node, event, data in dumped["o"]:
            opened = state.open[key] = Opened(owner, _KINDS[kind], node, event, data)
            state.elements[owner].open[key] = None
            state.index(key, opened)
            if opened.kind is OpenKind.INCIDENT and isinstance(
                data, list
            ):  # tokens that the limit of steps stopped on their way
                for moving, at_node, _ in data:
                    if at_node and moving in state.elements:
                        state.elements[moving].tokens += 1
        for scope, gateway in dumped.get("j", ()):
            state.joins[(scope, gateway)] = None
        return state


def with_variables(dumped: Mapping[str, Any], change: Callable[[Json | None], Any]) -> Json:
    """Return the JSON of a state in which `change` has replaced the variables of each element instance."""
    elements = [
        [key, node, type_, scope, change(variables), memory]
        for key, node, type_, scope, variables, memory in dumped["e"]
    ]
    return {**dumped, "e": elements}
