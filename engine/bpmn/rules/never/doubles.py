"""These rules are about what can never happen because something else takes its place: of two that wait for one thing, one waits in vain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from engine.bpmn.document import SUB_PROCESS_TAGS, children, event_definitions, flag, name_of
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context, is_event_sub_process

Event = etree._Element
Caught = tuple[str, ...]


def check(context: Context) -> None:
    """Report catchers and starts that another one forestalls."""
    for activity, events in context.attached.items():
        _check_catchers(context, events, f"on {label(activity)}")
    for scope in context.document.tagged("process", *sorted(SUB_PROCESS_TAGS)):
        starts = [
            start
            for inner in children(scope, "subProcess")
            if is_event_sub_process(inner)
            for start in children(inner, "startEvent")
        ]
        _check_catchers(context, starts, f"in {label(scope)}")
    for process in context.document.tagged("process"):
        _check_starts(context, process)


def _check_catchers(context: Context, events: Iterable[Event], where: str) -> None:
    first: dict[Caught, Event] = {}
    for event in events:
        for caught in _caught(context, event):
            earlier = first.setdefault(caught, event)
            if earlier is not event:
                context.problem(
                    "catcher-twice",
                    f"{label(event)} and {label(earlier)} {where} both catch {_shown(caught)}, which comes to one of them alone; "
                    "remove one, or let it catch something else",
                    event,
                )


def _caught(context: Context, event: Event) -> Iterator[Caught]:
    """Yield what an event catches alone. A signal or a time comes to each that waits for it, so these are not among it."""
    if flag(event, "parallelMultiple"):
        return
    for definition in event_definitions(context.document, event):
        kind = name_of(definition).removesuffix("EventDefinition")
        if kind in ("error", "escalation"):
            thrown = context.document.find_tagged(definition.get(f"{kind}Ref"), kind)
            yield kind, "" if thrown is None else thrown.get(f"{kind}Code", "").strip()
        elif kind in ("compensate", "cancel"):
            yield (kind,)
        elif kind == "message" and (message := _message(context, definition)) is not None:
            yield kind, *message


def _message(context: Context, element: Event) -> tuple[str, str] | None:
    """Return the name of the message that is referred to, and what it is correlated by."""
    message = context.document.find_tagged(element.get("messageRef"), "message")
    if message is None:
        return None
    keys = (found.get("correlationKey") for found in message.iter())
    identifier = message.get("id", "")
    return message.get("name") or identifier, next((key for key in keys if key), identifier)


def _shown(caught: Caught) -> str:
    kind, *names = caught
    if not names:
        return "compensation" if kind == "compensate" else "the cancellation"
    return f"the {kind} {names[0]!r}" if names[0] else f"every {kind}"


def _check_starts(context: Context, process: etree._Element) -> None:
    first: dict[str, Event] = {}
    for start, holder in _starts(context, process):
        message = _message(context, holder)
        if message is None:
            continue
        name = message[0]  # what an instance is started by is not correlated
        earlier = first.setdefault(name, start)
        if earlier is not start:
            context.problem(
                "start-message-twice",
                f"{label(start)} and {label(earlier)} both start {label(process)} by the message {name!r}, which starts one instance; "
                "give them different messages",
                start,
            )


def _starts(context: Context, process: etree._Element) -> Iterator[tuple[Event, etree._Element]]:
    """Yield what starts the process by a message, with the element that refers to the message."""
    nodes = list(children(process, "startEvent"))
    for gateway in children(process, "eventBasedGateway"):
        if flag(gateway, "instantiate"):
            found = (context.target(flow) for flow in context.outgoing.get(gateway, ()))
            nodes += [target for target in found if target is not None]
    nodes += [task for task in children(process, "receiveTask") if flag(task, "instantiate")]
    for node in nodes:
        if flag(node, "parallelMultiple"):
            continue
        if name_of(node) == "receiveTask":
            yield node, node
        for definition in event_definitions(context.document, node):
            if name_of(definition) == "messageEventDefinition":
                yield node, definition
