"""Inputs, outputs and data associations (BPMN 2.0, 10.3.1, 8.4.1)."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from engine.bpmn.document import (
    ACTIVITY_TAGS,
    EVENT_TAGS,
    Document,
    child,
    children,
    flag,
    name_of,
    reference_texts,
    text_of,
)
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context
from engine.bpmn.variables import DATA_TAGS


def check(context: Context) -> None:
    """Report broken rules of data."""
    for specification in context.document.tagged("ioSpecification"):
        _check_specification(context, specification)
    for association in context.document.tagged("dataInputAssociation", "dataOutputAssociation"):
        _check_association(context, association)
    for task in context.document.tagged("serviceTask", "sendTask", "receiveTask"):
        _check_task_messages(context, task)
    for binding in context.document.tagged("ioBinding"):
        _check_binding(context, binding)
    for call in context.document.tagged("callActivity"):
        _check_call(context, call)
    for activity in context.document.tagged(*ACTIVITY_TAGS):
        marker = child(activity, "multiInstanceLoopCharacteristics")
        if marker is not None:
            _check_multi_instance(context, activity, marker)
    for item in context.document.tagged(
        "dataObject", "dataInput", "dataOutput", "dataStore", "property", "dataObjectReference"
    ):
        _check_collection(context, item)
    for reference in context.document.tagged("dataObjectReference"):
        if not reference.get("dataObjectRef"):
            context.problem(
                "data-object-missing",
                f"The data object reference {label(reference)} refers to no data object",
                reference,
            )


def _check_specification(context: Context, specification: etree._Element) -> None:
    """Every input and output belongs to a set; sets name each other mutually (tables 10.57 to 10.62)."""
    owner = specification.getparent()
    name = label(owner) if owner is not None else "the file"
    for kind in ("input", "output"):
        sets = list(children(specification, f"{kind}Set"))
        if not sets:
            context.problem(
                "io-set-missing",
                f"The ioSpecification of {name} has no {kind}Set; expected at least one, which may be empty",
                specification,
            )
        listed = {text for found in sets for text in reference_texts(found, f"data{kind.title()}Refs")}
        for data in children(specification, f"data{kind.title()}"):
            if sets and data.get("id") not in listed:
                context.problem(
                    "io-set-incomplete", f"The data {kind} {label(data)} of {name} is in no {kind}Set", data
                )
        other = "output" if kind == "input" else "input"
        backward = {
            found.get("id"): set(reference_texts(found, f"{kind}SetRefs"))
            for found in children(specification, f"{other}Set")
        }
        for found in sets:
            _check_set(context, specification, found, kind, backward=backward)


def _check_set(
    context: Context,
    specification: etree._Element,
    found: etree._Element,
    kind: str,
    *,
    backward: Mapping[str | None, set[str]],
) -> None:
    """`backward`: for each set of the other kind, the sets of this kind that it names."""
    other = "output" if kind == "input" else "input"
    own = set(reference_texts(found, f"data{kind.title()}Refs"))
    for subset in (f"optional{kind.title()}Refs", f"whileExecuting{kind.title()}Refs"):
        for text in reference_texts(found, subset):
            if text not in own:
                context.problem(
                    "io-set-subset",
                    f"{subset} of {label(found)} names {text!r}, which is not among its data{kind.title()}Refs",
                    found,
                )
    for text in own:
        data = context.document.find_tagged(text, f"data{kind.title()}")
        if data is not None and data.getparent() is not specification:
            context.problem(
                "io-set-foreign",
                f"The {kind}Set {label(found)} names {text!r}, which belongs to another element",
                found,
            )
    for text in reference_texts(found, f"{other}SetRefs"):
        target = context.document.find_tagged(text, f"{other}Set")
        if target is not None and found.get("id") not in backward.get(text, ()):
            context.problem(
                "io-set-one-sided",
                f"{label(found)} names the {other}Set {text!r}, which does not name it back in {kind}SetRefs",
                found,
            )


def _check_association(context: Context, association: etree._Element) -> None:
    """Inputs flow into the data inputs of the association's own element, outputs out of its own data outputs (10.3.1)."""
    owner = association.getparent()
    if owner is None or name_of(owner) not in ACTIVITY_TAGS | EVENT_TAGS:
        return
    inward = name_of(association) == "dataInputAssociation"
    near = "targetRef" if inward else "sourceRef"
    expected = "dataInput" if inward else "dataOutput"
    for text in reference_texts(association, near):
        found = context.document.find_tagged(text, *DATA_TAGS)
        if found is None:
            continue
        mine = found.getparent() is owner or (found.getparent() is not None and found.getparent().getparent() is owner)  # type: ignore[union-attr]
        if not mine or name_of(found) not in (expected, "property"):
            context.problem(
                "data-association-end",
                f"{near} of the {name_of(association)} of {label(owner)} is the {name_of(found)} {label(found)}; "
                f"expected a {expected} of {label(owner)}",
                association,
            )
    for text in reference_texts(association, "sourceRef" if inward else "targetRef"):
        found = context.document.find_tagged(text, *DATA_TAGS)
        if found is not None and name_of(found) == ("dataOutput" if inward else "dataInput"):
            context.problem(
                "data-association-end",
                f"The {name_of(association)} of {label(owner)} {'reads' if inward else 'writes'} the {name_of(found)} {label(found)}; "
                f"a {name_of(found)} is only {'written' if inward else 'read'} from inside",
                association,
            )


