"""What a process author imports, and what the engine knows of handlers."""

from engine.handlers.declaring import (
    BpmnError,
    Handler,
    JobContext,
    LeaseLostError,
    MissingVariableError,
    declared_in,
    handler,
    job_types,
    registry,
    settings_of,
)

__all__ = [
    "BpmnError",
    "Handler",
    "JobContext",
    "LeaseLostError",
    "MissingVariableError",
    "declared_in",
    "handler",
    "job_types",
    "registry",
    "settings_of",
]
