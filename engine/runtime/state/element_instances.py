"""Element instances are what is alive in a process instance."""

from __future__ import annotations

from typing import TypeVar

from engine.bpmn.model import ElementType
from engine.runtime.state.memory import FAMILIES, Json, Memory

Family = TypeVar("Family", bound=Memory)
_BODY = ElementType.MULTI_INSTANCE_BODY
"""A member with a name of its own, since looking it up in the enumeration takes about as long as making an element instance."""


class ElementInstance:
    """An element instance is one visit of a token to a node. `memory` is what it remembers, by the family of its type; `kids` and
    `open` are indexes.

    `tokens` counts tokens on flows of this scope: those queued within a step, and those that wait at a join or for a quantity.
    """

    __slots__ = ("is_body", "key", "kids", "memory", "node", "open", "scope", "tokens", "type", "variables")

    def __init__(self, key: int, node: str, type_: ElementType, scope: int | None) -> None:
        self.key = key
        self.node = node
        self.type = type_
        self.is_body = type_ is _BODY
        self.scope = scope
        self.variables: Json | None = None
        self.memory: Memory = FAMILIES[type_]()
        self.kids: dict[int, None] = {}
        self.open: dict[int, None] = {}
        self.tokens = 0

    def memory_as(self, family: type[Family]) -> Family:
        """Return the memory as one of this family. Raises TypeError when it is of another one."""
        memory = self.memory
        if not isinstance(memory, family):
            raise TypeError(f"Expected {self.type} '{self.node}' to have a {family.__name__}")
        return memory

    def memory_if(self, family: type[Family]) -> Family | None:
        """Return the memory if it is of this family, else None."""
        memory = self.memory
        return memory if isinstance(memory, family) else None
