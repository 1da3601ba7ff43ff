"""Login, logout, tokens, and the users of a demonstration."""

import io
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from tests.api.conftest import Api
from webapp.accounts import throttle, tokens
from webapp.accounts.models import Token

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


def csrf(browser: Client) -> dict[str, str]:
    assert browser.get("/v2/authentication/me").status_code == 401
    return {"X-CSRFToken": browser.cookies["csrftoken"].value}


def test_who_is_not_logged_in_gets_401_as_a_problem_and_a_csrf_cookie(browser: Client) -> None:
    answer = browser.get("/v2/authentication/me")

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["status"] == 401
    assert "csrftoken" in answer.cookies


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "application/json"])
def test_a_person_logs_in_and_out(browser: Client, people: dict[str, User], content_type: str) -> None:
    body = (
        "username=alice&password=alice-secret"
        if "urlencoded" in content_type
        else json.dumps({"username": "alice", "password": "alice-secret"})
    )
    answer = browser.post("/login", body, content_type=content_type, headers=csrf(browser))
    assert (answer.status_code, answer.content) == (204, b"")

    me = browser.get("/v2/authentication/me")
    assert me.status_code == 200
    assert json.loads(me.content)["username"] == "alice"
    assert json.loads(me.content)["groups"] == ["managers"]

    token = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    assert browser.post("/logout", headers=token).status_code == 204
    assert browser.get("/v2/authentication/me").status_code == 401


def test_a_login_without_the_csrf_token_is_refused(browser: Client, people: dict[str, User]) -> None:
    answer = browser.post("/login", {"username": "alice", "password": "alice-secret"})
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"


def test_a_change_without_the_csrf_token_is_refused(browser: Client, people: dict[str, User]) -> None:
    browser.force_login(people["mia"])
    answer = browser.post("/v2/drafts", {"name": "x"}, content_type="application/json")
    assert answer.status_code == 403
    assert "CSRF" in json.loads(answer.content)["detail"]


def test_wrong_passwords_are_refused_and_after_ten_the_right_one_too(browser: Client, people: dict[str, User]) -> None:
    token = csrf(browser)
    for _ in range(throttle.MOST_PER_USERNAME):
        answer = browser.post("/login", {"username": "alice", "password": "guess"}, headers=token)
        assert answer.status_code == 401

    answer = browser.post("/login", {"username": "alice", "password": "alice-secret"}, headers=token)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= throttle.WINDOW.total_seconds()
    assert browser.post("/login", {"username": "bob", "password": "bob-secret"}, headers=token).status_code == 204


def guess(browser: Client, token: dict[str, str], username: str, **more: str) -> int:
    return browser.post("/login", {"username": username, "password": "guess"}, headers={**token, **more}).status_code


def test_an_address_has_a_limit_over_all_names_unless_it_is_a_proxys(browser: Client, settings: Settings) -> None:
    token = csrf(browser)
    for number in range(throttle.MOST_PER_ADDRESS):
        assert guess(browser, token, f"name-{number}") == 401
    assert guess(browser, token, "another") == 429
    settings.HTTPS = True
    assert guess(browser, token, "another") == 401


def test_behind_a_trusted_proxy_the_clients_count_apart_and_what_a_client_says_itself_counts_nothing(
    browser: Client, settings: Settings
) -> None:
    settings.HTTPS, settings.STEPWELL_TRUSTED_PROXIES = True, 1
    token = csrf(browser)
    for number in range(throttle.MOST_PER_USERNAME):
        assert guess(browser, token, "alice", **{"X-Forwarded-For": f"10.9.9.{number}, 192.0.2.1"}) == 401
    assert guess(browser, token, "alice", **{"X-Forwarded-For": "10.9.9.99, 192.0.2.1"}) == 429
    assert guess(browser, token, "alice", **{"X-Forwarded-For": "192.0.2.1, 192.0.2.2"}) == 401
    settings.STEPWELL_TRUSTED_PROXIES = 0
    for _ in range(throttle.MOST_PER_USERNAME):
        guess(browser, token, "bob", **{"X-Forwarded-For": "192.0.2.3"})
    assert guess(browser, token, "bob", **{"X-Forwarded-For": "192.0.2.4"}) == 429


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_time_are_counted_one_by_one() -> None:
    def begin(_: int) -> int:
        try:
            return throttle.begin("alice", "192.0.2.1", is_shared=False)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(begin, range(3 * throttle.MOST_PER_USERNAME)))
    assert waits.count(0) == throttle.MOST_PER_USERNAME


