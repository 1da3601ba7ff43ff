"""A handler's function gets the variables that it wants, each as the type with which its parameter is annotated."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from engine.handlers import values
from engine.handlers.declaring import Handler, JobContext, MissingVariableError, Parameter


def call(handler: Handler, variables: Mapping[str, Any], context: JobContext) -> Any:
    """Call the handler's function and return what it returns; one that is `async` is run to its end.

    Raises MissingVariableError before the function is called, else what the function raises.
    """
    arguments = dict(variables) if handler.takes_all else {}
    for parameter in handler.parameters:
        if parameter.name in variables:
            arguments[parameter.name] = _converted(handler, parameter, variables[parameter.name])
        elif parameter.required:
            raise MissingVariableError(
                f"Expected a variable '{parameter.name}' for the job type '{handler.type}' at '{context.element_id}', "
                f"found only {', '.join(sorted(variables)) or 'none'}. Set it, or map it as an input of the element."
            )
    if handler.context_parameter is not None:
        arguments[handler.context_parameter] = context
    returned = handler.function(**arguments)
    return _run(returned) if inspect.iscoroutine(returned) else returned


def result_of(job_type: str, returned: Any) -> Mapping[str, Any] | None:
    """Make variables of what a function has returned: an object of JSON values, or what becomes one (a dataclass, a Struct, a model of
    pydantic). Raises TypeError for anything else."""
    result = values.to_json(returned)
    if result is None or isinstance(result, Mapping):
        return result
    raise TypeError(
        f"Expected the handler of '{job_type}' to return an object of variables or nothing, found {type(returned).__name__}."
    )


def _run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(1) as thread:  # an asynchronous test calls: its loop is busy until this returns
        return thread.submit(asyncio.run, coroutine).result()


def _converted(handler: Handler, parameter: Parameter, value: Any) -> Any:
    if value is None and not parameter.required and not values.takes_null(parameter.annotation):
        return parameter.default
    try:
        return values.from_json(value, parameter.annotation)
    except msgspec.ValidationError as error:
        raise MissingVariableError(
            f"Expected a value of the type {parameter.type_name} in the variable '{parameter.name}' for the job type "
            f"'{handler.type}': {error}."
        ) from error
