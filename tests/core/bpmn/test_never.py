"""What can never happen is said when the file is checked, and nothing is said that can."""

# ruff: noqa: E501 (markup is easier to read unbroken)

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest

from engine.bpmn import parse
from engine.bpmn.model import Severity
from tests.core.bpmn.broken import MESSAGE, TIMER, WORK
from tests.core.bpmn.diagrams import extended, file, flow, process

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'


def xor(*ids: str) -> str:
    return "".join(f'<bpmn:exclusiveGateway id="{each}"/>' for each in ids)


def both(*ids: str) -> str:
    return "".join(f'<bpmn:parallelGateway id="{each}"/>' for each in ids)


def tasks(*ids: str) -> str:
    return "".join(f'<bpmn:task id="{each}"/>' for each in ids)


def ways(*texts: str) -> str:
    """`ways("a b c")`: the flows a_b and b_c."""
    return "".join(flow(a, b) for text in texts for a, b in pairwise(text.split()))


def never(xml: bytes, code: str) -> list[str | None]:
    """The elements that a warning of that code names."""
    found = [problem for problem in parse(xml).problems if problem.code == code]
    assert all(problem.severity is Severity.WARNING for problem in found)
    return [problem.element_id for problem in found]


# --- joins that starve ---------------------------------------------------------------------------------------------------

BOUNDARY = f'<bpmn:boundaryEvent id="b" attachedToRef="a" cancelActivity="{{}}">{TIMER}</bpmn:boundaryEvent>'
LINKED = (
    '<bpmn:intermediateThrowEvent id="out"><bpmn:linkEventDefinition name="l"/></bpmn:intermediateThrowEvent>'
    '<bpmn:intermediateCatchEvent id="in"><bpmn:linkEventDefinition name="l"/></bpmn:intermediateCatchEvent>'
)
WAITS = "".join(f'<bpmn:intermediateCatchEvent id="w{n}">{TIMER}</bpmn:intermediateCatchEvent>' for n in (1, 2))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(xor("g") + tasks("a") + both("j") + ways("s g j e", "g a j"), id="a way and a short cut"),
        pytest.param(xor("g", "h") + tasks("a", "b", "c") + both("j") + ways("s g a j e", "g h b j", "h c j"), id="three ways of two choices"),
        pytest.param(both("f", "k") + tasks("a", "b", "c", "d") + xor("g") + both("j") + ways("s f a k g c j e", "f b k", "g d j"), id="a fork that is joined before the choice"),
        pytest.param(both("f") + tasks("a", "b", "c") + xor("g") + both("j") + ways("s f a e", "f g b j e", "g c j"), id="a fork whose other branch ends"),
        pytest.param(both("f", "i", "k", "l") + tasks("a", "b", "c") + xor("g") + both("j") + ways("s f a l", "f i b k l g j e", "i c k", "g a2 j") + tasks("a2"), id="forks within each other that are joined before the choice"),
        pytest.param(xor("m", "g", "h") + both("j") + ways("s m g j e", "g h j", "h m"), id="a loop around the choice"),
        pytest.param(tasks("a") + BOUNDARY.format("true") + both("j") + ways("s a j e", "b j"), id="a task and what interrupts it"),
        pytest.param(xor("g") + LINKED + both("j") + ways("s g out", "in j e", "g j"), id="a way over a link"),
        pytest.param('<bpmn:eventBasedGateway id="g"/>' + WAITS + both("j") + ways("s g w1 j e", "g w2 j"), id="the events of a gateway"),
        pytest.param('<bpmn:inclusiveGateway id="f"/><bpmn:inclusiveGateway id="k"/>' + tasks("a", "b", "c") + xor("g") + both("j") + ways("s f a k g j e", "f b k", "g c j"), id="an inclusive block before the choice"),
    ],
)  # fmt: skip
def test_a_join_to_which_one_token_alone_can_come_is_starved(body: str) -> None:
    xml = process(START + END + body)
    assert never(xml, "join-starved") == ["j"]
    assert parse(xml).errors == ()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(both("f", "j") + tasks("a", "b") + ways("s f a j e", "f b j"), id="a fork and its join"),
        pytest.param(tasks("x", "a", "b") + both("j") + ways("s x a j e", "x b j"), id="an activity that forks"),
        pytest.param('<bpmn:inclusiveGateway id="f"/>' + tasks("a", "b") + both("j") + ways("s f a j e", "f b j"), id="an inclusive fork"),
        pytest.param(both("f", "j") + xor("g", "m") + tasks("a", "b", "c") + ways("s f g a m j e", "g b m", "f c j"), id="a choice within a branch"),
        pytest.param(both("f", "j") + xor("m", "g") + tasks("a", "b") + ways("s f a m g j e", "f b m", "g c j") + tasks("c"), id="two tokens over one merge and a choice"),
        pytest.param(tasks("a") + BOUNDARY.format("false") + both("j") + ways("s a j e", "b j"), id="a boundary event beside its task"),
        pytest.param('<bpmn:startEvent id="s2"/>' + both("j") + tasks("a", "b") + ways("s a j e", "s2 b j"), id="two starts"),
        pytest.param(xor("g") + tasks("x", "a") + both("f", "j") + ways("s f g j e", "g a j", "f x g"), id="two tokens at one choice"),
        pytest.param(xor("m", "g") + both("f", "j") + tasks("a") + ways("s m f g j e", "g a j", "f m"), id="a loop that forks"),
        pytest.param('<bpmn:complexGateway id="f"/>' + tasks("a", "b") + both("j") + ways("s f a j e", "f b j"), id="a complex gateway"),
        pytest.param('<bpmn:task id="a" completionQuantity="2"/>' + xor("g") + tasks("b") + both("j") + ways("s a g j e", "g b j"), id="a task that sends two tokens"),
    ],
)  # fmt: skip
def test_nothing_is_said_of_a_join_that_can_get_its_flows(body: str) -> None:
    assert never(process(START + END + body), "join-starved") == []


