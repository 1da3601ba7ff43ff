"""Gateways and sequence flows (10.5, 8.3.13, 13.3)."""

from __future__ import annotations

from engine.bpmn.model import ElementType, FlowNode, ProcessModel
from engine.runtime.elements import gateways
from engine.runtime.machine import Machine
from tests.core.support.row import Family, any_element, element, flow

EXCLUSIVE = ElementType.EXCLUSIVE_GATEWAY
INCLUSIVE = ElementType.INCLUSIVE_GATEWAY
PARALLEL = ElementType.PARALLEL_GATEWAY
COMPLEX = ElementType.COMPLEX_GATEWAY
EVENT_BASED = ElementType.EVENT_BASED_GATEWAY


def _diverging(node: FlowNode, _model: ProcessModel) -> bool:
    return len(node.outgoing) > 1 and len(node.incoming) < 2


def _converging(node: FlowNode, _model: ProcessModel) -> bool:
    return len(node.incoming) > 1 and len(node.outgoing) < 2


def _mixed(node: FlowNode, _model: ProcessModel) -> bool:
    return len(node.incoming) > 1 and len(node.outgoing) > 1


def _is_activity(node: FlowNode) -> bool:
    return node.type.value.endswith(("TASK", "SUB_PROCESS", "TRANSACTION", "ACTIVITY"))


def _is_gateway(node: FlowNode) -> bool:
    return node.type.value.endswith("GATEWAY")


_CHOICE = ("condition-expected", "default-with-condition", "default-not-outgoing")

GATEWAYS = Family(
    "Gateways",
    (
        element("exclusive gateway: diverging", EXCLUSIVE, _diverging, by=(gateways.chosen_flows,), rules=_CHOICE),
        element("exclusive gateway: converging", EXCLUSIVE, _converging),
        element("exclusive gateway: mixed", EXCLUSIVE, _mixed, by=(gateways.chosen_flows,)),
        element("inclusive gateway: diverging", INCLUSIVE, _diverging, by=(gateways.chosen_flows,), rules=_CHOICE),
        element("inclusive gateway: converging", INCLUSIVE, _converging, by=(gateways.settle,)),
        element("inclusive gateway: mixed", INCLUSIVE, _mixed, by=(gateways.settle, gateways.chosen_flows)),
        element("parallel gateway: diverging", PARALLEL, _diverging, rules=("condition-not-allowed",)),
        element("parallel gateway: converging", PARALLEL, _converging, by=(gateways.arrive,)),
        element("parallel gateway: mixed", PARALLEL, _mixed, by=(gateways.arrive,)),
        element(
            "parallel gateway: excess tokens stay on their flow", PARALLEL, _converging, by=(gateways.arrive,), times=2
        ),
        element(
            "event-based gateway",
            EVENT_BASED,
            lambda node, model: not node.instantiate,
            rules=(
                "event-gateway-single",
                "event-gateway-target",
                "event-gateway-target-incoming",
                "event-gateway-target-boundary",
                "event-gateway-mixed",
            ),
        ),
        any_element(
            "event-based gateway: instantiating, exclusive",
            lambda node, model: _after_starting_gateway(node, model, parallel=False),
            by=(gateways.wait_for_first,),
            rules=("instantiate-incoming", "instantiate-scope"),
        ),
        any_element(
            "event-based gateway: instantiating, parallel",
            lambda node, model: _after_starting_gateway(node, model, parallel=True),
            by=(gateways.wait_for_first,),
            rules=("event-gateway-parallel", "event-gateway-parallel-target"),
        ),
        element("complex gateway: diverging", COMPLEX, _diverging, by=(gateways.chosen_flows,)),
        element(
            "complex gateway: activation condition",
            COMPLEX,
            lambda node, model: node.activation_condition is not None,
            by=(gateways.settle,),
        ),
        element(
            "complex gateway: reset, and activated once more",
            COMPLEX,
            lambda node, model: node.activation_condition is not None,
            by=(gateways.settle,),
            times=2,
        ),
    ),
    rules=("gateway-unconnected", "gateway-single-flow", "gateway-direction"),
)


def _after_starting_gateway(node: FlowNode, model: ProcessModel, *, parallel: bool) -> bool:
    """No token comes to a gateway that starts instances: what follows it occurs."""
    return any(
        each.instantiate and each.type is EVENT_BASED and each.parallel_event_gateway is parallel
        for each in (model.nodes[came.source] for came in node.incoming)
    )


FLOWS = Family(
    "Sequence flows",
    (
        flow(
            "sequence flow: conditional, from an activity",
            lambda each, model: each.condition is not None and _is_activity(model.nodes[each.source]),
            by=(Machine.outgoing,),
            rules=("condition-empty", "condition-alone", "flow-immediate"),
        ),
        flow(
            "sequence flow: default, from an activity",
            lambda each, model: (
                model.nodes[each.source].default_flow == each.id and _is_activity(model.nodes[each.source])
            ),
            by=(Machine.outgoing,),
            rules=("default-not-allowed",),
        ),
        flow(
            "sequence flow: conditional, from a gateway",
            lambda each, model: each.condition is not None and _is_gateway(model.nodes[each.source]),
            by=(gateways.chosen_flows,),
        ),
        flow(
            "sequence flow: default, from a gateway",
            lambda each, model: (
                model.nodes[each.source].default_flow == each.id and _is_gateway(model.nodes[each.source])
            ),
            by=(gateways.chosen_flows,),
            rules=("default-not-outgoing", "default-with-condition"),
        ),
        any_element(
            "sequence flow: several out of an activity",
            lambda node, model: _is_activity(node) and len(node.outgoing) > 1,
            by=(Machine.outgoing,),
        ),
        any_element(
            "sequence flow: several into an activity",
            lambda node, model: _is_activity(node) and len(node.incoming) > 1,
            by=(Machine.take,),
            times=2,
        ),
    ),
    rules=(
        "flow-crosses-scope",
        "flow-not-listed",
        "flow-list-wrong",
        "incoming-missing",
        "outgoing-missing",
    ),
)

FAMILIES = (GATEWAYS, FLOWS)
