"""What comes in at every door of a running installation and is not meant well: refused in time, with a reason, and nothing broken."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.acceptance.installation import Installation, eventually

pytestmark = pytest.mark.timeout(300)

PATIENCE = 20.0
"""Seconds in which anything must have been answered, on a busy machine."""
PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>'
NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="http://stepwell.test" id="defs"'
)


def bpmn(body: str, *, process_id: str, before: str = "") -> str:
    return (
        f"{PROLOGUE}{before}<definitions {NAMESPACES}>"
        f'<process id="{process_id}" isExecutable="true">{body}</process></definitions>'
    )


def chain(*elements: str) -> str:
    """Elements in a row, each written with `ID` for its own id, joined by flows."""
    parts = [element.replace("ID", f"e{n}") for n, element in enumerate(elements)]
    flows = [f'<sequenceFlow id="f{n}" sourceRef="e{n}" targetRef="e{n + 1}"/>' for n in range(len(elements) - 1)]
    return "".join([*parts, *flows])


START, END = '<startEvent id="ID"/>', '<endEvent id="ID"/>'
USER_TASK = '<userTask id="ID"><extensionElements><zeebe:userTask/>{}</extensionElements></userTask>'


class Door:
    """One person's client."""

    def __init__(self, installation: Installation, username: str) -> None:
        token = installation.manage("api_token", username).stdout.splitlines()[-1]
        # a connection for each request: one on which the server has not read an attack to its end is closed by it
        self.http = httpx.Client(
            base_url=installation.address,
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.http.post(path, json=body)

    def send(self, path: str, content: bytes, *, kind: str = "application/json") -> httpx.Response:
        return self.http.post(path, content=content, headers={"Content-Type": kind})

    def deploy(self, *resources: tuple[str, str | bytes]) -> httpx.Response:
        files = [("resources", (name, text if isinstance(text, bytes) else text.encode())) for name, text in resources]
        return self.http.post("/v2/deployments", files=files)

    def search(self, what: str, **filters: Any) -> list[dict[str, Any]]:
        answer = self.post(f"/v2/{what}/search", {"filter": filters})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    def start(self, process_id: str, **variables: Any) -> str:
        answer = self.post("/v2/process-instances", {"processDefinitionId": process_id, "variables": variables})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["processInstanceKey"])


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("hostile")) as it:
        it.start()
        yield it
        logs = {file.name: file.read_text("utf-8", "replace") for file in (it.data / "logs").glob("*.log")}
        broken = [
            f"{name}: {line}" for name in ("web.log", "ticker.log") for line in logs[name].splitlines()
            if re.search(r"\bERROR\b|\bCRITICAL\b|Traceback", line)
        ]  # fmt: skip
        ended = [line for line in it.lines if " | ended " in line]
        it.stop()
    assert broken == []
    assert ended == []


@pytest.fixture(scope="module")
def admin(installation: Installation) -> Iterator[Door]:
    door = Door(installation, "admin")
    deployed = door.deploy(
        ("plain.bpmn", bpmn(chain(START, USER_TASK.format(""), END), process_id="plain")),
        (
            "bobs.bpmn",
            bpmn(
                chain(START, USER_TASK.format('<zeebe:assignmentDefinition assignee="bob"/>'), END), process_id="bobs"
            ),
        ),
    )
    assert deployed.status_code == 200, deployed.text
    yield door
    door.http.close()


@pytest.fixture(scope="module")
def carol(installation: Installation) -> Iterator[Door]:
    door = Door(installation, "carol")
    yield door
    door.http.close()


@pytest.fixture(autouse=True)
def unharmed(admin: Door) -> Iterator[None]:
    """After each attack the installation is as well as before."""
    yield
    assert admin.http.get("/readyz").status_code == 200
    instance = admin.start("plain")
    [task] = admin.search("user-tasks", processInstanceKey=instance)
    assert admin.post(f"/v2/user-tasks/{task['userTaskKey']}/completion", {}).status_code == 204
    [found] = admin.search("process-instances", processInstanceKey=instance)
    assert found["state"] == "COMPLETED"


