"""The public suites are read as their repositories lay them out: here small ones of the same layout, made by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance import betsy, suites
from tests.guides import PROJECT

JAVA = """
class GatewayProcesses {
    // public static final Test OLD = BPMNProcessBuilder.buildGatewayProcess("Old", "", new Feature(X, "Old"), new BPMNTestCaseBuilder());
    public static final Test CHOICE = BPMNProcessBuilder.buildGatewayProcess("Choice", "One of two (see p. 1); " +
            "never both.",
            new Feature(new FeatureSet(Groups.GATEWAYS, "Gateway"), "Choice"),
            new BPMNTestCaseBuilder().inputA().assertTask1(), /* new BPMNTestCaseBuilder().inputC(), */
            new BPMNTestCaseBuilder().inputBC().setIntegerVariable(2).assertTask2().optionDelay(5000).useParallelProcess());
}
"""
JAVA_OF_DATA = """
class DataProcesses {
    public static final Test READ = BPMNProcessBuilder.buildDataProcess("Reads a text.", new Feature(DATA_OBJECT, "Data_Read"),
            new BPMNTestCaseBuilder().assertDataCorrect());
}
"""
BPMN = """<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="n"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><b:process id="{name}" isExecutable="true">{nodes}</b:process></b:definitions>"""
CHOICE = """
<b:startEvent id="s"><b:outgoing>f1</b:outgoing></b:startEvent>
<b:scriptTask id="log"><b:incoming>f1</b:incoming><b:outgoing>f2</b:outgoing><b:script>CREATE_LOG_FILE</b:script></b:scriptTask>
<b:exclusiveGateway id="g"><b:incoming>f2</b:incoming><b:outgoing>f3</b:outgoing><b:outgoing>f4</b:outgoing></b:exclusiveGateway>
<b:scriptTask id="one"><b:incoming>f3</b:incoming><b:outgoing>f5</b:outgoing><b:script>SCRIPT_task1</b:script></b:scriptTask>
<b:scriptTask id="two"><b:incoming>f4</b:incoming><b:outgoing>f6</b:outgoing><b:script>SCRIPT_task2</b:script></b:scriptTask>
<b:endEvent id="e1"><b:incoming>f5</b:incoming></b:endEvent><b:endEvent id="e2"><b:incoming>f6</b:incoming></b:endEvent>
<b:sequenceFlow id="f1" sourceRef="s" targetRef="log"/><b:sequenceFlow id="f2" sourceRef="log" targetRef="g"/>
<b:sequenceFlow id="f3" sourceRef="g" targetRef="one">
 <b:conditionExpression xsi:type="b:tFormalExpression"><![CDATA[test.contains("a")]]></b:conditionExpression></b:sequenceFlow>
<b:sequenceFlow id="f4" sourceRef="g" targetRef="two">
 <b:conditionExpression xsi:type="b:tFormalExpression">test.contains("b")</b:conditionExpression></b:sequenceFlow>
<b:sequenceFlow id="f5" sourceRef="one" targetRef="e1"/><b:sequenceFlow id="f6" sourceRef="two" targetRef="e2"/>
"""
READ = """
<b:startEvent id="s"><b:outgoing>f1</b:outgoing></b:startEvent>
<b:scriptTask id="set"><b:incoming>f1</b:incoming><b:outgoing>f2</b:outgoing><b:script>SET_STRING_DATA</b:script></b:scriptTask>
<b:scriptTask id="log"><b:incoming>f2</b:incoming><b:outgoing>f3</b:outgoing><b:script>LOG_DATA</b:script></b:scriptTask>
<b:endEvent id="e"><b:incoming>f3</b:incoming></b:endEvent><b:sequenceFlow id="f1" sourceRef="s" targetRef="set"/>
<b:sequenceFlow id="f2" sourceRef="set" targetRef="log"/><b:sequenceFlow id="f3" sourceRef="log" targetRef="e"/>
"""
BROKEN = '<b:startEvent id="s"/><b:sequenceFlow id="f1" sourceRef="s" targetRef="nowhere"/>'
DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="d" name="d" namespace="n">
<inputData id="amount" name="amount"/><decision id="Fee" name="Fee"><variable name="Fee"/><informationRequirement>
<requiredInput href="#amount"/></informationRequirement>
<literalExpression><text>amount * 0.1</text></literalExpression></decision></definitions>"""
DMN_TEST = """<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema"><modelName>0001-fee.dmn</modelName><testCase id="001">
<inputNode name="amount"><value xsi:type="xsd:decimal">200</value></inputNode>
<resultNode name="Fee" type="decision"><expected><value xsi:type="xsd:decimal">20</value></expected></resultNode></testCase></testCases>"""


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


