"""The compiler has a state: scopes, slots for local names, and constants known before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.feel.budget import Budget
from engine.feel.errors import FeelError, Lines, Position, Warning
from engine.feel.evaluation import Env
from engine.feel.parsing import syntax as s
from engine.feel.types import Type

Closure = Callable[[Env], Any]
Handler = Callable[["Compiler", Any], Closure]

HANDLERS: dict[type[s.Node], Handler] = {}

_FOLDING_BUDGET = Budget(steps=2_000, depth=100, size=2_000)
_LARGEST_FOLDED = 1_000


def compiles(kind: type[s.Node]) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return register


class Compiler:
    """A compiler compiles one source. Slots are places in `Env.slots`: every local name has one of its own."""

    def __init__(self, lines: Lines, types: Mapping[str, Type], *, fold_calls: bool = True) -> None:
        self.types = types
        self.fold_calls = fold_calls
        # Built-in functions whose calls were computed already: a context that has these names means other functions.
        self.folded_functions: set[str] = set()
        # What is called but neither built in nor a local name: only the context can have it.
        self.unknown_functions: dict[str, Position] = {}
        self.slots = 0
        self.compiled = 0
        self.free_names: set[str] = set()
        self._lines = lines
        # A frame is a named local, or (with name None) the element of a filter, whose entries are names. Slots rise with
        # nesting, so a higher slot is an inner frame.
        self._frames: list[tuple[str | None, int]] = []
        self._by_name: dict[str | None, list[int]] = {}
        self._constants: dict[Closure, Any] = {}

    def compile(self, node: s.Node) -> Closure:
        self.compiled += 1
        return HANDLERS[type(node)](self, node)

    def weighed(self, node: s.Node) -> tuple[Closure, int]:
        """Return the closure, and how many nodes one run of it may cost: what a loop pays for each round."""
        before = self.compiled
        closure = self.compile(node)
        return closure, self.compiled - before + 1

    def position(self, node: s.Node) -> Position:
        return self._lines.at(node.at)

    def position_at(self, offset: int) -> Position:
        return self._lines.at(offset)

    # -- local names

    def declare(self, name: str | None) -> int:
        """Return a new slot, which the name means from here on; None as name stands for a filter's element."""
        slot = self.slots
        self.slots += 1
        self._frames.append((name, slot))
        self._by_name.setdefault(name, []).append(slot)
        return slot

    def forget(self, count: int = 1) -> None:
        """Leave the scope of the latest local names."""
        for _ in range(count):
            name, _ = self._frames.pop()
            self._by_name[name].pop()

    def resolve(self, name: str) -> tuple[list[int], int | None]:
        """Return the slots of filter elements to ask first, from the inside, and the slot of the local name, if it is one.

        `item` is the innermost element itself, when that has no entry of this name.
        """
        local = self._by_name.get(name)
        slot = local[-1] if local else None
        elements = [element for element in reversed(self._by_name.get(None, ())) if slot is None or element > slot]
        if name == "item" and elements:
            return elements[:1], elements[0]
        if slot is not None:
            return elements, slot
        self.free_names.add(name)
        return elements, None

    # -- constants

    def constant(self, value: Any) -> Closure:
        def constant(env: Env) -> Any:
            return value

        self._constants[constant] = value
        return constant

    def is_constant(self, closure: Closure) -> bool:
        return closure in self._constants

    def value_of(self, closure: Closure) -> Any:
        """Return the value of a constant closure."""
        return self._constants[closure]

    def fold(self, closure: Closure, *parts: Closure) -> Closure:
        """Return the closure's value as a constant, when all its parts are constants and it is small and without warnings."""
        if not all(part in self._constants for part in parts):
            return closure
        warnings: list[Warning] = []
        try:
            value = closure(Env({}, [], None, _FOLDING_BUDGET, warnings))
        except (FeelError, RecursionError):
            return closure
        if warnings or (isinstance(value, str | list | dict) and len(value) > _LARGEST_FOLDED):
            return closure
        return self.constant(value)
