"""The state of a process instance: only what is alive. Plain data, dumped to JSON and loaded between any two steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.bpmn.model import ElementType
from engine.runtime.effects import Outcome

KEYS_PER_BLOCK = 2**24
"""An instance's key is the first of a block of keys that belong to it; its elements and effects count on from there."""
KEYS_RESERVE = 2**20
"""With fewer keys than this left, the shell grants a further block before the next step."""

Json = dict[str, Any]


class ElementInstance:
    """One activation of a node. `data` is its processor's memory, JSON values only; `kids` and `open` are indexes.

    `tokens` counts tokens on flows of this scope: those queued within a step, and those that wait at a join or for a quantity.
    """

    __slots__ = ("data", "is_body", "key", "kids", "node", "open", "scope", "tokens", "type", "variables")

    def __init__(self, key: int, node: str, type_: ElementType, scope: int | None) -> None:
        self.key = key
        self.node = node
        self.type = type_
        self.is_body = type_ is ElementType.MULTI_INSTANCE_BODY
        self.scope = scope
        self.variables: Json | None = None
        self.data: Json = {}
        self.kids: dict[int, None] = {}
        self.open: dict[int, None] = {}
        self.tokens = 0


class Opened:
    """An effect that is open, or a condition that is watched: what an input names is found by its key.

    `kind`: job, listener, user_task, timer, message, signal, child, script, decision, incident, condition. `node` and `event` say
    which event definition of which node it serves; `data` is what its kind needs besides.
    """

    __slots__ = ("data", "element", "event", "kind", "node")

    def __init__(self, element: int, kind: str, node: str = "", event: int = 0, data: Any = None) -> None:
        self.element = element
        self.kind = kind
        self.node = node
        self.event = event
        self.data = data


class State:
    """Owned by whoever steps it: `step` consumes the state that it is given."""

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
        """Inclusive and complex gateways at which tokens wait: (scope, gateway)."""

    @classmethod
    def new(cls, instance_key: int) -> State:
        return cls(instance_key)

    @property
    def needs_keys(self) -> bool:
        return self.next_base is None and KEYS_PER_BLOCK - self.counter < KEYS_RESERVE

    @property
    def last_key(self) -> int:
        """Greater ones were not given out yet."""
        return self.base + self.counter

    def next_key(self) -> int:
        self.counter += 1
        if self.counter >= KEYS_PER_BLOCK:
            if self.next_base is None:
                raise RuntimeError(f"Expected a further block of keys for instance {self.key}; its own is used up")
            self.base, self.next_base, self.counter = self.next_base, None, 0
        return self.base + self.counter

    def index(self, key: int, opened: Opened) -> None:
        if opened.kind == "condition":
            self.conditions[key] = None
        elif opened.kind == "signal":
            self.signals.setdefault(opened.data[0], {})[key] = None

    def unindex(self, key: int, opened: Opened) -> None:
        if opened.kind == "condition":
            del self.conditions[key]
        elif opened.kind == "signal":
            waiting = self.signals[opened.data[0]]
            del waiting[key]
            if not waiting:
                del self.signals[opened.data[0]]

    # --- JSON

    def to_json(self) -> Json:
        elements = [
            [each.key, each.node, each.type.value, each.scope, each.variables, each.data]
            for each in self.elements.values()
        ]
        opened = [[key, each.element, each.kind, each.node, each.event, each.data] for key, each in self.open.items()]
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
            element = ElementInstance(key, node, ElementType(type_), scope)
            element.variables = variables
            element.data = data
            element.tokens = sum(count for flows in data.get("joins", {}).values() for count in flows.values())
            state.elements[key] = element
            if scope is not None:
                state.elements[scope].kids[key] = None
        for key, owner, kind, node, event, data in dumped["o"]:
            state.open[key] = Opened(owner, kind, node, event, data)
            state.elements[owner].open[key] = None
            state.index(key, state.open[key])
            if kind == "incident" and isinstance(data, list):  # tokens that the limit of steps stopped on their way
                for moving, at_node, _ in data:
                    if at_node and moving in state.elements:
                        state.elements[moving].tokens += 1
        for scope, gateway in dumped.get("j", ()):
            state.joins[(scope, gateway)] = None
        return state


class View(Mapping[str, Any]):
    """The variables that an element sees: its own, then those of each enclosing scope; `extra` before them all."""

    __slots__ = ("_chain",)

    def __init__(self, state: State, key: int | None, extra: Mapping[str, Any] | None = None) -> None:
        chain: list[Mapping[str, Any]] = [extra] if extra else []
        while key is not None:
            element = state.elements[key]
            if element.variables:
                chain.append(element.variables)
            key = element.scope
        self._chain = chain

    def __getitem__(self, name: str) -> Any:
        for variables in self._chain:
            if name in variables:
                return variables[name]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(name in variables for variables in self._chain)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for variables in self._chain for name in variables))

    def __len__(self) -> int:
        return len(dict.fromkeys(name for variables in self._chain for name in variables))


def visible_variables(state: State, scope_key: int) -> Json:
    """All variables that the element instance sees; empty when it is gone."""
    return dict(View(state, scope_key)) if scope_key in state.elements else {}


def scope_variables(state: State, scope_key: int) -> Json:
    """The variables that the element instance holds itself."""
    element = state.elements.get(scope_key)
    return dict(element.variables or {}) if element else {}
