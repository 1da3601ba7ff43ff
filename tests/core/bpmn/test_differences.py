"""The difference of two versions of a diagram names every field of the model that has another value, in a sentence with both."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from lxml import etree

from engine.bpmn import model
from engine.bpmn.differences import UnreadableFileError, between
from engine.bpmn.differences.durations import duration
from engine.bpmn.differences.names import Names
from engine.bpmn.differences.remainder import remaining_differences
from engine.bpmn.differences.words import VOCABULARY
from engine.bpmn.document import read
from engine.bpmn.expressions import Expression, Language
from engine.bpmn.problems import Report
from engine.bpmn.xml_text import FileLimits
from engine.differences import Comparison, Difference, Kind, excerpts, missing_words
from tests.core.bpmn.diagrams import file, process
from tests.core.bpmn.everything import EVERYTHING
from tests.core.random.diagrams import diagrams

CLASSES = [each for _, each in inspect.getmembers(model, inspect.isclass) if is_dataclass(each)]
CLASSES = [each for each in CLASSES if each.__module__ == model.__name__]
FIELDS = [
    (owner, name)
    for owner in CLASSES
    for name, words in VOCABULARY.fields.get(owner, {}).items()
    if words is not None and owner is not model.TimerEvent
]

WAITING = process(
    '<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="w"/>'
    '<bpmn:intermediateCatchEvent id="w" name="Wait"><bpmn:timerEventDefinition id="t">'
    "<bpmn:timeDuration>P10D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    '<bpmn:sequenceFlow id="f2" name="yes" sourceRef="w" targetRef="u"/>'
    '<bpmn:userTask id="u" name="Approve"><bpmn:documentation>Look twice</bpmn:documentation><bpmn:extensionElements>'
    '<zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="clerks"/></bpmn:extensionElements></bpmn:userTask>'
    '<bpmn:sequenceFlow id="f3" sourceRef="u" targetRef="e"/><bpmn:endEvent id="e"/>'
)


def sentences(before: bytes, after: bytes) -> list[str]:
    return [each.sentence for each in between(before, after)]


def changed(old: str, new: str, *, source: bytes = WAITING) -> list[str]:
    assert old.encode() in source
    return sentences(source, source.replace(old.encode(), new.encode()))


def test_a_timer_says_both_times() -> None:
    assert changed("P10D", "P90D") == ["Wait waits 90 days instead of 10."]
    assert changed("P10D", "PT3H") == ["Wait waits 3 hours instead of 10 days."]
    assert changed("P10D", "=patience") == ["Wait waits =patience instead of 10 days."]
    whole = "<bpmn:timeDuration>P10D</bpmn:timeDuration>"
    assert changed(whole, "<bpmn:timeDate>2030-01-31T09:00:00Z</bpmn:timeDate>") == [
        "Wait waits until 2030-01-31T09:00:00Z instead of 10 days."
    ]
    assert changed(whole, "<bpmn:timeCycle>R3/PT1H</bpmn:timeCycle>") == [
        "Wait fires every hour, 3 times instead of 10 days."
    ]


def test_durations_are_said_in_words() -> None:
    assert duration("P1DT2H") == "1 day 2 hours"
    assert duration("PT1.5S, PT1M") == "1.5 seconds, 1 minute"
    assert duration("-P2W") == "minus 2 weeks"
    assert duration("=x") == "=x"


def test_an_assignment_says_both_groups() -> None:
    assert changed('"clerks"', '"managers"') == ["Approve: its candidate groups are managers, not clerks."]
    assert changed(' candidateGroups="clerks"', "") == ["Approve has no candidate groups any more; they were clerks."]


def test_a_flow_that_leads_elsewhere_is_said() -> None:
    assert changed('sourceRef="w" targetRef="u"', 'sourceRef="w" targetRef="e"') == [
        "The flow 'yes' leads to the end event e, not Approve."
    ]


def test_what_was_added_removed_and_moved_to_another_scope_is_said() -> None:
    task = '<bpmn:manualTask id="m" name="Sign"/>'
    scope = '<bpmn:subProcess id="sp" name="Contract">{}</bpmn:subProcess>'
    outside, inside = process(task + scope.format("")), process(scope.format(task))
    assert sentences(outside, inside) == ["Sign lies in Contract, not the process p."]
    assert sentences(outside, process(scope.format(""))) == ["The manual task Sign was removed."]
    assert sentences(process(scope.format("")), inside) == ["The manual task Sign was added in Contract."]


def test_an_event_of_another_kind_is_said() -> None:
    timer = '<bpmn:timerEventDefinition id="t"><bpmn:timeDuration>P10D</bpmn:timeDuration></bpmn:timerEventDefinition>'
    found = changed(
        timer,
        "<bpmn:conditionalEventDefinition><bpmn:condition>=ready</bpmn:condition></bpmn:conditionalEventDefinition>",
    )
    assert found == [
        "Wait has no timer any more; it was 10 days.",
        "Wait has a new conditional event: condition =ready.",
    ]


def test_a_change_of_a_message_is_said_where_it_is_waited_for() -> None:
    def receiving(name: str, key: str) -> bytes:
        return file(
            '<bpmn:process id="p" isExecutable="true"><bpmn:receiveTask id="r" name="Paid" messageRef="m"/></bpmn:process>'
            f'<bpmn:message id="m" name="{name}"><bpmn:extensionElements><zeebe:subscription correlationKey="={key}"/>'
            "</bpmn:extensionElements></bpmn:message>"
        )

    assert sentences(receiving("paid", "order"), receiving("payment", "invoice")) == [
        "Paid: its message name is payment, not paid.",
        "Paid: its correlation key is =invoice, not =order.",
    ]


def test_what_the_engine_does_not_read_is_said_too() -> None:
    assert changed("Look twice", "Look once") == ["Approve: its documentation is Look once, not Look twice."]
    note = '<bpmn:textAnnotation id="n"><bpmn:text>{}</bpmn:text></bpmn:textAnnotation>'
    assert sentences(process(note.format("Old")), process(note.format("New"))) == [
        "The text annotation New: its text is New, not Old."
    ]


def test_the_picture_is_said_apart() -> None:
    def drawn(x: int) -> bytes:
        picture = (
            '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
            'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"><bpmndi:BPMNPlane bpmnElement="p"><bpmndi:BPMNShape bpmnElement="u">'
            f'<dc:Bounds x="{x}" y="80" width="100" height="80"/></bpmndi:BPMNShape></bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
        )
        return WAITING.replace(b"</bpmn:definitions>", picture.encode() + b"</bpmn:definitions>")

    [found] = between(drawn(100), drawn(250))
    assert (found.kind, found.sentence) == (Kind.LAYOUT, "Approve was moved on the picture.")
    assert (found.before, found.after) == ("at (100, 80), 100 × 80", "at (250, 80), 100 × 80")


def test_a_process_with_another_id_is_still_compared() -> None:
    renamed = WAITING.replace(b'id="p"', b'id="q"').replace(b"P10D", b"P90D")
    assert sentences(WAITING, renamed) == [
        "The process q: its process id is q, not p.",
        "Wait waits 90 days instead of 10.",
    ]


def test_elements_of_one_name_are_told_apart_by_their_ids() -> None:
    source = WAITING.replace(b'<bpmn:endEvent id="e"/>', b'<bpmn:endEvent id="e" name="Wait"/>')
    assert changed("P10D", "P90D", source=source) == ["Wait (w) waits 90 days instead of 10."]


def test_a_file_that_is_no_diagram_is_refused_with_the_reason() -> None:
    with pytest.raises(UnreadableFileError, match=r"as the newer version\. The file is not well-formed XML"):
        between(WAITING, b"<bpmn:definitions")


# --- nothing is forgotten


def test_every_field_of_the_model_has_words() -> None:
    assert missing_words(VOCABULARY, CLASSES) == []


@pytest.mark.parametrize(("owner", "name"), FIELDS, ids=[f"{owner.__name__}.{name}" for owner, name in FIELDS])
def test_every_field_that_has_another_value_is_said_with_both(owner: type, name: str) -> None:
    values = {field: _example(hint, 0) for field, hint in _hints(owner).items()}
    hint = _hints(owner)[name]
    old, new = _example(hint, 0), _example(hint, 1)
    before, after = owner(**{**values, name: old}), owner(**{**values, name: new})
    comparison = Comparison(VOCABULARY)

    found = list(comparison.changes(before, after))
    back = list(comparison.changes(after, before))

    assert found
    assert {each.path.partition(".")[0].partition("[")[0] for each in found} == {name}
    assert sorted(each.path for each in back) == sorted(each.path for each in found)
    for change in found:
        said = comparison.difference(change, element_id="x", element_name="X", subject="X")
        assert said.before != said.after
        if isinstance(change.after, bool | model.TimerEvent):
            continue  # these have sentences of their own
        for text in excerpts(said.before, said.after):
            assert text is None or text in said.sentence


def test_every_attribute_and_text_of_a_file_counts() -> None:
    """A file is called the same as another only if it is: each value in a file with every element of BPMN is changed in turn."""
    nothing, names = Report(), Names({}, {}, frozenset())
    source = read(EVERYTHING, report=nothing, limits=FileLimits())
    assert source is not None
    unsaid: list[str] = []
    for place, mutant in _mutants(EVERYTHING):
        other = read(mutant, report=nothing, limits=FileLimits())
        assert other is not None
        # What is said of the model comes before this, and an element of which something is said is not passed over.
        if not list(remaining_differences(source, other, said=frozenset(), names=names, renamed={})):
            unsaid.append(place)
    assert unsaid == []


@settings(max_examples=25, deadline=None)
@given(diagrams(), diagrams())
def test_a_difference_names_the_same_elements_in_both_directions(one: str, other: str) -> None:
    first, second = one.encode(), other.encode()
    assert between(first, first) == ()
    there, back = between(first, second), between(second, first)
    assert _elements(there) == _elements(back)
    assert sorted((each.element_id, each.property) for each in there if each.kind is Kind.CHANGED) == sorted(
        (each.element_id, each.property) for each in back if each.kind is Kind.CHANGED
    )


def _elements(found: tuple[Difference, ...]) -> set[str]:
    return {each.element_id for each in found}


def _hints(owner: type) -> dict[str, Any]:
    hints = get_type_hints(owner, vars(model) | {"Mapping": Mapping})
    return {name: hint for name, hint in hints.items() if name != "paths"}


def _example(hint: Any, number: int) -> Any:
    """A value of the type; another one for another number. What is optional is there."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _example(next(each for each in arguments if each is not NoneType), number)
    if origin is tuple:
        return (_example(arguments[0], number),)
    if origin is frozenset:
        return frozenset({_example(arguments[0], number)})
    if origin is not None:
        return {"key": _example(arguments[1], number)}
    if hint is Expression:
        return Expression(f"value {number}", Language.LITERAL)
    if issubclass(hint, Enum):
        return list(hint)[number]
    if is_dataclass(hint):
        owner: Any = hint
        return owner(**{name: _example(each, number) for name, each in _hints(owner).items()})
    return {str: f"text {number}", bool: bool(number), int: number + 1}[hint]


def _mutants(source: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the file with one value changed, one for every attribute and text that an element of a name may have."""
    root = etree.fromstring(source)
    tree = root.getroottree()
    seen = set()
    for element in root.iter(etree.Element):
        place = str(element.tag)
        if place.rpartition("}")[2] in ("incoming", "outgoing", "flowNodeRef"):
            continue  # these say again what flows and lanes say
        for attribute, value in ((str(name), str(value)) for name, value in element.attrib.items()):
            if attribute in ("id", "exporter", "exporterVersion") or (place, attribute) in seen:
                continue
            seen.add((place, attribute))
            element.set(attribute, {"true": "false", "false": "true"}.get(value, f"{value}x"))
            yield f"{place} {attribute}", etree.tostring(tree)
            element.set(attribute, value)
        if (element.text or "").strip() and (place, "") not in seen:
            seen.add((place, ""))
            text, element.text = element.text, f"{element.text}x"
            yield f"{place} text", etree.tostring(tree)
            element.text = text
