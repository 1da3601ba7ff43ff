"""These rules are about data that goes through operations and calls (BPMN 2.0, 10.2.3, 10.2.6): it is that of the messages, or of what
is called."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.document import GLOBAL_TASK_TAGS, child, children, name_of, reference_texts, text_of
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context
from engine.bpmn.rules.data import same_item


def check(context: Context) -> None:
    """Report broken rules of the data of tasks that exchange messages, of interfaces, and of calls."""
    for task in context.document.tagged("serviceTask", "sendTask", "receiveTask"):
        _check_task_messages(context, task)
    for binding in context.document.tagged("ioBinding"):
        _check_binding(context, binding)
    for callable_element in context.document.tagged("process", *sorted(GLOBAL_TASK_TAGS)):
        _check_bindings(context, callable_element)
    for call in context.document.tagged("callActivity"):
        _check_call(context, call)


def _check_task_messages(context: Context, task: etree._Element) -> None:
    """The data of a service, send or receive task is that of its messages (10.2.3): one input in, at most one output out."""
    specification = child(task, "ioSpecification")
    if specification is None:
        return
    tag = name_of(task)
    operation = context.document.find_tagged(task.get("operationRef"), "operation")
    message = context.document.find_tagged(task.get("messageRef"), "message")
    sends, receives = message, message
    if operation is not None:
        sends = (
            sends
            if sends is not None
            else context.document.find_tagged(text_of(child(operation, "inMessageRef")), "message")
        )
        outgoing = context.document.find_tagged(text_of(child(operation, "outMessageRef")), "message")
        receives = outgoing if tag == "serviceTask" else receives if receives is not None else sends
    if tag == "serviceTask":
        if operation is None:
            return
        _check_message_data(context, task, _inputs(task), "input", sends)
        _check_message_data(context, task, _outputs(task), "output", receives)
    elif tag == "sendTask":
        _check_message_data(context, task, _inputs(task), "input", sends)
    else:
        _check_message_data(context, task, _outputs(task), "output", receives)


def _check_message_data(
    context: Context, task: etree._Element, data: list[etree._Element], kind: str, message: etree._Element | None
) -> None:
    sets = list(children(child(task, "ioSpecification"), f"{kind}Set"))  # type: ignore[arg-type]
    required = name_of(task) == "serviceTask" and message is not None and message.get("itemRef")
    if len(data) > 1 or len(sets) > 1 or (required and not data):
        context.problem(
            "message-data-count",
            f"{label(task)} has {len(data)} data {kind}s in {len(sets)} sets; its message is one, in one set",
            task,
        )
        return
    if message is None or not message.get("itemRef"):
        return
    for item in data:
        if item.get("itemSubjectRef") and not same_item(
            context.document, item.get("itemSubjectRef"), message.get("itemRef")
        ):
            context.problem(
                "message-data-item",
                f"The data {kind} {label(item)} of {label(task)} has another item definition than its message {label(message)}",
                task,
            )


def _check_binding(context: Context, binding: etree._Element) -> None:
    """ioBinding ties the data of a callable element to the messages of an operation of its interface (table 10.47)."""
    owner = binding.getparent()
    operation = context.document.find_tagged(binding.get("operationRef"), "operation")
    if owner is None or operation is None:
        return
    for attribute, kind, reference, declared in (
        ("inputDataRef", "dataInput", "inMessageRef", _inputs(owner)),
        ("outputDataRef", "dataOutput", "outMessageRef", _outputs(owner)),
    ):
        data = context.document.find_tagged(binding.get(attribute), kind)
        message = context.document.find_tagged(text_of(child(operation, reference)), "message")
        if data is None:
            continue
        if data not in declared:
            context.problem("io-binding", f"{attribute} of the ioBinding of {label(owner)} is no {kind} of it", binding)
        elif message is None or not same_item(context.document, data.get("itemSubjectRef"), message.get("itemRef")):
            context.problem(
                "io-binding",
                f"{attribute} of the ioBinding of {label(owner)} has another item definition than {reference} of the operation "
                f"{label(operation)}",
                binding,
            )


def _check_bindings(context: Context, owner: etree._Element) -> None:
    """Who offers the operations of an interface says by which data (10.2.6): one ioBinding for each operation."""
    bound = {
        context.document.find_tagged(binding.get("operationRef"), "operation")
        for binding in children(owner, "ioBinding")
    }
    for text in reference_texts(owner, "supportedInterfaceRef"):
        interface = context.document.find_tagged(text, "interface")
        for operation in () if interface is None else children(interface, "operation"):
            if operation not in bound:
                context.problem(
                    "io-binding-missing",
                    f"{label(owner)} supports the interface {label(interface)} without an ioBinding for its operation {label(operation)}",  # type: ignore[arg-type]
                    owner,
                )


def _check_call(context: Context, call: etree._Element) -> None:
    """The inputs and outputs of a call activity are those of what it calls, one for one (10.2.6)."""
    called = context.document.find(call.get("calledElement"))
    if called is None or child(call, "ioSpecification") is None:
        return
    for kind, mine, its in (("input", _inputs(call), _inputs(called)), ("output", _outputs(call), _outputs(called))):
        if len(mine) != len(its):
            context.problem(
                "call-data",
                f"{label(call)} has {len(mine)} data {kind}s, but {label(called)}, which it calls, has {len(its)}",
                call,
            )
            continue
        for one, other in zip(mine, its, strict=True):
            if not same_item(context.document, one.get("itemSubjectRef"), other.get("itemSubjectRef")):
                context.problem(
                    "call-data",
                    f"The data {kind} {label(one)} of {label(call)} has another item definition than {label(other)} of {label(called)}",
                    call,
                )


def _inputs(element: etree._Element) -> list[etree._Element]:
    return _declared(element, "dataInput")


def _outputs(element: etree._Element) -> list[etree._Element]:
    return _declared(element, "dataOutput")


def _declared(element: etree._Element, tag: str) -> list[etree._Element]:
    specification = child(element, "ioSpecification")
    return [] if specification is None else list(children(specification, tag))
