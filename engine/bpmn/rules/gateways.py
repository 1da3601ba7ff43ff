"""These rules are about gateways (BPMN 2.0, 10.5): directions, numbers of flows, what may follow an event-based gateway."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.document import GATEWAY_TAGS, event_definitions, flag, name_of
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context

_EVENT_TRIGGERS = frozenset({"message", "timer", "signal", "conditional"})


def check(context: Context) -> None:
    """Report broken rules of gateways."""
    for gateway in context.document.tagged(*GATEWAY_TAGS):
        _check_direction(context, gateway)
        if name_of(gateway) == "eventBasedGateway":
            _check_event_based(context, gateway)


def _check_direction(context: Context, gateway: etree._Element) -> None:
    """Check gatewayDirection (table 10.51), and the flows that any gateway needs: several in or several out."""
    incoming, outgoing = len(context.incoming.get(gateway, ())), len(context.outgoing.get(gateway, ()))
    direction = gateway.get("gatewayDirection", "Unspecified")
    if incoming + outgoing == 0:
        context.problem(
            "gateway-unconnected",
            f"The gateway {label(gateway)} has no sequence flows; expected several in or several out",
            gateway,
        )
        return
    if direction == "Diverging" and (incoming > 1 or outgoing < 2):
        expected = "at most one incoming and several outgoing flows"
    elif direction == "Converging" and (outgoing > 1 or incoming < 2):
        expected = "several incoming and at most one outgoing flow"
    elif direction == "Mixed" and (incoming < 2 or outgoing < 2):
        expected = "several incoming and several outgoing flows"
    elif incoming < 2 and outgoing < 2 and name_of(gateway) != "eventBasedGateway":
        context.problem(
            "gateway-single-flow",
            f"The gateway {label(gateway)} has {incoming} incoming and {outgoing} outgoing flows, so it decides nothing",
            gateway,
        )
        return
    else:
        return
    context.problem(
        "gateway-direction",
        f"The gateway {label(gateway)} is {direction} but has {incoming} incoming and {outgoing} outgoing flows; expected {expected}",
        gateway,
    )


def _check_event_based(context: Context, gateway: etree._Element) -> None:
    if flag(gateway, "instantiate"):
        if context.incoming.get(gateway):
            context.problem(
                "instantiate-incoming",
                f"The gateway {label(gateway)} starts the process, so it has no incoming sequence flow",
                gateway,
            )
        if name_of(gateway.getparent()) != "process":  # type: ignore[arg-type]
            context.problem(
                "instantiate-scope",
                f"The gateway {label(gateway)} lies in a sub-process, so it cannot start instances",
                gateway,
            )
    elif gateway.get("eventGatewayType") == "Parallel":
        context.problem(
            "event-gateway-parallel",
            f"The gateway {label(gateway)} is parallel; only one that starts instances (instantiate) is",
            gateway,
        )
    flows = context.outgoing.get(gateway, [])
    if len(flows) < 2:
        context.problem(
            "event-gateway-single",
            f"The event-based gateway {label(gateway)} has {len(flows)} outgoing flows; expected two or more",
            gateway,
        )
    targets = [target for flow in flows if (target := context.target(flow)) is not None]
    for target in targets:
        _check_target(context, gateway, target)
    if flag(gateway, "instantiate") and gateway.get("eventGatewayType") == "Parallel":
        for target in targets:
            if name_of(target) != "receiveTask" and _kinds(context, target) != {"messageEventDefinition"}:
                context.problem(
                    "event-gateway-parallel-target",
                    f"{label(target)} follows the parallel gateway {label(gateway)}, which starts instances; expected a message",
                    target,
                )
    receives = [target for target in targets if name_of(target) == "receiveTask"]
    if receives and any("messageEventDefinition" in _kinds(context, target) for target in targets):
        context.problem(
            "event-gateway-mixed",
            f"The gateway {label(gateway)} is followed by message events and by receive tasks; use one of the two",
            gateway,
        )


def _check_target(context: Context, gateway: etree._Element, target: etree._Element) -> None:
    tag = name_of(target)
    kinds = _kinds(context, target)
    caught = (
        tag == "intermediateCatchEvent"
        and kinds
        and all(kind.removesuffix("EventDefinition") in _EVENT_TRIGGERS for kind in kinds)
    )
    if tag != "receiveTask" and not caught:
        context.problem(
            "event-gateway-target",
            f"{label(target)} follows the event-based gateway {label(gateway)}; expected a receive task, or an intermediate catch event of "
            "a message, signal, timer or condition",
            target,
        )
    if len(context.incoming.get(target, ())) > 1:
        context.problem(
            "event-gateway-target-incoming",
            f"{label(target)} follows the event-based gateway {label(gateway)} and has other incoming flows; it can have none",
            target,
        )
    if tag == "receiveTask" and context.attached.get(target):
        context.problem(
            "event-gateway-target-boundary",
            f"The receive task {label(target)} follows an event-based gateway, so no boundary event may be attached to it",
            target,
        )


def _kinds(context: Context, node: etree._Element) -> set[str]:
    return {name_of(found) for found in event_definitions(context.document, node)}
