"""Deployed definitions are read here: versions, their models and files, and trying them out."""

from engine.definitions.versions import (
    Outdated,
    decision_model_of,
    find_decision,
    find_form,
    find_process,
    known,
    model_of,
    newest_decision_model,
    newest_process,
    presume,
    presumed_newest,
    process_definition,
    start_form,
)

__all__ = [
    "Outdated",
    "decision_model_of",
    "find_decision",
    "find_form",
    "find_process",
    "known",
    "model_of",
    "newest_decision_model",
    "newest_process",
    "presume",
    "presumed_newest",
    "process_definition",
    "start_form",
]
