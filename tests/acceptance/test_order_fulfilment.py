"""A hundred orders over REST by ten clients at once, on a real installation: each ends, with the right outcome."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.installation import Installation

ORDERS = 100
CLIENTS = 10
OUTCOMES = ("order_shipped", "order_shipped", "order_rejected", "order_cancelled")
"""By the order's number modulo four: plain, approved, rejected, card declined and not settled."""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("orders")) as it:
        it.start()
        yield it
        it.stop()


class Client:
    """One caller of the REST API."""

    def __init__(self, address: str, token: str) -> None:
        self.http = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        response = self.http.post(path, json=body)
        assert response.status_code < 300, response.text
        return response.json() if response.content else None

    def search(self, path: str, **filters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.post(path, {"filter": filters})["items"]
        return found

    def the_user_task(self, instance: str, element_id: str) -> str:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = self.search("/v2/user-tasks/search", processInstanceKey=instance, elementId=element_id)
            if found:
                return str(found[0]["userTaskKey"])
            time.sleep(0.1)
        raise AssertionError(f"no user task {element_id} in {instance}")

    def complete(self, instance: str, element_id: str, variables: dict[str, Any]) -> None:
        key = self.the_user_task(instance, element_id)
        self.post(f"/v2/user-tasks/{key}/completion", {"variables": variables})

    def run_order(self, number: int) -> tuple[int, str]:
        kind = number % 4
        started = self.post(
            "/v2/process-instances",
            {
                "processDefinitionId": "order_fulfilment",
                "variables": {
                    "orderId": f"L-{number}",
                    "customer": f"Customer {number}",
                    "email": f"customer{number}@example.org",
                    "items": [{"name": "Gear", "quantity": 3, "unitPrice": 500 if kind in (1, 2) else 20.10}],
                    "cardNumber": "4000 0000 0000 0002" if kind == 3 else "4242 4242 4242 4242",
                },
            },
        )
        instance = str(started["processInstanceKey"])
        if kind in (1, 2):
            self.complete(instance, "approve_order", {"approved": kind == 1, "approvalComment": ""})
        if kind == 3:
            self.complete(instance, "settle_payment", {"settled": False})
        elif kind != 2:
            self.complete(instance, "pick_items", {"parcels": 1, "pickedComplete": True})
            self.post(
                "/v2/messages/publication",
                {"name": "order-dispatched", "correlationKey": f"L-{number}", "timeToLive": 600_000, "variables": {}},
            )
        return number, instance

    def has_ended(self, instance: str) -> bool:
        return bool(self.http.get(f"/v2/process-instances/{instance}").json()["state"] == "COMPLETED")

    def end_of(self, instance: str) -> set[str]:
        elements = self.search("/v2/element-instances/search", processInstanceKey=instance)
        return {each["elementId"] for each in elements if each["type"] == "END_EVENT"}


def test_a_hundred_orders_by_ten_clients_all_end_with_the_right_outcome(installation: Installation) -> None:
    token = installation.manage("api_token", "admin").stdout.strip().splitlines()[-1]
    with ExitStack() as open_clients:
        clients = [Client(installation.address, token) for _ in range(CLIENTS)]
        for client in clients:
            open_clients.enter_context(client.http)
        _all_end_as_they_should(clients)


def _all_end_as_they_should(clients: list[Client]) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        runs = [pool.submit(clients[number % CLIENTS].run_order, number) for number in range(ORDERS)]
        instances = dict(run.result() for run in runs)

    asking = clients[0]
    waiting = set(instances.values())
    deadline = time.monotonic() + 120
    while waiting and time.monotonic() < deadline:
        waiting = {instance for instance in waiting if not asking.has_ended(instance)}
        time.sleep(0.2)
    assert not waiting
    assert asking.search("/v2/incidents/search") == []
    outcomes = {number: asking.end_of(instance) for number, instance in instances.items()}
    assert outcomes == {number: {OUTCOMES[number % 4]} for number in range(ORDERS)}


def test_the_order_book_has_each_effect_once(installation: Installation) -> None:
    book = Path(installation.data) / "order_fulfilment"
    counts = {folder.name: len(list(folder.glob("*.json"))) for folder in book.iterdir()}
    assert counts == {
        "credit_checks": ORDERS,
        "payments": ORDERS // 2,
        "invoices": ORDERS // 2,
        "pick_ups": ORDERS // 2,
        "rejections": ORDERS // 4,
    }
