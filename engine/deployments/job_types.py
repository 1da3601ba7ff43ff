"""A process is judged by the handlers that are installed here: its jobs have to reach one function."""

from __future__ import annotations

from collections.abc import Iterator

from engine import handlers
from engine.bpmn.model import Definitions, FlowNode, Problem, Severity
from engine.handlers import Faults


def problems(definitions: Definitions) -> Iterator[Problem]:
    """Refuse job types that two packages want, and warn of those whose package cannot be imported. Types that are expressions are known
    only when they are evaluated."""
    faults = handlers.faults()
    if not (faults.contested or faults.broken):
        return
    for process in definitions.processes.values():
        for node in process.nodes.values():
            for job_type in _types_of(node):
                yield from _of_type(job_type, node, faults)


def _of_type(job_type: str, node: FlowNode, faults: Faults) -> Iterator[Problem]:
    if (contested := faults.contested.get(job_type)) is not None:
        yield _problem("job-type-contested", str(contested), node, Severity.ERROR)
    for broken in faults.broken:
        if job_type in broken.job_types:
            message = (
                f"The process package '{broken.name}', which has the job type '{job_type}', cannot be imported: the jobs wait until "
                "it is mended. The log and `manage.py doctor` have the reason."
            )
            yield _problem("job-type-unusable", message, node, Severity.WARNING)


def _types_of(node: FlowNode) -> list[str]:
    found = [node.job, *(listener.job for listener in node.listeners)]
    return list(dict.fromkeys(job.type.source for job in found if job is not None and job.type.is_literal))


def _problem(code: str, message: str, node: FlowNode, severity: Severity) -> Problem:
    return Problem(
        code, message, severity=severity, element_id=node.id, element_name=node.name or None, line=node.line or None
    )
