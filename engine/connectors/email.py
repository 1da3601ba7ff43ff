"""The e-mail connector sends mails by Django's mail settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from engine.handlers import JobContext, handler

MAX_RECIPIENTS = 100


class InvalidMailError(Exception):
    """The element's inputs make no mail; trying again changes nothing."""


@handler("stepwell:send-email", retries=5, backoff="PT10S", title="Send e-mail", non_retryable=(InvalidMailError,))
def send_email(
    job: JobContext,
    to: Any,
    subject: str,
    body: str,
    cc: Any = None,
    bcc: Any = None,
    replyTo: str = "",  # noqa: N803 - the names of variables
) -> dict[str, Any]:
    """Send a text by e-mail. `to`, `cc` and `bcc` are one address or a list of them.

    The Message-ID is made of the job's key, so that a mailbox can recognise a second attempt.
    """
    recipients = _addresses(to, "to")
    if not recipients:
        raise InvalidMailError("Expected at least one address in 'to'.")
    copies, blind = _addresses(cc, "cc"), _addresses(bcc, "bcc")
    if len(recipients) + len(copies) + len(blind) > MAX_RECIPIENTS:
        raise InvalidMailError(f"Expected at most {MAX_RECIPIENTS} recipients.")
    message_id = (
        f"<{job.idempotency_key}@stepwell.{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].strip('>') or 'local'}>"
    )
    mail = EmailMessage(
        subject=" ".join(subject.split()),  # a line break would begin another header
        body=body,
        to=recipients,
        cc=copies,
        bcc=blind,
        reply_to=_addresses(replyTo, "replyTo"),
        headers={"Message-ID": message_id},
    )
    mail.send()
    return {"messageId": message_id}


def _addresses(value: Any, name: str) -> list[str]:
    found = [] if value in (None, "") else value if isinstance(value, list) else [value]
    for address in found:
        try:
            validate_email(str(address))
        except ValidationError as error:
            raise InvalidMailError(f"Expected an e-mail address in '{name}', found {address!r}.") from error
    return [str(address) for address in found]
