"""Messages between the pools of a file, and by which key they find their instance: message flows, keys of one side, and the
correlation keys, properties and subscriptions of the standard."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.runtime.effects import Outcome
from engine.testing import Engine
from tests.core.bpmn.diagrams import file
from tests.core.runtime.nodes import flows, job, node

HOUR = timedelta(hours=1)


def catches(identifier: str, message: str, tag: str = "intermediateCatchEvent") -> str:
    return node(tag, identifier, f'<bpmn:messageEventDefinition messageRef="{message}"/>')


def pool(name: str, nodes: str, *ways: str, more: str = "") -> str:
    return f'<bpmn:process id="{name}" isExecutable="true">{nodes}{flows(*ways)}{more}</bpmn:process>'


def pools(*processes: str, lines: str, roots: str, keys: str = "") -> bytes:
    """`lines`: message flows `a>b`, where an end may be a pool, by the name of its process with `@` before it."""
    names = [each.split('id="')[1].split('"')[0] for each in processes]
    participants = [f'<bpmn:participant id="pool_{name}" processRef="{name}"/>' for name in names]
    found = [
        f'<bpmn:messageFlow id="mf{number}" sourceRef="{a.replace("@", "pool_")}" targetRef="{b.replace("@", "pool_")}"/>'
        for number, (a, b) in enumerate(line.split(">") for line in lines.split())
    ]
    collaboration = "".join(['<bpmn:collaboration id="c">', *participants, *found, keys, "</bpmn:collaboration>"])
    return file(roots + collaboration + "".join(processes))


def message(identifier: str, key: str = "") -> str:
    extension = f'<bpmn:extensionElements><zeebe:subscription correlationKey="={key}"/></bpmn:extensionElements>'
    return f'<bpmn:message id="{identifier}" name="{identifier}">{extension if key else ""}</bpmn:message>'


def start(name: str = "start") -> str:
    return f'<bpmn:startEvent id="{name}"/>'


def finish(name: str = "end") -> str:
    return f'<bpmn:endEvent id="{name}"/>'


def sends(identifier: str, of: str, tag: str = "intermediateThrowEvent") -> str:
    return catches(identifier, of, tag)


@pytest.mark.element("message flow between two processes")
@pytest.mark.parametrize("tag", ["endEvent", "intermediateThrowEvent", "sendTask"])
def test_a_message_that_is_thrown_along_a_flow_starts_the_process_at_its_end_alone(engine: Engine, tag: str) -> None:
    thrower = node("sendTask", "throw", attributes='messageRef="m"') if tag == "sendTask" else sends("throw", "m", tag)
    ways = ["start throw"] if tag == "endEvent" else ["start throw end"]
    ends = "" if tag == "endEvent" else finish()
    other = pool("other", catches("any", "m", "startEvent") + finish("done"), "any done")
    engine.deploy(file(message("m") + other))
    engine.deploy(
        pools(
            pool("a", start() + thrower + ends, *ways),
            pool("b", catches("begin", "m", "startEvent") + finish("over"), "begin over"),
            lines="throw>begin",
            roots=message("m"),
        )
    )
    engine.start("a", {"item": "tea"})
    assert [each.model.id for each in engine.instances] == ["a", "b"]
    assert engine.instances[1].variables == {"item": "tea"}
    assert {each.outcome for each in engine.instances} == {Outcome.COMPLETED}


def test_a_flow_leads_to_one_of_several_that_wait_for_the_same_message_in_the_process(engine: Engine) -> None:
    receiver = (
        start("begin")
        + node("parallelGateway", "split")
        + catches("one", "m")
        + catches("two", "m")
        + finish("first")
        + finish("second")
    )
    engine.deploy(
        pools(
            pool("a", start() + sends("throw", "m") + finish(), "start throw end"),
            pool("b", receiver, "begin split one first", "split two second"),
            lines="throw>two",
            roots=message("m"),
        )
    )
    waiting = engine.start("b")
    engine.start("a")
    assert waiting.completed_elements == ["begin", "split", "two", "second"]


def test_a_flow_to_a_pool_reaches_whoever_waits_in_its_process(engine: Engine) -> None:
    engine.deploy(file(message("m") + pool("other", start() + catches("here", "m") + finish(), "start here end")))
    engine.deploy(
        pools(
            pool("a", start() + sends("throw", "m") + finish(), "start throw end"),
            pool("b", start("begin") + catches("wait", "m") + finish("over"), "begin wait over"),
            lines="throw>@b",
            roots=message("m"),
        )
    )
    other, receiver = engine.start("other"), engine.start("b")
    engine.start("a")
    assert (other.outcome, receiver.outcome) == (None, Outcome.COMPLETED)


def test_a_flow_to_a_pool_that_runs_elsewhere_leaves_the_message_to_whoever_waits_for_it(engine: Engine) -> None:
    engine.deploy(file(message("m") + pool("other", start() + catches("here", "m") + finish(), "start here end")))
    sender = pools(
        pool("a", start() + sends("throw", "m") + finish(), "start throw end"),
        lines="throw>partner",
        roots=message("m"),
    )
    engine.deploy(sender.replace(b"<bpmn:messageFlow", b'<bpmn:participant id="partner"/><bpmn:messageFlow'))
    other = engine.start("other")
    engine.start("a")
    assert other.outcome is Outcome.COMPLETED


def test_two_processes_talk_both_ways_each_instance_with_its_own_partner(engine: Engine) -> None:
    buyer = pool(
        "buyer",
        start() + sends("ask", "order") + catches("wait", "invoice") + sends("pay", "money", "endEvent"),
        "start ask wait pay",
    )
    seller = pool(
        "seller",
        catches("asked", "order", "startEvent")
        + job("write")
        + sends("bill", "invoice")
        + catches("paid", "money")
        + finish("done"),
        "asked write bill paid done",
    )
    engine.deploy(
        pools(
            buyer,
            seller,
            lines="ask>asked bill>wait pay>paid",
            roots=message("order", "number") + message("invoice", "number") + message("money", "number"),
        )
    )
    for number in ("1", "2"):
        engine.start("buyer", {"number": number})
    buyers, sellers = engine.instances[::2], engine.instances[1::2]
    engine.complete_job(sellers[1], variables={"amount": 20})
    assert [each.outcome for each in engine.instances] == [None, None, Outcome.COMPLETED, Outcome.COMPLETED]
    assert buyers[1].variables == {"number": "2", "amount": 20}
    engine.complete_job(sellers[0], variables={"amount": 10})
    assert {each.outcome for each in engine.instances} == {Outcome.COMPLETED}
    assert buyers[0].variables["amount"] == 10


def one_sided(key: str = "order") -> bytes:
    return pools(
        pool("a", start() + sends("throw", "m") + finish(), "start throw end"),
        pool("b", start("begin") + catches("wait", "m") + finish("over"), "begin wait over"),
        lines="throw>wait",
        roots=message("m", key),
    )


@pytest.mark.parametrize(("sender", "receiver"), [({}, {"order": "7"}), ({"order": "7"}, {}), ({}, {})])
def test_a_key_that_one_side_of_a_flow_alone_knows_is_enough(
    engine: Engine, sender: dict[str, str], receiver: dict[str, str]
) -> None:
    engine.deploy(one_sided())
    waiting = engine.start("b", receiver)
    thrower = engine.start("a", sender)
    assert not thrower.incidents
    assert waiting.outcome is Outcome.COMPLETED


def test_a_message_without_a_key_is_no_guess_where_several_wait(engine: Engine) -> None:
    engine.deploy(one_sided())
    waiting = [engine.start("b", {"order": order}) for order in ("1", "2")]
    engine.start("a")
    assert [each.outcome for each in waiting] == [None, None]
    engine.start("a", {"order": "2"})
    assert [each.outcome for each in waiting] == [None, Outcome.COMPLETED]


def test_a_message_that_comes_first_waits_for_its_receiver(engine: Engine) -> None:
    engine.deploy(one_sided())
    engine.start("a", {"order": "7"})
    engine.advance(HOUR / 2)
    assert engine.start("b", {"order": "8"}).outcome is None
    assert engine.start("b", {"order": "7"}).outcome is Outcome.COMPLETED


# --- the correlation of the standard (8.3.2) -----------------------------------------------------------------------------------


def correlation_property(identifier: str, **paths: str) -> str:
    retrievals = "".join(
        f'<bpmn:correlationPropertyRetrievalExpression messageRef="{of}"><bpmn:messagePath>={path}</bpmn:messagePath>'
        "</bpmn:correlationPropertyRetrievalExpression>"
        for of, path in paths.items()
    )
    return f'<bpmn:correlationProperty id="{identifier}">{retrievals}</bpmn:correlationProperty>'


def correlation_key(identifier: str, *properties: str) -> str:
    references = "".join(f"<bpmn:correlationPropertyRef>{each}</bpmn:correlationPropertyRef>" for each in properties)
    return f'<bpmn:correlationKey id="{identifier}">{references}</bpmn:correlationKey>'


def subscription(key: str, **paths: str) -> str:
    bindings = "".join(
        f'<bpmn:correlationPropertyBinding correlationPropertyRef="{of}"><bpmn:dataPath>={path}</bpmn:dataPath>'
        "</bpmn:correlationPropertyBinding>"
        for of, path in paths.items()
    )
    return f'<bpmn:correlationSubscription id="s_{key}" correlationKeyRef="{key}">{bindings}</bpmn:correlationSubscription>'


@pytest.mark.element("correlation: properties and subscriptions")
def test_a_subscription_binds_the_key_to_the_data_of_the_process(engine: Engine) -> None:
    engine.deploy(
        pools(
            pool("a", start() + sends("throw", "m") + finish(), "start throw end"),
            pool(
                "b",
                start("begin") + catches("wait", "m") + finish("over"),
                "begin wait over",
                more=subscription("key", number="mine.number", year="mine.year"),
            ),
            lines="throw>wait",
            roots=message("m")
            + correlation_property("number", m="order.number")
            + correlation_property("year", m="order.year"),
            keys=correlation_key("key", "number", "year"),
        )
    )
    waiting = [engine.start("b", {"mine": {"number": number, "year": 2030}}) for number in (1, 2)]
    assert [each.message_subscriptions[0].correlation_key for each in waiting] == ['["1", "2030"]', '["2", "2030"]']
    engine.start("a", {"order": {"number": 2, "year": 2031}})
    assert [each.outcome for each in waiting] == [None, None]
    engine.start("a", {"order": {"number": 2, "year": 2030}})
    assert [each.outcome for each in waiting] == [None, Outcome.COMPLETED]


def test_the_first_message_of_a_conversation_gives_the_key_to_those_that_follow(engine: Engine) -> None:
    """Neither process has a subscription, and the answer names its order in its own words."""
    buyer = pool(
        "buyer",
        start() + sends("ask", "order") + node("receiveTask", "wait", attributes='messageRef="invoice"') + finish(),
        "start ask wait end",
    )
    seller = pool(
        "seller",
        catches("asked", "order", "startEvent")
        + job("write")
        + sends("bill", "invoice")
        + catches("paid", "money")
        + finish("done"),
        "asked write bill paid done",
    )
    engine.deploy(
        pools(
            buyer,
            seller,
            lines="ask>asked bill>wait",
            roots=message("order")
            + message("invoice")
            + message("money")
            + correlation_property("number", order="id", invoice="about", money="reference"),
            keys=correlation_key("key", "number"),
        )
    )
    first, second = (engine.start("buyer", {"id": number}) for number in ("1", "2"))
    _, seller_of_first, _, seller_of_second = engine.instances
    engine.complete_job(seller_of_second, variables={"about": "2"})
    assert (first.outcome, second.outcome) == (None, Outcome.COMPLETED)
    assert [each.correlation_key for each in seller_of_second.message_subscriptions] == ["2"]
    engine.publish("money", variables={"reference": "2"})
    assert seller_of_second.outcome is Outcome.COMPLETED
    assert seller_of_first.outcome is None


def test_of_several_keys_of_a_message_both_ends_take_the_one_that_a_process_subscribes_to(engine: Engine) -> None:
    receiver = start("begin") + catches("wait", "m") + finish("over")
    engine.deploy(
        pools(
            pool("a", start() + sends("throw", "m") + finish(), "start throw end"),
            pool("b", receiver, "begin wait over", more=subscription("by_number", number="mine")),
            lines="throw>wait",
            roots=message("m") + correlation_property("year", m="year") + correlation_property("number", m="number"),
            keys=correlation_key("by_year", "year") + correlation_key("by_number", "number"),
        )
    )
    waiting = [engine.start("b", {"mine": number}) for number in (1, 2)]
    engine.start("a", {"year": 1, "number": 2})
    assert [each.outcome for each in waiting] == [None, Outcome.COMPLETED]


def test_a_key_expression_of_the_message_itself_comes_before_the_keys_of_the_file(engine: Engine) -> None:
    engine.deploy(
        pools(
            pool("a", start() + sends("throw", "m") + finish(), "start throw end"),
            pool(
                "b",
                start("begin") + catches("wait", "m") + finish("over"),
                "begin wait over",
                more=subscription("key", number="n"),
            ),
            lines="throw>wait",
            roots=message("m", "order") + correlation_property("number", m="n"),
            keys=correlation_key("key", "number"),
        )
    )
    waiting = engine.start("b", {"order": "7", "n": "1"})
    assert waiting.message_subscriptions[0].correlation_key == "7"
    engine.start("a", {"order": "7", "n": "2"})
    assert waiting.outcome is Outcome.COMPLETED