def same_item(document: Document, first: str | None, second: str | None) -> bool:
    """Whether two item definitions are one, or say that they have the same structure."""
    one, other = document.find_tagged(first, "itemDefinition"), document.find_tagged(second, "itemDefinition")
    if one is other:
        return True
    if one is None or other is None:
        return False
    structures = (one.get("structureRef"), other.get("structureRef"))
    return (
        structures[0] is not None
        and structures[0] == structures[1]
        and flag(one, "isCollection") == flag(other, "isCollection")
    )


def _inputs(element: etree._Element) -> list[etree._Element]:
    return _declared(element, "dataInput")


def _outputs(element: etree._Element) -> list[etree._Element]:
    return _declared(element, "dataOutput")


def _declared(element: etree._Element, tag: str) -> list[etree._Element]:
    specification = child(element, "ioSpecification")
    return [] if specification is None else list(children(specification, tag))


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
    if len(data) > 1 or len(sets) > 1:
        context.problem(
            "message-data-count",
            f"{label(task)} has {len(data)} data {kind}s in {len(sets)} sets; its message fills one in one set",
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


def _check_multi_instance(context: Context, activity: etree._Element, marker: etree._Element) -> None:
    """A loop's data is a collection, and its item the scalar of it (table 10.29)."""
    for reference, item_tag, tag in (
        ("loopDataInputRef", "inputDataItem", "dataInput"),
        ("loopDataOutputRef", "outputDataItem", "dataOutput"),
    ):
        whole = context.document.find_tagged(text_of(child(marker, reference)), *DATA_TAGS)
        item = child(marker, item_tag)
        if whole is None:
            continue
        if name_of(whole) == tag and (whole.getparent() is None or whole.getparent().getparent() is not activity):  # type: ignore[union-attr]
            context.problem(
                "multi-instance-data", f"{reference} of {label(activity)} is a {tag} of another element", activity
            )
        if not _is_collection(context, whole):
            context.problem(
                "multi-instance-data",
                f"{reference} of {label(activity)} is {label(whole)}, which is no collection",
                activity,
            )
        if item is not None:
            _check_item(context, activity, whole, item)


def _check_item(context: Context, activity: etree._Element, whole: etree._Element, item: etree._Element) -> None:
    definition = context.document.find_tagged(item.get("itemSubjectRef"), "itemDefinition")
    of_whole = context.document.find_tagged(whole.get("itemSubjectRef"), "itemDefinition")
    if flag(item, "isCollection") or (definition is not None and flag(definition, "isCollection")):
        context.problem(
            "multi-instance-item",
            f"The {name_of(item)} of {label(activity)} is a collection; expected one item of the collection",
            activity,
        )
    elif (
        definition is not None
        and of_whole is not None
        and definition is not of_whole
        and definition.get("structureRef") != of_whole.get("structureRef")
    ):
        context.problem(
            "multi-instance-item",
            f"The {name_of(item)} of {label(activity)} has another structure than the collection's items",
            activity,
        )


def _is_collection(context: Context, element: etree._Element) -> bool:
    target = context.document.find_tagged(element.get("dataObjectRef"), "dataObject")
    element = element if target is None else target
    definition = context.document.find_tagged(element.get("itemSubjectRef"), "itemDefinition")
    if name_of(element) in ("property", "dataStoreReference", "dataStore"):
        return definition is None or flag(definition, "isCollection")
    return flag(element, "isCollection") or (definition is not None and flag(definition, "isCollection"))


def _check_collection(context: Context, item: etree._Element) -> None:
    """isCollection of a data element and of its item definition agree (tables 10.50 and 8.47)."""
    definition = context.document.find_tagged(item.get("itemSubjectRef"), "itemDefinition")
    said = item.get("isCollection")
    if definition is None or said is None or definition.get("isCollection") is None:
        return
    if flag(item, "isCollection") != flag(definition, "isCollection"):
        context.problem(
            "collection-contradiction",
            f"isCollection of {label(item)} contradicts that of its item definition {label(definition)}",
            item,
        )
