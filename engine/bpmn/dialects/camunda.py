"""These are the extensions of Camunda 7 and of the engines that share its ancestry: Operaton, Flowable and Activiti.

What they say in data is read. What they say in Java (a class, a bean, a delegate) cannot run here, so it becomes a problem that names
the element and what to set instead.
"""

from __future__ import annotations

from lxml import etree

from engine.bpmn.dialects import java
from engine.bpmn.dialects.camunda_calls import call_of, decision_of
from engine.bpmn.dialects.camunda_forms import form_of
from engine.bpmn.dialects.camunda_mapping import mappings_of
from engine.bpmn.dialects.extensions import Extensions, LoopData
from engine.bpmn.dialects.vendor import Vendor
from engine.bpmn.document import name_of, text_of
from engine.bpmn.expressions import Expression, Language
from engine.bpmn.languages import Compiler
from engine.bpmn.model import JobDefinition

PREFIXES = {
    "http://camunda.org/schema/1.0/bpmn": "camunda",
    "http://operaton.org/schema/1.0/bpmn": "operaton",
    "http://flowable.org/bpmn": "flowable",
    "http://activiti.org/bpmn": "activiti",
    "http://www.activiti.org/bpmn": "activiti",
}
NAMESPACES = tuple(PREFIXES)

_JOB_TAGS = frozenset({"serviceTask", "sendTask", "businessRuleTask", "messageEventDefinition"})
_KNOWN = frozenset(
    {
        "properties", "inputOutput", "in", "out", "failedJobRetryTimeCycle", "formData", "formProperty", "connector", "field",
        "executionListener", "taskListener", "errorEventDefinition",
    }
)  # fmt: skip
_EXTERNAL = frozenset({"external", "external-worker"})

_READ = frozenset(
    {
        "type", "topic", "taskPriority", "jobPriority", "resultVariable", "resultVariableName", "versionTag", "errorCodeVariable",
        "escalationCodeVariable", "errorMessageVariable", "formKey", "formRef", "formRefBinding", "assignee", "candidateUsers",
        "candidateGroups", "dueDate", "followUpDate", "priority", "collection", "elementVariable", "decisionRef",
        "decisionRefBinding", "decisionRefVersion", "decisionRefVersionTag", "mapDecisionResult", "calledElementBinding",
        "calledElementVersion", "calledElementVersionTag", "inheritVariables", "inheritBusinessKey", "variableName",
        "variableEvents", "class", "delegateExpression", "expression", "variableMappingClass",
        "variableMappingDelegateExpression", "formHandlerClass", "caseRef", "resource",
    }
)  # fmt: skip
"""These attributes say something here, even if it is a problem."""

_WITHOUT_EFFECT = frozenset(
    {
        "async", "asyncBefore", "asyncAfter", "asyncLeave", "exclusive", "historyTimeToLive", "candidateStarterUsers",
        "candidateStarterGroups", "isStartableInTasklist", "modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon",
        "formFieldValidation",
    }
)  # fmt: skip
"""These attributes say how another engine runs, or how a tool draws; they have no effect, for every step here is durable by itself."""


def read(
    element: etree._Element, container: etree._Element | None, *, namespace: str, compiler: Compiler
) -> Extensions:
    """Read the extensions of one element in one of these namespaces."""
    vendor = Vendor(element, container, namespace, PREFIXES[namespace], compiler)
    tag = name_of(element)
    java.report_code(vendor)
    _report_unknown(vendor)
    if tag == "conditionalEventDefinition" and (vendor.attribute("variableName") or vendor.attribute("variableEvents")):
        vendor.problem(
            "condition-filter",
            "variableName and variableEvents have no effect here; the condition is looked at on every change",
        )
    inputs, outputs = mappings_of(vendor)
    retries, backoff = _retry_cycle(vendor)
    found = Extensions(
        job=_job(vendor) if tag in _JOB_TAGS else None,
        retries=retries,
        backoff=backoff,
        job_priority=vendor.value("taskPriority", what="task priority")
        or vendor.value("jobPriority", what="job priority"),
        inputs=inputs,
        outputs=outputs,
        properties=_properties(vendor),
        result_variable=vendor.attribute("resultVariable") or vendor.attribute("resultVariableName"),
        version_tag=vendor.attribute("versionTag"),
        code_variable=vendor.attribute("errorCodeVariable") or vendor.attribute("escalationCodeVariable"),
        message_variable=vendor.attribute("errorMessageVariable"),
        correlation_key=None,
        form=form_of(vendor),
        call=call_of(vendor) if tag == "callActivity" else None,
        decision=decision_of(vendor) if tag == "businessRuleTask" else None,
        loop=_loop(vendor) if tag == "multiInstanceLoopCharacteristics" else None,
    )
    return found.merged(_assignment(vendor)) if tag in ("userTask", "globalUserTask") else found