def test_a_process_without_start_events_begins_at_all_that_nothing_leads_to() -> None:
    assert never(process(tasks("a", "b") + both("j") + tasks("c") + ways("a j c", "b j")), "join-starved") == []


def test_a_join_in_a_sub_process_is_judged_by_the_tokens_of_the_sub_process() -> None:
    inner = (
        '<bpmn:startEvent id="s2"/><bpmn:endEvent id="e2"/>'
        + xor("g")
        + tasks("a")
        + both("j")
        + ways("s2 g j e2", "g a j")
    )
    outer = both("f") + f'<bpmn:subProcess id="sub">{inner}</bpmn:subProcess>' + both("k") + tasks("x")
    assert never(process(START + END + outer + ways("s f sub k e", "f x k")), "join-starved") == ["j"]


def _drawn(chance: random.Random) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """A random graph: the kind of each node, and the flows."""
    count = chance.randint(4, 9)
    kinds = {"s": "startEvent", "e": "endEvent"}
    kinds |= {
        f"n{n}": chance.choice(("task", "exclusiveGateway", "parallelGateway", "parallelGateway")) for n in range(count)
    }
    names = [f"n{n}" for n in range(count)]
    found = [("s", names[0]), *((a, b) for a, b in pairwise([*names, "e"]))]
    for _ in range(chance.randint(1, 5)):
        found.append((chance.choice(names), chance.choice([*names, "e"])))
    return kinds, list(dict.fromkeys(found))


def _can_fire(kinds: dict[str, str], drawn: list[tuple[str, str]]) -> set[str] | None:
    """The parallel gateways that some run passes, by playing all runs; None where there are too many."""
    into = {name: [each for each in drawn if each[1] == name] for name in kinds}
    out = {name: [each for each in drawn if each[0] == name] for name in kinds}
    first = frozenset(Counter(out["s"]).items())
    todo, seen, fired = [first], {first}, set()
    while todo:
        marking = Counter(dict(todo.pop()))
        for name, kind in kinds.items():
            taken = [into[name]] if kind == "parallelGateway" else [[each] for each in into[name]]
            for tokens in taken:
                if not tokens or any(marking[each] < 1 for each in tokens):
                    continue
                if kind == "parallelGateway":
                    fired.add(name)
                for sent in [[each] for each in out[name]] if kind == "exclusiveGateway" else [out[name]]:
                    after = marking - Counter(tokens) + Counter(sent)
                    key = frozenset(after.items())
                    if max(after.values(), default=0) > 3 or key in seen:
                        continue
                    if len(seen) > 500:
                        return None
                    seen.add(key)
                    todo.append(key)
    return fired


