"""The service tasks of order fulfilment.

Each handler leaves one record per idempotency key in the order book, a folder of JSON files under the data folder. A repeated
attempt finds the record of the first and returns the same result: that is how a handler should treat the world outside.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import send_mail

from stepwell import BpmnError, JobContext, handler

CREDIT_LINE = Decimal(5000)
"""What a customer may owe at once, in the shop's currency."""

DECLINED_CARDS = frozenset({"4000000000000002"})
"""The card networks' own test number for a card that is declined."""


@handler("credit-check", retries=3, backoff="PT2S", title="Check credit")
def check_credit(customer: str, total: Decimal, job: JobContext) -> dict[str, Any]:
    """Compare the order, and what the customer already owes, with the credit line."""
    owed = sum(
        (Decimal(invoice["total"]) for invoice in _records("invoices") if invoice["customer"] == customer), Decimal(0)
    )
    credit_ok = owed + total <= CREDIT_LINE
    reason = f"owes {owed}, credit line {CREDIT_LINE}"
    record = {"customer": customer, "creditOk": credit_ok, "creditReason": reason}
    recorded = _record_once("credit_checks", job, record)
    return {"creditOk": recorded["creditOk"], "creditReason": recorded["creditReason"]}


@handler("charge-payment", retries=3, backoff="PT2S", title="Charge payment")
def charge_payment(orderId: str, total: Decimal, cardNumber: str, job: JobContext) -> dict[str, Any]:  # noqa: N803
    """Charge the card; a number that cannot be a card, or that the network declines, takes the boundary event."""
    digits = cardNumber.replace(" ", "")
    if not _passes_luhn(digits):
        raise BpmnError("PAYMENT_DECLINED", f"{digits[-4:]:>4} is the end of no valid card number")
    if digits in DECLINED_CARDS:
        raise BpmnError("PAYMENT_DECLINED", "the card network declined the card")
    payment = _record_once("payments", job, {"order": orderId, "total": str(total), "card": f"…{digits[-4:]}"})
    return {"paymentReference": payment["reference"]}


@handler("send-invoice", retries=5, backoff="PT5S", title="Send invoice")
def send_invoice(
    orderId: str,  # noqa: N803
    customer: str,
    email: str,
    items: list[dict[str, Any]],
    total: Decimal,
    job: JobContext,
) -> dict[str, Any]:
    """Write the invoice into the order book and send it to the customer."""
    lines = [f"{item['quantity']} × {item['name']} at {item['unitPrice']}" for item in items]
    record = {"order": orderId, "customer": customer, "lines": lines, "total": str(total)}
    invoice = _record_once("invoices", job, record)
    body = "\n".join([f"Dear {customer},", "", *lines, "", f"Total {total}, paid with thanks."])
    send_mail(f"Invoice {invoice['reference']} for order {orderId}", body, None, [email])
    return {"invoiceNumber": invoice["reference"]}


@handler("notify-customer", retries=3, backoff="PT5S", title="Tell the customer of the rejection")
def notify_customer(orderId: str, customer: str, email: str, job: JobContext, approvalComment: str = "") -> None:  # noqa: N803
    _record_once("rejections", job, {"order": orderId, "comment": approvalComment})
    body = f"Dear {customer},\n\nwe cannot take your order {orderId}.\n{approvalComment}"
    send_mail(f"Your order {orderId}", body, None, [email])


@handler("book-carrier", retries=5, backoff="PT5S", title="Book carrier")
def book_carrier(orderId: str, job: JobContext, parcels: int = 1) -> dict[str, Any]:  # noqa: N803
    """Order the pick-up. The carrier publishes the message `order-dispatched` with the order number when the parcels leave."""
    booking = _record_once("pick_ups", job, {"order": orderId, "parcels": int(parcels)})
    return {"pickUpNumber": booking["reference"]}


@handler("remind-carrier", retries=3, backoff="PT5S", title="Remind the carrier")
def remind_carrier(orderId: str, pickUpNumber: str, job: JobContext) -> None:  # noqa: N803
    _record_once("reminders", job, {"order": orderId, "pickUp": pickUpNumber})


def _order_book(name: str) -> Path:
    return Path(settings.STEPWELL_DATA) / "order_fulfilment" / name


def _records(name: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(_order_book(name).glob("*.json"))]


def _record_once(name: str, job: JobContext, record: dict[str, Any]) -> dict[str, Any]:
    """Keep `record` under the job's idempotency key and return it, or the one that an earlier attempt kept."""
    folder = _order_book(name)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{job.idempotency_key}.json"
    draft = folder / f".{job.idempotency_key}.{job.attempt}"
    draft.write_text(json.dumps({"reference": str(job.idempotency_key), **record}))
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    kept: dict[str, Any] = json.loads(path.read_text())
    return kept


def _passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: doubling every second digit from the right, the sum of all digits divides by ten."""
    if not (digits.isascii() and digits.isdigit() and 12 <= len(digits) <= 19):
        return False
    doubled = (int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0