def _report_unknown(vendor: Vendor) -> None:
    for name in vendor.attribute_names():
        if name not in _READ | _WITHOUT_EFFECT:
            vendor.problem(
                "extension-unknown", f"The attribute {vendor.prefix}:{name} is not known and has no effect here"
            )
    for mapping in vendor.elements("errorEventDefinition"):
        vendor.problem(
            "error-mapping",
            f"{vendor.prefix}:errorEventDefinition of an external task is not read; expected a handler that throws the BPMN error itself",
            at=mapping,
        )
    for extension in () if vendor.container is None else vendor.container:
        namespace, _, name = str(extension.tag)[1:].partition("}")
        if namespace == vendor.namespace and name not in _KNOWN:
            vendor.problem(
                "extension-unknown", f"{vendor.prefix}:{name} is not known and has no effect here", at=extension
            )


def _job(vendor: Vendor) -> JobDefinition | None:
    if vendor.attribute("type") not in _EXTERNAL:
        return None
    topic = vendor.value("topic", what="topic")
    if topic is None:
        vendor.problem(
            "job-type-missing", f"{vendor.prefix}:type is external but {vendor.prefix}:topic is missing; set the topic"
        )
        return None
    return JobDefinition(type=topic)


def _assignment(vendor: Vendor) -> Extensions:
    return Extensions(
        assignee=vendor.value("assignee", what="assignee"),
        candidate_users=vendor.value("candidateUsers", what="candidate users"),
        candidate_groups=vendor.value("candidateGroups", what="candidate groups"),
        due_date=vendor.value("dueDate", what="due date"),
        follow_up_date=vendor.value("followUpDate", what="follow-up date"),
        priority=vendor.value("priority", what="priority"),
    )


def _retry_cycle(vendor: Vendor) -> tuple[Expression | None, Expression | None]:
    """Read failedJobRetryTimeCycle: `R3/PT10M` is three attempts ten minutes apart, `PT1M,PT5M` one more attempt than it has waits."""
    element = vendor.first("failedJobRetryTimeCycle")
    text = text_of(element)
    if element is None or not text:
        return None, None
    expression = vendor.compiler.literal_or(text, what="retry time cycle", element=vendor.element)
    if expression is not None and not expression.is_literal:
        vendor.problem(
            "retries-unsupported",
            "failedJobRetryTimeCycle must be a fixed text such as R3/PT10M here, not an expression",
            at=element,
        )
        return None, None
    repeat, _, wait = text.rpartition("/")
    if repeat:
        if not (repeat.startswith("R") and repeat[1:].isdigit()):
            vendor.problem(
                "retries-unsupported", f"failedJobRetryTimeCycle is {text!r}; expected such as R3/PT10M", at=element
            )
            return None, None
        count = repeat[1:]
    else:
        count = str(wait.count(",") + 2)
    return _literal(count), _literal(wait.replace(" ", ""))


def _literal(text: str) -> Expression:
    return Expression(text, Language.LITERAL)


def _properties(vendor: Vendor) -> dict[str, str]:
    return {
        entry.get("name") or entry.get("id") or "": entry.get("value", "")
        for group in vendor.elements("properties")
        for entry in vendor.elements("property", within=group)
    }


def _loop(vendor: Vendor) -> LoopData:
    collection = vendor.attribute("collection")
    return LoopData(
        # A bare collection is the name of a variable (Camunda 7, "Multiple Instance").
        collection=vendor.compiler.expression(
            collection, default=Language.FEEL, what="collection", element=vendor.element
        )
        if collection
        else None,
        element_variable=vendor.attribute("elementVariable"),
    )
