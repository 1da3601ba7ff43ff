"""Activities are read (BPMN 2.0, 10.2): what each kind does, in fields of its FlowNode."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lxml import etree

from engine.bpmn.dialects import camunda, speaks
from engine.bpmn.document import child, children, flag, line_of, name_of, text_of
from engine.bpmn.expressions import Expression, Language
from engine.bpmn.languages import language_named
from engine.bpmn.model import CalledElement, JobDefinition, Message, ScriptDefinition, UserTaskDefinition
from engine.bpmn.python_scripts import MAX_SCRIPT, unsupported
from engine.bpmn.reading.events import literal, message_of
from engine.bpmn.reading.source import Source

_QNAME = re.compile(r"[\w.\-]+:[\w.\-]+")

Fields = dict[str, Any]
"""A flow node is made with these keyword arguments."""


def job_of(source: Source, element: etree._Element) -> JobDefinition | None:
    """Return the job of an element, with the headers, retries and priority that its extensions say beside it."""
    extensions = source.extensions(element)
    if extensions.job is None:
        return None
    return replace(
        extensions.job,
        retries=extensions.retries,
        headers=extensions.headers,
        priority=extensions.job_priority,
        backoff=extensions.backoff,
    )


def user_task(source: Source, element: etree._Element) -> Fields:
    extensions = source.extensions(element)
    definition = UserTaskDefinition(
        assignee=extensions.assignee,
        candidate_users=extensions.candidate_users,
        candidate_groups=extensions.candidate_groups,
        due_date=extensions.due_date,
        follow_up_date=extensions.follow_up_date,
        priority=extensions.priority,
        form=extensions.form,
        headers=extensions.headers,
    )
    if definition.assignee is None and definition.candidate_users is None and definition.candidate_groups is None:
        definition = replace(definition, **_owners(source, element))
    return {"user_task": definition}


def _owners(source: Source, element: etree._Element) -> Fields:
    """Read performer, humanPerformer and potentialOwner (10.2.4): one person, or the groups that may claim the task.

    A resource's name is the name of a user or group; `user(...)` and `group(...)`, as in Camunda 7, tell them apart.
    """
    users: list[str] = []
    groups: list[str] = []
    assignee: Expression | None = None
    for role in children(element, "performer", "humanPerformer", "potentialOwner"):
        owner = child(role, "resourceAssignmentExpression")
        formal = None if owner is None else child(owner, "formalExpression", "expression")
        resource = source.document.find_tagged(text_of(child(role, "resourceRef")), "resource")
        text = (
            text_of(formal)
            if formal is not None
            else ""
            if resource is None
            else resource.get("name") or resource.get("id", "")
        )
        if not text:
            continue
        if child(role, "resourceParameterBinding") is not None:
            source.report.add(
                "resource-parameters",
                f"The parameters of the {name_of(role)} have no effect; {text!r} alone says who works on the task",
                element=element,
            )
        if name_of(role) == "potentialOwner":
            if formal is not None and text.startswith(("=", "$", "#")):
                return {"candidate_groups": source.compiler.formal(formal, what="potential owner", owner=element)}
            for part in (piece.strip() for piece in text.split(",")):
                if part.startswith("user(") and part.endswith(")"):
                    users.append(part[5:-1].strip())
                else:
                    groups.append(part[6:-1].strip() if part.startswith("group(") and part.endswith(")") else part)
        else:
            if assignee is not None:
                source.report.add(
                    "resource-several",
                    f"The user task has the performers {assignee.source!r} and {text!r}; expected one, who is its assignee",
                    element=element,
                )
            assignee = source.compiler.literal_or(text, what="performer", element=element)
    return {
        "assignee": assignee,
        "candidate_users": literal(",".join(users)) if users else None,
        "candidate_groups": literal(",".join(groups)) if groups else None,
    }


def service_task(source: Source, element: etree._Element) -> Fields:
    job = job_of(source, element)
    if job is None and not source.report.has("java-code", element=element):
        source.report.add(
            "job-type-missing",
            "The service task names no job type, so no handler can be found; set one (zeebe:taskDefinition type)",
            element=element,
        )
    return {"job": job}


def script_task(source: Source, element: etree._Element) -> Fields:
    """A script in FEEL or JUEL is an expression of the step; one in Python is run by the shell in its sandbox.

    A job type (zeebe:taskDefinition) wins, as in Camunda 8: then a handler does the work.
    """
    extensions = source.extensions(element)
    job = job_of(source, element)
    if job is not None:
        return {"job": job}
    if extensions.script is not None:
        return {"script": extensions.script}
    script = child(element, "script")
    body = text_of(script)
    if script is None or not body:
        source.report.add("script-missing", "The script task has no script", element=element)
        return {}
    named = element.get("scriptFormat") or element.get("scriptLanguage")  # the latter is a global script task's
    language = source.compiler.default if named is None else language_named(named)
    if named is None and language is not Language.PYTHON and not body.startswith("="):
        source.report.add(
            "script-language", "The script task has no scriptFormat; expected feel or python", element=element
        )
        return {}
    if language is None:
        source.report.add(
            "script-language",
            f"The script is written in {named!r}, which cannot be run; expected feel or python",
            element=element,
        )
        return {}
    if language is Language.PYTHON:
        python = textwrap.dedent("".join(map(str, script.itertext()))).strip()
        _check_python(source, element, python, line=line_of(script))
        return {
            "script": ScriptDefinition(source=python, result_variable=extensions.result_variable, line=line_of(script))
        }
    expression = source.compiler.expression(
        body, default=language, what="script", element=element, line=line_of(script)
    )
    return {
        "script": ScriptDefinition(
            expression=expression, result_variable=extensions.result_variable, line=line_of(script)
        )
    }


def _check_python(source: Source, element: etree._Element, script: str, *, line: int) -> None:
    """Report what no Python could read, and what the sandbox does not know, as problems of the deployment."""
    if len(script) > MAX_SCRIPT:
        source.report.add(
            "script-syntax", f"The script is longer than {MAX_SCRIPT:,} characters", element=element, line=line
        )
        return
    try:
        tree = ast.parse(script)
    except SyntaxError as error:
        place = line + (error.lineno or 1) - 1
        source.report.add(
            "script-syntax",
            f"The script is not valid Python: {error.msg}, line {error.lineno}",
            element=element,
            line=place,
        )
    except (ValueError, RecursionError, MemoryError):
        source.report.add(
            "script-syntax", "The script is nested too deeply or holds signs that no text has", element=element
        )
    else:
        for number, what in unsupported(tree):
            source.report.add(
                "script-unsupported",
                f"The script uses {what} in line {number}, which the sandbox for scripts does not know",
                element=element,
                line=line + number - 1,
            )


def business_rule_task(source: Source, element: etree._Element) -> Fields:
    extensions = source.extensions(element)
    if extensions.decision is not None:
        return {"decision": extensions.decision}
    job = job_of(source, element)
    if job is None:
        source.report.add(
            "decision-missing",
            "The business rule task names neither a decision (zeebe:calledDecision) nor a job type (zeebe:taskDefinition)",
            element=element,
        )
    return {"job": job}


def send_task(source: Source, element: etree._Element) -> Fields:
    job = job_of(source, element)
    message = _task_message(source, element, direction="inMessageRef")
    if job is None and message is None:
        source.report.add(
            "message-missing",
            "The send task names neither a message (messageRef) nor a job type that sends it",
            element=element,
        )
    return {"job": job, "message": message}


def receive_task(source: Source, element: etree._Element) -> Fields:
    message = _task_message(source, element, direction="inMessageRef")
    if message is None and not element.get("messageRef"):
        message = _message_of_its_name(source, element)
    return {"message": message, "instantiate": flag(element, "instantiate")}


def _message_of_its_name(source: Source, element: etree._Element) -> Message | None:
    """Return a message called like the receive task. Camunda 7 and its relatives signal a task without a message by its id."""
    if not speaks(source.document.root, camunda.NAMESPACES):
        source.report.add(
            "message-missing", "The receive task names no message; expected a messageRef", element=element
        )
        return None
    identifier = element.get("id", "")
    source.report.add(
        "receive-by-id",
        f"The receive task names no message; it waits for one of the name {identifier!r}",
        element=element,
    )
    return Message("", literal(identifier))


def _task_message(source: Source, element: etree._Element, *, direction: str) -> Any:
    """Return the message of messageRef, or that of the task's operation (10.2.3)."""
    reference = element.get("messageRef")
    operation = source.document.find_tagged(element.get("operationRef"), "operation")
    if not reference and operation is not None:
        reference = text_of(child(operation, direction))
    return message_of(source, reference)


