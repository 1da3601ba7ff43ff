"""Camunda 8's `zeebe:` extensions are what Stepwell's own modeler writes."""

from __future__ import annotations

import json

from lxml import etree

from engine.bpmn import job_headers
from engine.bpmn.dialects.extensions import Extensions, LoopData
from engine.bpmn.document import line_of, name_of
from engine.bpmn.expressions import Expression, Language
from engine.bpmn.languages import Compiler
from engine.bpmn.model import (
    Binding,
    CalledDecision,
    CalledElement,
    FormReference,
    JobDefinition,
    Listener,
    ScriptDefinition,
    VariableMapping,
)

NAMESPACE = "http://camunda.org/schema/zeebe/1.0"
_PREFIX = f"{{{NAMESPACE}}}"

_EMBEDDED_FORM = "camunda-forms:bpmn:"
_IGNORED = frozenset({"userTask", "userTaskForm"})
"""These elements have no meaning of their own: `userTask` marks what is the only kind here; forms are found by the elements that use
them."""

_LISTENER_EVENTS = {
    "create": "creating", "creating": "creating", "assignment": "assigning", "assigning": "assigning",
    "update": "updating", "updating": "updating", "complete": "completing", "completing": "completing",
    "cancel": "canceling", "canceling": "canceling",
}  # fmt: skip


def read(
    element: etree._Element,
    container: etree._Element | None,
    *,
    namespace: str,  # noqa: ARG001 (one signature for all dialects; this one has one namespace)
    compiler: Compiler,
) -> Extensions:
    """Read the zeebe extensions of one element."""
    if container is None:
        return Extensions()
    found: dict[str, object] = {}
    for extension in container:
        if isinstance(extension.tag, str) and extension.tag.startswith(_PREFIX):
            name = extension.tag[len(_PREFIX) :]
            reader = _READERS.get(name)
            if reader is not None:
                _add(found, reader(extension, element, compiler))
            elif name not in _IGNORED:
                compiler.report.add(
                    "extension-unknown",
                    f"zeebe:{name} is not known and has no effect here; remove it when it matters",
                    element=element,
                    line=line_of(extension),
                )
    return Extensions(**found)  # type: ignore[arg-type]


def _add(found: dict[str, object], more: dict[str, object]) -> None:
    """Headers and listeners come from two extensions each, so they add up; all else is said once."""
    for name, value in more.items():
        before = found.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            found[name] = before | value
        elif isinstance(before, tuple) and isinstance(value, tuple):
            found[name] = before + value
        else:
            found[name] = value


def _inner(extension: etree._Element, name: str) -> list[etree._Element]:
    return [inner for inner in extension if inner.tag == _PREFIX + name]


def _binding(extension: etree._Element, element: etree._Element, compiler: Compiler) -> tuple[Binding, str | None]:
    text = extension.get("bindingType", "latest")
    tag = extension.get("versionTag")
    if text not in (Binding.LATEST, Binding.DEPLOYMENT, Binding.VERSION_TAG):
        compiler.report.add(
            "binding-unknown", f"bindingType is {text!r}; expected latest, deployment or versionTag", element=element
        )
        return Binding.LATEST, tag
    if text == Binding.VERSION_TAG and not tag:
        compiler.report.add("binding-unknown", "bindingType versionTag needs a versionTag", element=element)
    return Binding(text), tag if text == Binding.VERSION_TAG else None


def _value(
    extension: etree._Element, attribute: str, element: etree._Element, compiler: Compiler, what: str
) -> Expression | None:
    return compiler.literal_or(extension.get(attribute), what=what, element=element)