def test_no_run_of_a_random_process_passes_a_join_that_is_said_to_starve() -> None:
    said = 0
    for seed in range(150):
        kinds, drawn = _drawn(random.Random(seed))  # noqa: S311 (a game, no secret)
        xml = process(
            "".join(f'<bpmn:{kind} id="{name}"/>' for name, kind in kinds.items())
            + "".join(flow(a, b) for a, b in drawn)
        )
        starved = set(never(xml, "join-starved"))
        fired = _can_fire(kinds, drawn)
        if fired is None:
            continue
        assert not starved & fired, (seed, drawn)
        said += len(starved)
    assert said > 20


# --- two that wait for one thing -----------------------------------------------------------------------------------------

ERRORS = (
    '<bpmn:error id="e1" errorCode="lost"/><bpmn:error id="e2" errorCode="lost"/><bpmn:error id="e3" errorCode="late"/>'
)
ESCALATIONS = '<bpmn:escalation id="x1" escalationCode="lost"/><bpmn:escalation id="x2" escalationCode="late"/>'
KEYED = "".join(
    f'<bpmn:message id="m{n}" name="{name}"><bpmn:extensionElements><zeebe:subscription correlationKey="={key}"/></bpmn:extensionElements></bpmn:message>'
    for n, (name, key) in enumerate((("order", "a"), ("order", "a"), ("order", "b"), ("bill", "a")))
)
ROOT = ERRORS + ESCALATIONS + KEYED + '<bpmn:signal id="sig" name="s"/>'


def error(reference: str = "") -> str:
    return f"<bpmn:errorEventDefinition {reference and f'errorRef={chr(34)}{reference}{chr(34)}'}/>"


def escalation(reference: str = "") -> str:
    return f"<bpmn:escalationEventDefinition {reference and f'escalationRef={chr(34)}{reference}{chr(34)}'}/>"


