"""This module says which message is for whom, and by which key: that of the message's key expression, or that of the standard's
correlation (8.3.2).

`receivers` says who gets a message, for whoever keeps messages and subscriptions: the shell in rows, the engine of the tests in lists.

A key of the standard is known from three sides: from the payload of a message (the retrieval expressions of its properties), from
the data of the process (the bindings of a correlation subscription), and from the conversation so far: the first message that an
instance sends or receives gives it the key for all that follow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from engine import feel
from engine.bpmn.expressions import Expression
from engine.bpmn.model import CorrelationKey, FlowNode, Message, MessageEvent, ProcessModel
from engine.runtime.evaluating import shown
from engine.runtime.machine import Machine
from engine.runtime.state import ElementInstance, VisibleVariables
from engine.runtime.state.memory import ProcessMemory


@dataclass(frozen=True, slots=True)
class Addressed:
    """The address of a message says whom it is for. The target is that of a message flow; an empty one leaves it open."""

    name: str
    correlation_key: str
    target_process: str = ""
    target_element: str = ""

    def is_for(self, process_id: str, element_id: str) -> bool:
        """Return whether the message may reach, or start, an instance of this process at this element. Over a message flow only the
        element at its end may get it.
        """
        return self.target_process in ("", process_id) and self.target_element in ("", element_id)


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A subscription: the instance `instance_key` of `process_id` waits at `element_id`; see `effects.OpenMessageSubscription`."""

    key: int
    instance_key: int
    process_id: str
    element_id: str
    name: str
    correlation_key: str
    flow_end: bool


class Fit(Enum):
    NO = auto()
    """The message is for others."""
    LOOSE = auto()
    """The message came along a message flow, and one side alone knows the key: that is enough where it leaves no doubt (see
    `receivers`).
    """
    EXACT = auto()
    """The keys are the same."""


def fit(message: Addressed, each: Awaiting) -> Fit:
    """Return how a message fits one subscription, without a look at the others."""
    if message.name != each.name or not message.is_for(each.process_id, each.element_id):
        return Fit.NO
    keys = (message.correlation_key, each.correlation_key)
    if keys[0] == keys[1]:
        return Fit.EXACT
    return Fit.LOOSE if message.target_process and each.flow_end and "" in keys else Fit.NO


def receivers(message: Addressed, awaiting: Iterable[Awaiting]) -> list[Awaiting]:
    """Return those of the subscriptions that the message may go to, in their order: all with its key or, where there is none, those
    that fit it loosely and are all of one instance. The caller gives it to one instance of each process.
    """
    fits = [(each, fit(message, each)) for each in awaiting]
    exact = [each for each, how in fits if how is Fit.EXACT]
    loose = [each for each, how in fits if how is Fit.LOOSE]
    return exact or (loose if len({each.instance_key for each in loose}) == 1 else [])


def key_of_payload(model: ProcessModel, name: str, payload: Mapping[str, Any], *, now: datetime) -> str:
    """Return the key that a message from outside, of this name and with these variables, has for the process by the standard; an
    empty text where it has none.
    """
    for node in model.nodes.values() if model.correlation_keys else ():
        for message in messages_of(node):
            key = model.correlation_keys.get(message.id)
            if key is not None and message.name.is_literal and message.name.source == name:
                return _text(key.payload[message.id], payload, now=now)
    return ""


def messages_of(node: FlowNode) -> list[Message]:
    """Return the messages that the node waits for or sends."""
    found = [event.message for event in node.events if isinstance(event, MessageEvent)]
    return found if node.message is None else [node.message, *found]


def key_of_thrown(m: Machine, element: ElementInstance, message: Message, payload: Mapping[str, Any]) -> str:
    """Return the key of a message that is sent. Over a message flow a key that only the receiver knows may be missing."""
    node = m.node_of(element)
    if message.correlation_key is not None:
        what = f"the correlation key of message '{message.id}' at {shown(node)}"
        if node.id in m.model.message_flows and m.raw(message.correlation_key, element, what) is None:
            return ""
        return m.text(message.correlation_key, element, what)
    key = m.model.correlation_keys.get(message.id)
    if key is None:
        return ""
    text = _text(key.payload[message.id], payload, now=m.now) or _known(m, element, key)
    _remember(m, key, text)
    return text


def key_of_awaited(m: Machine, element: ElementInstance, node: FlowNode, message: Message) -> str:
    """Return the key of a message that is waited for."""
    if message.correlation_key is not None:
        what = f"the correlation key of message '{message.id}' at {shown(node)}"
        if node.id in m.model.message_flow_ends and m.raw(message.correlation_key, element, what) is None:
            return ""
        return m.text(message.correlation_key, element, what)
    key = m.model.correlation_keys.get(message.id)
    if key is not None:
        return _known(m, element, key)
    if any(m.nodes[flow.source].instantiate for flow in node.incoming):
        # what else a parallel gateway waits for shares the correlation of what started it (10.5.6)
        return m.root.memory_as(ProcessMemory).correlation_key
    return ""


def remember_received(m: Machine, node: FlowNode, index: int, payload: Mapping[str, Any]) -> None:
    """Remember the key of a message that has come as that of the conversation, if it is the first."""
    message = node.message
    if message is None and index < len(node.events) and isinstance(event := node.events[index], MessageEvent):
        message = event.message
    key = None if message is None else m.model.correlation_keys.get(message.id)
    if message is not None and key is not None:
        _remember(m, key, _text(key.payload[message.id], payload, now=m.now))


def remember_start(m: Machine, root: ElementInstance, node: FlowNode) -> None:
    """Remember the keys of all messages that may have started the instance, as `remember_received` does."""
    for index in range(max(1, len(node.events))):
        remember_received(m, node, index, root.variables or {})


def _known(m: Machine, element: ElementInstance, key: CorrelationKey) -> str:
    """Return the key's value by the process's own data, else by the conversation."""
    if key.bindings is not None and (text := _text(key.bindings, VisibleVariables(m.state, element.key), now=m.now)):
        return text
    return (m.root.memory_as(ProcessMemory).conversations or {}).get(key.id, "")


def _remember(m: Machine, key: CorrelationKey, text: str) -> None:
    if text:
        memory = m.root.memory_as(ProcessMemory)
        if memory.conversations is None:
            memory.conversations = {}
        memory.conversations.setdefault(key.id, text)


def _text(expressions: Sequence[Expression], variables: Mapping[str, Any], *, now: datetime) -> str:
    """Return the values as one text: a single one as it is, several as a JSON list of texts; empty when one of them is unknown."""
    values = []
    for expression in expressions:
        try:
            value = feel.to_json(expression.evaluate(variables, now=now))
        except feel.FeelError:
            return ""
        if value is None or isinstance(value, list | dict):
            return ""
        values.append(str(value).lower() if isinstance(value, bool) else str(value))
    return values[0] if len(values) == 1 else json.dumps(values, ensure_ascii=False)
