"""The author of a process writes Python functions that do the jobs of service tasks.

    @handler("credit-check", retries=3, backoff="PT5S", rate="10/s", concurrency=4)
    def check_credit(customer: str, total: Decimal, job: JobContext) -> dict[str, Any]: ...

The parameters are the variables that the handler wants, as values of their annotations; one annotated with JobContext gets the job. The
items of the result become variables. An `async def` is a handler as well. `BpmnError` takes the boundary event; any other exception
fails the attempt.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar

from engine.bpmn.job_headers import seconds
from engine.handlers import values
from engine.handlers.backoff import Backoff
from engine.handlers.limits import NO_LIMITS, JobTypeLimits, per_second

Function = TypeVar("Function", bound=Callable[..., Any])
ExceptionType = type[Exception]

DEFAULT_RETRIES = 3
"""Attempts of a job, the first included, where neither its diagram nor its handler sets another number; when none is left an
incident is raised.
"""
DEFAULT_BACKOFF = Backoff()
"""The waits between attempts where neither the diagram nor the handler sets others."""
DEFAULT_TIMEOUT = 300.0
"""Seconds that an attempt may take where nothing sets another number; after them its handler is ended, and the attempt has failed."""


class BpmnError(Exception):
    """A BPMN error is raised by a handler and thrown at the job's element, where an error event with its code may catch it."""

    def __init__(self, code: str, message: str = "", variables: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.variables = dict(values.to_json(variables or {}))


class MissingVariableError(Exception):
    """A variable that the handler needs does not exist, or has another type. Trying again changes nothing."""


class LeaseLostError(Exception):
    """The lease is lost: the job was given to someone else, or its element has ended. `heartbeat` raises this; the handler should
    stop.
    """


@dataclass(frozen=True)
class JobContext:
    """A job context tells a handler about its job."""

    key: int
    type: str
    attempt: int
    """Number of this activation of the job, from 1."""
    instance_key: int
    process_id: str
    element_id: str
    headers: Mapping[str, str]
    details: Any = None
    """What the last heartbeat of an earlier attempt reported; None where there was none."""
    send_heartbeat: Callable[[Any], None] = field(default=lambda _: None, repr=False, compare=False)

    @property
    def idempotency_key(self) -> str:
        """Return a text that is the same for every attempt at this job: give it to the outside world, which may see two attempts."""
        return str(self.key)

    def heartbeat(self, details: Any = None) -> None:
        """Keep `details`, as JSON, for the next attempt and renew the lease. Raises LeaseLostError."""
        self.send_heartbeat(values.to_json(details))


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a handler's function names a variable that it wants, and the type that it expects."""

    name: str
    annotation: Any
    required: bool
    default: Any = None

    @property
    def type_name(self) -> str:
        """The modeler and errors name its type so."""
        return values.name_of(self.annotation)


@dataclass(frozen=True)
class Handler:
    """A handler is a function that does the jobs of one type. `retries` counts all attempts; times are in seconds."""

    type: str
    function: Callable[..., Any]
    title: str = ""
    description: str = ""
    retries: int = DEFAULT_RETRIES
    backoff: Backoff = DEFAULT_BACKOFF
    timeout: float = DEFAULT_TIMEOUT
    wait_timeout: float | None = None
    heartbeat_timeout: float | None = None
    limits: JobTypeLimits = NO_LIMITS
    transactional: bool = False
    """True when the function runs inside the transaction that completes its job: both are committed together, or neither."""
    non_retryable: tuple[ExceptionType, ...] = ()
    """Exceptions after which no further attempt is made, however many are left."""
    parameters: tuple[Parameter, ...] = ()
    context_parameter: str | None = None
    """Name of the parameter that gets the JobContext."""
    takes_all: bool = False
    """True when the function has a `**variables` parameter: it gets every visible variable."""

    @property
    def fetch(self) -> list[str] | None:
        """Return the names of the variables that it wants; None for all."""
        return None if self.takes_all else [parameter.name for parameter in self.parameters]

    @property
    def origin(self) -> str:
        """Return the function's module and name."""
        return f"{self.function.__module__}.{self.function.__qualname__}"


declared: dict[str, Handler] = {}
"""Handlers that this process has imported so far, by job type; `registry.by_type` imports all of them."""


@contextmanager
def apart() -> Iterator[dict[str, Handler]]:
    """Keep what is declared while entered by itself: the handlers of one package."""
    global declared
    others, declared = declared, {}
    own = declared
    try:
        yield own
    finally:
        declared = others


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
) -> Callable[[Function], Function]:
    """Declare that the decorated function does the jobs of a type. Durations are seconds or ISO 8601 texts.

    `timeout` ends an attempt; `heartbeat_timeout` ends one that is silent (`job.heartbeat`) for so long; `wait_timeout` raises
    an incident when no worker takes the job for so long. `rate` (`"10/s"`, `"100/min"`, a number a second) and `concurrency`
    limit the type over all workers. `transactional`: see `Handler`. Raises ValueError when another function has the type, when an
    annotation cannot be read or is of a type to which no value can be converted, and for an `async` function that is transactional.
    """
    if not isinstance(backoff, Backoff):
        first = seconds(backoff)
        backoff = Backoff(first, backoff_coefficient, max(first, seconds(backoff_cap)), jitter)
    waits = backoff

    def declare(function: Function) -> Function:
        if transactional and inspect.iscoroutinefunction(function):
            raise ValueError(
                f"Expected a plain function as the transactional handler of '{type}', found the asynchronous {_shown(function)}: the "
                "transaction belongs to the thread. Leave out `transactional` or `async`."
            )
        parameters, context_parameter, takes_all = _parameters(function)
        _check_result(function)
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
                limits=JobTypeLimits(None if rate is None else per_second(rate), concurrency),
                transactional=transactional,
                non_retryable=tuple(non_retryable),
                parameters=parameters,
                context_parameter=context_parameter,
                takes_all=takes_all,
            )
        )
        return function

    return declare


