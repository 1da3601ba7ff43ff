"""Job handlers: Python functions that do the jobs of service tasks.

    @handler("credit-check", retries=3, backoff="PT5S", rate="10/s", concurrency=4)
    def check_credit(customer: str, total: Decimal, job: JobContext) -> dict[str, Any]: ...

The parameters are the variables that the handler wants; one annotated with JobContext gets the job. The result's items become
variables. `BpmnError` takes the boundary event; any other exception fails the attempt.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import logging
import sys
import threading
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
from django.conf import settings

from engine.bpmn.job_headers import seconds
from engine.handlers.backoff import Backoff
from engine.handlers.limits import NO_LIMITS, Limits, per_second

logger = logging.getLogger(__name__)

DEFAULT_RETRIES = 3
DEFAULT_BACKOFF = Backoff()
DEFAULT_TIMEOUT = 300.0
"""Seconds that one attempt may take."""


ExceptionType = type[Exception]


class BpmnError(Exception):
    """Raised by a handler: the error with this code is thrown at the job's element, where an error event may catch it."""

    def __init__(self, code: str, message: str = "", variables: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.variables = dict(variables or {})


class MissingVariableError(Exception):
    """A variable that the handler needs does not exist, or has another type. Trying again changes nothing."""


class LeaseLostError(Exception):
    """Raised by `heartbeat`: the job was given to someone else, or its element has ended. The handler should stop."""


@dataclass(frozen=True)
class JobContext:
    """What a handler may know of its job."""

    key: int
    type: str
    attempt: int
    """From 1."""
    instance_key: int
    process_id: str
    element_id: str
    headers: Mapping[str, str]
    details: Any = None
    """What the last heartbeat of an earlier attempt reported."""
    send_heartbeat: Callable[[Any], None] = field(default=lambda _: None, repr=False, compare=False)

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt at this job: give it to the outside world, which may see two attempts."""
        return str(self.key)

    def heartbeat(self, details: Any = None) -> None:
        """Keep JSON `details` for the next attempt and renew the lease. Raises LeaseLostError."""
        self.send_heartbeat(details)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable that a handler wants."""

    name: str
    annotation: Any
    required: bool
    default: Any = None

    @property
    def type_name(self) -> str:
        if self.annotation is Any:
            return "any"
        return getattr(self.annotation, "__name__", None) or str(self.annotation)


@dataclass(frozen=True)
class Handler:
    """A job type and the function that does its jobs. `retries` counts all attempts; times in seconds."""

    type: str
    function: Callable[..., Any]
    title: str = ""
    description: str = ""
    retries: int = DEFAULT_RETRIES
    backoff: Backoff = DEFAULT_BACKOFF
    timeout: float = DEFAULT_TIMEOUT
    wait_timeout: float | None = None
    heartbeat_timeout: float | None = None
    limits: Limits = NO_LIMITS
    transactional: bool = False
    """It runs inside the transaction that completes its job: what it writes into this database and the completion are one."""
    non_retryable: tuple[ExceptionType, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    context_parameter: str | None = None
    takes_all: bool = False
    """The function has a `**variables` parameter: it gets every visible variable."""

    @property
    def fetch(self) -> list[str] | None:
        """Names of the variables that it wants; None for all."""
        return None if self.takes_all else [parameter.name for parameter in self.parameters]

    def call(self, variables: Mapping[str, Any], context: JobContext) -> Any:
        """Run the function. Raises MissingVariableError before it is called, else what the function raises."""
        arguments = dict(variables) if self.takes_all else {}
        for parameter in self.parameters:
            if parameter.name in variables:
                arguments[parameter.name] = self._converted(parameter, variables[parameter.name])
            elif parameter.required:
                raise MissingVariableError(
                    f"Expected a variable '{parameter.name}' for the job type '{self.type}' at '{context.element_id}', "
                    f"found only {', '.join(sorted(variables)) or 'none'}. Set it, or map it as an input of the element."
                )
        if self.context_parameter is not None:
            arguments[self.context_parameter] = context
        return self.function(**arguments)

    def _converted(self, parameter: Parameter, value: Any) -> Any:
        if value is None and not parameter.required:
            return parameter.default
        if parameter.annotation not in _CONVERTED:
            return value
        if parameter.annotation is int and isinstance(value, Decimal) and value == value.to_integral_value():
            return int(value)  # 3.0 out of FEEL
        try:
            return msgspec.convert(value, parameter.annotation)
        except msgspec.ValidationError as error:
            raise MissingVariableError(
                f"Expected a value of the type {parameter.type_name} in the variable '{parameter.name}' for the job type "
                f"'{self.type}': {error}."
            ) from error


_CONVERTED = {Decimal, float, int, str, bool, datetime, date}
_registry: dict[str, Handler] = {}
_discovered = threading.Event()
_discovering = threading.RLock()


def handler(
    type: str,
    *,
    retries: int = DEFAULT_RETRIES,
    backoff: str | float | Backoff = DEFAULT_BACKOFF,
    backoff_coefficient: float = 2.0,
    backoff_cap: str | float = 3_600.0,
    jitter: float = 0.1,
    timeout: str | float = DEFAULT_TIMEOUT,
    wait_timeout: str | float | None = None,
    heartbeat_timeout: str | float | None = None,
    rate: str | float | None = None,
    concurrency: int | None = None,
    transactional: bool = False,
    title: str = "",
    non_retryable: Iterable[ExceptionType] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function for a job type. Durations are seconds or ISO 8601.

    `timeout` ends an attempt; `heartbeat_timeout` ends one that is silent (`job.heartbeat`) for so long; `wait_timeout` raises
    an incident when no worker takes the job for so long. `rate` (`"10/s"`, `"100/min"`, a number a second) and `concurrency`
    limit the type over all workers. `transactional`: see `Handler`. Raises ValueError when another function has the type.
    """
    if not isinstance(backoff, Backoff):
        first = seconds(backoff)
        backoff = Backoff(first, backoff_coefficient, max(first, seconds(backoff_cap)), jitter)
    waits = backoff

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        parameters, context_parameter, takes_all = _parameters(function)
        add(
            Handler(
                type=type,
                function=function,
                title=title or type,
                description=inspect.getdoc(function) or "",
                retries=retries,
                backoff=waits,
                timeout=seconds(timeout),
                wait_timeout=None if wait_timeout is None else seconds(wait_timeout),
                heartbeat_timeout=None if heartbeat_timeout is None else seconds(heartbeat_timeout),
                limits=Limits(None if rate is None else per_second(rate), concurrency),
                transactional=transactional,
                non_retryable=tuple(non_retryable),
                parameters=parameters,
                context_parameter=context_parameter,
                takes_all=takes_all,
            )
        )
        return function

    return register


def add(found: Handler) -> None:
    known = _registry.get(found.type)
    if known is not None and _origin(known) != _origin(found):
        raise ValueError(
            f"Expected one handler for the job type '{found.type}', found {_origin(known)} and {_origin(found)}."
        )
    _registry[found.type] = found


def registry() -> Mapping[str, Handler]:
    """All handlers by job type: the connectors and those of the process packages, imported at the first call."""
    if not _discovered.is_set():
        with _discovering:
            if not _discovered.is_set():
                _discover(Path(settings.PROCESSES_DIR))
                _discovered.set()
    return _registry


def settings_of(job_type: str) -> Handler:
    """The handler of a type, or the installation's defaults for a type that external workers do."""
    return registry().get(job_type) or Handler(type=job_type, function=_nothing)


def job_types() -> list[Handler]:
    """For the modeler: every job type that this installation can do, by title."""
    return sorted(registry().values(), key=lambda found: (found.title.lower(), found.type))


def _nothing() -> None:
    raise AssertionError("Only a stand-in for a job type without a handler.")


def _discover(folder: Path) -> None:
    for name in settings.STEPWELL_HANDLER_MODULES:
        importlib.import_module(name)
    for file in sorted(folder.glob("*/handlers.py")):
        _import(file)


def declared_in(file: Path) -> Mapping[str, Handler]:
    """Import one `handlers.py` and return what it declares, by job type. Raises what its import raises."""
    name = _load(file).__name__
    return {job_type: found for job_type, found in _registry.items() if found.function.__module__ == name}


def _import(file: Path) -> None:
    """A package whose handlers cannot be imported costs its own job types, not the others'."""
    try:
        _load(file)
    except Exception:
        logger.exception("The handlers in %s cannot be used", file)


def _load(file: Path) -> ModuleType:
    """Import the file, once, under a name that says its package."""
    name = f"stepwell_processes.{file.parent.name}.handlers"
    known = sys.modules.get(name)
    if known is not None and known.__file__ == str(file):
        return known
    specification = importlib.util.spec_from_file_location(name, file)
    if specification is None or specification.loader is None:
        raise ImportError(f"Expected a Python file with handlers, found {file}")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except Exception:
        del sys.modules[name]
        raise
    return module


def _parameters(function: Callable[..., Any]) -> tuple[tuple[Parameter, ...], str | None, bool]:
    try:
        annotations = typing.get_type_hints(function)
    except NameError:  # a name that exists for the type checker only
        annotations = {}
    found: list[Parameter] = []
    context_parameter: str | None = None
    takes_all = False
    for name, parameter in inspect.signature(function).parameters.items():
        annotation = annotations.get(name, Any)
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            takes_all = True
        elif annotation is JobContext:
            context_parameter = name
        elif parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL):
            raise ValueError(f"Expected parameters that have names in handler {function.__qualname__}, found '{name}'.")
        else:
            required = parameter.default is inspect.Parameter.empty
            found.append(Parameter(name, annotation, required, None if required else parameter.default))
    return tuple(found), context_parameter, takes_all


def _origin(found: Handler) -> str:
    return f"{found.function.__module__}.{found.function.__qualname__}"
