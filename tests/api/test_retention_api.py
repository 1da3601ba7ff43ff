from collections.abc import Callable

import pytest

from tests.api.conftest import Api
from tests.engine import worlds

pytestmark = pytest.mark.django_db


def test_an_administrator_sets_how_long_ended_instances_are_kept(admin: Api, as_user: Callable[[str], Api]) -> None:
    admin.deploy(work_bpmn=worlds.WORK, pause_bpmn=worlds.PAUSE)
    changed = admin("PATCH", "/v2/retention", {"changeset": {"historyTimeToLive": 90}})
    assert (changed.status, changed.body["historyTimeToLive"], changed.body["changedBy"]) == (200, 90, "admin")
    forever = {"changeset": {"historyTimeToLive": None, "isArchived": False}}
    assert admin("PATCH", "/v2/retention/work", forever).status == 200

    olga = as_user("olga")
    found = {each["processDefinitionId"]: each for each in olga.get("/v2/retention").body["items"]}
    assert {key: (one["historyTimeToLive"], one["isArchived"], one["isInherited"]) for key, one in found.items()} == {
        None: (90, True, False),
        "work": (None, False, False),
        "pause": (90, True, True),
    }
    assert olga("PATCH", "/v2/retention", forever).status == 403
    assert olga("DELETE", "/v2/retention/work").status == 403
    assert as_user("carol").get("/v2/retention").status == 403
    assert admin("PATCH", "/v2/retention/nothing", forever).status == 404
    assert admin("PATCH", "/v2/retention", {"changeset": {}}).status == 400
    assert admin("PATCH", "/v2/retention", {"changeset": {"historyTimeToLive": 10**9}}).status == 400

    assert admin("DELETE", "/v2/retention/work").status == 204
    assert admin.get("/v2/retention").body["items"][-1]["isInherited"]