def add(found: Handler) -> None:
    """Add a handler to those declared. Raises ValueError when another function has its type."""
    known = declared.get(found.type)
    if known is not None and known.origin != found.origin:
        raise ValueError(
            f"Expected one handler for the job type '{found.type}', found {known.origin} and {found.origin}."
        )
    declared[found.type] = found


def _parameters(function: Callable[..., Any]) -> tuple[tuple[Parameter, ...], str | None, bool]:
    """Read the variables that it wants, the name of the parameter for the JobContext, and whether it takes all variables. Raises
    ValueError for a parameter that no variable can be given to."""
    found: list[Parameter] = []
    context_parameter: str | None = None
    takes_all = False
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            takes_all = True
            continue
        if parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL):
            raise ValueError(f"Expected parameters that have names in handler {_shown(function)}, found '{name}'.")
        annotation = _annotation(function, name, parameter.annotation)
        if annotation is JobContext or annotation == JobContext | None:
            context_parameter = name
            continue
        if reason := values.why_not(annotation):
            raise ValueError(
                f"Expected parameter '{name}' of handler {_shown(function)} to have a type that values of variables can be converted "
                f"to, found {values.name_of(annotation)}: {reason}. Take a dataclass, or leave the annotation out to get JSON values."
            )
        required = parameter.default is inspect.Parameter.empty
        found.append(Parameter(name, annotation, required, None if required else parameter.default))
    return tuple(found), context_parameter, takes_all


def _annotation(function: Callable[..., Any], name: str, stated: Any) -> Any:
    """Evaluate the annotation of a parameter, or of the result by the name `return`; Any where there is none. Raises ValueError."""
    if stated is inspect.Parameter.empty:
        return Any
    names = getattr(inspect.unwrap(function), "__globals__", {})
    try:
        holder = SimpleNamespace(__annotations__={name: stated})
        return typing.get_type_hints(holder, globalns=names, include_extras=True)[name]
    except Exception as error:  # whatever an annotation may raise
        raise ValueError(
            f"Expected an annotation that can be evaluated for '{name}' of handler {_shown(function)}, found {stated!r}: {error}. What "
            "is imported under `if TYPE_CHECKING:` is not there when the program runs: import it without that condition, in the "
            "module of the handler."
        ) from error


def _check_result(function: Callable[..., Any]) -> None:
    """Raise ValueError for a function that says that it returns what cannot become JSON."""
    annotation = _annotation(function, "return", inspect.signature(function).return_annotation)
    try:
        unknown = values.unknown_in(annotation)
    except Exception:  # a union that can be written, though it could not be read
        return
    if unknown is not None and not issubclass(unknown, Mapping):
        raise ValueError(
            f"Expected handler {_shown(function)} to return what can be written as JSON, found {values.name_of(annotation)}: nothing is "
            f"known of how a {unknown.__qualname__} becomes JSON. Return a dict, a dataclass or a TypedDict."
        )


def _shown(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", None) or repr(function)