def message(reference: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="{reference}"/>'


SIGNAL = '<bpmn:signalEventDefinition signalRef="sig"/>'
TWICE = [
    pytest.param(error("e1"), error("e1"), True, id="one error"),
    pytest.param(error("e1"), error("e2"), True, id="two errors of one code"),
    pytest.param(error(), error(), True, id="every error"),
    pytest.param(error("e1"), error("e3"), False, id="errors of two codes"),
    pytest.param(error("e1"), error(), False, id="an error and every other"),
    pytest.param(escalation("x1"), escalation("x1"), True, id="one escalation"),
    pytest.param(escalation(), escalation(), True, id="every escalation"),
    pytest.param(escalation("x1"), escalation("x2"), False, id="escalations of two codes"),
    pytest.param(message("m0"), message("m0"), True, id="one message"),
    pytest.param(message("m0"), message("m1"), True, id="one name and key of messages"),
    pytest.param(message("m0"), message("m2"), False, id="a name with two keys"),
    pytest.param(message("m0"), message("m3"), False, id="two messages"),
    pytest.param(SIGNAL, SIGNAL, False, id="a signal, which both hear"),
    pytest.param(TIMER, TIMER, False, id="two times"),
]


@pytest.mark.parametrize(("one", "other", "twice"), TWICE)
def test_two_boundary_events_that_catch_one_thing_are_said(one: str, other: str, twice: bool) -> None:
    events = "".join(
        f'<bpmn:boundaryEvent id="{name}" attachedToRef="x">{inner}</bpmn:boundaryEvent>'
        for name, inner in (("b1", one), ("b2", other))
    )
    xml = process(START + END + WORK + events + ways("s x e", "b1 e", "b2 e"), root=ROOT)
    assert never(xml, "catcher-twice") == (["b2"] if twice else [])
    assert parse(xml).errors == ()


@pytest.mark.parametrize(("one", "other", "twice"), TWICE)
def test_two_event_sub_processes_that_catch_one_thing_are_said(one: str, other: str, twice: bool) -> None:
    inner = "".join(
        f'<bpmn:subProcess id="p{name}" triggeredByEvent="true"><bpmn:startEvent id="{name}">{caught}</bpmn:startEvent>'
        f'<bpmn:endEvent id="e{name}"/>{flow(name, f"e{name}")}</bpmn:subProcess>'
        for name, caught in (("t1", one), ("t2", other))
    )
    xml = process(START + END + WORK + inner + ways("s x e"), root=ROOT)
    assert never(xml, "catcher-twice") == (["t2"] if twice else [])


@pytest.mark.parametrize(("other", "twice"), [("m0", True), ("m2", True), ("m3", False)])
@pytest.mark.parametrize("task", [False, True])
def test_two_starts_by_one_message_are_said(other: str, twice: bool, task: bool) -> None:
    start = f'<bpmn:startEvent id="s1">{message("m0")}</bpmn:startEvent>'
    second = (
        f'<bpmn:receiveTask id="s2" instantiate="true" messageRef="{other}"/>'
        if task
        else f'<bpmn:startEvent id="s2">{message(other)}</bpmn:startEvent>'
    )
    xml = process(start + second + END + ways("s1 e", "s2 e"), root=KEYED)
    assert never(xml, "start-message-twice") == (["s2"] if twice else [])


def test_two_processes_may_start_by_one_message() -> None:
    inner = f'<bpmn:startEvent id="{{0}}s">{message("m")}</bpmn:startEvent><bpmn:endEvent id="{{0}}e"/>' + flow(
        "{0}s", "{0}e"
    )
    two = "".join(f'<bpmn:process id="{name}" isExecutable="true">{inner.format(name)}</bpmn:process>' for name in "pq")
    assert never(file(two + MESSAGE), "start-message-twice") == []


# --- errors that nothing throws ------------------------------------------------------------------------------------------

THROWS = (
    '<bpmn:startEvent id="s2"/><bpmn:endEvent id="ie"><bpmn:errorEventDefinition errorRef="e1"/></bpmn:endEvent>'
    + flow("s2", "ie")
)
QUIET = '<bpmn:startEvent id="s2"/><bpmn:task id="t"/><bpmn:endEvent id="ie"/>' + ways("s2 t ie")
LISTENS = '<zeebe:executionListeners><zeebe:executionListener eventType="start" type="l"/></zeebe:executionListeners>'


def holding(inner: str) -> str:
    return f'<bpmn:subProcess id="x">{inner}</bpmn:subProcess>'


@pytest.mark.parametrize(
    ("on", "caught", "said"),
    [
        pytest.param('<bpmn:task id="x"/>', "e1", True, id="a task without work"),
        pytest.param('<bpmn:manualTask id="x"/>', "", True, id="a manual task"),
        pytest.param(holding(QUIET), "e1", True, id="a sub-process without work"),
        pytest.param(holding(QUIET), "", True, id="a sub-process without work, every error"),
        pytest.param(holding(THROWS), "e3", True, id="a sub-process that throws another"),
        pytest.param(holding(THROWS), "e2", False, id="a sub-process that throws the code"),
        pytest.param(holding(THROWS), "", False, id="a sub-process that throws, every error"),
        pytest.param(holding(QUIET.replace("bpmn:task", "bpmn:userTask")), "e1", False, id="a sub-process with a user task"),
        pytest.param(holding(QUIET.replace('<bpmn:task id="t"/>', '<bpmn:callActivity id="t" calledElement="q"/>')), "e1", False, id="a sub-process that calls"),
        pytest.param(extended("task", LISTENS), "e1", False, id="a task with a listener"),
        pytest.param(WORK, "e1", False, id="a service task"),
        pytest.param('<bpmn:callActivity id="x" calledElement="q"/>', "e1", False, id="a call"),
        pytest.param('<bpmn:userTask id="x"/>', "e1", False, id="a user task"),
    ],
)  # fmt: skip
def test_a_boundary_error_that_nothing_throws_is_said(on: str, caught: str, said: bool) -> None:
    event = f'<bpmn:boundaryEvent id="b" attachedToRef="x">{error(caught)}</bpmn:boundaryEvent>'
    xml = process(START + END + on + event + ways("s x e", "b e"), root=ERRORS)
    assert never(xml, "error-never-thrown") == (["b"] if said else [])
    assert parse(xml).errors == ()


def test_nothing_is_said_of_a_drawing_that_is_not_run() -> None:
    event = f'<bpmn:boundaryEvent id="b" attachedToRef="x">{error()}</bpmn:boundaryEvent>'
    xml = process(START + END + '<bpmn:task id="x"/>' + event + ways("s x e", "b e"))
    assert never(xml.replace(b'isExecutable="true"', b'isExecutable="false"'), "error-never-thrown") == []