def assert_refused(answer: httpx.Response, *statuses: int, says: str = "") -> dict[str, Any]:
    """By a problem of RFC 9457 that tells what is wrong and gives nothing of the inside away."""
    assert answer.status_code in (statuses or (400,)), (answer.status_code, answer.text[:500])
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.headers
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["title"]
    assert problem["detail"]
    assert re.search(says, json.dumps(problem, ensure_ascii=False), re.IGNORECASE), problem
    assert "Traceback" not in answer.text
    assert "root:" not in answer.text
    return problem


# ---- drawings and other files


def bomb(levels: int = 9) -> str:
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, levels + 1))
    return f"<!DOCTYPE definitions [{entities}]>"


DOCTYPES = {
    "entities that multiply": bomb(),
    "one long entity, many times": f'<!DOCTYPE definitions [<!ENTITY a0 "{"x" * 50_000}">]>',
    "a file of the server": '<!DOCTYPE definitions [<!ENTITY a0 SYSTEM "file:///etc/passwd">]>',
    "a page of the network": '<!DOCTYPE definitions [<!ENTITY a0 SYSTEM "http://127.0.0.1:1/x">]>',
    "a foreign document type": '<!DOCTYPE definitions SYSTEM "http://127.0.0.1:1/x.dtd">',
    "entities of parameters": '<!DOCTYPE definitions [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
}


