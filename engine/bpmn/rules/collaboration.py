"""These rules are about collaborations (BPMN 2.0, chapters 9, 8.3.2, 11): participants, message flows, correlation; what is exchanged
but never run."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.document import (
    FLOW_NODE_TAGS,
    TASK_TAGS,
    child,
    children,
    enclosing,
    event_definitions,
    name_of,
    reference_texts,
    text_of,
)
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context

_CONVERSATIONS = frozenset({"conversation", "subConversation", "callConversation"})
_ACTIVITIES = TASK_TAGS | {"subProcess", "transaction", "adHocSubProcess", "callActivity"}


def check(context: Context) -> None:
    """Report broken rules of collaborations."""
    for flow in context.document.tagged("messageFlow"):
        if enclosing(flow, "choreography") is None:
            _check_message_flow(context, flow)
    for multiplicity in context.document.tagged("participantMultiplicity"):
        _check_multiplicity(context, multiplicity)
    for conversation in context.document.tagged("globalConversation"):
        _check_global_conversation(context, conversation)
    for link in context.document.tagged("conversationLink"):
        _check_conversation_link(context, link)
    for choreography in context.document.tagged("choreography", "globalChoreographyTask"):
        context.problem(
            "choreography-not-run",
            f"The {name_of(choreography)} {label(choreography)} says what others exchange; it cannot be run. Remove it",
            choreography,
        )
    _check_correlation(context)


def _check_message_flow(context: Context, flow: etree._Element) -> None:
    source, target = (context.document.find(flow.get(name)) for name in ("sourceRef", "targetRef"))
    if source is None or target is None:
        return
    if source is target or (_pool(context, source) is not None and _pool(context, source) is _pool(context, target)):
        context.problem(
            "message-flow-same-pool",
            f"The message flow connects {label(source)} and {label(target)} in one pool; it connects two",
            flow,
        )
    _check_source(context, flow, source)
    _check_target(context, flow, target)


def _pool(context: Context, element: etree._Element) -> etree._Element | None:
    """Return the process that the element lies in, or the participant itself when it shows no process."""
    if name_of(element) == "participant":
        process = context.document.find_tagged(element.get("processRef"), "process")
        return element if process is None else process
    return enclosing(element, "process")


def _kinds(context: Context, event: etree._Element) -> list[str]:
    return [name_of(found) for found in event_definitions(context.document, event)]


def _check_source(context: Context, flow: etree._Element, source: etree._Element) -> None:
    tag = name_of(source)
    if tag in ("participant", *_ACTIVITIES):
        return
    throws = tag in ("endEvent", "intermediateThrowEvent") and "messageEventDefinition" in _kinds(context, source)
    if tag in FLOW_NODE_TAGS and not throws:
        context.problem(
            "message-flow-source",
            f"A message flow leaves the {tag} {label(source)}; expected a pool, an activity, or a throwing or end event with a message",
            flow,
        )


def _check_target(context: Context, flow: etree._Element, target: etree._Element) -> None:
    tag = name_of(target)
    if tag in ("participant", *_ACTIVITIES):
        return
    catches = tag in ("startEvent", "intermediateCatchEvent", "boundaryEvent") and "messageEventDefinition" in _kinds(
        context, target
    )
    if tag in FLOW_NODE_TAGS and not catches:
        context.problem(
            "message-flow-target",
            f"A message flow enters the {tag} {label(target)}; expected a pool, an activity, or a start, catching or boundary event "
            "with a message",
            flow,
        )


def _check_multiplicity(context: Context, multiplicity: etree._Element) -> None:
    """minimum is 0 or more, maximum 1 or more and not less than the minimum (table 9.4)."""
    texts = {name: multiplicity.get(name) for name in ("minimum", "maximum")}
    values = {
        name: int(text) for name, text in texts.items() if text is not None and text.strip().lstrip("-").isdigit()
    }
    minimum, maximum = values.get("minimum", 0), values.get("maximum", 1)
    participant = multiplicity.getparent()
    if minimum < 0 or maximum < 1 or minimum > maximum:
        context.problem(
            "participant-multiplicity",
            f"The multiplicity of {label(participant if participant is not None else multiplicity)} runs from {minimum} to {maximum}; "
            "expected 0 <= minimum <= maximum and maximum >= 1",
            multiplicity,
        )


def _check_global_conversation(context: Context, conversation: etree._Element) -> None:
    """A global conversation is participants, message flows and correlation keys for reuse, without conversations (9.5.4)."""
    for inner in children(
        conversation,
        "choreographyRef",
        "conversation",
        "subConversation",
        "callConversation",
        "conversationLink",
        "conversationAssociation",
    ):
        context.problem(
            "global-conversation",
            f"The global conversation {label(conversation)} holds a {name_of(inner)}; it has participants, message flows and "
            "correlation keys alone",
            conversation,
        )


def _check_conversation_link(context: Context, link: etree._Element) -> None:
    ends = [context.document.find(link.get(name)) for name in ("sourceRef", "targetRef")]
    known = [end for end in ends if end is not None]
    if len(known) == 2 and sum(name_of(end) in _CONVERSATIONS for end in known) != 1:
        context.problem(
            "conversation-link",
            f"The conversation link connects {label(known[0])} and {label(known[1])}; expected a conversation at one end, and a pool, "
            "activity or event at the other",
            link,
        )


def _check_correlation(context: Context) -> None:
    """Keys have properties, properties say where in each message they are found, subscriptions bind each property of their key (8.3.2)."""
    document = context.document
    for key in document.tagged("correlationKey"):
        if not reference_texts(key, "correlationPropertyRef"):
            context.problem(
                "correlation-key-empty", f"The correlation key {label(key)} has no correlationPropertyRef", key
            )
    for element in document.tagged("correlationProperty"):
        if child(element, "correlationPropertyRetrievalExpression") is None:
            context.problem(
                "correlation-retrieval",
                f"The correlation property {label(element)} does not say where messages hold it",
                element,
            )
    for retrieval in document.tagged("correlationPropertyRetrievalExpression"):
        if not any(text_of(path) for path in children(retrieval, "messagePath", "formalExpression")):
            context.problem(
                "correlation-path",
                "A correlationPropertyRetrievalExpression has no messagePath; expected an expression over the message",
                retrieval,
            )
    for binding in document.tagged("correlationPropertyBinding"):
        if not text_of(child(binding, "dataPath")):
            context.problem(
                "correlation-path",
                "A correlationPropertyBinding has no dataPath; expected an expression over the process's data",
                binding,
            )
    for subscription in document.tagged("correlationSubscription"):
        _check_subscription(context, subscription)


def _check_subscription(context: Context, subscription: etree._Element) -> None:
    key = context.document.find_tagged(subscription.get("correlationKeyRef"), "correlationKey")
    if key is None:
        if not subscription.get("correlationKeyRef"):
            context.problem(
                "correlation-subscription", "The correlation subscription names no correlationKeyRef", subscription
            )
        return
    wanted = set(reference_texts(key, "correlationPropertyRef"))
    bound = [
        binding.get("correlationPropertyRef", "") for binding in children(subscription, "correlationPropertyBinding")
    ]
    for text in bound:
        if text not in wanted:
            context.problem(
                "correlation-subscription",
                f"The subscription binds {text!r}, which is no property of the key {label(key)}",
                subscription,
            )
    for text in sorted(wanted - set(bound)):
        context.problem(
            "correlation-subscription",
            f"The subscription does not bind the property {text!r} of the key {label(key)}",
            subscription,
        )
