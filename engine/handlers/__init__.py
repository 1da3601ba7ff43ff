"""A process author imports this, and the engine asks it which handlers there are. Importing this needs no configured Django."""

from engine.handlers.calling import call
from engine.handlers.declaring import (
    BpmnError,
    Handler,
    JobContext,
    LeaseLostError,
    MissingVariableError,
    Parameter,
    handler,
)
from engine.handlers.registry import by_title, by_type, declared_in, settings_of

__all__ = [
    "BpmnError",
    "Handler",
    "JobContext",
    "LeaseLostError",
    "MissingVariableError",
    "Parameter",
    "by_title",
    "by_type",
    "call",
    "declared_in",
    "handler",
    "settings_of",
]