def test_logins_failures_and_tokens_are_logged_with_name_and_address(
    browser: Client, people: dict[str, User], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    token = csrf(browser)
    guess(browser, token, "alice\n2026 INFO Login of 'bob'")
    assert browser.post("/login", {"username": "bob", "password": "bob-secret"}, headers=token).status_code == 204
    secret = tokens.issue(people["bob"], "night")
    tokens.revoke(Token.objects.get())
    [failure] = [record.getMessage() for record in caplog.records if "failed" in record.getMessage()]
    assert failure.endswith(" from 127.0.0.1 failed: wrong name or password")
    assert "\n" not in failure  # nobody writes a line of the log by a name
    assert "Login of 'bob' from 127.0.0.1" in caplog.text
    assert "Token 'night' issued for 'bob'" in caplog.text
    assert "Token 'night' of 'bob' revoked" in caplog.text
    assert secret not in caplog.text
    assert "guess" not in caplog.text


@pytest.mark.parametrize(
    "body", ["{", '{"username": 1, "password": "x"}', "[]", '{"username": "a\\u0000", "password": ""}']
)
def test_a_login_that_is_none_is_a_bad_request(browser: Client, body: str) -> None:
    answer = browser.post("/login", body, content_type="application/json", headers=csrf(browser))
    assert answer.status_code == 400


def test_a_token_acts_for_its_user_without_csrf_and_is_kept_as_a_hash_alone(program: Api) -> None:
    answer = program.get("/v2/authentication/me")

    assert (answer.status, answer.body["username"], answer.body["apiUser"]) == (200, "crawler", True)
    token = program.headers["Authorization"].removeprefix("Bearer ")
    kept = Token.objects.get()
    assert token not in (kept.digest, kept.name)
    assert kept.last_used_at is not None


def test_a_token_may_no_more_than_its_user(people: dict[str, User]) -> None:
    clerks = Api(Client(), {"Authorization": f"Bearer {tokens.issue(people['carol'], 'script')}"})
    me = clerks.get("/v2/authentication/me").body
    assert (me["mayOperate"], me["mayModel"], me["isAdmin"]) == (False, False, False)
    assert clerks.post("/v2/signals/broadcast", {"signalName": "alarm"}).status == 403
    assert clerks.deploy(x_bpmn=b"").status == 403


def test_an_unknown_or_revoked_token_is_refused(program: Api) -> None:
    tokens.revoke(Token.objects.get())
    assert program.get("/v2/authentication/me").status == 401
    assert Api(Client(), {"Authorization": "Bearer nothing"}).get("/v2/topology").status == 401


@pytest.mark.parametrize("by_token", [True, False])
def test_other_groups_and_rights_hold_from_the_next_request_on(people: dict[str, User], *, by_token: bool) -> None:
    carol, client = people["carol"], Client()
    if not by_token:
        client.force_login(carol)
    api = Api(client, {"Authorization": f"Bearer {tokens.issue(carol, 'script')}"} if by_token else {})

    def me() -> tuple[list[str], bool, bool]:
        found = api.get("/v2/authentication/me").body
        return sorted(found["groups"]), found["mayOperate"], found["isAdmin"]

    before = me()
    assert before == (["clerks"], False, False)
    carol.groups.add(Group.objects.get(name="operators"))
    assert me() == (sorted([*before[0], "operators"]), True, False)
    carol.groups.clear()
    assert me() == ([], False, False)
    User.objects.filter(pk=carol.pk).update(is_staff=True)
    assert me()[2]


def test_a_revoked_token_is_refused_from_the_next_request_on_and_others_of_its_user_are_not(
    people: dict[str, User],
) -> None:
    first, second = (tokens.issue(people["carol"], name) for name in ("first", "second"))
    requests = [Api(Client(), {"Authorization": f"Bearer {token}"}) for token in (first, second)]
    assert [api.get("/v2/topology").status for api in requests] == [200, 200]
    tokens.revoke(Token.objects.get(name="first"))
    assert [api.get("/v2/topology").status for api in requests] == [401, 200]


def test_the_token_of_a_user_who_was_locked_is_refused(program: Api, people: dict[str, User]) -> None:
    User.objects.filter(username="crawler").update(is_active=False)
    assert program.get("/v2/topology").status == 401


def test_the_last_line_of_api_token_is_the_token(people: dict[str, User]) -> None:
    out = io.StringIO()
    call_command("api_token", "alice", stdout=out)
    token = out.getvalue().splitlines()[-1]
    found = tokens.find(token)
    assert found is not None
    assert found.user.username == "alice"

    with pytest.raises(CommandError, match="alice, bob"):
        call_command("api_token", "nobody")


def test_demo_users_are_made_in_an_empty_database_only() -> None:
    out = io.StringIO()
    call_command("demo_users", stdout=out)
    assert set(User.objects.values_list("username", flat=True)) == {"admin", "alice", "bob", "carol"}
    assert "alice / alice" in out.getvalue()
    assert Client().login(username="carol", password="carol")
    with pytest.raises(CommandError, match="without users"):
        call_command("demo_users")


def test_people_and_groups_are_found(alice: Api) -> None:
    users = alice.post("/v2/users/search", {"filter": {"username": {"$like": "*a*"}}}).body
    assert [user["username"] for user in users["items"]] == ["admin", "alice", "carol", "crawler", "mia", "olga"]
    groups = alice.post("/v2/groups/search").body
    assert [group["groupId"] for group in groups["items"]] == ["clerks", "managers", "modelers", "operators"]
