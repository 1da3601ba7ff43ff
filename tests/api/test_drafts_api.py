"""The modeler's library over HTTP."""

from collections.abc import Callable

import pytest

from tests.api.conftest import Api

Enter = Callable[[str], Api]


@pytest.fixture
def mia(as_user: Enter) -> Api:
    return as_user("mia")


def make(api: Api, name: str = "Order", **more: str) -> dict[str, object]:
    answer = api.post("/v2/drafts", {"name": name, "kind": "BPMN", "content": "<not-yet", **more})
    assert answer.status == 201, answer.body
    found: dict[str, object] = answer.body
    return found


def test_a_draft_may_be_invalid_and_is_read_as_it_was_saved(mia: Api) -> None:
    made = make(mia, folder="sales/eu/")

    assert mia.get(f"/v2/drafts/{made['draftKey']}").body == made
    assert (made["content"], made["revision"], made["updatedBy"], made["folder"]) == ("<not-yet", 1, "mia", "sales/eu")


def test_a_save_of_an_older_revision_is_refused_and_names_who_was_faster(mia: Api, admin: Api) -> None:
    key = make(mia)["draftKey"]
    saved = admin("PUT", f"/v2/drafts/{key}", {"revision": 1, "content": "two"})
    assert (saved.status, saved.body["revision"], saved.body["name"]) == (200, 2, "Order")

    late = mia("PUT", f"/v2/drafts/{key}", {"revision": 1, "content": "three"})

    assert late.status == 409
    assert "'admin'" in late.body["detail"]
    assert mia.get(f"/v2/drafts/{key}").body["content"] == "two"


def test_a_search_has_no_contents_and_no_deleted_drafts(mia: Api) -> None:
    kept, gone = make(mia, "kept"), make(mia, "gone")
    assert mia("DELETE", f"/v2/drafts/{gone['draftKey']}").status == 204

    items = mia.post("/v2/drafts/search", {"filter": {"kind": "BPMN"}}).body["items"]

    assert [item["draftKey"] for item in items] == [kept["draftKey"]]
    assert "content" not in items[0]
    assert mia.get(f"/v2/drafts/{gone['draftKey']}").status == 404
    assert mia("DELETE", f"/v2/drafts/{gone['draftKey']}").status == 404


def test_only_modelers_draw(carol: Api) -> None:
    answer = carol.post("/v2/drafts", {"name": "x", "kind": "BPMN", "content": ""})
    assert (answer.status, "modelers" in answer.body["detail"]) == (403, True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "x", "kind": "PNG", "content": ""}, "BPMN, DMN, FORM"),
        ({"name": " ", "kind": "BPMN", "content": ""}, "1 to 255 characters"),
        ({"name": "x", "kind": "BPMN"}, "content"),
        ({"name": "x", "kind": "BPMN", "content": 3}, "content"),
        ({"name": "x", "kind": "BPMN", "content": "a\x00"}, "NUL"),
        ({"name": "x", "kind": "BPMN", "content": "", "colour": 1}, "colour"),
    ],
)
def test_what_is_no_draft_is_refused_with_what_was_expected(mia: Api, body: dict[str, object], expected: str) -> None:
    answer = mia("POST", "/v2/drafts", raw=__import__("json").dumps(body).encode())
    assert answer.status == 400
    assert expected in answer.body["detail"]


def test_pages_go_on_by_cursor_without_gap_or_repetition(mia: Api) -> None:
    names = [f"draft {number % 3}" for number in range(10)]
    for name in names:
        make(mia, name)
    seen: list[str] = []
    page: dict[str, object] = {"limit": 3}
    while True:
        sort = [{"field": "name", "order": "DESC"}, {"field": "createdAt"}]
        found = mia.post("/v2/drafts/search", {"sort": sort, "page": page}).body
        if not found["items"]:
            break
        assert found["page"]["totalItems"] == 10
        seen += [item["draftKey"] for item in found["items"]]
        last = found["page"]
        page = {"limit": 3, "after": last["endCursor"]}
        make(mia, "draft 9")  # sorts before all that was seen
        mia(
            "DELETE",
            f"/v2/drafts/{mia.post('/v2/drafts/search', {'filter': {'name': 'draft 9'}}).body['items'][0]['draftKey']}",
        )
    assert len(seen) == len(set(seen)) == 10

    back = mia.post("/v2/drafts/search", {"sort": sort, "page": {"limit": 4, "before": last["startCursor"]}}).body
    assert [item["draftKey"] for item in back["items"]] == seen[5:9]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"filter": {"colour": "red"}}, "draftKey"),
        ({"filter": {"kind": "PNG"}}, "BPMN, DMN, FORM"),
        ({"filter": {"kind": {"$in": [{}]}}}, "BPMN, DMN, FORM"),
        ({"filter": {"draftKey": "12a"}}, "digits"),
        ({"filter": {"draftKey": str(2**63)}}, "64-bit"),
        ({"filter": {"name": {"$near": 1}}}, "$like"),
        ({"filter": {"name": {"$in": "x"}}}, "list"),
        ({"filter": {"updatedAt": "yesterday"}}, "ISO 8601"),
        ({"filter": []}, "object"),
        ({"sort": [{"field": "content"}]}, "sort by"),
        ({"sort": [{"field": "name", "order": "UP"}]}, "ASC or DESC"),
        ({"page": {"limit": 1001}}, "1000"),
        ({"page": {"limit": -1}}, "1000"),
        ({"page": {"from": 10001}}, "after"),
        ({"page": {"after": "nonsense"}}, "cursor"),
        ({"page": {"after": "W10"}}, "cursor"),
        ({"page": {"from": 1, "after": "W10"}}, "one of"),
        ({"pages": {}}, "pages"),
        ([], "object"),
    ],
)
def test_a_search_that_is_none_says_what_was_expected(mia: Api, body: object, expected: str) -> None:
    answer = mia.post("/v2/drafts/search", body)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert expected in answer.body["detail"]


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ({"name": "b_c"}, ["b_c"]),
        ({"name": {"$neq": "b_c"}}, ["a%b", "bxc"]),
        ({"name": {"$in": ["a%b", "bxc"]}}, ["a%b", "bxc"]),
        ({"name": {"$notIn": ["a%b", "bxc"]}}, ["b_c"]),
        ({"name": {"$like": "b_c"}}, ["b_c"]),
        ({"name": {"$like": "B?C"}}, ["b_c", "bxc"]),
        ({"name": {"$like": "*%*"}}, ["a%b"]),
        ({"name": {"$like": "\\*"}}, []),
        ({"folder": {"$exists": False}}, ["a%b", "bxc"]),
        ({"folder": {"$exists": True}}, ["b_c"]),
        ({"updatedAt": {"$gt": "2020-01-01T00:00:00Z", "$lt": "2020-01-02T00:00:00Z"}}, []),
        ({"$or": [{"name": "a%b"}, {"folder": "f"}]}, ["a%b", "b_c"]),
        ({"tenantId": "<default>", "name": None}, ["a%b", "b_c", "bxc"]),
        ({"tenantId": "other"}, []),
    ],
)
def test_filters_have_camundas_operators(mia: Api, filter_: dict[str, object], found: list[str]) -> None:
    for name, folder in (("a%b", ""), ("b_c", "f"), ("bxc", "")):
        make(mia, name, folder=folder)
    answer = mia.post("/v2/drafts/search", {"filter": filter_, "sort": [{"field": "name"}]})
    assert answer.status == 200, answer.body
    assert [item["name"] for item in answer.body["items"]] == found
