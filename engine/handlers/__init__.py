"""This room has what process authors use to declare handlers, and tells the engine which handlers there are. Importing it needs no
configured Django.
"""

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