def _task_definition(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    kind = _value(extension, "type", element, compiler, "job type")
    if kind is None:
        compiler.report.add("job-type-missing", "zeebe:taskDefinition has no type; set the job type", element=element)
        return {}
    return {
        "job": JobDefinition(type=kind),
        "retries": _value(extension, "retries", element, compiler, "number of retries"),
    }


def _task_headers(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    headers = {inner.get("key", ""): inner.get("value", "") for inner in _inner(extension, "header")}
    try:
        job_headers.read(headers)
    except job_headers.HeaderError as error:
        compiler.report.add("job-header-invalid", str(error), element=element)
    return {"headers": {key: value for key, value in headers.items() if key}}


def _io_mapping(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    return {
        "inputs": _mappings(extension, "input", element, compiler),
        "outputs": _mappings(extension, "output", element, compiler),
    }


def _mappings(
    extension: etree._Element, name: str, element: etree._Element, compiler: Compiler
) -> tuple[VariableMapping, ...]:
    mappings = []
    for inner in _inner(extension, name):
        source, target = inner.get("source"), (inner.get("target") or "").strip()
        if not target:
            compiler.report.add(
                "mapping-incomplete", f"An {name} mapping has no target variable", element=element, line=line_of(inner)
            )
            continue
        if source is None and name == "output":
            compiler.report.add(
                "mapping-incomplete",
                f"The output mapping of {target!r} has no source",
                element=element,
                line=line_of(inner),
            )
            continue
        if source is None or not source.strip():
            compiler.report.add(
                "mapping-source-missing",
                f"The {name} mapping of {target!r} has no source; the variable becomes null",
                element=element,
                line=line_of(inner),
            )
            source = "=null"
        expression = compiler.expression(
            source,
            default=Language.LITERAL,
            what=f"source of the {name} mapping of {target!r}",
            element=element,
            line=line_of(inner),
        )
        mappings.append(VariableMapping(expression, target))
    return tuple(mappings)


def _assignment(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    return {
        "assignee": _value(extension, "assignee", element, compiler, "assignee"),
        "candidate_users": _value(extension, "candidateUsers", element, compiler, "candidate users"),
        "candidate_groups": _value(extension, "candidateGroups", element, compiler, "candidate groups"),
    }


def _schedule(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    return {
        "due_date": _value(extension, "dueDate", element, compiler, "due date"),
        "follow_up_date": _value(extension, "followUpDate", element, compiler, "follow-up date"),
    }


def _priority(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    priority = _value(extension, "priority", element, compiler, "priority")
    return {"priority": priority} if name_of(element) == "userTask" else {"job_priority": priority}


def _job_priority(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    return {"job_priority": _value(extension, "priority", element, compiler, "job priority")}


def _form(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    binding, tag = _binding(extension, element, compiler)
    key = extension.get("externalReference") or extension.get("formKey")
    embedded = key is not None and key.startswith(_EMBEDDED_FORM)
    return {
        "form": FormReference(
            form_id=extension.get("formId"),
            external_reference=None if embedded else compiler.literal_or(key, what="form key", element=element),
            schema=_embedded_form(str(key).removeprefix(_EMBEDDED_FORM), element, compiler) if embedded else None,
            binding=binding,
            version_tag=tag,
        )
    }


def _embedded_form(identifier: str, element: etree._Element, compiler: Compiler) -> str | None:
    """Return the text of the zeebe:userTaskForm of that id, which stands in the extensions of the process."""
    for form in element.getroottree().getroot().iter(_PREFIX + "userTaskForm"):
        if form.get("id") == identifier:
            return (form.text or "").strip()
    compiler.report.add(
        "form-missing", f"The form key names the form {identifier!r}, which is not in the diagram", element=element
    )
    return None


def _called_element(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    process_id = _value(extension, "processId", element, compiler, "called process id")
    if process_id is None:
        compiler.report.add(
            "called-element-missing", "zeebe:calledElement has no processId; name the called process", element=element
        )
        return {}
    binding, tag = _binding(extension, element, compiler)
    return {
        "call": CalledElement(
            process_id=process_id,
            binding=binding,
            version_tag=tag,
            propagate_all_parent_variables=extension.get("propagateAllParentVariables", "true") != "false",
            propagate_all_child_variables=extension.get("propagateAllChildVariables", "true") != "false",
            business_id=_value(extension, "businessId", element, compiler, "business id"),
        )
    }


def _called_decision(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    decision_id = _value(extension, "decisionId", element, compiler, "decision id")
    result_variable = (extension.get("resultVariable") or "").strip()
    if decision_id is None or not result_variable:
        compiler.report.add(
            "decision-incomplete", "zeebe:calledDecision needs a decisionId and a resultVariable", element=element
        )
        return {}
    binding, tag = _binding(extension, element, compiler)
    return {"decision": CalledDecision(decision_id, result_variable, binding=binding, version_tag=tag)}


def _script(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    text = extension.get("expression")
    if not text or not text.strip():
        compiler.report.add("script-missing", "zeebe:script has no expression; write it in FEEL", element=element)
        return {}
    expression = compiler.expression(text, default=Language.FEEL, what="script", element=element)
    variable = (extension.get("resultVariable") or "").strip() or None
    return {"script": ScriptDefinition(expression=expression, result_variable=variable, line=line_of(extension))}


def _loop(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    collection = extension.get("inputCollection")
    output = extension.get("outputElement")
    return {
        "loop": LoopData(
            collection=compiler.expression(collection, default=Language.FEEL, what="input collection", element=element)
            if collection and collection.strip()
            else None,
            element_variable=extension.get("inputElement") or None,
            output_collection=extension.get("outputCollection") or None,
            output_element=compiler.expression(output, default=Language.FEEL, what="output element", element=element)
            if output and output.strip()
            else None,
        )
    }


def _subscription(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    return {"correlation_key": _value(extension, "correlationKey", element, compiler, "correlation key")}


def _properties(extension: etree._Element, _element: etree._Element, _compiler: Compiler) -> dict[str, object]:
    return {"properties": {inner.get("name", ""): inner.get("value", "") for inner in _inner(extension, "property")}}


def _version_tag(extension: etree._Element, _element: etree._Element, _compiler: Compiler) -> dict[str, object]:
    return {"version_tag": extension.get("value") or None}


def _execution_listeners(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    return {
        "listeners": _listeners(extension, "executionListener", {"start": "start", "end": "end"}, element, compiler)
    }


def _task_listeners(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    return {"listeners": _listeners(extension, "taskListener", _LISTENER_EVENTS, element, compiler)}


def _listeners(
    extension: etree._Element, name: str, events: dict[str, str], element: etree._Element, compiler: Compiler
) -> tuple[Listener, ...]:
    listeners = []
    for inner in _inner(extension, name):
        event = events.get(inner.get("eventType", ""))
        kind = _value(inner, "type", element, compiler, "job type of a listener")
        if event is None or kind is None:
            compiler.report.add(
                "listener-incomplete",
                f"A listener needs a job type and an eventType among {', '.join(sorted(set(events.values())))}",
                element=element,
                line=line_of(inner),
            )
            continue
        retries = _value(inner, "retries", element, compiler, "number of retries of a listener")
        headers = {
            header.get("key", ""): header.get("value", "")
            for group in _inner(inner, "taskHeaders")
            for header in _inner(group, "header")
        }
        listeners.append(Listener(event, JobDefinition(type=kind, retries=retries, headers=headers)))
    return tuple(listeners)


def _ad_hoc(extension: etree._Element, element: etree._Element, compiler: Compiler) -> dict[str, object]:
    active = extension.get("activeElementsCollection")
    if extension.get("outputCollection") or extension.get("outputElement"):
        compiler.report.add(
            "extension-unknown",
            "outputCollection of an ad-hoc sub-process has no effect here; use output mappings",
            element=element,
        )
    if not active or not active.strip():
        return {}
    return {
        "active_elements": compiler.expression(active, default=Language.FEEL, what="active elements", element=element)
    }


def _linked_resources(extension: etree._Element, _element: etree._Element, _compiler: Compiler) -> dict[str, object]:
    """Return the linked resources, which the worker is handed as the header `linkedResources`, a JSON list, as in Camunda 8."""
    resources = [
        {name: str(inner.get(name)) for name in sorted(inner.keys())} for inner in _inner(extension, "linkedResource")
    ]
    return {"headers": {"linkedResources": json.dumps(resources, sort_keys=True)}} if resources else {}


_READERS = {
    "taskDefinition": _task_definition,
    "taskHeaders": _task_headers,
    "ioMapping": _io_mapping,
    "assignmentDefinition": _assignment,
    "taskSchedule": _schedule,
    "priorityDefinition": _priority,
    "jobPriorityDefinition": _job_priority,
    "formDefinition": _form,
    "calledElement": _called_element,
    "calledDecision": _called_decision,
    "script": _script,
    "loopCharacteristics": _loop,
    "subscription": _subscription,
    "properties": _properties,
    "versionTag": _version_tag,
    "executionListeners": _execution_listeners,
    "taskListeners": _task_listeners,
    "adHoc": _ad_hoc,
    "linkedResources": _linked_resources,
}
