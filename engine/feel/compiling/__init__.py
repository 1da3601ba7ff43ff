"""The syntax tree is compiled to closures: each kind of node has one handler, in one table (`core.HANDLERS`)."""

from __future__ import annotations

from engine.feel.compiling import access, calls, collections, loops, operations, tests
from engine.feel.compiling.core import Compiler

__all__ = ["Compiler"]

_HANDLERS = (access, calls, collections, loops, operations, tests)
