"""The order process with its own handlers: every end, and three days of waiting in milliseconds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from stepwell.testing import Engine, Instance, Outcome

GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"


@pytest.fixture
def shop(process_engine: Engine, settings: Any, tmp_path: Path) -> Engine:
    settings.STEPWELL_DATA = str(tmp_path)
    process_engine.deploy(Path(__file__).with_name("order_fulfilment.bpmn"))
    process_engine.use_handlers(Path(__file__).with_name("handlers.py"))
    return process_engine


def order(shop: Engine, *, price: str = "99.50", card: str = GOOD_CARD) -> Instance:
    variables: dict[str, Any] = {
        "orderId": "A-1",
        "customer": "Ada",
        "email": "ada@example.org",
        "items": [{"name": "Engine", "quantity": 2, "unitPrice": Decimal(price)}],
        "cardNumber": card,
    }
    return shop.start("order_fulfilment", variables)


def test_a_paid_order_is_picked_invoiced_and_shipped(shop: Engine) -> None:
    placed = order(shop)
    assert placed.variables["total"] == 199
    assert [task.element_id for task in placed.user_tasks] == ["pick_items"]
    shop.complete_user_task(placed, "pick_items", {"parcels": 1})
    shop.publish("order-dispatched", "A-1")
    assert placed.outcome is Outcome.COMPLETED
    assert placed.completed_elements[-1] == "order_shipped"
    assert "carrier_reminded" not in placed.completed_elements
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]


def test_the_message_of_another_order_ships_nothing(shop: Engine) -> None:
    placed = order(shop)
    shop.complete_user_task(placed, "pick_items")
    shop.publish("order-dispatched", "B-2")
    assert placed.outcome is None


def test_a_message_that_comes_before_the_picking_ends_is_kept(shop: Engine) -> None:
    placed = order(shop)
    shop.publish("order-dispatched", "A-1", time_to_live=timedelta(hours=1))
    shop.complete_user_task(placed, "pick_items")
    assert placed.completed_elements[-1] == "order_shipped"


def test_the_carrier_is_reminded_three_times_in_three_days_and_then_no_more(shop: Engine) -> None:
    placed = order(shop)
    shop.complete_user_task(placed, "pick_items")
    reminders = []
    for _ in range(5):
        shop.advance(timedelta(days=1))
        reminders.append(placed.completed_elements.count("carrier_reminded"))
    assert reminders == [1, 2, 3, 3, 3]
    shop.publish("order-dispatched", "A-1")
    assert placed.outcome is Outcome.COMPLETED


def test_a_large_order_goes_on_when_the_manager_approves(shop: Engine) -> None:
    placed = order(shop, price="600")
    task = placed.user_tasks[0]
    assert (task.element_id, task.candidate_groups) == ("approve_order", ("managers",))
    assert task.due_date == shop.now + timedelta(days=1)
    shop.complete_user_task(placed, "approve_order", {"approved": True})
    assert [task.element_id for task in placed.user_tasks] == ["pick_items"]


def test_an_order_that_the_manager_rejects_ends_with_a_mail(shop: Engine) -> None:
    placed = order(shop, price="600")
    shop.complete_user_task(placed, "approve_order", {"approved": False, "approvalComment": "Too much."})
    assert placed.outcome is Outcome.COMPLETED
    assert placed.completed_elements[-1] == "order_rejected"
    assert "Too much." in mail.outbox[0].body


def test_an_order_beyond_the_credit_line_needs_approval(shop: Engine) -> None:
    placed = order(shop, price="2500.01")
    assert placed.variables["creditOk"] is False
    assert [task.element_id for task in placed.user_tasks] == ["approve_order"]


def test_a_declined_card_that_the_customer_settles_is_shipped(shop: Engine) -> None:
    placed = order(shop, card=DECLINED_CARD)
    shop.complete_user_task(placed, "settle_payment", {"settled": True, "paymentReference": "cash"})
    shop.complete_user_task(placed, "pick_items")
    shop.publish("order-dispatched", "A-1")
    assert placed.completed_elements[-1] == "order_shipped"
    assert "charge_payment" in placed.terminated_elements


def test_an_unsettled_payment_cancels_the_order_and_withdraws_the_picking(shop: Engine) -> None:
    placed = order(shop, card=DECLINED_CARD)
    assert {task.element_id for task in placed.user_tasks} == {"settle_payment", "pick_items"}
    shop.complete_user_task(placed, "settle_payment", {"settled": False})
    assert placed.outcome is not None
    assert "order_cancelled" in placed.completed_elements
    assert "pick_items" in placed.terminated_elements
    assert mail.outbox == []