def call_activity(source: Source, element: etree._Element) -> Fields:
    called = source.extensions(element).call
    if called is None:
        reference = element.get("calledElement") or ""
        # A QName: what it names lies in this file or has its own deployment, so the prefix says nothing more.
        name = reference.rpartition(":")[2] if _QNAME.fullmatch(reference) else reference
        target = source.compiler.literal_or(name, what="called element", element=element)
        if target is None:
            source.report.add(
                "called-element-missing",
                "The call activity names no process to call; set calledElement",
                element=element,
            )
            return {}
        called = CalledElement(process_id=target)
    return {"call": called}


def plain(_source: Source, _element: etree._Element) -> Fields:
    return {}


READERS: dict[str, Callable[[Source, etree._Element], Fields]] = {
    "task": plain,
    "manualTask": plain,
    "userTask": user_task,
    "serviceTask": service_task,
    "scriptTask": script_task,
    "businessRuleTask": business_rule_task,
    "sendTask": send_task,
    "receiveTask": receive_task,
    "callActivity": call_activity,
    "subProcess": plain,
    "transaction": plain,
    "adHocSubProcess": plain,
    "globalTask": plain,
    "globalManualTask": plain,
    "globalUserTask": user_task,
    "globalScriptTask": script_task,
    "globalBusinessRuleTask": business_rule_task,
}
