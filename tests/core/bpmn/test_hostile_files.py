"""What a file may do to the server: nothing. It is refused with a problem that says why, and parsing never raises."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.bpmn import FileLimits, parse
from tests.core.bpmn.broken import BROKEN
from tests.core.bpmn.diagrams import errors, file, flow, process
from tests.machine import slowness

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "0123456789"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" name="&c;"/>"""
OUTSIDE = b"""<!-- a comment first -->
<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" name="&b;"/>"""


@pytest.mark.parametrize("xml", [BOMB, OUTSIDE], ids=["bomb", "outside"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_it_is_read(xml: bytes, encoding: str) -> None:
    text = xml.decode()
    assert errors(text.encode(encoding)) == {"xml-document-type"}


def test_a_document_type_cannot_hide_in_an_unusual_encoding() -> None:
    hidden = b'<?xml version="1.0" encoding="UTF-7"?>' + "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".encode("utf-7")
    assert errors(hidden) == {"xml-encoding"}


def test_words_about_a_document_type_in_a_comment_are_harmless() -> None:
    xml = b"<!-- no <!DOCTYPE here -->" + process('<bpmn:task id="t"/>')
    assert errors(xml) == set()


def test_a_broken_byte_is_named_with_its_line() -> None:
    (problem,) = parse(b'<?xml version="1.0" encoding="UTF-8"?>\n\n<a>\xc3\x28</a>').errors
    assert (problem.code, problem.line) == ("xml-encoding", 3)


def test_a_file_in_utf_16_and_one_in_latin_1_are_read() -> None:
    text = process('<bpmn:task id="t" name="Prüfen"/>').decode()
    latin = ('<?xml version="1.0" encoding="ISO-8859-1"?>' + text).encode("latin-1")
    for xml in (text.encode("utf-16"), latin, b"\xef\xbb\xbf" + text.encode()):
        assert parse(xml).processes["p"].nodes["t"].name == "Prüfen"


@pytest.mark.parametrize("xml", [b"", b"   ", b"\x00\x01\x02", b"not xml", b"<a", b"\xff\xfe", b"\xef\xbb\xbf"])
def test_what_is_no_file_at_all_is_a_problem_and_no_exception(xml: bytes) -> None:
    assert parse(xml).errors


def test_fifty_megabytes_are_refused_at_once() -> None:
    started = time.process_time()
    (problem,) = parse(b"<" * 50_000_000, resource_name="huge.bpmn").errors
    assert time.process_time() - started < 0.5 * slowness()
    assert problem.code == "file-too-large"
    assert problem.message.startswith("huge.bpmn: ")


def test_a_file_of_tags_alone_is_refused_before_a_tree_is_made() -> None:
    assert errors(file("<a/>" * 2_000_000)) == {"too-many-elements"}


def test_deeply_nested_markup_is_refused() -> None:
    assert errors(file("<a>" * 5_000 + "</a>" * 5_000)) == {"xml-too-deep"}


def test_the_limits_are_those_that_are_asked_for() -> None:
    three = process("".join(f'<bpmn:task id="t{number}"/>' for number in range(3)))
    assert errors(three) == set()
    assert {problem.code for problem in parse(three, limits=FileLimits(flow_nodes=2)).errors} == {"too-many-elements"}
    assert {problem.code for problem in parse(three, limits=FileLimits(size=10)).errors} == {"file-too-large"}


def test_a_cycle_of_flows_is_for_the_runtime_and_no_problem_here() -> None:
    xml = process(
        '<bpmn:exclusiveGateway id="a"/><bpmn:task id="b"/>'
        + flow("a", "b")
        + flow("b", "a")
        + flow("b", "b", name="f")
    )
    assert "xml-too-deep" not in errors(xml)


def test_an_element_that_contains_its_own_reference_does_not_hang() -> None:
    xml = process('<bpmn:dataObject id="d"/><bpmn:dataObjectReference id="r" dataObjectRef="r"/><bpmn:task id="t"/>')
    assert "reference-kind" in errors(xml)


@pytest.mark.parametrize("tail", ["t + " * 20_000 + "t", "(" * 5_000 + "t" + ")" * 5_000, "[" * 50_000])
@pytest.mark.parametrize("language", ["feel", "python"])
def test_an_expression_without_bounds_is_a_problem_of_its_flow(tail: str, language: str) -> None:
    condition = flow("g", "a", tail).replace(
        "<bpmn:conditionExpression", f'<bpmn:conditionExpression language="{language}"'
    )
    xml = process(
        '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="g"/><bpmn:endEvent id="a"/><bpmn:endEvent id="b"/>'
        + flow("s", "g") + condition + flow("g", "b")
    )  # fmt: skip
    started = time.process_time()
    found = errors(xml)
    assert time.process_time() - started < 5 * slowness()
    assert found <= {"expression-syntax"}


DIAGRAMS = [xml for xml in BROKEN.values() if len(xml) < 5_000]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_damaged_file_never_raises(data: st.DataObject) -> None:
    xml = bytearray(data.draw(st.sampled_from(DIAGRAMS)))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(xml)))
        length = data.draw(st.integers(0, 40))
        xml[start : start + length] = data.draw(
            st.sampled_from([b"", b"x", b'"', b"<", b"&lt;", b' id="x"', b"bpmn:process", b"\xff"])
        )
    parse(bytes(xml))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_file_whose_ids_and_names_are_mixed_up_never_raises(data: st.DataObject) -> None:
    xml = data.draw(st.sampled_from(DIAGRAMS)).decode(errors="replace")
    old, new = (
        data.draw(
            st.sampled_from(
                ['"x"', '"start"', '"end"', '"p"', '"m"', "task", "startEvent", "subProcess", "process", '"b"', ""]
            )
        )
        for _ in range(2)
    )
    if old:
        parse(xml.replace(old, new).encode())