@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES.keys())
@pytest.mark.parametrize("file", ["hostile.bpmn", "hostile.dmn"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_and_entities_are_refused(admin: Door, doctype: str, file: str, encoding: str) -> None:
    reference = "&a0;" if "ENTITY a0" in doctype else ""
    if "multiply" in doctype:
        reference = "&a9;"
    text = bpmn(f"<documentation>{reference * 100}</documentation>", process_id="hostile", before=doctype)
    if file.endswith(".dmn"):
        text = text.replace(
            "http://www.omg.org/spec/BPMN/20100524/MODEL", "https://www.omg.org/spec/DMN/20191111/MODEL/"
        )
    content = text.replace("UTF-8", encoding.upper()).encode(encoding)
    assert_refused(admin.deploy((file, content)), says="DOCTYPE|entit|document type")


UNREADABLE: dict[str, bytes] = {
    "nothing": b"",
    "no XML": b"not a drawing",
    "bad UTF-8": bpmn(chain(START, END), process_id="bad").encode().replace(b'id="e0"', b'id="e\xff\xfe0"'),
    "a NUL": bpmn(chain(START, END), process_id="bad").encode().replace(b'id="e0"', b'id="e\x000"'),
    "another encoding than it says": bpmn(chain(START, END), process_id="bad").encode().replace(b"UTF-8", b"UTF-16"),
    "an encoding that nobody knows": bpmn(chain(START, END), process_id="bad").encode().replace(b"UTF-8", b"x-what"),
    "cut off": bpmn(chain(START, END), process_id="bad").encode()[:-40],
    "another language": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
    "a thousand levels": bpmn(
        "".join(f'<subProcess id="s{n}">' for n in range(1_000)) + "</subProcess>" * 1_000, process_id="bad"
    ).encode(),
    "an id twice": bpmn('<startEvent id="a"/><endEvent id="a"/>', process_id="bad").encode(),
    "a flow to nowhere": bpmn(
        '<startEvent id="a"/><sequenceFlow id="f" sourceRef="a" targetRef="gone"/>', process_id="bad"
    ).encode(),
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_drawings_that_cannot_be_read_are_refused_with_the_reason(admin: Door, content: bytes) -> None:
    assert_refused(admin.deploy(("bad.bpmn", content)))
    assert admin.search("process-definitions", processDefinitionId="bad") == []


def test_a_file_of_fifty_megabytes_is_refused_with_the_limit(admin: Door) -> None:
    text = bpmn(f"<documentation>{'x' * 50_000_000}</documentation>", process_id="large")
    assert_refused(admin.deploy(("large.bpmn", text)), 400, 413, says="MB|MiB|megabytes|bytes")


def test_a_process_of_ten_thousand_elements_is_deployed_and_runs(admin: Door) -> None:
    manual = ['<manualTask id="ID"/>'] * 5_000
    began = time.monotonic()
    answer = admin.deploy(("long.bpmn", bpmn(chain(START, *manual, END), process_id="long")))
    assert answer.status_code == 200, answer.text[:500]
    assert time.monotonic() - began < PATIENCE
    instance = admin.start("long")
    assert admin.search("process-instances", processInstanceKey=instance)[0]["state"] == "COMPLETED"


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x.bpmn", "/etc/x.bpmn", "..\\x.bpmn", "a\x00b.bpmn", "x" * 5_000 + ".bpmn"]
)
def test_names_of_files_are_names_and_no_paths(admin: Door, name: str) -> None:
    text = bpmn(chain(START, END), process_id="named")
    boundary = "x"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="resources"; filename="{name}"\r\n\r\n{text}\r\n--{boundary}--\r\n'
    ).encode()
    answer = admin.send("/v2/deployments", body, kind=f"multipart/form-data; boundary={boundary}")
    if answer.status_code == 200:  # then under a plain name
        named = answer.json()["deployments"][0]["processDefinition"]["resourceName"]
        assert not re.search(r"[/\\\x00]|\.\.", named)
    else:
        assert_refused(answer)


def test_too_many_files_and_files_of_no_kind_are_refused(admin: Door) -> None:
    text = bpmn(chain(START, END), process_id="many")
    assert_refused(admin.deploy(*[(f"{n}.bpmn", text) for n in range(1_000)]), 400, 413)
    assert_refused(admin.deploy(("program.exe", b"MZ")), says="bpmn")
    assert_refused(admin.deploy(("deep.form", b'{"components":' * 5_000)))
    assert_refused(admin.send("/v2/deployments", b"no parts", kind="multipart/form-data; boundary=x"))
    assert_refused(admin.send("/v2/deployments", b"{}"), 400, 415)


# ---- processes that never stop


def test_a_cycle_without_a_wait_becomes_an_incident_and_can_be_cancelled(admin: Door) -> None:
    body = (
        '<startEvent id="start"/><exclusiveGateway id="again" default="f2"/><manualTask id="work"/><endEvent id="end"/>'
        '<sequenceFlow id="f1" sourceRef="start" targetRef="again"/><sequenceFlow id="f2" sourceRef="again" targetRef="work"/>'
        '<sequenceFlow id="f3" sourceRef="work" targetRef="again"/><sequenceFlow id="f4" sourceRef="again" targetRef="end">'
        '<conditionExpression xsi:type="tFormalExpression">= false</conditionExpression></sequenceFlow>'
    )
    deployed = admin.deploy(("cycle.bpmn", bpmn(body, process_id="cycle")))
    assert deployed.status_code == 200, deployed.text
    began = time.monotonic()
    instance = admin.start("cycle")
    assert time.monotonic() - began < PATIENCE
    [incident] = admin.search("incidents", processInstanceKey=instance)
    assert incident["errorMessage"]
    assert admin.post(f"/v2/process-instances/{instance}/cancellation", {}).status_code == 204
    assert admin.search("process-instances", processInstanceKey=instance)[0]["state"] == "TERMINATED"
    assert admin.search("incidents", processInstanceKey=instance, state="ACTIVE") == []


ENDLESS = "count(for a in 1..100000, b in 1..100000 return a * b) > 0"


def test_a_condition_that_never_ends_becomes_an_incident(admin: Door) -> None:
    body = (
        '<startEvent id="start"/><exclusiveGateway id="which" default="f3"/><endEvent id="one"/><endEvent id="other"/>'
        '<sequenceFlow id="f1" sourceRef="start" targetRef="which"/><sequenceFlow id="f2" sourceRef="which" targetRef="one">'
        f'<conditionExpression xsi:type="tFormalExpression">= {ENDLESS.replace(">", "&gt;")}</conditionExpression></sequenceFlow>'
        '<sequenceFlow id="f3" sourceRef="which" targetRef="other"/>'
    )
    deployed = admin.deploy(("endless.bpmn", bpmn(body, process_id="endless")))
    assert deployed.status_code == 200, deployed.text
    instance = admin.start("endless")
    [incident] = admin.search("incidents", processInstanceKey=instance)
    assert "which" in (incident["elementId"], incident["errorMessage"])
    assert re.search("steps|budget|limit", incident["errorMessage"])


def test_a_script_that_never_ends_becomes_an_incident(admin: Door) -> None:
    script = '<scriptTask id="ID" scriptFormat="python"><script>while True:\n    pass</script></scriptTask>'
    deployed = admin.deploy(("spin.bpmn", bpmn(chain(START, script, END), process_id="spin")))
    assert deployed.status_code == 200, deployed.text
    instance = admin.start("spin")
    assert eventually(lambda: admin.search("incidents", processInstanceKey=instance) != [], seconds=90)


@pytest.mark.parametrize(
    "expression",
    [
        f"={ENDLESS}",
        "=" + "(" * 50_000,
        "=" + "1+" * 200_000 + "1",
        '="' + "x" * 3_000_000 + '"',
        "=9**9**9**9**9",
        "=matches(",
    ],
    ids=["loops", "brackets", "a long sum", "a long text", "powers", "cut off"],
)
def test_expressions_that_never_end_are_refused_in_time(admin: Door, expression: str) -> None:
    began = time.monotonic()
    answer = admin.post("/v2/expression/evaluation", {"expression": expression})
    assert time.monotonic() - began < PATIENCE
    if answer.status_code == 200:  # null by the standard, with the reason
        assert answer.json()["result"] is None
        assert answer.json()["warnings"]
    else:
        assert_refused(answer, 400, 413)


# ---- bodies, keys, filters


def nested(depth: int) -> bytes:
    return b'{"processDefinitionId":"plain","variables":{"a":' + b"[" * depth + b"]" * depth + b"}}"


BODIES: dict[str, bytes] = {
    "bad UTF-8": b'{"processDefinitionId": "plain\xff"}',
    "UTF-16": '{"processDefinitionId": "plain"}'.encode("utf-16"),
    "cut off": b'{"processDefinitionId": "pla',
    "a list": b'["plain"]',
    "a text": b'"plain"',
    "nothing": b"",
    "not a number": b'{"processDefinitionId": "plain", "variables": {"a": NaN}}',
    "infinity": b'{"processDefinitionId": "plain", "variables": {"a": -Infinity}}',
    "a number of a megabyte": b'{"processDefinitionId": "plain", "variables": {"a": ' + b"9" * 1_000_000 + b"}}",
    "an exponent": b'{"processDefinitionId": "plain", "variables": {"a": 1e99999999}}',
    "ten thousand levels": nested(10_000),
    "a million levels": nested(1_000_000),
    "a NUL in a text": b'{"processDefinitionId": "plain", "variables": {"a": "\\u0000"}}',
    "a NUL in a name": b'{"processDefinitionId": "plain", "variables": {"a\\u0000": 1}}',
    "half a surrogate pair": b'{"processDefinitionId": "plain", "variables": {"a": "\\ud800"}}',
    "twenty megabytes": b'{"processDefinitionId": "plain", "variables": {"a": "' + b"x" * 20_000_000 + b'"}}',
    "another kind of process": b'{"processDefinitionId": {"$eq": "plain"}}',
    "variables as a list": b'{"processDefinitionId": "plain", "variables": [1]}',
    "a version that is none": b'{"processDefinitionId": "plain", "processDefinitionVersion": 1e30}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_bodies_that_are_no_request_are_refused(admin: Door, body: bytes) -> None:
    before = len(admin.search("process-instances", processDefinitionId="plain"))
    assert_refused(admin.send("/v2/process-instances", body), 400, 404, 413)
    assert len(admin.search("process-instances", processDefinitionId="plain")) == before


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense"])
def test_other_kinds_of_content_are_refused(admin: Door, kind: str) -> None:
    assert_refused(admin.send("/v2/process-instances", b'{"processDefinitionId": "plain"}', kind=kind), 415)


KEYS = ["0", "-1", "1.5", "9223372036854775807", "9" * 40, "abc", "%00", "..%2f..%2fetc", "'; DROP TABLE x; --", "٣"]


def test_unknown_and_malformed_keys_are_refused_at_every_endpoint(admin: Door) -> None:
    document = admin.http.get("/v2/openapi.json").json()
    asked = 0
    for path, operations in document["paths"].items():
        names = re.findall(r"{(\w+)}", path)
        if not names:
            continue
        for method in operations.keys() & {"get", "post", "put", "patch", "delete"}:
            for key in KEYS:
                answer = admin.http.request(
                    method, re.sub(r"{\w+}", key.replace("\\", "\\\\"), path), json={} if method != "get" else None
                )
                asked += 1
                # a user's or a group's name may be any word, and there may be nothing to say of it; so may a job type, which can
                # be limited before its first job
                is_word = bool({"username", "groupId", "jobType"} & set(names))
                allowed = (200, 204, 400, 404) if is_word else (400, 404)
                assert answer.status_code in allowed, (method, path, key, answer.status_code, answer.text[:300])
                if answer.status_code >= 400:
                    assert_refused(answer, answer.status_code)
    assert asked > 300


FILTERS: list[Any] = [
    {"filter": {"processInstanceKey": {"$eq": {"$eq": 1}}}},
    {"filter": {"processInstanceKey": {"$regex": ".*"}}},
    {"filter": {"processInstanceKey": {"$in": ["1"] * 100_000}}},
    {"filter": {"processDefinitionId": {"$like": "%'; DROP TABLE engine_processinstance; --"}}},
    {"filter": {"processDefinitionId": {"$like": "*" * 5_000}}},
    {"filter": {"__class__": 1}},
    {"filter": {"$or": [{"$or": []}] * 1_000}},
    {"filter": {"variables": [{"name": "a", "value": "1' OR '1'='1"}]}},
    {"filter": "all"},
    {"sort": [{"field": "password"}]},
    {"sort": [{"field": "startDate; DROP TABLE x"}]},
    {"sort": [{"field": "startDate", "order": "sideways"}]},
    {"page": {"limit": 10**12}},
    {"page": {"limit": -1}},
    {"page": {"from": 10**30}},
    {"page": {"after": "not a cursor"}},
    {"page": {"after": "AAAA" * 10_000}},
    {"page": {"after": "eyJhIjoxfQ=="}},
    {"unknown": True},
]
SEARCHES = [
    "process-instances",
    "process-definitions",
    "element-instances",
    "variables",
    "user-tasks",
    "jobs",
    "incidents",
]


@pytest.mark.parametrize("what", SEARCHES)
def test_hostile_searches_find_nothing_or_are_refused(admin: Door, what: str) -> None:
    for search in FILTERS:
        answer = admin.post(f"/v2/{what}/search", search)
        if answer.status_code != 200:
            assert_refused(answer, 400, 413)


# ---- people


def test_nobody_does_anothers_work(admin: Door, carol: Door) -> None:
    instance = admin.start("bobs")
    [task] = admin.search("user-tasks", processInstanceKey=instance)
    key = task["userTaskKey"]
    assert carol.search("user-tasks", processInstanceKey=instance) == []
    for method, path, body in (
        ("GET", "", None),
        ("POST", "/completion", {"variables": {"mine": True}}),
        ("POST", "/assignment", {"assignee": "carol", "allowOverride": True}),
        ("DELETE", "/assignee", None),
        ("PATCH", "", {"changeset": {"priority": 99}}),
        ("POST", "/variables/search", {}),
        ("POST", "/comments", {"text": "hello"}),
    ):
        answer = carol.http.request(method, f"/v2/user-tasks/{key}{path}", json=body)
        assert_refused(answer, 403, 404)
    assert_refused(carol.post(f"/v2/process-instances/{instance}/cancellation", {}), 403, 404)
    assert_refused(carol.post("/v2/signals/broadcast", {"signalName": "alarm"}), 403)
    assert_refused(carol.post("/v2/messages/publication", {"name": "paid", "correlationKey": "1"}), 403)
    assert_refused(carol.deploy(("mine.bpmn", bpmn(chain(START, END), process_id="mine"))), 403)
    assert_refused(carol.http.get(f"/v2/process-instances/{instance}"), 404)
    assert admin.search("user-tasks", userTaskKey=key)[0]["state"] == "CREATED"


def test_a_stale_completion_is_a_conflict_and_changes_nothing(admin: Door) -> None:
    instance = admin.start("plain")
    [task] = admin.search("user-tasks", processInstanceKey=instance)
    path = f"/v2/user-tasks/{task['userTaskKey']}/completion"
    assert admin.post(path, {"variables": {"answer": 1}}).status_code == 204
    assert_refused(admin.post(path, {"variables": {"answer": 2}}), 409)
    assert [each["value"] for each in admin.search("variables", processInstanceKey=instance)] == ["1"]
    cancelled = admin.start("plain")
    [task] = admin.search("user-tasks", processInstanceKey=cancelled)
    assert admin.post(f"/v2/process-instances/{cancelled}/cancellation", {}).status_code == 204
    assert_refused(admin.post(f"/v2/user-tasks/{task['userTaskKey']}/completion", {}), 404, 409)


@pytest.mark.parametrize(
    "header",
    ["Bearer nonsense", "Bearer", "Bearer \u00ff", "Basic YWRtaW46YWRtaW4=", "Token x", "Bearer " + "x" * 7_000],
)
def test_who_cannot_say_who_he_is_gets_nothing(installation: Installation, header: str) -> None:
    for path in ("/v2/topology", "/v2/openapi.json", "/v2/process-instances/1"):
        answer = httpx.get(installation.address + path, headers=[(b"Authorization", header.encode("latin-1"))])
        assert_refused(answer, 401)


def test_a_session_cannot_be_used_from_another_site(installation: Installation) -> None:
    with httpx.Client(base_url=installation.address) as browser:
        browser.get("/login")
        token = browser.cookies.get("csrftoken") or ""
        sent = {"username": "alice", "password": "alice"}
        assert browser.post("/login", json=sent).status_code == 403  # without the page's token
        answer = browser.post("/login", json=sent, headers={"X-CSRFToken": token})
        assert answer.status_code in (200, 204), answer.text
        assert browser.get("/v2/authentication/me").status_code == 200
        start = {"processDefinitionId": "plain"}
        assert_refused(browser.post("/v2/process-instances", json=start), 401, 403)
        foreign = {"X-CSRFToken": browser.cookies.get("csrftoken") or "", "Origin": "http://evil.example"}
        assert_refused(browser.post("/v2/process-instances", json=start, headers=foreign), 401, 403)


def test_guessing_passwords_is_slowed_down(installation: Installation) -> None:
    with httpx.Client(base_url=installation.address) as browser:
        browser.get("/login")
        headers = {"X-CSRFToken": browser.cookies.get("csrftoken") or ""}
        statuses = [
            browser.post("/login", json={"username": "mallory", "password": str(n)}, headers=headers).status_code
            for n in range(12)
        ]
    assert set(statuses) == {401, 429}
    assert statuses[-1] == 429


def test_markup_in_names_is_data(admin: Door, installation: Installation) -> None:
    script = "&lt;script&gt;alert(1)&lt;/script&gt;"
    text = bpmn(chain(START, END), process_id="markup").replace(
        '<process id="markup"', f'<process id="markup" name="{script}"'
    )
    assert admin.deploy(("markup.bpmn", text)).status_code == 200
    answer = admin.post("/v2/process-definitions/search", {"filter": {"processDefinitionId": "markup"}})
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    [definition] = answer.json()["items"]
    assert definition["name"] == "<script>alert(1)</script>"
    drawing = admin.http.get(f"/v2/process-definitions/{definition['processDefinitionKey']}/xml")
    assert drawing.headers["content-type"].split(";")[0] in ("text/xml", "application/xml")
    assert drawing.headers["x-content-type-options"] == "nosniff"
    page = httpx.get(f"{installation.address}/operations/<script>alert(1)</script>")
    assert "alert(1)" not in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "request_text",
    [
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /v2/process-instances HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999999999999\r\n\r\n{}",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /static/../../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /assets/..%2f..%2f..%2fetc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ],
    ids=[
        "another host",
        "a long address",
        "a negative length",
        "a length that never comes",
        "TLS",
        "a path upwards",
        "the same in code",
    ],
)
def test_requests_that_no_client_makes_do_no_harm(installation: Installation, request_text: bytes) -> None:
    with socket.create_connection(("127.0.0.1", installation.port), timeout=3) as connection:
        connection.sendall(request_text)
        try:
            answer = connection.recv(65_536)
        except TimeoutError:
            answer = b""
    assert not answer or answer.split(b"\r\n")[0].split()[1] in (
        b"200",
        b"302",
        b"400",
        b"404",
        b"408",
        b"413",
        b"414",
        b"431",
    ), answer[:200]
    assert b"root:" not in answer
