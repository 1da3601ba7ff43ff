"""This room has what process authors use to declare handlers, and tells the engine which handlers there are. Importing it needs no
configured Django.
"""

from engine.handlers.calling import call, result_of
from engine.handlers.declaring import (
    BpmnError,
    Handler,
    JobContext,
    LeaseLostError,
    MissingVariableError,
    Parameter,
    handler,
)
from engine.handlers.registry import (
    BrokenPackage,
    ContestedType,
    Faults,
    by_title,
    by_type,
    declared_in,
    faults,
    settings_of,
)

__all__ = [
    "BpmnError",
    "BrokenPackage",
    "ContestedType",
    "Faults",
    "Handler",
    "JobContext",
    "LeaseLostError",
    "MissingVariableError",
    "Parameter",
    "by_title",
    "by_type",
    "call",
    "declared_in",
    "faults",
    "handler",
    "result_of",
    "settings_of",
]
