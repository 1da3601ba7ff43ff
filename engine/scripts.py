"""Python scripts of script tasks run here, in the sandbox: pydantic-monty's interpreter, in worker processes of its own.

A script sees the variables of its task as names and changes them by assignment. It reaches no file, network, environment or
random number of this machine; its clock stands at the time that it is given. `bpmn_error(code, message)` throws a BPMN error.

The pool belongs to the process that made it: in a child that is forked after the library was used it would hang, and so would a
new one. So each process makes its own at its first script, and Celery's pool processes are forked from a parent that runs none.
"""

from __future__ import annotations

import ast
import atexit
import keyword
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pydantic_monty as monty

from engine import exact_json
from engine.bpmn.python_scripts import MAX_SCRIPT
from engine.errors import InvalidArgument, PayloadTooLarge, Unavailable

SECONDS = 5.0
"""One script may compute for so many seconds; then it is stopped with ScriptError."""
MEMORY = 128 * 1024 * 1024
RECURSION = 500
OUTPUT = 64 * 1024
"""A script may print so many bytes; beyond them it is stopped with ScriptError."""
MAX_MESSAGE = 10_000
"""So many characters of an error are kept; the rest is cut off."""


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE else f"{text[:MAX_MESSAGE]}…"


class ScriptError(Exception):
    """The script broke, ran out of its limits, or assigned what is no JSON. `stack_trace` names its lines."""

    def __init__(self, message: str, stack_trace: str = "") -> None:
        super().__init__(_shortened(message))
        self.stack_trace = _shortened(stack_trace)


class ScriptBpmnError(Exception):
    """The script called `bpmn_error`."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code = _shortened(code)
        self.message = _shortened(message)
        super().__init__(f"{self.code}: {self.message}")


@dataclass(frozen=True, slots=True)
class ScriptResult:
    """A script has ended well. `variables` are those that it assigned or changed; `result` is the value of its last expression."""

    variables: dict[str, Any]
    result: Any
    output: str = ""


@dataclass(slots=True)
class _Pools:
    """Each process has one pool of interpreters."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    pid: int = 0
    pool: monty.Monty | None = None

    def get(self) -> monty.Monty:
        with self.lock:
            if self.pool is not None and self.pid != os.getpid():
                raise Unavailable(
                    f"Expected no script before the fork of process {os.getpid()}; its parent {self.pid} has run one."
                )
            if self.pool is None:
                self.pool = monty.Monty(min_processes=1, max_processes=2, request_timeout=SECONDS + 5).__enter__()
                self.pid = os.getpid()
                atexit.register(self.close)
            return self.pool

    def close(self) -> None:
        if self.pool is not None and self.pid == os.getpid():
            self.pool.__exit__(None, None, None)
        self.pool = None


_pools = _Pools()
_CALLABLE = ("function", "builtin_function_or_method", "method")
_DATA = (type(None), bool, int, float, Decimal, str, list, tuple, set, frozenset, dict, datetime, date, time, timedelta)


def run(
    source: str, variables: Mapping[str, Any], *, now: datetime | None = None, seed: int = 0, seconds: float = SECONDS
) -> ScriptResult:
    """Run a script over JSON variables, at the time `now` (None: 1970) and with this seed for its random numbers.

    Variables whose names Python cannot write, as `Data Output`, are out of its sight.

    Raises ScriptError and ScriptBpmnError, and Unavailable in a child that was forked after its parent ran a script.
    """
    nameable = {name: value for name, value in variables.items() if name.isidentifier() and not keyword.iskeyword(name)}
    names = _assigned(source) | nameable.keys()
    thrown: list[ScriptBpmnError] = []

    def bpmn_error(code: str, message: str = "") -> None:
        thrown.append(ScriptBpmnError(str(code), str(message)))
        raise RuntimeError("A BPMN error was thrown.")

    printed = monty.CollectString(max_bytes=OUTPUT)
    limits = monty.ResourceLimits(max_feed_duration_secs=seconds, max_memory=MEMORY, max_recursion_depth=RECURSION)
    policy = monty.OSPolicy(
        datetime=now or datetime.fromtimestamp(0, UTC), sleep="zero", process_time="zero", random_start={"seed": seed}
    )
    try:
        with _pools.get().checkout(script_name="script.py", limits=limits, os_policy=policy) as session:
            result = session.feed_run(
                source,
                inputs=nameable,
                external_lookup={"bpmn_error": bpmn_error},
                print_callback=printed,
            )
            after = {} if thrown else session.feed_run(_collect(names))
    except (monty.MontyRuntimeError, monty.MontySyntaxError) as error:
        if thrown:  # also where the script itself caught it
            raise thrown[0] from error
        raise ScriptError(error.display("type-msg"), error.display()) from error
    except (monty.MontyError, ValueError, TypeError) as error:
        raise ScriptError(f"{type(error).__name__}: {error}") from error
    if thrown:
        raise thrown[0]
    ended = ScriptResult(_changed(after, variables), _to_json(result, "the result"), printed.output)
    try:
        exact_json.checked_variables({**ended.variables, "the result": ended.result}, what="the results of the script")
    except PayloadTooLarge as error:
        raise ScriptError(error.detail) from error
    return ended


def _assigned(source: str) -> set[str]:
    """Return the names that the script may bind at its top level. Raises ScriptError for a text that is no Python, or too long."""
    if len(source) > MAX_SCRIPT:
        raise ScriptError(f"Expected a script of at most {MAX_SCRIPT:,} characters, found {len(source):,}")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ScriptError(f"Expected Python: {error}") from error
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _collect(names: Iterable[str]) -> str:
    """Return a script that gives the values of those names that exist. The sandbox would hand out functions and ranges as texts."""
    names = sorted(names)
    # A script that calls a variable of its own `type` keeps that.
    kind = "'?'" if "type" in names else "type({name}).__name__"
    lines = ["__values = {}"]
    for name in names:
        lines.append(
            f"try:\n    __kind = {kind.format(name=name)}\n"
            f"    if __kind == 'range':\n        __values[{name!r}] = [*{name}]\n"
            f"    elif __kind not in {_CALLABLE!r}:\n        __values[{name!r}] = {name}\n"
            "except NameError:\n    pass"
        )
    return "\n".join([*lines, "__values"])


def _changed(after: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the new and changed variables. Functions, modules and classes are the script's own affair, unless they replace a variable."""
    changed: dict[str, Any] = {}
    for name, value in after.items():
        if name not in before and not isinstance(value, _DATA):
            continue
        found = _to_json(value, f"the variable '{name}'")
        if name not in before or before[name] != found or type(before[name]) is not type(found):
            changed[name] = found
    return changed


def _to_json(value: Any, what: str) -> Any:
    try:
        return exact_json.checked(_plain(value), what=what)
    except InvalidArgument as error:
        raise ScriptError(error.detail) from error
    except RecursionError:
        raise ScriptError(f"Expected {what} to be nested less deeply.") from None


def _plain(value: Any) -> Any:
    """Turn dates and times into their ISO 8601 texts, and sets into lists."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"PT{Decimal(str(value.total_seconds())).normalize():f}S"
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value
