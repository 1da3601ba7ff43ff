"""These rules are about activities (BPMN 2.0, 10.2): markers, compensation, tasks, calls, resources."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.document import (
    ACTIVITY_TAGS,
    GLOBAL_TASK_TAGS,
    child,
    children,
    event_definitions,
    flag,
    name_of,
    text_of,
)
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context, is_event_sub_process

_ROLES = ("resourceRole", "performer", "humanPerformer", "potentialOwner")


def check(context: Context) -> None:
    """Report broken rules of activities."""
    for activity in context.document.tagged(*ACTIVITY_TAGS):
        _check_loops(context, activity)
        if flag(activity, "isForCompensation") and is_event_sub_process(activity):
            context.problem(
                "compensation-event-sub-process",
                f"The event sub-process {label(activity)} is for compensation by its start event; isForCompensation has no effect on it",
                activity,
            )
        elif flag(activity, "isForCompensation"):
            _check_handler(context, activity)
    for task in context.document.tagged("receiveTask"):
        if flag(task, "instantiate"):
            _check_instantiating(context, task)
    for call in context.document.tagged("callActivity"):
        _check_call(context, call)
    for role in context.document.tagged(*_ROLES):
        _check_role(context, role)


def _check_loops(context: Context, activity: etree._Element) -> None:
    standard, multiple = (
        child(activity, "standardLoopCharacteristics"),
        child(activity, "multiInstanceLoopCharacteristics"),
    )
    if standard is not None and multiple is not None:
        context.problem(
            "loop-twice", f"{label(activity)} has a loop and a multi-instance marker; it can have one", activity
        )
    if standard is not None:
        maximum = standard.get("loopMaximum")
        if maximum is not None and maximum.strip().lstrip("-").isdigit() and int(maximum) < 1:
            context.problem(
                "loop-maximum", f"loopMaximum of {label(activity)} is {maximum}; expected 1 or more", activity
            )
    if multiple is not None:
        _check_behavior(context, activity, multiple)


def _check_behavior(context: Context, activity: etree._Element, marker: etree._Element) -> None:
    behavior = marker.get("behavior", "All")
    for name, attribute in (("One", "oneBehaviorEventRef"), ("None", "noneBehaviorEventRef")):
        if behavior == name and not marker.get(attribute):
            context.problem(
                "multi-instance-event", f"behavior of {label(activity)} is {name}; expected {attribute}", activity
            )
        if behavior != name and marker.get(attribute):
            context.problem(
                "multi-instance-event-unused",
                f"{attribute} of {label(activity)} has no effect, as behavior is {behavior}",
                activity,
            )
    definitions = list(children(marker, "complexBehaviorDefinition"))
    if behavior == "Complex" and not definitions:
        context.problem(
            "multi-instance-event",
            f"behavior of {label(activity)} is Complex; expected at least one complexBehaviorDefinition",
            activity,
        )
    if behavior != "Complex" and definitions:
        context.problem(
            "multi-instance-event-unused",
            f"complexBehaviorDefinition of {label(activity)} has no effect, as behavior is {behavior}",
            activity,
        )


def _check_role(context: Context, role: etree._Element) -> None:
    """Check who works on an activity, process or global task: a resource with its parameters, or an expression (10.2.1, resource
    assignment)."""
    owner = role.getparent()
    name = f"The {name_of(role)} of {label(role if owner is None else owner)}"
    resource, assignment = child(role, "resourceRef"), child(role, "resourceAssignmentExpression")
    bindings = list(children(role, "resourceParameterBinding"))
    if resource is not None and assignment is not None:
        context.problem("resource-role", f"{name} has a resourceRef and an expression; it can have one", role)
    if resource is None and bindings:
        context.problem("resource-role", f"{name} binds parameters of no resource; expected a resourceRef", role)
    if assignment is not None and child(assignment, "expression", "formalExpression") is None:
        context.problem("resource-role", f"resourceAssignmentExpression of {name} holds no expression", role)
    named = context.document.find_tagged(text_of(resource), "resource")
    parameters = [] if named is None else list(children(named, "resourceParameter"))
    bound = [context.document.find(binding.get("parameterRef")) for binding in bindings]
    for binding, parameter in zip(bindings, bound, strict=True):
        if child(binding, "expression", "formalExpression") is None:
            context.problem(
                "resource-binding", f"A resourceParameterBinding of {name} has no expression; expected a value", role
            )
        if named is not None and parameter is not None and parameter not in parameters:
            context.problem(
                "resource-binding",
                f"{name} binds {binding.get('parameterRef')!r}, which is no parameter of the resource {label(named)}",
                role,
            )
    for parameter in parameters:
        if flag(parameter, "isRequired") and parameter not in bound:
            context.problem(
                "resource-binding",
                f"{name} does not bind the parameter {label(parameter)}, which the resource requires; expected a value",
                role,
            )


def _check_handler(context: Context, activity: etree._Element) -> None:
    """A compensation activity hangs on one boundary event, by an association, and has no boundary events of its own kind (10.6.1)."""
    events = [end for end in context.associated.get(activity, ()) if name_of(end) == "boundaryEvent"]
    if not events:
        context.problem(
            "compensation-handler-loose",
            f"The compensation activity {label(activity)} belongs to no compensation boundary event and never runs; draw the association",
            activity,
        )
    elif all(event.getparent() is not activity.getparent() for event in events):
        context.problem(
            "compensation-scope",
            f"The compensation activity {label(activity)} lies in another (sub-)process than its boundary event",
            activity,
        )


def _check_instantiating(context: Context, task: etree._Element) -> None:
    if context.incoming.get(task):
        context.problem(
            "instantiate-incoming",
            f"The receive task {label(task)} starts the process, so it has no incoming sequence flow",
            task,
        )
    if name_of(task.getparent()) != "process":  # type: ignore[arg-type]
        context.problem(
            "instantiate-scope",
            f"The receive task {label(task)} lies in a sub-process, so it cannot start instances",
            task,
        )


def _check_call(context: Context, call: etree._Element) -> None:
    """A called process of the same file can be started by a call: it has no start event, or a none start event (10.4.2)."""
    called = context.document.find_tagged(call.get("calledElement"), "process")
    if called is None:
        other = context.document.find(call.get("calledElement"))
        if other is call:
            context.problem(
                "called-element-own-id",
                f"{label(call)} calls {call.get('calledElement')!r}, its own id as well; the deployed process of that id is called",
                call,
            )
        elif other is not None and name_of(other) not in GLOBAL_TASK_TAGS:
            context.problem(
                "called-element-kind",
                f"{label(call)} calls {call.get('calledElement')!r}, which is a {name_of(other)}; expected a process or global task",
                call,
            )
        return
    starts = list(children(called, "startEvent"))
    if starts and all(event_definitions(context.document, start) for start in starts):
        context.problem(
            "called-process-start",
            f"{label(call)} calls the process {label(called)}, which has no none start event to begin with",
            call,
        )
