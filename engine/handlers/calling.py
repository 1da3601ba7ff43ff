"""A handler's function gets the variables that it wants, each as the type with which its parameter is annotated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from engine.handlers.declaring import Handler, JobContext, MissingVariableError, Parameter

_CONVERTED = {Decimal, float, int, str, bool, datetime, date}
"""The annotations for which values are converted; for any other one the value is passed as it is."""


def call(handler: Handler, variables: Mapping[str, Any], context: JobContext) -> Any:
    """Call the handler's function and return what it returns.

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
    return handler.function(**arguments)


def _converted(handler: Handler, parameter: Parameter, value: Any) -> Any:
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
            f"'{handler.type}': {error}."
        ) from error