@pytest.fixture
def small_betsy(tmp_path: Path) -> Path:
    files = tmp_path / "betsy" / betsy.FILES
    write(tmp_path / "betsy" / betsy.JAVA / "GatewayProcesses.java", JAVA)
    write(tmp_path / "betsy" / betsy.JAVA / "DataProcesses.java", JAVA_OF_DATA)
    write(files / "gateways" / "Choice.bpmn", BPMN.format(name="Choice", nodes=CHOICE))
    write(files / "data" / "Data_Read.bpmn", BPMN.format(name="Data_Read", nodes=READ))
    write(files / "bpmn_constraints" / "EXT999" / "EXT999_1_fail.bpmn", BPMN.format(name="p", nodes=BROKEN))
    return tmp_path / "betsy"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.conformance", *arguments, "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)


def test_betsys_java_says_what_its_processes_have_to_do(small_betsy: Path) -> None:
    data, choice, broken = betsy.read(small_betsy)

    assert (choice["group"], choice["process"]) == ("gateways", "Choice")
    assert choice["tokens"] == {"one": "SCRIPT_task1", "two": "SCRIPT_task2"}
    assert choice["cases"] == [
        {"n": 1, "test": "a", "integerVariable": 0, "parallel": False, "delay_ms": 0, "expected": ["SCRIPT_task1"]},
        {"n": 2, "test": "bc", "integerVariable": 2, "parallel": True, "delay_ms": 5000, "expected": ["SCRIPT_task2"]},
    ]
    assert (data["name"], data["cases"][0]["expected"]) == ("Data_Read", ["DATA_correct"])
    assert (broken["group"], broken["name"]) == (betsy.CONSTRAINTS, "EXT999_1_fail")


def test_a_call_that_the_reader_does_not_know_is_named(small_betsy: Path) -> None:
    write(small_betsy / betsy.JAVA / "GatewayProcesses.java", JAVA.replace("assertTask1", "assertMiracle"))
    with pytest.raises(ValueError, match="assertMiracle"):
        betsy.read(small_betsy)


def test_betsys_processes_run(small_betsy: Path) -> None:
    java = small_betsy / betsy.JAVA / "GatewayProcesses.java"
    write(java, JAVA.replace(".useParallelProcess()", ""))
    done = run("--betsy", str(small_betsy))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout  # three traces, one rejection, two diagrams without a problem


def test_a_trace_that_is_not_as_betsy_expects_fails(small_betsy: Path) -> None:
    java = small_betsy / betsy.JAVA / "GatewayProcesses.java"
    write(java, JAVA.replace(".useParallelProcess()", "").replace("inputA().assertTask1()", "inputA().assertTask2()"))
    done = run("--betsy", str(small_betsy))
    assert done.returncode == 1
    assert "1 failed" in done.stdout


def test_the_kits_decisions_are_evaluated(tmp_path: Path) -> None:
    folder = tmp_path / "tck" / "TestCases" / "compliance-level-2" / "0001-fee"
    write(folder / "0001-fee.dmn", DMN)
    write(folder / "0001-fee-test-01.xml", DMN_TEST)
    done = run("--tck", str(tmp_path / "tck"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout  # by the decision engine, and the expression alone


def test_the_reference_diagrams_are_read(tmp_path: Path) -> None:
    diagram = BPMN.format(name="p", nodes='<b:startEvent id="s"/>')
    write(tmp_path / "miwg" / "Reference" / "A.9.0.bpmn", diagram)
    write(tmp_path / "miwg" / "Some Tool 1.0" / "A.9.0-export.bpmn", "<not-ours/>")
    done = run("--miwg", str(tmp_path / "miwg"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run("--tck", str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert f"Expected a folder at {tmp_path / 'nowhere'}" in done.stderr


def test_the_folder_of_a_suite_may_be_its_repository_or_what_is_inside(tmp_path: Path) -> None:
    (tmp_path / "TestCases").mkdir()
    assert suites.inside(tmp_path, "TestCases") == tmp_path / "TestCases"
    assert suites.inside(tmp_path / "TestCases", "TestCases") == tmp_path / "TestCases"
